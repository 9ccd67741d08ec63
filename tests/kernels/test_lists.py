"""Lists of neighbours against brute force over all images, whatever moved before.

Mutations tried, each of which makes a test here fail: see each test.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.fit import random_fluid
from hsmc.kernels.anchors import anchor, make_lists, make_room
from hsmc.kernels.cells import invert
from hsmc.kernels.clearance import HORIZON, SHORTENED
from hsmc.kernels.deformations import apply
from hsmc.kernels.elements import heat_bath_element
from hsmc.kernels.event_chains import draw_velocities, run_chain
from hsmc.kernels.free_range import free_range
from hsmc.kernels.landing import fly_in_lists
from hsmc.kernels.lists import MARGIN, MIDDLE, SIDE, STRAY, WORST, append, new_lists
from hsmc.kernels.local_moves import clearance_in_list, move_spheres
from hsmc.kernels.packets import IMAGE, IMAGE_BITS, LANES
from hsmc.kernels.particle_moves import Trials
from hsmc.kernels.reach import CLOSEST, begin_reach, change_since_any, seen_beyond
from hsmc.kernels.scalings import heat_bath_scale
from hsmc.mixture import Mixture
from hsmc.neighbors import near_pairs, smallest_gap
from hsmc.rng import kernel_state
from tests.kernels.test_cells import system_of
from tests.kernels.test_event_chains import flight
from tests.kernels.test_free_range import ELEMENTS, LINES, MASKS, along, brute_force

MOTIONS = ("local", "newtonian")


def moved(motion, spheres, packing, cycles, seed, pressure=20.0):
    """Return a 6:19 fluid with lists after cycles of particle moves and box moves of all kinds."""
    large = max(1, spheres // 4)
    fluid = random_fluid(Mixture(0.7, large, spheres - large), packing, seed)
    system, _ = system_of(fluid, lists=new_lists(0.5 * fluid.diameters, fluid.box.volume))
    state, tally = kernel_state(seed, "test"), np.zeros((2, 2), np.int64)
    rng, hit, chain = np.random.default_rng(seed), np.empty(5), np.zeros(5)
    velocities = np.empty((spheres, 3))
    draw_velocities(velocities, np.ones(3), state)
    for _ in range(cycles):
        if motion == "local":
            move_spheres(system, Trials(np.full(2, 0.12), np.ones(3), tally), tally.copy(), state)
        else:
            for k in range(0, spheres, 10):
                run_chain(
                    system.lists,
                    system,
                    None,
                    k,
                    0.5,
                    0.3,
                    velocities,
                    np.ones(3),
                    hit,
                    chain,
                    tally,
                )
        if rng.random() < 0.5:
            heat_bath_scale(system, *MASKS[rng.integers(3)], pressure, state)
        else:
            heat_bath_element(system, *ELEMENTS[rng.integers(6)], pressure, state)
    return system


def as_configuration(system):
    """Return the spheres of a system in its own order, where they are."""
    records = system.lists.records[:-1]
    positions, radii = records[:, :3].copy(), records[:, 3]
    return Configuration(Box(system.box.copy()), positions, 2.0 * radii, system.species * 1)


def entries_of(system):
    """Return what is listed: sphere, neighbour, and number of the image."""
    lists, found = system.lists, set()
    for i in range(len(lists.counts)):
        listed = lists.entries[lists.room * i :][: lists.counts[i]]
        found |= {(i, int(e) >> IMAGE_BITS, int(e) & IMAGE) for e in listed}
    return found


@given(
    motion=st.sampled_from(MOTIONS),
    spheres=st.integers(51, 120),
    packing=st.sampled_from([0.3, 0.5]),
    cycles=st.integers(0, 12),
    seed=st.integers(0, 1000),
)
def test_every_near_pair_is_listed_by_both(motion, spheres, packing, cycles, seed):
    """All pairs nearer than lists claim to reach are in both lists, by the right image.

    Who lists another is listed by it. No sphere overlaps another, and none is farther from its
    anchor than it may be. Fails if those that a sphere comes to or leaves are not told, if images
    are not turned round, if a sphere that leaves the box keeps its entries, anchors or images are
    left out of deformations, lists kept for ever, or spheres let stray too far (tried).
    """
    system = moved(motion, spheres, packing, cycles, seed)
    now, lists = as_configuration(system), system.lists
    assert smallest_gap(now).gap >= 0.0
    assert seen_beyond(lists, system) >= CLOSEST
    pairs = near_pairs(now, 1.0)
    near = (pairs.distance < seen_beyond(lists, system) * pairs.contact) & (pairs.i != pairs.j)
    turns = pairs.image[near] @ [1, SIDE, SIDE**2]
    listed = entries_of(system)
    assert listed == {(j, i, 2 * MIDDLE - image) for i, j, image in listed}
    assert len(listed) == lists.counts.sum()
    for i, j, turn in zip(pairs.i[near], pairs.j[near], turns, strict=True):
        assert (int(i), int(j), MIDDLE + int(turn)) in listed
        assert (int(j), int(i), MIDDLE - int(turn)) in listed
    away = np.linalg.norm(now.positions - lists.anchors, axis=1)
    assert away.max() <= lists.distances[STRAY] * (1.0 + 2.0 * lists.distances[WORST]) + 1e-12


@given(
    motion=st.sampled_from(MOTIONS),
    spheres=st.integers(51, 120),
    packing=st.sampled_from([0.3, 0.5]),
    cycles=st.integers(0, 12),
    seed=st.integers(0, 1000),
)
def test_flights_are_those_of_brute_force(motion, spheres, packing, cycles, seed):
    """In any direction: how far and to which sphere, or to where the sphere is anchored anew.

    Fails if what strays flies on, or stops a little too late (tried).
    """
    system = moved(motion, spheres, packing, cycles, seed)
    lists, hit = system.lists, np.empty(5)
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(12, 3))
    for direction in directions / np.linalg.norm(directions, axis=1)[:, None]:
        i, now = int(rng.integers(spheres)), as_configuration(system)
        expected, target = flight(now, i, direction, 0.3)
        path, j, *_ = fly_in_lists(lists, system, None, i, *direction, 0.3, np.zeros((1, 3)), hit)
        if j >= 0:
            assert path == pytest.approx(expected, abs=1e-9)
            assert j == target or path < 1e-9  # where two touch
        elif path < 0.3:
            assert path <= expected + 1e-9
            np.testing.assert_array_equal(lists.anchors[i], lists.records[i, :3])
        else:
            assert target < 0


@given(
    motion=st.sampled_from(MOTIONS),
    spheres=st.integers(51, 120),
    packing=st.sampled_from([0.3, 0.5]),
    cycles=st.integers(0, 12),
    seed=st.integers(0, 1000),
)
def test_clearances_are_those_of_brute_force(motion, spheres, packing, cycles, seed):
    """At places near a sphere's anchor: r²/σ² of the nearest other, up to the horizon, or 0."""
    system = moved(motion, spheres, packing, cycles, seed)
    now, lists, rng = as_configuration(system), system.lists, np.random.default_rng(seed)
    for i in rng.integers(spheres, size=8):
        away = rng.normal(size=3)
        place = lists.anchors[i] + 0.99 * lists.distances[STRAY] * away / np.linalg.norm(away)
        positions = now.positions.copy()
        positions[i] = place
        pairs = near_pairs(Configuration(now.box, positions, now.diameters, now.types), 1.0)
        mine = (pairs.i != pairs.j) & ((pairs.i == i) | (pairs.j == i))
        ratio2 = ((pairs.distance / pairs.contact)[mine] ** 2).min(initial=np.inf)
        exact = min(ratio2, CLOSEST**2, system.bounds[HORIZON]) if ratio2 > 1.0 else 0.0
        assert clearance_in_list(lists, system, int(i), *place) == pytest.approx(exact, abs=1e-9)


