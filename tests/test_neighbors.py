"""Near pairs and the smallest gap, against a slow and obvious twin."""

import itertools
import math
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hsmc import neighbors
from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.errors import InputError, OverlapError
from hsmc.neighbors import check_overlap_free, near_pairs, smallest_gap

WIDE = 7
"""Images looked at by the slow twin along each box vector; enough for every box drawn here."""


def sheared(seed, n, packing_fraction, skew):
    """Random spheres, two sizes, in a random sheared box, many boxes away from the origin."""
    rng = np.random.default_rng(seed)
    diameters = rng.choice([1.0, 0.61, 0.3], size=n)
    vectors = np.diag(rng.uniform(0.7, 1.4, 3)) + np.triu(rng.uniform(-skew, skew, (3, 3)), 1)
    volume = np.pi / 6.0 * np.sum(diameters**3) / packing_fraction
    box = Box(vectors * (volume / np.linalg.det(vectors)) ** (1.0 / 3.0))
    scaled = rng.uniform(-4.0, 4.0, (n, 3))
    return Configuration.from_scaled(box, scaled, diameters, (diameters < 1.0).astype(np.int64))


def all_images(configuration, wide=WIDE):
    """Slow twin: for every ordered pair, images within ``wide`` box vectors and distances."""
    shifts = np.array(list(itertools.product(range(-wide, wide + 1), repeat=3)))
    wraps = np.floor(configuration.box.scale(configuration.positions)).astype(int)
    for i, j in itertools.product(range(len(configuration)), repeat=2):
        images = shifts + wraps[i] - wraps[j]
        if i == j:
            images = images[images.any(axis=1)]
        difference = configuration.positions[j] - configuration.positions[i]
        distances = np.linalg.norm(difference + images @ configuration.box.vectors.T, axis=1)
        contact = (configuration.diameters[i] + configuration.diameters[j]) / 2.0
        yield i, j, images, distances, contact


def slow_pairs(configuration, margin):
    """Keys (i, j, image) of near pairs, each unordered pair image in both orders."""
    return {
        (i, j, tuple(image))
        for i, j, images, distances, contact in all_images(configuration)
        for image in images[distances < contact + margin].tolist()
    }


def keys(pairs):
    """Keys of the pairs in both orders; the pairs must not repeat one another."""
    rows = np.column_stack([pairs.i, pairs.j, pairs.image]).tolist()
    there = {(i, j, tuple(image)) for i, j, *image in rows}
    back = {(j, i, tuple(-n for n in image)) for i, j, image in there}
    assert len(there | back) == 2 * len(pairs)
    return there | back


@pytest.fixture(params=["brute force", "tree"])
def _method(request, monkeypatch):
    """Both implementations, on systems small enough for the slow twin."""
    limit = 0 if request.param == "tree" else 10**9
    monkeypatch.setattr(neighbors, "BRUTE_FORCE_PAIRS", limit)
    monkeypatch.setattr(neighbors, "BRUTE_FORCE_GAP", limit)


@given(
    seed=st.integers(0, 10**6),
    n=st.integers(1, 5),
    phi=st.floats(0.05, 1.0),
    skew=st.floats(0.0, 1.2),
    margin=st.floats(-0.4, 0.8),
    limit=st.sampled_from([0, 10**9]),
)
@settings(max_examples=60, deadline=None)
def test_near_pairs_are_those_of_the_slow_twin(seed, n, phi, skew, margin, limit):
    """Each pair image once, with its own separation, in boxes smaller than the reach.

    Fails if either kernel range is one image short, if own images are left out or come
    twice, if c_y is lost from y, if the contact is taken as σ_i alone, if ghosts reach half
    as far, or if the images of unwrapped positions are those of wrapped ones.
    """
    configuration = sheared(seed, n, phi, skew)
    with mock.patch.object(neighbors, "BRUTE_FORCE_PAIRS", limit):
        pairs = near_pairs(configuration, margin)
    assert keys(pairs) == slow_pairs(configuration, margin)
    expected = (
        configuration.positions[pairs.j]
        - configuration.positions[pairs.i]
        + pairs.image @ configuration.box.vectors.T
    )
    np.testing.assert_allclose(pairs.separation, expected, atol=1e-13)
    np.testing.assert_allclose(pairs.distance, np.linalg.norm(expected, axis=1), atol=1e-13)
    diameters = configuration.diameters
    assert np.array_equal(pairs.contact, (diameters[pairs.i] + diameters[pairs.j]) / 2.0)
    assert pairs.i.dtype == pairs.j.dtype == pairs.image.dtype == np.int64


