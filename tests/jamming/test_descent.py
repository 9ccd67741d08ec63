"""Single steps of a compression, and what happens when one goes wrong."""

import math
from dataclasses import replace

import numpy as np
import pytest

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.errors import InputError
from hsmc.fit import random_fluid
from hsmc.jamming import descent as module
from hsmc.jamming import jam
from hsmc.jamming.descent import Descent
from hsmc.mixture import Mixture
from hsmc.neighbors import near_pairs, smallest_gap

FLUID = Mixture(0.695, 3, 9)


def test_each_step_shrinks_the_box_and_leaves_no_overlap():
    """Fails if spheres move as s + H⁻¹u: the cross terms then let them overlap."""
    state = Descent(random_fluid(FLUID, 0.3, 1))
    for _ in range(10):
        before = state.state.box.volume
        change = state.step(1.0)
        assert change < 0.0
        assert change == pytest.approx(math.log(state.state.box.volume / before), abs=1e-14)
        assert smallest_gap(state.state).gap >= 0.0


def test_pairs_beyond_the_list_cannot_overlap(monkeypatch):
    """With hardly any pair listed at first, those that would overlap are added."""
    monkeypatch.setattr(module, "NEAR", 1e-3)
    result = jam(random_fluid(FLUID, 0.3, 1))
    assert result.converged
    assert smallest_gap(result.configuration).gap >= -1e-12


def test_start_from_the_last_basis_changes_no_optimum():
    """The first step after a change of memory falls as far with it as without it."""
    warm = Descent(random_fluid(FLUID, 0.5, 2))
    for _ in range(8):
        warm.step(1e-2)
    cold = Descent(warm.state)
    assert warm.step(1e-3) == pytest.approx(cold.step(1e-3), abs=1e-8)


def test_dilation_by_a_last_digit_ends():
    """This start never ends if the dilation does not grow from one try to the next."""
    fluid = random_fluid(Mixture(0.695, 6, 19), 0.2, 25)
    result = jam(fluid, noise=0.1, seed=25, max_programs=1)
    assert smallest_gap(result.configuration).gap >= 0.0


def test_skewed_boxes_are_described_by_shorter_vectors():
    """Packing fraction and distances stay to 1e-12."""
    cell = random_fluid(FLUID, 0.4, 3)
    skew = cell.box.vectors @ np.array([[1.0, 3.0, -2.0], [0.0, 1.0, 4.0], [0.0, 0.0, 1.0]])
    skewed = replace(cell, box=Box.from_vectors(skew))
    orderly = Descent(skewed).state
    assert orderly.box.lengths.max() < skewed.box.lengths.max() / 3.0
    assert orderly.packing_fraction == pytest.approx(cell.packing_fraction, abs=1e-12)
    before, after = (np.sort(near_pairs(state, 0.5).distance) for state in (skewed, orderly))
    np.testing.assert_allclose(after, before, rtol=0.0, atol=1e-12)


def test_failing_solver_leaves_the_best_state(monkeypatch):
    """Labelled as not converged, with HiGHS's words, denser than the start."""
    solve, calls = module.solve, []

    def failing(*arguments):
        calls.append(arguments)
        optimum = solve(*arguments)
        return replace(optimum, optimal=len(calls) < 4, status="Solve error")

    monkeypatch.setattr(module, "solve", failing)
    start = random_fluid(FLUID, 0.3, 1)
    result = jam(start)
    assert not result.converged
    assert result.status == "not converged: HiGHS ended linear program 4 with: Solve error"
    assert result.configuration.packing_fraction > start.packing_fraction
    assert smallest_gap(result.configuration).gap >= 0.0


def test_same_seed_same_bits():
    """The noise is drawn from the named stream of the seed; another seed differs."""
    start = random_fluid(Mixture(1.0, 1, 0), 0.2, 1)
    first, again, other = (
        jam(start, noise=0.05, seed=seed, max_programs=3).configuration for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.box.vectors, again.box.vectors)
    assert not np.array_equal(first.box.vectors, other.box.vectors)


def test_spheres_without_size_are_refused():
    """A point has no contacts to be jammed by."""
    points = Configuration(
        Box.cubic(3.0), np.array([[0.0, 0, 0], [1.5, 0, 0]]), np.array([1.0, 0.0]), np.array([0, 1])
    )
    with pytest.raises(InputError, match="sphere 1 has diameter 0, needs to be > 0"):
        jam(points)
