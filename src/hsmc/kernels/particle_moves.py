"""Trial moves of single spheres, region by region; the whole system may be one.

Balance of a region: with n spheres it gets n trials of spheres chosen at random in it; moves out
of it are refused. So its members stay the same throughout, each is chosen as often in every
state, and a trial is as likely as its reverse: detailed balance, for any surroundings that stand
still.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.cells import (
    RADIUS,
    Floats,
    Indices,
    Ints,
    System,
    move_to,
    number_of,
    read,
    wrapped,
)
from hsmc.kernels.checkerboard import Region, move_all_colours, move_region
from hsmc.kernels.clearance import HORIZON, SAFE, SHORTENED
from hsmc.kernels.jit import answers, inlined, lean, merged, part
from hsmc.kernels.members import members_of
from hsmc.kernels.packets import BITS, LANES, NEAR, PLACE, lowest, near
from hsmc.kernels.random import next_bits
from hsmc.kernels.regions import Regions, cut, fetch_ahead, packets_ahead
from hsmc.kernels.search import around, look, search, separation
from hsmc.kernels.walls import walls_of

HALF = np.uint64(32)
LOW_BITS = np.uint64(0xFFFFFFFF)
THICKNESS = (6, 6, 6)
"""Layers of cells of a region along each box vector: few enough to stay in the cache."""

PER_BIT = 2.0**-31
"""Turns 32 random bits into (-1, 1) once half a bit is added and 1 taken away."""


class Nearest(NamedTuple):
    """A query: how near does a sphere come to others?

    Attributes:
        slot: Its place in its cell, 8·packet + place.
        radius: Its radius, in σ_L.
    """

    slot: int
    radius: float


@answers(look, query=Nearest)
@inlined
def nearest(
    packets: Any, packet: int, x: float, y: float, z: float, query: Nearest, least: float
) -> float:  # fmt: skip
    """Return the smallest r²/σ² to spheres of a packet, or ``least``; 0 if one overlaps."""
    slot, radius = query
    mask = near(packets, packet, x, y, z, radius, least)
    if packet == slot >> BITS:
        mask &= ~((1 + (1 << LANES)) << (slot & PLACE))
    if mask > NEAR:
        return 0.0
    while mask != 0:
        k = lowest(mask)
        mask &= mask - 1
        dx, dy, dz, other = separation(packets, packet, k, x, y, z)
        least = min(least, (dx * dx + dy * dy + dz * dz) / (other + radius) ** 2)
    return least


@lean
def clearance_at(system: System, skip: int, x: float, y: float, z: float) -> float:
    """Return the smallest r²/σ² of sphere ``skip`` put at x, y, z; 0 if it overlaps another.

    Its own images move with it, so only box moves test them. Touching is no overlap. Beyond
    the horizon nothing is known, so the horizon is the most that is returned.

    Args:
        system: Spheres in their box.
        skip: The moved sphere.
        x: Trial position, wrapped (likewise y, z).
        y: See x.
        z: See x.
    """
    cells = system.cells
    slot = int(cells.place_of[skip])
    radius = cells.packets[slot >> BITS, RADIUS, slot & PLACE]
    horizon = system.bounds[HORIZON]
    reach = around(system, np.sqrt(horizon) * (radius + 0.5 * system.diameter))
    return float(search(system, x, y, z, reach, reach, Nearest(slot, radius), horizon))


@inlined
def chosen(bits: np.uint64, count: int) -> int:
    """Return a number below ``count`` from the high half of random bits."""
    return int(((bits >> HALF) * np.uint64(count)) >> HALF)


@inlined
def displacement(
    step: float, mask: Floats, first: np.uint64, second: np.uint64
) -> tuple[float, float, float]:
    """Return a displacement within a cube, from the low half of random bits and all of others."""
    return (
        step * mask[0] * ((float(first & LOW_BITS) + 0.5) * PER_BIT - 1.0),
        step * mask[1] * ((float(second >> HALF) + 0.5) * PER_BIT - 1.0),
        step * mask[2] * ((float(second & LOW_BITS) + 0.5) * PER_BIT - 1.0),
    )


class Trials(NamedTuple):
    """What trial moves need to know.

    Attributes:
        steps: Largest displacement along an axis for each species, in σ_L; shape (2,).
        mask: 1 for Cartesian axes along which spheres move, else 0; shape (3,).
        recent: Tried and accepted moves of each species since the last change of the step, added
            to; shape (2, 2).
    """

    steps: Floats
    mask: Floats
    recent: Ints


@part
def move_regions(system: System, trials: Trials, counts: Ints, state: NDArray[np.uint64]) -> None:
    """Do as ``move_spheres``, region by region, on several threads.

    Args:
        system: See ``move_spheres``, like the rest.
        trials: See system.
        counts: See system.
        state: See system.
    """
    reach = math.sqrt(system.bounds[HORIZON]) * system.diameter
    regions = cut(system, THICKNESS, reach, state)
    count(trials, counts, -1)
    move_all_colours(system, regions, trials, trials.recent, state)
    count(trials, counts, 1)


@merged
def count(trials: Trials, counts: Ints, sign: int) -> None:
    """Add what was counted since the last change of the step: before a cycle with a minus."""
    for kind in range(2):
        for what in range(2):
            counts[kind, what] += sign * trials.recent[kind, what]


@lean
def move_members(
    system: System, members: Indices, region: int, ahead: Indices | None, trials: Trials,
    counts: Ints, state: NDArray[np.uint64],
) -> None:  # fmt: skip
    """Make as many trial moves in a region as it has spheres; none leaves it.

    Args:
        system: Spheres in their box; those of the region are moved.
        members: The spheres of the region; shape (M,).
        region: Its number.
        ahead: Packets that are read after this region, as in ``packets_ahead``, if any.
        trials: As for ``move_spheres``, like the rest.
        counts: See trials.
        state: See trials.
    """
    steps, mask = trials.steps, trials.mask
    cells = system.cells
    scale = SAFE / system.bounds[SHORTENED]
    horizon = system.bounds[HORIZON]
    far = np.sqrt(horizon)
    count = members.shape[0]
    for trial in range(count):
        if ahead is not None:
            fetch_ahead(system, ahead, trial)
        first, second = next_bits(state), next_bits(state)
        i = members[chosen(first, count)]
        kind = system.species[i]
        counts[kind, 0] += 1
        slot = int(cells.place_of[i])
        x, y, z, radius = read(cells, slot)
        dx, dy, dz = displacement(steps[kind], mask, first, second)
        x, y, z, a, b, c = wrapped(system, x + dx, y + dy, z + dz)
        cell = number_of(cells, a, b, c)
        if cells.region[cell] != region:
            continue
        reach = around(system, far * (radius + 0.5 * system.diameter))
        clearance = search(system, x, y, z, reach, reach, Nearest(slot, radius), horizon)
        if clearance == 0.0:
            continue
        counts[kind, 1] += 1
        system.clearance[i] = clearance * scale
        move_to(system, i, cell, x, y, z)


@answers(move_region, moves=Trials)
@part
def move_in_region(
    system: System, regions: Regions, region: Region, trials: Trials, counts: Ints,
    state: NDArray[np.uint64],
) -> None:  # fmt: skip
    """Make as many trial moves in a region as it has spheres."""
    walls = walls_of(system.cells, regions, region)
    members = members_of(None, system, walls, regions, region)
    ahead = packets_ahead(system.cells, regions, region)
    move_members(system, members, walls.region, ahead, trials, counts, state)
