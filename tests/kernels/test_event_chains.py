"""Flights against brute force, and what a chain conserves."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.fit import random_fluid
from hsmc.kernels.event_chains import (
    FLOWN,
    HANDED_ON,
    draw_velocities,
    exchange,
    run_chain,
)
from hsmc.kernels.flights import DX, SLOT, free_path
from hsmc.mixture import Mixture
from hsmc.neighbors import near_pairs, smallest_gap
from hsmc.rng import kernel_state
from tests.conftest import records_of, sheared_boxes
from tests.kernels.test_cells import mixed_spheres, system_of

AXES = np.vstack([np.eye(3), -np.eye(3)])


def apart(configuration, share):
    """Return the spheres shrunk until the nearest two are at ``share`` of their distance."""
    pairs = near_pairs(configuration, 3.0)
    closest = (pairs.distance / pairs.contact).min(initial=1.0)
    return Configuration(
        configuration.box,
        configuration.positions,
        share * closest * configuration.diameters,
        configuration.types,
    )


def flight(configuration, i, direction, path):
    """Return how far sphere i flies and what it hits, from all images."""
    vectors = configuration.box.vectors
    per_face = np.linalg.norm(np.linalg.inv(vectors), axis=1)
    most = np.ceil((path + 2.0) * per_face).astype(int) + 1
    shifts = np.array(list(itertools.product(*(range(-m, m + 1) for m in most)))) @ vectors.T
    others = np.delete(np.arange(len(configuration)), i)
    d = configuration.positions[others] - configuration.positions[i]
    d = (d[:, None] + shifts).reshape(-1, 3)
    contact = 0.5 * (configuration.diameters[others] + configuration.diameters[i])
    contact = np.repeat(contact, len(shifts))
    along = d @ direction
    below = along**2 - (d**2).sum(axis=1) + contact**2
    hits = (along > 0.0) & (below > 0.0)
    free = np.where(hits, along - np.sqrt(np.where(hits, below, 0.0)), np.inf)
    first = int(np.argmin(free)) if len(free) else -1
    if first < 0 or free[first] >= path:
        return path, -1
    return free[first], others[first // len(shifts)]


@given(
    box=sheared_boxes(),
    n=st.integers(2, 30),
    share=st.sampled_from([0.5, 0.99]),
    path=st.sampled_from([0.05, 0.6, 3.0]),
    seed=st.integers(0, 10_000),
)
@example(
    box=Box(np.array([[1.109375, 0.970703125, 0.0], [0.0, 0.90625, 0.0], [0.0, 0.0, 1.0]])),
    n=2, share=0.5, path=3.0, seed=2,
)  # fmt: skip
def test_flights_are_those_of_brute_force(box, n, share, path, seed):
    """In any direction, in boxes of any size and skew: how far, and to which sphere.

    They end a hair before contact. Fails if nothing is looked for beyond contact or beside the
    start, if what lies behind is hit, or if a long, grazing flight is not held back (tried: the
    example).
    """
    configuration = apart(mixed_spheres(n, box, seed), share)
    system, order = system_of(configuration)
    configuration = Configuration(
        box,
        records_of(system.cells)[:, :3],
        configuration.diameters[order],
        configuration.types[order],
    )
    rng, hit = np.random.default_rng(seed), np.empty(5)
    directions = rng.normal(size=(6, 3))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    for direction in np.vstack([directions, AXES]):
        i = int(rng.integers(n))
        free = free_path(system, i, *direction, path, hit)
        expected, target = flight(configuration, i, direction, path)
        assert abs(free - expected) < 1e-9
        if hit[SLOT] >= 0 and target >= 0 and free < path - 1e-9:
            assert system.cells.owner.ravel()[int(hit[SLOT])] == target
            contact = 0.5 * (configuration.diameters[i] + configuration.diameters[target])
            assert np.linalg.norm(hit[DX : DX + 3] - free * direction) >= contact


@given(seed=st.integers(0, 10_000))
def test_an_exchange_is_an_elastic_collision(seed):
    """Sum and energy stay, the parts along d change owners, the others stay.

    Fails if d is not normalised (tried).
    """
    rng = np.random.default_rng(seed)
    velocities, d = rng.normal(size=(2, 3)), rng.normal(size=3)
    after = velocities.copy()
    exchange(after, 0, 1, *d)
    np.testing.assert_allclose(after.sum(axis=0), velocities.sum(axis=0), atol=1e-12)
    np.testing.assert_allclose((after**2).sum(), (velocities**2).sum())
    np.testing.assert_allclose(after @ d, (velocities @ d)[::-1], atol=1e-12)
    np.testing.assert_allclose(np.cross(after, d), np.cross(velocities, d), atol=1e-12)


def chained(newtonian, sight, chains=200, duration=1.7):
    """Return a mixed fluid before and after chains, with the sums that they left."""
    system, _ = system_of(random_fluid(Mixture(0.7, 20, 40), 0.5, 1))
    before = records_of(system.cells)
    state, hit, chain = kernel_state(1, "test"), np.empty(5), np.zeros(5)
    counts = np.zeros((2, 2), np.int64)
    velocities = np.array([[0.36, 0.48, 0.8]])
    if newtonian:
        velocities = np.empty((60, 3))
        draw_velocities(velocities, np.ones(3), state)
    for k in range(chains):
        run_chain(
            None, system, None, k % 60, duration, sight, velocities, np.ones(3), hit, chain, counts
        )
    return system, before, velocities, chain


@pytest.mark.parametrize("newtonian", [False, True])
def test_chains_leave_no_overlap(newtonian):
    """Nor do flights in many short stretches end elsewhere than in a few long ones."""
    system, *_ = chained(newtonian, sight=0.3)
    finer, *_ = chained(newtonian, sight=0.003, chains=5)
    coarser, *_ = chained(newtonian, sight=1.0, chains=5)
    np.testing.assert_allclose(records_of(finer.cells), records_of(coarser.cells), atol=1e-9)
    records = records_of(system.cells)
    final = Configuration(
        Box(system.box.copy()), records[:, :3], 2.0 * records[:, 3], system.species * 1
    )
    assert smallest_gap(final).gap >= 0.0


def test_a_straight_chain_moves_the_centre_by_its_length():
    """All flights together are as long as the chain, in its direction, up to box vectors.

    Fails if a flight that ends before a collision is not taken from what is left (tried).
    """
    system, before, velocities, chain = chained(newtonian=False, sight=0.3)
    moved = (records_of(system.cells) - before)[:, :3].sum(axis=0)
    turns = system.inverse @ (moved - 200 * 1.7 * velocities[0])
    np.testing.assert_allclose(turns, np.rint(turns), atol=1e-9)
    np.testing.assert_allclose(chain[FLOWN], 200 * 1.7)
    assert chain[HANDED_ON] > 0.0
