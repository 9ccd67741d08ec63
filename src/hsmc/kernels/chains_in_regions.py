"""Event chains of a large system, region by region.

Only the spheres of a region fly, each time; those outside stand still, and what flies comes back
from them and from the walls of the region. Chains of a region keep to the processor's cache, and
those of regions that do not touch run at the same time.

Balance: a flight that comes back turns its own velocity round at the rate at which it meets what
turns it, which is the rate of the reverse flight; volumes and energies are kept, as in an
exchange. The walls keep the members of a region the same, so a chain starts with each of them as
often in every state. Pressure: all contacts of a sphere that flies are met at the same rate
whether the other may move or not, so the sum over collisions is that of ``kernels.event_chains``.

Source: ``kernels.checkerboard`` for the regions; for event chains in parallel, Kapfer & Krauth,
arXiv:1301.4901.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.cells import Floats, Ints, System
from hsmc.kernels.checkerboard import Region, move_any_colour, move_region, number_of_colours
from hsmc.kernels.event_chains import (
    COLLISIONS,
    DURATION,
    FLOWN,
    FREE_PATH,
    LENGTH,
    SIGHT,
    Chains,
    remember,
    run_chains,
)
from hsmc.kernels.jit import answers, inlined, lean, part
from hsmc.kernels.lists import MARGIN, STRAY, Lists, with_own_spare
from hsmc.kernels.members import members_of
from hsmc.kernels.packets import fetch, wide
from hsmc.kernels.random import uniform
from hsmc.kernels.regions import Regions, cut, fetch_region
from hsmc.kernels.walls import Walls, walls_of

TURN = 2
"""Collisions of each sphere in a turn of its region: more fill the cache less often.

A sphere has a turn every so many cycles, on average; with more, spheres diffuse more slowly.
"""

THICKNESS = (12, 12, 6)
"""Layers of cells of a region along each box vector.

The fewer walls, the better spheres diffuse; but more regions of a colour keep more threads busy.
"""


class Turn(NamedTuple):
    """What the event chains of a region's turn need to know.

    Attributes:
        velocities: As in ``Chains``, like the mask.
        mask: See velocities.
        chain: Duration and free path, kept as they are; shape (5,).
        flown: For each region the number of chains, and sums over flights as in ``chain``; added
            to; shape (R, 5).
        collisions: Of each sphere, about.
    """

    velocities: Floats
    mask: Floats
    chain: Floats
    flown: Floats
    collisions: float


@inlined
def fetch_list(lists: Lists | None, i: int) -> None:
    """Ask the cache for the list of a sphere, and for its anchor."""
    if lists is not None:
        first = lists.room * wide(i)
        fetch(lists.entries, first)
        fetch(lists.entries, first + 16)
        fetch(lists.anchors, 3 * i)
        fetch(lists.counts, i)


@part
def chains_between(
    lists: Lists | None, system: System, walls: Walls, regions: Regions, region: Region,
    velocities: Floats, turn: Turn, counts: Ints, state: NDArray[np.uint64],
) -> None:  # fmt: skip
    """Make the event chains of a region's turn, with lists or without.

    Args:
        lists: Those of the system, if they are used.
        system: Spheres in their box; those of the region are moved.
        walls: Of the region.
        regions: How the cells are cut.
        region: Which one, along each box vector.
        velocities: Of each sphere, or room for one.
        turn: What else the chains need to know.
        counts: As for ``move_region``, like the state.
        state: See counts.
    """
    fetch_region(system.cells, regions, region)
    members = members_of(lists, system, walls, regions, region)
    for i in members:
        fetch(velocities, 3 * i)
        fetch_list(lists, i)
    number = int(turn.collisions * members.shape[0] / COLLISIONS + uniform(state))
    flown = turn.flown[walls.region]
    run_chains(
        lists, system, walls, members, number, velocities, turn.mask, np.empty(5), turn.chain,
        flown, counts, state,
    )  # fmt: skip
    flown[DURATION] += number


@part
def take_turn(
    lists: Lists | None, system: System, walls: Walls, regions: Regions, region: Region,
    velocities: Floats, turn: Turn, counts: Ints, state: NDArray[np.uint64],
) -> None:  # fmt: skip
    """Do as ``chains_between``, with lists if the system has any that are used."""
    if lists is None:
        chains_between(None, system, walls, regions, region, velocities, turn, counts, state)
        return
    if lists.used[0] == 0:
        chains_between(None, system, walls, regions, region, velocities, turn, counts, state)
        return
    # Other threads make lists at the same time.
    spare, kept = np.empty(lists.spare.shape[0], np.int32), np.empty(lists.kept.shape[0], np.int64)
    own = with_own_spare(lists, spare, kept)
    chains_between(own, system, walls, regions, region, velocities, turn, counts, state)


@answers(move_region, moves=Turn)
@part
def chains_of_region(
    system: System, regions: Regions, region: Region, turn: Turn, counts: Ints,
    state: NDArray[np.uint64],
) -> None:  # fmt: skip
    """Make the event chains of a region's turn."""
    velocities = turn.velocities
    if velocities.shape[0] == 1:
        velocities = velocities.copy()  # of this thread
    walls = walls_of(system.cells, regions, region)
    take_turn(system.lists, system, walls, regions, region, velocities, turn, counts, state)


@lean
def reach_in_regions(lists: Lists | None, system: System, path: float) -> float:
    """Return how far regions that are moved at once have to be apart, in σ_L.

    No region is thinner: a flight that ends inside was inside all the way. Where lists are used,
    a sphere's new list is made of the anchors about it, and those are told: of spheres that no
    other region comes near.

    Args:
        lists: Those of the system, if it has any.
        system: Spheres in their box.
        path: Mean free path, in σ_L.
    """
    looked = system.diameter + SIGHT * path
    if lists is None:
        return looked
    if lists.used[0] == 0:
        return looked
    distances = lists.distances
    return float(2.0 * (system.diameter + 2.0 * distances[MARGIN] + distances[STRAY]))


@part
def move_chains_in_regions(
    system: System, chains: Chains, counts: Ints, state: NDArray[np.uint64]
) -> None:
    """Do as ``move_chains``, in the regions of colours drawn at random, on several threads.

    Args:
        system: See ``move_chains``, like the rest.
        chains: See system.
        counts: See system.
        state: See system.
    """
    velocities, mask, chain, _ = chains
    reach = reach_in_regions(system.lists, system, chain[FREE_PATH])
    regions = cut(system, THICKNESS, reach, state)
    colours = number_of_colours(regions)
    turns = max(1, colours // TURN)
    flown, made = np.zeros((regions.number.prod(), 5)), np.zeros((2, 2), np.int64)
    turn = Turn(velocities, mask, chain, flown, colours / turns)
    for _ in range(turns):
        move_any_colour(system, regions, turn, made, state)
    counts += made
    sums = flown[0]
    for region in range(1, flown.shape[0]):
        for what in range(sums.shape[0]):
            sums[what] += flown[region, what]
    for what in range(FLOWN, chain.shape[0]):
        chain[what] += sums[what]
    remember(chains, sums[LENGTH], int(sums[DURATION]), made[0, 1] + made[1, 1])
