"""Densities of known crystals, and of the best mixtures of them."""

import itertools
import math

import numpy as np
import pytest

from hsmc.analysis.densest import (
    FCC,
    aluminium_diboride,
    cesium_chloride,
    densest_mixture,
    known_phases,
    laves,
    sodium_chloride,
)
from hsmc.errors import InputError
from hsmc.mixture import Mixture


def largest_packing_fraction(vectors, large, small, size_ratio):
    """Scale a cell until two spheres touch, over all images near by: the slow, sure way.

    Args:
        vectors: Box vectors as columns, in any unit; shape (3, 3).
        large: Fractions of the large spheres; shape (L, 3).
        small: Fractions of the small ones; shape (S, 3).
        size_ratio: γ.
    """
    scaled = np.array([*large, *small])
    diameters = np.array([1.0] * len(large) + [size_ratio] * len(small))
    shifts = np.array(list(itertools.product((-2, -1, 0, 1, 2), repeat=3)))
    growth = 0.0
    for i, j in itertools.combinations_with_replacement(range(len(scaled)), 2):
        distances = np.linalg.norm((scaled[j] - scaled[i] + shifts) @ np.array(vectors).T, axis=1)
        nearest = distances[distances > 1e-9].min()
        growth = max(growth, 0.5 * (diameters[i] + diameters[j]) / nearest)
    spheres = math.pi / 6.0 * np.sum(diameters**3)
    return spheres / (abs(np.linalg.det(vectors)) * growth**3)


FACES = [(0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)]
RATIOS = [0.1, 0.3, 0.5, 0.55, 0.59, 0.6, 0.65, 0.7, 0.8, 0.9, 1.0]


