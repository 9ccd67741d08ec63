"""Loops behind g(r), S(k) and projections, against their slow twins."""

import numpy as np
import pytest

from hsmc.kernels.chords import add_chords
from hsmc.kernels.distances import count_distances
from hsmc.kernels.plane_waves import add_amplitudes


@pytest.mark.parametrize("reach", [0.3, 1.1, 4.0])
def test_distances_against_all_pairs(reach):
    """Ordered pairs by kind, bins that begin at different distances.

    Fails if a neighbouring cell is left out, if a point meets itself, or if kinds are taken
    from one end (tried).
    """
    rng = np.random.default_rng(3)
    points, kinds, inside = rng.random((80, 3)) * [1.0, 2.0, 3.0], rng.integers(0, 2, 80), 50
    low, width = np.array([0.0, 0.05, 0.1]), np.array([0.07, 0.05, 0.11])
    counts, expected = np.zeros((3, 9), dtype=np.int64), np.zeros((3, 9), dtype=np.int64)
    count_distances(points, kinds, inside, reach, low, width, counts)
    for i in range(inside):
        for j in range(len(points)):
            distance, kind = np.linalg.norm(points[j] - points[i]), kinds[i] + kinds[j]
            place = int(np.floor((distance - low[kind]) / width[kind]))
            if i != j and distance < reach and 0 <= place < 9:
                expected[kind, place] += 1
    assert counts.tolist() == expected.tolist()
    assert counts.sum() > 20


def test_amplitudes_against_exponentials():
    """Fails if negative powers are not conjugated (tried)."""
    rng = np.random.default_rng(1)
    scaled, hkl = rng.random((30, 3)), rng.integers(-9, 10, (40, 3))
    found = np.ones(len(hkl), dtype=np.complex128)
    add_amplitudes(scaled, hkl, found)
    expected = 1.0 + np.exp(-2j * np.pi * hkl @ scaled.T).sum(axis=1)
    assert found == pytest.approx(expected, abs=1e-11)


def test_chords_against_all_pixels():
    """Spheres inside, across an edge, and outside. Fails if a row at the rim is lost (tried)."""
    rng = np.random.default_rng(2)
    places, radii, weights = rng.uniform(-1, 4, (20, 2)), rng.uniform(0.1, 1, 20), rng.random(20)
    image, pixel = np.zeros((30, 25)), 0.1
    add_chords(image, pixel, places, radii, weights)
    y, x = np.meshgrid((np.arange(30) + 0.5) * pixel, (np.arange(25) + 0.5) * pixel, indexing="ij")
    expected = np.zeros_like(image)
    for place, radius, weight in zip(places, radii, weights, strict=True):
        square = radius**2 - (x - place[0]) ** 2 - (y - place[1]) ** 2
        expected += weight * 2.0 * np.sqrt(np.maximum(square, 0.0))
    assert image == pytest.approx(expected, abs=1e-12)
