"""How far deformations may go, against all pairs of a brute-force list.

Mutations tried, each of which makes a test here fail: own images left out, the wrong end cut by a
pair, the lower end of what is asked about taken for 0, half the shortening assumed, clearances
trusted where spheres come near their own images, a shear left out of the spheres' deformation.
"""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.fit import random_fluid
from hsmc.kernels.cells import OCCUPANCY
from hsmc.kernels.deformations import MATTERS, apply, element_change, scaling
from hsmc.kernels.every_pair import meets_all
from hsmc.kernels.free_range import free_range
from hsmc.mixture import Mixture
from hsmc.neighbors import near_pairs, smallest_gap
from tests.conftest import points, records_of, sheared_boxes
from tests.kernels.test_cells import mixed_spheres, system_of

MASKS = ((1.0, 1.0, 1.0), (1.0, 1.0, 0.0), (0.0, 0.0, 1.0))
ELEMENTS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
LINES = [*MASKS, *ELEMENTS]
"""Every kind of deformation."""

REACH = 0.3
"""How far to look: a part of the change by which some separation could vanish."""


def along(system, line):
    """Return the deformation of a system along a line."""
    return scaling(*line) if len(line) == 3 else element_change(system, *line)


def gradient(deformation):
    """Return G as a matrix."""
    xx, xy, xz, yy, yz, zz, _ = deformation
    return np.array([[xx, xy, xz], [0.0, yy, yz], [0.0, 0.0, zz]])


def apart(n, box, seed):
    """Return spheres of two sizes at random places, the nearest 0.1 % from contact."""
    spheres = mixed_spheres(n, box, seed)
    return spheres.strained(np.eye(3) * 1.001 / (1.0 + smallest_gap(spheres).gap))


def brute_force(configuration, deformation, ends):
    """Return the part of a range about 0 where no pair overlaps, from the roots of all pairs."""
    low, high = ends
    margin = configuration.diameters.max() / (1.0 - REACH)
    for pair in zip(*_separations(configuration, margin), strict=True):
        separation, contact = pair
        change = gradient(deformation) @ separation
        square = [change @ change, 2.0 * separation @ change, separation @ separation - contact**2]
        roots = np.roots(square)
        for root in roots[np.isreal(roots)].real:
            if root < 0.0:
                low = max(low, root)
            else:
                high = min(high, root)
    return low, high


def _separations(configuration, margin):
    pairs = near_pairs(configuration, margin)
    return pairs.separation, pairs.contact


@given(
    box=sheared_boxes(1.2, 5.0),
    n=st.integers(1, 40),
    seed=st.integers(0, 1000),
    line=st.sampled_from(LINES),
)
def test_range_is_that_of_brute_force(box, n, seed, line):
    """Both ends are those of the first pair that touches, own images included."""
    configuration = apart(n, box, seed)
    system, _ = system_of(configuration)
    deformation = along(system, line)
    end = REACH / deformation.stretch
    free = free_range(system, deformation, -end, end, -end, end)
    exact = brute_force(configuration, deformation, (-end, end))
    # Where a pair would only just graze another, its root is as uncertain as √rounding.
    np.testing.assert_allclose(free, exact, rtol=1e-6, atol=1e-12)