@given(
    seed=st.integers(0, 10**6),
    n=st.integers(1, 5),
    phi=st.floats(1e-3, 1.0),
    skew=st.floats(0.0, 1.2),
    limit=st.sampled_from([0, 10**9]),
)
@settings(max_examples=60, deadline=None)
def test_smallest_gap_is_that_of_the_slow_twin(seed, n, phi, skew, limit):
    """The minimum over all images, dilute and dense, own images included.

    Fails if the images are ranged with the edges in place of the face distances, if the
    bound is the edge and not the edge over σ, if own images are skipped, or if the tree
    stops at each sphere's nearest neighbour.
    """
    configuration = sheared(seed, n, phi, skew)
    with mock.patch.object(neighbors, "BRUTE_FORCE_GAP", limit):
        found = smallest_gap(configuration)
    gaps = [
        (distances.min() / contact - 1.0, {i, j})
        for i, j, _, distances, contact in all_images(configuration)
    ]
    gap = min(value for value, _ in gaps)
    assert found.gap == pytest.approx(gap, abs=1e-12)
    assert found.distance == pytest.approx((1.0 + gap) * found.contact)
    assert {found.i, found.j} in [spheres for value, spheres in gaps if value < gap + 1e-12]


@pytest.mark.usefixtures("_method")
def test_one_sphere_meets_its_own_images():
    """One sphere of diameter 1 in a cube of 1.2: 3 pairs of faces, 6 of edges, 4 of corners."""
    configuration = Configuration(
        Box.cubic(1.2), np.full((1, 3), 7.3), np.ones(1), np.zeros(1, dtype=np.int64)
    )
    assert len(near_pairs(configuration, 0.2 + 1e-9)) == 3
    assert len(near_pairs(configuration, 0.2 - 1e-9)) == 0
    assert len(near_pairs(configuration, 1.2 * math.sqrt(2.0) - 1.0 + 1e-9)) == 9
    assert len(near_pairs(configuration, 1.2 * math.sqrt(3.0) - 1.0 + 1e-9)) == 13
    assert smallest_gap(configuration).gap == pytest.approx(0.2, abs=1e-15)


@pytest.mark.usefixtures("_method")
def test_an_own_image_along_a_skewed_diagonal_is_found():
    """Edges of 4 and 4.1 hide a diagonal image at 0.5: shorter than any edge."""
    box = Box(np.array([[4.0, 3.9, 0.0], [0.0, 0.49, 0.0], [0.0, 0.0, 5.0]]))
    configuration = Configuration(box, np.zeros((1, 3)), np.ones(1), np.zeros(1, dtype=np.int64))
    found = smallest_gap(configuration)
    assert (found.i, found.j) == (0, 0)
    assert found.distance == pytest.approx(math.hypot(0.1, 0.49), abs=1e-14)


@pytest.mark.usefixtures("_method")
def test_touching_spheres_do_not_overlap():
    """Two spheres exactly touching through the boundary, then 1e-9 too close."""

    def pair(distance):
        positions = np.array([[0.25, 1.0, 1.0], [0.25 - distance + 8.0, 1.0, 1.0]])
        return Configuration(Box.cubic(4.0), positions, np.ones(2), np.zeros(2, dtype=np.int64))

    assert smallest_gap(pair(1.0)).gap == 0.0
    check_overlap_free(pair(1.0), "unused")
    check_overlap_free(pair(1.0 - 1e-13), "unused")
    words = r"spheres 0 and 1 overlap: 1 apart, contact at 1 \(short by 1e-09.*; move them"
    with pytest.raises(OverlapError, match=words) as caught:
        check_overlap_free(pair(1.0 - 1e-9), "move them")
    assert caught.value.pair == (0, 1)
    assert len(near_pairs(pair(1.0), 0.0)) == 0
    assert len(near_pairs(pair(1.0), 1e-9)) == 1


