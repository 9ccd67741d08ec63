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

from hsmc.kernels.cells import Floats, Indices, Ints, System
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
from hsmc.kernels.jit import answers, part
from hsmc.kernels.packets import fetch
from hsmc.kernels.random import uniform
from hsmc.kernels.regions import Regions, cut, fetch_region
from hsmc.kernels.walls import walls_of

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


@answers(move_region, moves=Turn)
@part
def chains_of_region(
    system: System, members: Indices, regions: Regions, region: Region, turn: Turn,
    counts: Ints, state: NDArray[np.uint64],
) -> None:  # fmt: skip
    """Make the event chains of a region's turn."""
    velocities = turn.velocities
    if velocities.shape[0] == 1:
        velocities = velocities.copy()  # of this thread
    fetch_region(system.cells, regions, region)
    for i in members:
        fetch(velocities, 3 * i)
    walls = walls_of(system.cells, regions, region)
    number = int(turn.collisions * members.shape[0] / COLLISIONS + uniform(state))
    flown = turn.flown[walls.region]
    run_chains(
        None, system, walls, members, number, velocities, turn.mask, np.empty(5), turn.chain, flown,
        counts, state,
    )  # fmt: skip
    flown[DURATION] += number


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
    # None is thinner than a flight is long: one that ends inside was inside all the way.
    reach = system.diameter + SIGHT * chain[FREE_PATH]
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