@given(
    motion=st.sampled_from(MOTIONS),
    cycles=st.integers(0, 12),
    seed=st.integers(0, 1000),
    line=st.sampled_from(LINES),
    reach=st.sampled_from([0.01, 0.3]),
)
def test_range_is_that_of_brute_force(motion, cycles, seed, line, reach):
    """Both ends are those of the first pair that touches."""
    system = moved(motion, 60, 0.5, cycles, seed)
    now, deformation = as_configuration(system), along(system, line)
    end = reach / deformation.stretch
    free = free_range(system, deformation, -end, end, -end, end)
    exact = brute_force(now, deformation, (-end, end))
    np.testing.assert_allclose(free, exact, rtol=1e-6, atol=1e-12)


def strayed():
    """Return two spheres that came nearer than lists are made for, and are not listed."""
    lists = new_lists(np.full(2, 0.5), 1.6)
    apart = 1.0 + 2.0 * lists.distances[MARGIN] + 0.01
    positions = np.array([[1.0, 1.0, 1.0], [1.0 + apart, 1.0, 1.0]])
    two = Configuration(Box.cubic(6.0), positions, np.ones(2), np.zeros(2, np.int64))
    system, _ = system_of(two, lists=lists)
    assert lists.counts[:2].sum() == 0
    left, step = np.argmin(lists.records[:2, 0]), 0.999 * lists.distances[STRAY]
    lists.records[left, 0] += step
    lists.records[1 - left, 0] -= step
    return system