@given(
    box=sheared_boxes(1.5, 5.0),
    n=st.integers(1, 20),
    seed=st.integers(0, 1000),
    line=st.sampled_from(LINES),
    share=st.floats(-0.02, 0.02) | st.floats(-1.0, 1.0),
)
def test_what_is_asked_about_is_certain(box, n, seed, line, share):
    """A part of the range, asked about once all clearances are known, is cut where the whole is."""
    configuration = apart(n, box, seed)
    system, _ = system_of(configuration)
    deformation = along(system, line)
    end = REACH / deformation.stretch
    asked = min(share * end, 0.0), max(share * end, 0.0)
    free_range(system, deformation, -end, end, -end, end)
    low, high = free_range(system, deformation, -end, end, *asked)
    free = brute_force(configuration, deformation, (-end, end))
    np.testing.assert_allclose(max(low, asked[0]), max(free[0], asked[0]), rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(min(high, asked[1]), min(free[1], asked[1]), rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("line", LINES)
def test_box_and_spheres_deform_alike(line):
    """Every vector d becomes d + t G d, and fractions of the box stay."""
    configuration = apart(30, Box.cubic(4.0), 3)
    system, order = system_of(configuration)
    deformation = along(system, line)
    before, box = records_of(system.cells)[:, :3], system.box.copy()
    strain = np.eye(3) + 0.07 * gradient(deformation)
    apply(system, deformation, 0.07, 1.0)
    np.testing.assert_allclose(records_of(system.cells)[:, :3], before @ strain.T, atol=1e-13)
    np.testing.assert_allclose(system.box, strain @ box, atol=1e-13)
    np.testing.assert_allclose(system.inverse @ system.box, np.eye(3), atol=1e-13)
    assert np.count_nonzero(np.tril(system.box, -1)) == 0
    assert len(order) == 30


def test_own_images_matter_where_no_clearance_tells_of_them():
    """A lone sphere meets its images, 0.1 % away, in a range so short that none else is near."""
    system, _ = system_of(points(1, Box.cubic(1.001), 1.0))
    deformation = scaling(1.0, 1.0, 1.0)
    exact = 1.0 / 1.001 - 1.0
    for first in (-0.3, -0.005):
        low, high = free_range(system, deformation, first, 0.0, first, 0.0)
        assert high == 0.0
        assert low == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("seed", range(6))
def test_one_pass_is_that_of_brute_force(line, seed):
    """In a dense fluid in many cells, all spheres having flown, the ends are brute force's.

    Few pairs tell: which cells are met, ``test_one_pass_meets_every_cell`` tells. What matters is
    brought up to date by each pair (fails if not: a bug that cost time alone).
    """
    configuration = random_fluid(Mixture(0.7, 40, 110), 0.5, seed)
    system, _ = system_of(configuration)
    system.clearance[:] = 0.0
    deformation = along(system, line)
    end = REACH / deformation.stretch
    free = free_range(system, deformation, -end, end, -end, end)
    exact = brute_force(configuration, deformation, (-end, end))
    np.testing.assert_allclose(free, exact, rtol=1e-6, atol=1e-12)
    matters = 1.0 / (1.0 - deformation.stretch * max(-free[0], free[1])) ** 2
    assert system.limits[MATTERS] == pytest.approx(matters, rel=1e-12)


FAR = 1.0 / (1.0 - 0.99 * REACH)
"""Distance of two spheres of diameter 1 that touch just within the range that is asked about."""


def farthest_pairs(box, shape, seed):
    """Return two scaled places for each step from cell to cell.

    Of many random pairs at the distance ``FAR``, that whose first sphere is farthest from the
    layer of the second.
    """
    rng = np.random.default_rng(seed)
    first = rng.random((200_000, 3))
    direction = rng.normal(size=first.shape)
    direction *= FAR / np.linalg.norm(direction, axis=1, keepdims=True)
    second = first + direction @ np.linalg.inv(box.vectors).T
    steps = np.floor(second * shape).astype(int) - np.floor(first * shape).astype(int)
    inside = first * shape % 1.0
    between = np.where(steps > 0, steps - inside, np.where(steps < 0, inside - steps - 1.0, 0.0))
    heights = 1.0 / np.linalg.norm(np.linalg.inv(box.vectors), axis=1) / shape
    order = np.argsort(-(between * heights).max(axis=1), kind="stable")
    _, which = np.unique(steps[order], axis=0, return_index=True)
    return [np.array([first[k], second[k] % 1.0]) for k in order[which]]


def two_among_points(box, number, shape, two, crowded, seed):
    """Return two spheres of diameter 1 among points, which do not come near them.

    Args:
        box: The box.
        number: How many points.
        shape: Number of cells along each box vector.
        two: Scaled places of the two.
        crowded: Whether eight points are in the same cell as each of them, before it.
        seed: Of the other points.
    """
    places = np.random.default_rng(seed).random((4 * number, 3))
    if crowded:
        corners = np.array(list(itertools.product((0.01, 0.99), repeat=3)))
        for one in two:
            inside = (np.floor(one * shape) + corners) / shape
            farthest = inside[np.argmax(room(box, inside, two))]
            places = np.vstack([np.tile(farthest, (8, 1)), places])
    places = places[room(box, places, two) > 0.51 * FAR][:number]
    diameters = np.append(np.zeros(number), [1.0, 1.0])
    scaled = np.vstack([places, two])
    return Configuration.from_scaled(box, scaled, diameters, np.zeros(number + 2, np.int64))


def room(box, places, two):
    """Return the distance of scaled places from the nearer of two."""
    d = places[:, None] - np.array(two)
    return np.linalg.norm((d - np.rint(d)) @ box.vectors.T, axis=2).min(axis=1)


@pytest.mark.parametrize(
    ("edge", "cells", "crowded"), [(6.8, 5, False), (6.8, 5, True), (4.9, 7, False)]
)
@pytest.mark.parametrize("skew", [0.0, 0.3])
def test_one_pass_meets_every_cell(edge, cells, crowded, skew):
    """The only pair that can touch is met, so many cells apart as it may be in any direction.

    Its spheres are just near enough to matter, in their cell's first packet or the one that
    follows; they are up to two layers apart, or three. Fails if the first or the last layer along
    a, b or c is left out, half of the cells beside a packet's, pairs of a packet's own spheres,
    packets that follow, or if reach is too small by a tenth anywhere (tried).
    """
    vectors = edge * np.array([[1.0, skew, -skew], [0.0, 1.0, skew], [0.0, 0.0, 1.0]])
    box, number = Box(vectors), round(OCCUPANCY * cells**3)
    shape = system_of(points(number + 2, box))[0].cells.shape
    deformation = scaling(1.0, 1.0, 1.0)
    pairs = farthest_pairs(box, shape, seed=1)
    assert len(pairs) >= 27
    for k, two in enumerate(pairs):
        system, _ = system_of(two_among_points(box, number, shape, two, crowded, seed=k))
        assert meets_all(system, (1.0 - REACH) ** -2)
        system.clearance[:] = 0.0
        low, _ = free_range(system, deformation, -REACH, 0.0, -REACH, 0.0)
        assert low == pytest.approx(1.0 / FAR - 1.0, rel=1e-9), two