@pytest.mark.parametrize("gamma", RATIOS)
def test_cubic_formulas_match_their_crystals(gamma):
    """Fails if one of the limits on the edge is left out (tried: each of the six)."""
    cube = np.eye(3)
    holes = [(0.5, 0, 0), (0, 0.5, 0), (0, 0, 0.5), (0.5, 0.5, 0.5)]
    copper = np.array([(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]) / 4 + 0.625
    exact = largest_packing_fraction(cube, FACES, holes, gamma)
    assert sodium_chloride(gamma) == pytest.approx(exact, rel=1e-12)
    exact = largest_packing_fraction(cube, [(0, 0, 0)], [(0.5, 0.5, 0.5)], gamma)
    assert cesium_chloride(gamma) == pytest.approx(exact, rel=1e-12)
    large = [*FACES, *(np.array(FACES) + 0.25)]
    small = [np.array(face) + site for face in FACES for site in copper]
    exact = largest_packing_fraction(cube, large, small, gamma)
    assert laves(gamma) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("gamma", RATIOS)
def test_aluminium_diboride_is_best_over_c_over_a(gamma):
    """The formula is the maximum over c/a of the rigid crystal.

    Fails if a = 1 up to γ = 0.6 or c may fall below 1 (tried).
    """

    def packed(ratio):
        vectors = np.array([[1, -0.5, 0], [0, math.sqrt(0.75), 0], [0, 0, ratio]])
        small = [(1 / 3, 2 / 3, 0.5), (2 / 3, 1 / 3, 0.5)]
        return largest_packing_fraction(vectors, [(0, 0, 0)], small, gamma)

    best = max(packed(ratio) for ratio in np.linspace(0.5, 1.3, 161))
    assert best <= aluminium_diboride(gamma) * (1.0 + 1e-12)
    assert best == pytest.approx(aluminium_diboride(gamma), rel=5e-3)


@pytest.mark.parametrize(
    ("formula", "gamma", "exact"),
    [
        (sodium_chloride, math.sqrt(2.0) - 1.0, 0.7931),
        (cesium_chloride, math.sqrt(3.0) - 1.0, 0.7290),
        (laves, math.sqrt(2.0 / 3.0), 0.7103),
        (aluminium_diboride, 0.61, 0.7496),
        (aluminium_diboride, math.sqrt(7.0 / 3.0) - 1.0, 0.7821),
        (aluminium_diboride, 0.623387, FCC),
    ],
)
def test_known_densities(formula, gamma, exact):
    assert formula(gamma) == pytest.approx(exact, abs=6e-5)


@pytest.mark.parametrize("gamma", [0.527525, 1.0 / math.sqrt(3.0), 2.0 / 3.0])
def test_aluminium_diboride_is_continuous(gamma):
    """Its branches meet."""
    before, after = aluminium_diboride(gamma - 1e-9), aluminium_diboride(gamma + 1e-9)
    assert before == pytest.approx(after, abs=1e-7)


@pytest.mark.parametrize(
    ("gamma", "packing_fraction", "names"),
    [
        (0.61, 0.7482, {"AlB2": 6.0, "fcc of small": 7.0}),
        (0.645, 0.7468, {"2L+6S": 3.0, "fcc of small": 1.0}),
        (0.66, FCC, {"fcc of large": 6.0, "fcc of small": 19.0}),
        (0.695, FCC, {"fcc of large": 6.0, "fcc of small": 19.0}),
    ],
)
def test_best_mixtures_for_the_composition_of_the_paper(gamma, packing_fraction, names):
    """Fails if volumes are minimised per cell, not for the mixture (tried)."""
    densest = densest_mixture(Mixture(gamma, 6, 19))
    assert densest.packing_fraction == pytest.approx(packing_fraction, abs=6e-5)
    found = dict(zip((p.name for p in densest.phases), densest.amounts, strict=True))
    assert found == pytest.approx(names)


@pytest.mark.parametrize("gamma", [0.3, 0.45, 0.53, 0.6, 0.64, 0.655, 0.8])
@pytest.mark.parametrize("counts", [(6, 19), (1, 1), (1, 0), (0, 3), (10, 1)])
def test_program_finds_the_best_pair_of_phases(gamma, counts):
    """Two conditions, so two phases at most: try all pairs."""
    n_large, n_small = counts
    best = math.inf
    for p, q in itertools.combinations(known_phases(gamma), 2):
        held = np.array([[p.n_large, q.n_large], [p.n_small, q.n_small]], dtype=float)
        if abs(np.linalg.det(held)) < 0.5:
            continue
        amounts = np.linalg.solve(held, counts)
        if amounts.min() >= -1e-12:
            best = min(best, amounts @ [p.volume, q.volume])
    exact = math.pi / 6.0 * (n_large + n_small * gamma**3) / best
    densest = densest_mixture(Mixture(gamma, n_large, n_small))
    assert densest.packing_fraction == pytest.approx(exact, rel=1e-9)
    assert densest.packing_fraction >= FCC * (1.0 - 1e-12)
    held = sum(p.n_large * x for p, x in zip(densest.phases, densest.amounts, strict=True))
    assert held == pytest.approx(n_large)


@pytest.mark.parametrize(
    ("name", "gamma", "packing_fraction"),
    [
        ("NaZn13", 0.65, 0.6856),
        ("CrB", 0.695, 0.7233),
        ("γ-CuTi", 0.695, 0.6918),
        ("Laves relaxed", math.sqrt(2.0 / 3.0), 0.7117),
        ("2L+6S", 0.61, 0.7436),
        ("2L+6S", 0.64, 0.7457),
        ("2L+6S", 0.645, 0.7470),
        ("2L+6S", 0.655, 0.7434),
    ],
)
def test_computed_packings_at_their_own_ratio(name, gamma, packing_fraction):
    [phase] = [p for p in known_phases(gamma) if p.name == name]
    assert phase.packing_fraction(gamma) == pytest.approx(packing_fraction, abs=1e-6)
    assert phase.source.startswith("computed, hsmc prototype")


def test_computed_packing_holds_at_other_ratios():
    """Below its ratio the volume stays; above, all grows as the small spheres do."""
    volumes = {g: {p.name: p.volume for p in known_phases(g)}["CrB"] for g in (0.6, 0.695, 0.8)}
    assert volumes[0.6] == volumes[0.695]
    assert volumes[0.8] == pytest.approx(volumes[0.695] * (0.8 / 0.695) ** 3)


@pytest.mark.parametrize(
    "function", [sodium_chloride, cesium_chloride, aluminium_diboride, laves, known_phases]
)
def test_impossible_ratio_is_refused(function):
    with pytest.raises(InputError, match=r"ratio is 1\.5"):
        function(1.5)