@pytest.mark.parametrize("line", [MASKS[0], ELEMENTS[0]])
def test_box_moves_find_pairs_that_are_not_listed(line):
    """Fails if cells are not asked where lists do not reach (tried)."""
    system = strayed()
    deformation = along(system, line)
    end = 0.3 / deformation.stretch
    exact = brute_force(as_configuration(system), deformation, (-end, end))
    assert exact[0] > -end
    free = free_range(system, deformation, -end, end, -end, end)
    np.testing.assert_allclose(free, exact, rtol=1e-9)


def test_clearances_end_where_lists_do():
    """Who is not listed may come to be listed later, so nothing is told beyond it.

    Fails if box moves or trial moves tell of a farther horizon (tried).
    """
    system = strayed()
    system.bounds[HORIZON] = 1.2**2
    system.clearance[:] = 0.0
    free_range(system, along(system, MASKS[0]), -0.005, 0.0, -0.005, 0.0)
    known = system.clearance * system.bounds[SHORTENED]
    pairs = near_pairs(as_configuration(system), 0.2)
    assert len(pairs.i) > 0
    assert known.min() < ((pairs.distance / pairs.contact) ** 2).min()
    place = system.lists.records[0, :3]
    assert clearance_in_list(system.lists, system, 0, *place) <= CLOSEST**2


@given(
    motion=st.sampled_from(MOTIONS),
    packing=st.sampled_from([0.3, 0.5]),
    pressure=st.sampled_from([1.0, 20.0, 1000.0]),
    cycles=st.integers(0, 12),
    seed=st.integers(0, 1000),
)
def test_every_near_pair_has_a_sphere_that_knows_it(motion, packing, pressure, cycles, seed):
    """No pair within the horizon is nearer than the clearances of both of its spheres say."""
    system = moved(motion, 80, packing, cycles, seed, pressure)
    clearance = system.clearance * system.bounds[SHORTENED]
    pairs = near_pairs(as_configuration(system), np.sqrt(system.bounds[HORIZON]) - 1.0)
    ratio2 = (pairs.distance / pairs.contact) ** 2
    seen = (pairs.i != pairs.j) & (ratio2 < system.bounds[HORIZON])
    known = np.minimum(clearance[pairs.i], clearance[pairs.j])
    assert np.all(known[seen] < ratio2[seen])


@pytest.mark.parametrize("line", LINES)
def test_reach_remembers_how_far_the_box_has_been(line):
    """A list may have been made while the box was elsewhere: its return takes reach as well.

    Fails if only the box as it is now counts (tried).
    """
    system = moved("newtonian", 80, 0.4, 0, 1)
    deformation, lists = along(system, line), system.lists
    step = 0.002 / deformation.stretch
    apply(system, deformation, step, 1.0)
    apply(system, along(system, line), -step, 1.0)
    worst = lists.distances[WORST]
    assert worst == pytest.approx(0.002, rel=0.01)
    change = worst / (1.0 - worst)
    contact, margin, stray = system.diameter, lists.distances[MARGIN], lists.distances[STRAY]
    reach = (1.0 - change) * (contact + 2.0 * margin) - 2.0 * (1.0 + change) * stray
    assert seen_beyond(lists, system) == pytest.approx(reach / contact, rel=1e-4)


@given(steps=st.lists(st.tuples(st.sampled_from(LINES), st.floats(-1.0, 1.0)), max_size=12))
def test_reach_allows_for_what_the_box_did_since_any_list(steps):
    """No vector changed more, between any time since all lists were made and now, than is told.

    Of mutations tried, one of yy's two ends or a norm without the elements off the diagonal fail
    here or above. One end of xy alone, and no division by 1 - w, do not: the norm is wider.
    """
    system = moved("newtonian", 60, 0.4, 0, 1)
    boxes = [system.box.copy()]
    begin_reach(system.lists, system)
    for line, step in steps:
        deformation = along(system, line)
        t = 0.05 * step / deformation.stretch
        system.box[:] += t * matrix_of(deformation) @ system.box
        invert(system.box, system.inverse, system.per_face)
        boxes.append(system.box.copy())
        told = change_since_any(system.lists, system)
        since = [np.linalg.norm(system.box @ np.linalg.inv(b) - np.eye(3), 2) for b in boxes]
        assert max(since) <= told * (1.0 + 1e-12) + 1e-15


def matrix_of(deformation):
    xx, xy, xz, yy, yz, zz, _ = deformation
    return np.array([[xx, xy, xz], [0.0, yy, yz], [0.0, 0.0, zz]])


