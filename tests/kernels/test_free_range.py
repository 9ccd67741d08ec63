"""How far deformations may go, against all pairs of a brute-force list.

Mutations tried, each of which makes a test here fail: own images left out, the wrong end cut by a
pair, the lower end of what is asked about taken for 0, half the shortening assumed, clearances
trusted where spheres come near their own images, a shear left out of the spheres' deformation.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsmc.box import Box
from hsmc.fit import random_fluid
from hsmc.kernels.cells import records_of
from hsmc.kernels.deformations import apply, element_change, scaling
from hsmc.kernels.free_range import free_range
from hsmc.mixture import Mixture
from hsmc.neighbors import near_pairs, smallest_gap
from tests.conftest import points, sheared_boxes
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
def test_one_pass_meets_every_pair(line, seed):
    """In a dense fluid in many cells, all spheres having flown, the ends are brute force's.

    Fails if half of the cells beside a packet's are left out, which sparse spheres do not show
    (tried).
    """
    configuration = random_fluid(Mixture(0.7, 40, 110), 0.5, seed)
    system, _ = system_of(configuration)
    system.clearance[:] = 0.0
    deformation = along(system, line)
    end = REACH / deformation.stretch
    free = free_range(system, deformation, -end, end, -end, end)
    exact = brute_force(configuration, deformation, (-end, end))
    np.testing.assert_allclose(free, exact, rtol=1e-6, atol=1e-12)
