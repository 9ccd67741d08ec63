"""Trial moves of all spheres at once: in cells, or with lists."""

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.anchors import anchor, make_room, strays
from hsmc.kernels.cells import RADIUS, Ints, System
from hsmc.kernels.clearance import HORIZON, SAFE, SHORTENED
from hsmc.kernels.jit import inlined, lean, merged
from hsmc.kernels.lists import Lists
from hsmc.kernels.particle_moves import (
    Nearest,
    Trials,
    chosen,
    count,
    displacement,
    move_members,
)
from hsmc.kernels.random import next_bits
from hsmc.kernels.reach import CLOSEST
from hsmc.kernels.search import NO_SLOT, walk


@inlined
def clearance_in_list(lists: Lists, system: System, i: int, x: float, y: float, z: float) -> float:
    """Return what ``clearance_at`` does, for a place that is near the sphere's anchor."""
    query = Nearest(NO_SLOT, lists.records[i, RADIUS])
    # Who is not listed is farther than that, and may come to be listed later.
    horizon = min(system.bounds[HORIZON], CLOSEST**2)
    return float(walk(lists, i, x, y, z, query, horizon))


@lean
def clearance_far(lists: Lists, system: System, i: int, x: float, y: float, z: float) -> float:
    """Return what ``clearance_at`` does, for a place that is too far from the sphere's anchor.

    The sphere is anchored there, and back again if it overlaps another.
    """
    records = lists.records
    was_x, was_y, was_z = records[i, 0], records[i, 1], records[i, 2]
    records[i, 0], records[i, 1], records[i, 2] = x, y, z
    anchor(lists, system, i)
    make_room(lists, system)
    x, y, z = records[i, 0], records[i, 1], records[i, 2]
    clearance = clearance_in_list(lists, system, i, x, y, z)
    if clearance == 0.0:
        records[i, 0], records[i, 1], records[i, 2] = was_x, was_y, was_z
        anchor(lists, system, i)
        make_room(lists, system)
    return clearance


@merged
def try_in_cells(system: System, trials: Trials, state: NDArray[np.uint64]) -> None:
    """Make the trial moves of a cycle in cells: all of them are one region."""
    move_members(system, system.cells.everyone, 0, None, trials, trials.recent, state)


@lean
def try_spheres(
    lists: Lists | None, system: System, trials: Trials, state: NDArray[np.uint64]
) -> None:
    """Make the trial moves of a cycle, with lists if the system has any that are used."""
    if lists is None:
        try_in_cells(system, trials, state)
        return
    if lists.used[0] == 0:
        try_in_cells(system, trials, state)
        return
    steps, mask, counts, records = trials.steps, trials.mask, trials.recent, lists.records
    scale = SAFE / system.bounds[SHORTENED]
    spheres = system.species.shape[0]
    for _ in range(spheres):
        first, second = next_bits(state), next_bits(state)
        i = chosen(first, spheres)
        kind = system.species[i]
        counts[kind, 0] += 1
        dx, dy, dz = displacement(steps[kind], mask, first, second)
        x, y, z = records[i, 0] + dx, records[i, 1] + dy, records[i, 2] + dz
        if strays(lists, i, x, y, z):
            clearance = clearance_far(lists, system, i, x, y, z)
        else:
            clearance = clearance_in_list(lists, system, i, x, y, z)
            if clearance > 0.0:
                records[i, 0], records[i, 1], records[i, 2] = x, y, z
        if clearance > 0.0:
            counts[kind, 1] += 1
            system.clearance[i] = clearance * scale


@merged
def move_spheres(system: System, trials: Trials, counts: Ints, state: NDArray[np.uint64]) -> None:
    """Make N trial moves of spheres chosen at random, each within a cube about its place.

    Args:
        system: Spheres in their box; moved, and their cells kept up to date.
        trials: How far, and along which axes.
        counts: Tried and accepted moves of each species, added to; shape (2, 2).
        state: State of the generator; shape (4,).

    Source:
        Metropolis et al., J. Chem. Phys. 21, 1087 (1953), doi:10.1063/1.1699114.
    """
    count(trials, counts, -1)
    try_spheres(system.lists, system, trials, state)
    count(trials, counts, 1)