def test_a_sphere_overlapping_its_own_image_is_named():
    configuration = Configuration(
        Box.cubic(0.9), np.zeros((1, 3)), np.ones(1), np.zeros(1, dtype=np.int64)
    )
    with pytest.raises(OverlapError, match=r"sphere 0 overlaps its own image: 0\.9 apart"):
        check_overlap_free(configuration, "enlarge the box")


@pytest.mark.usefixtures("_method")
def test_points_touch_spheres_but_not_points():
    """Points of diameter 0 never touch one another, on the same spot or not.

    Fails if a contact of 0 is rounded up, or if the tree takes a sphere for its own neighbour.
    """
    spots, types = np.array([[1.0, 1.0, 1.0]] * 3), np.zeros(3, dtype=np.int64)
    points = Configuration(Box.cubic(3.0), spots, np.zeros(3), types)
    assert smallest_gap(points).gap == math.inf
    assert len(near_pairs(points, 0.0)) == 0
    assert len(near_pairs(points, 0.1)) == 3
    check_overlap_free(points, "unused")
    mixed = Configuration(Box.cubic(3.0), spots, np.array([0.0, 1.0, 0.0]), types)
    assert smallest_gap(mixed).gap == -1.0
    assert (smallest_gap(mixed).i, smallest_gap(mixed).j) in [(0, 1), (1, 2)]
    spots = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [2.0, 1.0, 1.0]])
    apart = Configuration(Box.cubic(3.0), spots, np.array([0.0, 0.0, 1.0]), types)
    assert smallest_gap(apart).gap == 1.0


def test_pairs_that_outgrow_their_arrays_are_all_there():
    """A sphere has 304 own images in reach (of n² ≤ 17), 152 pairs; arrays for 76 are made first.

    Fails if the arrays are not made anew, or if the last place stays empty.
    """
    configuration = Configuration(
        Box.cubic(1.2), np.zeros((1, 3)), np.ones(1), np.zeros(1, dtype=np.int64)
    )
    pairs = near_pairs(configuration, 4.0)
    assert len(pairs) == 152
    assert keys(pairs) == slow_pairs(configuration, 4.0)


def test_a_margin_that_is_no_number_is_refused():
    with pytest.raises(InputError, match="margin is nan, needs to be finite"):
        near_pairs(sheared(1, 2, 0.3, 0.0), math.nan)


@pytest.mark.parametrize("phi", [0.01, 0.5])
def test_tree_and_brute_force_agree_on_many_spheres(phi, monkeypatch):
    """600 spheres in a sheared box: the same pairs, and the same closest one, both ways."""
    configuration = sheared(3, 600, phi, 0.6)
    monkeypatch.setattr(neighbors, "BRUTE_FORCE_PAIRS", 10**9)
    pairs, gap = near_pairs(configuration, 0.3), smallest_gap(configuration)
    monkeypatch.setattr(neighbors, "BRUTE_FORCE_PAIRS", 0)
    monkeypatch.setattr(neighbors, "BRUTE_FORCE_GAP", 0)
    assert keys(pairs) == keys(near_pairs(configuration, 0.3))
    again = smallest_gap(configuration)
    assert (again.i, again.j) == (gap.i, gap.j)
    assert again.gap == pytest.approx(gap.gap, abs=1e-12)


@pytest.mark.parametrize("margin", [-0.2, 0.05])
def test_a_few_large_spheres_do_not_make_small_ones_look_afar(margin, monkeypatch):
    """Each class as far as it reaches: the same pairs, and no others looked at.

    Fails if small spheres look as far as large ones, or if a pair of both is met twice (tried).
    """
    rng = np.random.default_rng(2)
    diameters = np.where(np.arange(1200) < 6, 1.0, 0.1)[rng.permutation(1200)]
    types = (diameters < 1.0).astype(np.int64)
    places = rng.random((1200, 3)) * 4.0 - 2.0  # in any periodic image
    configuration = Configuration.from_scaled(Box.cubic(3.0), places, diameters, types)
    monkeypatch.setattr(neighbors, "BRUTE_FORCE_PAIRS", 10**9)
    wanted = keys(near_pairs(configuration, margin))
    monkeypatch.setattr(neighbors, "BRUTE_FORCE_PAIRS", 0)
    assert keys(near_pairs(configuration, margin)) == wanted
    assert len(neighbors._tree_pairs(configuration, 1.0, margin)) == len(wanted) // 2