def test_images_that_entries_name_move_with_the_box():
    """Two neighbours across a face, each anchored anew a box away.

    Fails if images stay where they were (tried).
    """
    two = Configuration(
        Box.cubic(6.0),
        np.array([[0.2, 1.0, 1.0], [5.8, 2.1, 1.0]]),
        np.ones(2),
        np.zeros(2, np.int64),
    )
    system, _ = system_of(two, lists=new_lists(np.full(2, 0.5), 1.6))
    lists = system.lists
    left = int(np.argmin(lists.records[:2, 0]))
    for i, turns in ((left, -1), (1 - left, 1)):
        lists.records[i, 0] += turns * 6.0
        anchor(lists, system, i)
    assert max(abs(entry[2] - MIDDLE) for entry in entries_of(system)) == 1
    before = brute_force(as_configuration(system), along(system, MASKS[0]), (-0.2, 0.0))
    apply(system, along(system, MASKS[0]), 0.004, 1.0)
    now = brute_force(as_configuration(system), along(system, MASKS[0]), (-0.2, 0.0))
    system.clearance[:] = 0.0
    free = free_range(system, along(system, MASKS[0]), -0.2, 0.0, -0.2, 0.0)
    assert now[0] < before[0]
    np.testing.assert_allclose(free, now, rtol=1e-9)


@pytest.mark.parametrize("horizon", [1.0 + 1e-6, 1.01, 1.5])
@pytest.mark.parametrize("line", LINES)
def test_all_that_flew_are_looked_about(line, horizon):
    """Whatever the horizon, one pass over those that flew leaves nothing out.

    Fails if the last packet of a list is left out, if clearances are not brought up to date, if
    none is looked about again where more matters than the horizon, and if those that flew are not
    looked about where they are few (all tried).
    """
    for seed, step in enumerate((1, 2, 3, 10)):
        system = moved("newtonian", 80, 0.45, 2, seed)
        system.bounds[HORIZON] = horizon**2
        flown = np.arange(0, 80, step)
        system.clearance[flown] = 0.0
        deformation = along(system, line)
        end = 0.1 / deformation.stretch
        free = free_range(system, deformation, -end, end, -end, end)
        exact = brute_force(as_configuration(system), deformation, (-end, end))
        np.testing.assert_allclose(free, exact, rtol=1e-6, atol=1e-12)
        far = min(horizon, CLOSEST) ** 2
        pairs = near_pairs(as_configuration(system), np.sqrt(far) - 1.0)
        others = pairs.i != pairs.j
        exact = np.full(80, far)
        for ends in (pairs.i[others], pairs.j[others]):
            np.minimum.at(exact, ends, (pairs.distance / pairs.contact)[others] ** 2)
        known = (system.clearance * system.bounds[SHORTENED])[flown]
        np.testing.assert_allclose(np.minimum(known, far), exact[flown], rtol=1e-9)


def test_a_full_list_gets_a_smaller_margin():
    """Where more are near than there is room for, all lists reach less far, and miss none."""
    system = moved("newtonian", 80, 0.5, 3, 1)
    make_lists(system.lists, system)
    before, most = system.lists.distances[MARGIN], int(system.lists.counts.max())
    small = system.lists._replace(room=(most - 1) // LANES * LANES)
    make_lists(small, system)
    assert small.distances[MARGIN] < before
    assert small.counts.max() < most
    cramped = system._replace(lists=small)
    exact = brute_force(as_configuration(cramped), along(cramped, MASKS[0]), (-0.2, 0.2))
    free = free_range(cramped, along(cramped, MASKS[0]), -0.2, 0.2, -0.2, 0.2)
    np.testing.assert_allclose(free, exact, rtol=1e-6, atol=1e-12)


def test_a_list_that_overflows_has_all_made_anew():
    """A sphere that comes near one whose list is full is listed by it nevertheless.

    Fails if an entry that found no room is forgotten (tried).
    """
    system = strayed()
    lists = system.lists
    nowhere = len(lists.counts) << IMAGE_BITS
    while lists.counts[0] < lists.room:
        append(lists, 0, nowhere)
    anchor(lists, system, 1)
    make_room(lists, system)
    assert {(i, j) for i, j, _ in entries_of(system)} == {(0, 1), (1, 0)}


def test_a_box_too_thin_for_lists_is_no_endless_loop():
    """Such boxes are never chosen for lists. Without a smallest margin this hangs."""
    system = strayed()
    system.box[2, 2] = 0.3
    invert(system.box, system.inverse, system.per_face)
    with pytest.raises(RuntimeError, match="find no room: the box is too thin"):
        make_lists(system.lists, system)


def test_spheres_too_unlike_have_no_lists():
    """About a large sphere there would be hundreds of small ones, or any number of points."""
    assert new_lists(np.array([0.5, 0.3]), 1.2) is not None
    assert new_lists(np.array([0.5, 0.05]), 1.2) is None
    assert new_lists(np.array([0.5, 0.0]), 1.2) is None
