"""Clearances lead to every near pair, whatever moved before.

Mutations tried, each of which makes a test here fail: a move that leaves the clearance as it was,
an element move or a scaling of some axes that does not mend the others', a clearance that the
search of a box move notes too large, a search that ends at the horizon.
"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.fit import random_fluid
from hsmc.kernels.clearance import HORIZON, NEVER, SHORTENED
from hsmc.kernels.elements import heat_bath_element
from hsmc.kernels.free_range import free_range
from hsmc.kernels.local_moves import move_spheres
from hsmc.kernels.particle_moves import Trials
from hsmc.kernels.scalings import heat_bath_scale
from hsmc.mixture import Mixture
from hsmc.neighbors import near_pairs as all_near_pairs
from hsmc.rng import kernel_state
from tests.conftest import records_of
from tests.kernels.test_cells import system_of
from tests.kernels.test_free_range import ELEMENTS, LINES, MASKS, along


def moved(spheres, packing, pressure, cycles, seed):
    """Return a 6:19 fluid after cycles of particle moves and box moves of all kinds."""
    large = max(1, spheres // 4)
    system, order = system_of(random_fluid(Mixture(0.7, large, spheres - large), packing, seed))
    free_range(system, along(system, MASKS[0]), -0.1, 0.0, -0.1, 0.0)  # now nothing is unknown
    state, tally = kernel_state(seed, "test"), np.zeros((2, 2), np.int64)
    rng = np.random.default_rng(seed)
    for _ in range(cycles):
        move_spheres(system, Trials(np.full(2, 0.05), np.ones(3), tally), tally.copy(), state)
        if rng.random() < 0.5:
            heat_bath_scale(system, *MASKS[rng.integers(3)], pressure, state)
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


@given(cycles=st.integers(0, 12), seed=st.integers(0, 1000), line=st.sampled_from(LINES))
def test_clearances_lead_to_the_pairs_that_touch_first(cycles, seed, line):
    """Led by clearances, a search finds as far as all is free what it finds about all spheres.

    So does one pass over all pairs, but for rounding.
    """
    system, _ = moved(100, 0.5, 20.0, cycles, seed)
    deformation = along(system, line)
    end = 0.1 / deformation.stretch
    led = free_range(system, deformation, -end, end, -end, end)
    system.clearance[:] = NEVER
    assert free_range(system, deformation, -end, end, -end, end) == led
    system.clearance[:] = 0.0
    passed = free_range(system, deformation, -end, end, -end, end)
    np.testing.assert_allclose(passed, led, rtol=0.0, atol=1e-13)
