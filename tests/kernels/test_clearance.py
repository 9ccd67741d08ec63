"""Clearances lead to every near pair, whatever moved before.

Mutations tried, each of which makes a test here fail: a move that leaves the clearance as it was,
an element move or a scaling of some axes that does not mend the others', a clearance that the
search of a box move notes too large.
"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.fit import random_fluid
from hsmc.kernels.box_moves import heat_bath_element, heat_bath_scale
from hsmc.kernels.cells import records_of
from hsmc.kernels.clearance import (
    HORIZON,
    SHORTENED,
    is_in_sight,
    search_below,
)
from hsmc.kernels.near_pairs import near_pairs
from hsmc.kernels.particle_moves import move_spheres
from hsmc.mixture import Mixture
from hsmc.neighbors import near_pairs as all_near_pairs
from hsmc.rng import kernel_state
from tests.kernels.test_cells import system_of

MASKS = np.array([[1.0, 1, 1], [1, 1, 0], [0, 0, 1]])
ELEMENTS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))


def moved(spheres, packing, pressure, cycles, seed):
    """Return a 6:19 fluid after cycles of particle moves and box moves of all kinds."""
    large = max(1, spheres // 4)
    system, order = system_of(random_fluid(Mixture(0.7, large, spheres - large), packing, seed))
    near_pairs(system, 1.0, 0, np.empty((100, 4)), np.inf)  # from now on nothing is unknown
    state, tally = kernel_state(seed, "test"), np.zeros((2, 2), np.int64)
    rng = np.random.default_rng(seed)
    for _ in range(cycles):
        move_spheres(system, np.full(2, 0.05), np.ones(3), tally, tally.copy(), state)
        if rng.random() < 0.5:
            heat_bath_scale(system, MASKS[rng.integers(3)], pressure, state)
        else:
            heat_bath_element(system, *ELEMENTS[rng.integers(6)], pressure, state)
    return system, order


def as_configuration(system):
    """Return the spheres of a system in its own order."""
    records = records_of(system.cells)
    positions, radii = records[:, :3].copy(), records[:, 3]
    return Configuration(Box(system.box.copy()), positions, 2.0 * radii, system.species * 1)


@given(
    spheres=st.integers(30, 120),
    packing=st.sampled_from([0.03, 0.3, 0.5]),
    pressure=st.sampled_from([1.0, 20.0, 1000.0]),
    cycles=st.integers(0, 12),
    seed=st.integers(0, 1000),
)
def test_every_near_pair_has_a_sphere_that_knows_it(spheres, packing, pressure, cycles, seed):
    """No pair within the horizon is nearer than the clearances of both of its spheres say."""
    system, _ = moved(spheres, packing, pressure, cycles, seed)
    clearance = system.clearance * system.bounds[SHORTENED]
    pairs = all_near_pairs(as_configuration(system), np.sqrt(system.bounds[HORIZON]) - 1.0)
    ratio2 = (pairs.distance / pairs.contact) ** 2
    seen = (pairs.i != pairs.j) & (ratio2 < system.bounds[HORIZON])
    known = np.minimum(clearance[pairs.i], clearance[pairs.j])
    assert np.all(known[seen] < ratio2[seen])


@given(cycles=st.integers(0, 12), seed=st.integers(0, 1000), share=st.floats(0.1, 1.0))
def test_close_pairs_are_the_near_pairs(cycles, seed, share):
    """Led by clearances, the search finds what a search about all spheres finds."""
    system, _ = moved(100, 0.5, 20.0, cycles, seed)
    factor = 1.0 + share * (np.sqrt(system.bounds[HORIZON]) - 1.0)
    assert is_in_sight(system, factor)
    close, near = np.empty((5000, 4)), np.empty((5000, 4))
    _, many = near_pairs(system, factor, 0, close, search_below(system, factor))
    _, count = near_pairs(system, factor, 0, near, np.inf)
    distances = [np.linalg.norm(found[:, :3], axis=1) for found in (close[:many], near[:count])]
    apart = np.abs(distances[0][:, None] - distances[1])
    assert count == 0 or apart.min(axis=0).max() < 1e-12
    assert many == 0 or apart.min(axis=1).max() < 1e-12
