"""Overlap energy and its descent, step by step."""

import numpy as np
import pytest

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.kernels.relaxation import CONVERGED, STALE, UNFINISHED, descend, overlap_energy
from hsmc.neighbors import near_pairs


def test_overlap_energy_has_the_gradient_of_its_value():
    """Central differences of E, and E itself for one pair: ½ (1 − 0.8)².

    Fails if a sign, the offset or a factor of the contact is lost.
    """
    rng = np.random.default_rng(5)
    box = Box(np.array([[1.6, 0.7, -0.4], [0.0, 1.5, 0.6], [0.0, 0.0, 1.4]]))
    diameters, types = np.tile([1.0, 0.6], 4), np.tile(np.array([0, 1]), 4)
    start = Configuration.from_scaled(box, rng.uniform(-2.0, 2.0, (8, 3)), diameters, types)
    pairs = near_pairs(start, 0.2)
    offset = pairs.separation - (start.positions[pairs.j] - start.positions[pairs.i])

    def energy(positions):
        gradient = np.empty_like(positions)
        value = overlap_energy(positions, pairs.i, pairs.j, offset, pairs.contact, gradient)
        return value, gradient

    _, gradient = energy(start.positions)
    for k in range(gradient.size):
        step = np.zeros(gradient.shape)
        step.flat[k] = 1e-6
        slope = (energy(start.positions + step)[0] - energy(start.positions - step)[0]) / 2e-6
        assert gradient.flat[k] == pytest.approx(slope, abs=1e-8)

    two, zero = np.array([[0.0, 0.0, 0.0], [0.4, 0.0, 0.0]]), np.zeros(1, dtype=np.int64)
    out = np.empty((2, 3))
    value = overlap_energy(two, zero, zero + 1, np.zeros((1, 3)), np.array([0.5]), out)
    assert value == pytest.approx(0.02)
    assert np.abs(np.diff(out[:, 0])) == pytest.approx(0.8)
    two[1, 0] = 0.0  # on one spot there is no direction to part in
    assert overlap_energy(two, zero, zero + 1, np.zeros((1, 3)), np.array([0.5]), out) == 0.5
    assert not out.any()


def descend_once(positions, velocities, clock, listed=None, force=1e-9):
    """One step for unit spheres 0 and 1, 0 and 2, in no box; returns how it ended."""
    first, second = np.array([0, 0]), np.array([1, 2])
    still = positions.copy() if listed is None else listed
    nowhere, contact = np.zeros((2, 3)), np.ones(2)
    return descend(
        positions, velocities, clock, still, first, second, nowhere, contact, force, 0.3, 0.4, 1
    )


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_one_step_of_the_descent_is_that_of_the_paper(side):
    """v ← (1 − α) v + α |v| F/|F| + Δt F downhill, and v ← Δt F, Δt/2, uphill.

    Bitzek et al., Phys. Rev. Lett. 97, 170201 (2006). Fails if a sign of F or of the power is
    lost, or if the damping or the time step is not set back.
    """
    positions = np.array([[0.0, 0.0, 0.0], [side * 0.8, 0.0, 0.0], [side * 0.8, 0.0, 0.0]])
    forces = np.array([[-0.4, 0.0, 0.0], [0.2, 0.0, 0.0], [0.2, 0.0, 0.0]]) * side
    unit = forces / np.linalg.norm(forces)
    aside = np.array([[0.0, 0.1, 0.0]] * 3)
    for way, step, damping in ((forces, 0.22, 0.099), (-forces, 0.1, 0.1)):
        velocities, clock, moved = way + aside, np.array([0.2, 0.1, 5.0]), positions.copy()
        expected = step * forces
        if way is forces:
            expected += 0.9 * velocities + 0.1 * np.linalg.norm(velocities) * unit
        assert descend_once(moved, velocities, clock) == UNFINISHED
        np.testing.assert_allclose(velocities, expected, atol=1e-14)
        np.testing.assert_allclose(moved, positions + step * expected, atol=1e-14)
        np.testing.assert_allclose(clock, [step, damping, 6.0 if way is forces else 0.0])


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_the_descent_ends_when_forces_vanish_or_the_pair_list_is_outdated(side):
    """The largest force, 0.4, is on the one sphere; a move of 0.16 is over half the skin.

    Fails if only pushes or moves along +x count.
    """
    positions = np.array([[0.0, 0.0, 0.0], [side * 0.8, 0.0, 0.0], [side * 0.8, 0.0, 0.0]])

    def end(**options):
        return descend_once(
            positions.copy(), np.zeros((3, 3)), np.array([0.1, 0.1, 0.0]), **options
        )

    assert end(force=0.39) == UNFINISHED
    assert end(force=0.41) == CONVERGED
    listed = positions.copy()
    listed[2, 1] += side * 0.16
    assert end(listed=listed) == STALE
    listed[2, 1] = side * 0.08
    assert end(listed=listed) == UNFINISHED
