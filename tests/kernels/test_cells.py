"""Linked cells against brute force over all images, in boxes of any size and skew."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.kernels.cells import USED, move_to
from hsmc.kernels.clearance import HORIZON
from hsmc.kernels.few_spheres import few_packets
from hsmc.kernels.packets import LANES
from hsmc.kernels.particle_moves import clearance_at
from hsmc.kernels.run import Spheres, assemble, new_room
from hsmc.neighbors import near_pairs as all_near_pairs
from tests.conftest import points, records_of, sheared_boxes

PLACES = 20
"""Random places of a sphere that are tried in each box."""


def system_of(configuration, *, lists=None):
    """Return the kernels' view of a configuration, and the order of its spheres."""
    spheres = Spheres(
        np.array(configuration.positions),
        np.array(configuration.box.vectors),
        0.5 * configuration.diameters,
        configuration.types.astype(np.int8),
        np.zeros((1, 3)),
    )
    few = few_packets(len(configuration)) if lists is None else None
    room = new_room(spheres, few, lists)
    assemble(room, spheres)
    return room.system, room.order


def mixed_spheres(n, box, seed, ratio=0.6):
    """Return n spheres of two sizes at random places."""
    rng = np.random.default_rng(seed)
    types = rng.integers(0, 2, n)
    return Configuration.from_scaled(box, rng.random((n, 3)), np.where(types, ratio, 1.0), types)


@given(box=sheared_boxes(), n=st.integers(1, 30), seed=st.integers(0, 10_000))
def test_overlap_test_is_that_of_brute_force(box, n, seed):
    """A sphere at a random place overlaps another in the cells if and only if it does at all.

    The clearance that comes with it is the nearest neighbour's, up to the horizon. Most places
    overlap several spheres, so that only some of many show a lost cell. Fails if a search leaves
    out the last layer of cells along a, b or c, or if an image shift has the wrong sign (tried).
    """
    configuration = mixed_spheres(n, box, seed)
    system, order = system_of(configuration)
    for place in np.random.default_rng(seed + 1).random((PLACES, 3)):
        moved = np.array(configuration.positions)
        moved[order[0]] = box.unscale(place)
        trial = Configuration(box, moved, configuration.diameters, configuration.types)
        pairs = all_near_pairs(trial, 1.0)
        other = (pairs.i != pairs.j) & ((pairs.i == order[0]) | (pairs.j == order[0]))
        ratios = (pairs.distance / pairs.contact)[other]
        clearance = clearance_at(system, 0, *moved[order[0]])
        assert (clearance == 0.0) == (ratios.min(initial=np.inf) < 1.0 - 1e-12)
        if clearance > 0.0:
            nearest = min(ratios.min(initial=np.inf) ** 2, system.bounds[HORIZON])
            assert abs(clearance - nearest) < 1e-10


def test_touching_spheres_do_not_overlap():
    """Fails if the test is ≤ instead of < (tried)."""
    configuration = Configuration(
        Box.cubic(4.0), np.array([[0.0, 0, 0], [2.0, 0, 0]]), np.ones(2), np.zeros(2, np.int64)
    )
    system, order = system_of(configuration)
    first = int(np.flatnonzero(order == 0)[0])
    assert clearance_at(system, first, 1.0, 0.0, 0.0) == 1.0
    assert clearance_at(system, first, 1.0 + 1e-9, 0.0, 0.0) == 0.0


def test_memory_of_cells_stays_small():
    """However dilute the box: half a packet and an eighth a sphere, and a few."""
    system, _ = system_of(mixed_spheres(10_000, Box.cubic(1000.0), seed=1))
    assert sum(array.nbytes for array in system.cells) <= 200 * 10_000 + 50_000


def test_a_crowd_fills_packets_of_the_pool_and_gives_them_back():
    """A hundred points come together in some cell and part again; nothing is lost on the way.

    Fails if the last packet of a cell is not given back, if one given back is not taken first,
    or if the sphere that fills a gap is not told its new place (tried).
    """
    system, _ = system_of(points(100, Box.cubic(5.0)))
    cells, rng = system.cells, np.random.default_rng(1)
    before = np.sort(records_of(cells), axis=0)
    total = int(np.prod(cells.shape))
    for _ in range(20):
        for targets in (rng.integers(total, size=1), np.arange(total)):
            for i in rng.permutation(100):
                packet, place = divmod(int(cells.place_of[i]), LANES)
                there = cells.packets[packet, :3, place].copy()
                move_to(system, int(i), int(rng.choice(targets)), *there)
            assert cells.filled[:total].sum() == 100
            assert sorted(cells.owner.ravel()[cells.place_of]) == list(range(100))
            np.testing.assert_array_equal(np.sort(records_of(cells), axis=0), before)
            assert np.isfinite(cells.packets[: cells.pool[USED], 0]).sum() == 100
    assert cells.pool[USED] <= len(cells.packets)
