"""S(hkl) of crystals, S(k) of ideal gases, in boxes of any shape."""

import numpy as np
import pytest

from hsmc.analysis.structure_factor import (
    powder_average,
    reciprocal_vectors,
    reflections,
)
from hsmc.crystal import crystal
from hsmc.errors import InputError
from tests.analysis.states import measured, redescribed, rotated
from tests.analysis.test_pair_correlation import ideal_gas


def structure_factors(name, k_max=15.0):
    """Return hkl and S(hkl) of a crystal at γ = 0.5."""
    configuration = crystal(name).configuration(0.5)
    found = reflections(configuration, reciprocal_vectors(configuration.box, k_max))
    return found.hkl, found.structure_factors


def test_fcc():
    """S = 4 for h, k, l all even or all odd, else 0."""
    hkl, s = structure_factors("fcc")
    parity = (hkl % 2).sum(axis=1)
    assert s[0] == pytest.approx(np.where((parity == 0) | (parity == 3), 4.0, 0.0), abs=1e-12)
    assert s[1] == pytest.approx(s[0])
    assert np.isnan(s[2:]).all()


def test_bcc():
    """S = 2 for h + k + l even, else 0."""
    hkl, s = structure_factors("bcc")
    assert s[0] == pytest.approx(np.where(hkl.sum(axis=1) % 2 == 0, 2.0, 0.0), abs=1e-12)


def test_nacl():
    """As fcc; of odd reflections the two species scatter against each other, and NN vanishes.

    Fails if the mixed part is the product of moduli (tried).
    """
    hkl, s = structure_factors("nacl")
    odd, even = np.all(hkl % 2 == 1, axis=1), np.all(hkl % 2 == 0, axis=1)
    allowed = np.where(odd | even, 4.0, 0.0)
    assert s[1] == pytest.approx(allowed, abs=1e-12)
    assert s[3] == pytest.approx(allowed, abs=1e-12)
    assert s[2] == pytest.approx(np.where(odd, -4.0, np.where(even, 4.0, 0.0)), abs=1e-12)
    assert s[0] == pytest.approx(np.where(even, 8.0, 0.0), abs=1e-12)


def test_every_vector_once():
    """Half of the vectors in the sphere, never one and its mirror, by brute force.

    Fails if negative k or l are left out, as in a code for orthogonal boxes (tried).
    """
    box, k_max = ideal_gas(0).box, 6.0
    found = reciprocal_vectors(box, k_max)
    grid = np.stack(np.meshgrid(*[np.arange(-9, 10)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    lengths = 2.0 * np.pi * np.linalg.norm(grid @ np.linalg.inv(box.vectors), axis=1)
    inside = {tuple(h) for h in grid[(lengths <= k_max) & (lengths > 0)].tolist()}
    one = {tuple(h) for h in found.tolist()}
    assert len(one) == len(found)
    assert one | {tuple(-h for h in each) for each in one} == inside
    assert len(inside) == 2 * len(one)


def test_descriptions_of_one_crystal():
    """Reflections of the supercell at multiples are N times stronger; others vanish.

    Other vectors and rotations: the same S at the same lengths.
    """
    state = measured()
    hkl = reciprocal_vectors(state.box, 10.0)
    expected = reflections(state, hkl)
    double = reflections(state.replicated(2, 1, 1), hkl * [2, 1, 1])
    assert double.k == pytest.approx(expected.k)
    assert double.structure_factors == pytest.approx(2.0 * expected.structure_factors, abs=1e-9)
    between = reflections(state.replicated(2, 1, 1), hkl * [2, 1, 1] + [1, 0, 0])
    assert np.abs(between.structure_factors).max() < 1e-9
    change = np.array([[1, 1, 0], [0, 1, 2], [0, 0, 1]])
    for other in (redescribed(state, change), rotated(state)):
        found = reflections(other, reciprocal_vectors(other.box, 10.0))
        order, again = (
            np.lexsort([x.structure_factors[0], x.k.round(9)]) for x in (expected, found)
        )
        assert found.k[again] == pytest.approx(expected.k[order], abs=1e-9)
        assert found.structure_factors[:, again] == pytest.approx(
            expected.structure_factors[:, order], abs=1e-8
        )


def test_ideal_gas():
    """S = 1 for like pairs and 0 for LS, in a skewed box, within four standard errors a shell."""
    s = np.array([powder_average(ideal_gas(seed), 5.0, 0.5).s for seed in range(60)])
    kept = np.isfinite(s[0, 0])
    mean, error = s.mean(axis=0)[:, kept], s.std(axis=0, ddof=1)[:, kept] / np.sqrt(len(s))
    expected = np.array([[1.0], [1.0], [0.0], [1.0]])
    assert kept.sum() >= 8
    assert np.abs((mean - expected) / error).max() < 4.0


def test_shells_hold_their_vectors(monkeypatch):
    """All of them; or, where there are too many, as many as there is time for."""
    gas = ideal_gas(1)
    full = powder_average(gas, 8.0, 0.5)
    assert full.vectors.sum() == len(reciprocal_vectors(gas.box, 8.0))
    monkeypatch.setattr("hsmc.analysis.structure_factor.MOST_TERMS", 16 * 400 * 30)
    some = powder_average(gas, 8.0, 0.5)
    assert some.vectors.max() == 30
    assert np.all(some.vectors == np.minimum(full.vectors, 30))


def test_no_limit():
    with pytest.raises(
        InputError, match=r"k_max is 0 with shells of 0.25, needs 0 < shell ≤ k_max"
    ):
        powder_average(measured(), 0.0)
    with pytest.raises(InputError, match="k_max is inf, needs to be a number > 0"):
        reciprocal_vectors(measured().box, np.inf)
