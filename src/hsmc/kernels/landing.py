"""A flight of an event chain, carried out: among cells, between walls, or with lists."""

import math

from hsmc.kernels.anchors import anchor, make_room
from hsmc.kernels.cells import Floats, System, move_to, number_of, read, wrapped
from hsmc.kernels.flights import SLOT, Flight, free_path, held_back, slack_of
from hsmc.kernels.jit import inlined, merged
from hsmc.kernels.lists import STRAY, Lists
from hsmc.kernels.packets import BITS, IMAGE_BITS, PLACE, fetch, wide
from hsmc.kernels.search import NO_SLOT, walk
from hsmc.kernels.walls import NONE, Walls, inside, wall_ahead, within


@merged
def landing(
    system: System, i: int, dx: float, dy: float, dz: float
) -> tuple[float, float, float, int]:
    """Return where sphere ``i`` comes by a displacement, and the cell."""
    cells = system.cells
    x, y, z, _ = read(cells, cells.place_of[i])
    x, y, z, a, b, c = wrapped(system, x + dx, y + dy, z + dz)
    return x, y, z, number_of(cells, a, b, c)


@merged
def fly_in_cells(
    system: System, walls: Walls | None, i: int, ux: float, uy: float, uz: float, path: float,
    velocities: Floats, hit: Floats,
) -> tuple[float, int, int, bool]:  # fmt: skip
    """Let sphere ``i`` fly along u until it hits another or a wall, or to the end of a path.

    Args:
        system: Spheres in their box; moved, and their cells kept up to date.
        walls: Of the region whose spheres alone move; None: all do.
        i: The sphere.
        ux: Direction, of length 1 (likewise uy, uz).
        uy: See ux.
        uz: See ux.
        path: How far, at most, in σ_L.
        velocities: Of each sphere, which are soon asked for; shape (N, 3) or (1, 3).
        hit: Written, as by ``free_path``; shape (5,).

    Returns:
        How far it came, which sphere it hit, -1 if none, which wall, and whether what it hit is
        not to move.
    """
    cells = system.cells
    free = free_path(system, i, ux, uy, uz, path, hit)
    x, y, z, cell = landing(system, i, ux * free, uy * free, uz * free)
    target, wall, at_rest, j = int(hit[SLOT]), NONE, False, -1
    if walls is not None:
        if cells.region[cell] != walls.region:
            x, y, z, _ = read(cells, cells.place_of[i])
            wall, free = wall_ahead(system, walls, x, y, z, ux, uy, uz, free)
            x, y, z, cell = landing(system, i, ux * free, uy * free, uz * free)
            if cells.region[cell] != walls.region:  # by rounding, on a wall
                cell = int(cells.cell_of[cells.place_of[i] >> BITS])
            if wall != NONE:
                target = -1
        at_rest = target >= 0 and not inside(system, walls, target)
    if target >= 0:
        j = wide(cells.owner[target >> BITS, target & PLACE])
        fetch(velocities, 3 * j)
    move_to(system, i, cell, x, y, z)
    return free, j, wall, at_rest


@inlined
def room_ahead(lists: Lists, i: int, ux: float, uy: float, uz: float, path: float) -> float:
    """Return how far sphere ``i`` may fly without being anchored anew, at most ``path``."""
    records, anchors, stray = lists.records, lists.anchors, lists.distances[STRAY]
    dx, dy = records[i, 0] - anchors[i, 0], records[i, 1] - anchors[i, 1]
    dz = records[i, 2] - anchors[i, 2]
    along = dx * ux + dy * uy + dz * uz
    room = max(stray * stray - (dx * dx + dy * dy + dz * dz), 0.0)
    if path * (path + 2.0 * along) <= room:
        return path
    return float(math.sqrt(along * along + room) - along)


@merged
def fly_in_lists(
    lists: Lists, system: System, walls: Walls | None, i: int, ux: float, uy: float, uz: float,
    path: float, velocities: Floats, hit: Floats,
) -> tuple[float, int, int, bool]:  # fmt: skip
    """Do as ``fly_in_cells`` with lists; it stops where the sphere has to be anchored anew.

    Where no walls are, all lists are made anew if one finds no room. Else others are moving.
    """
    records = lists.records
    x, y, z, radius = records[i, 0], records[i, 1], records[i, 2], records[i, 3]
    slack, room, j = slack_of(system.box), room_ahead(lists, i, ux, uy, uz, path), -1
    wall, at_rest = NONE, False
    hit[SLOT] = -1.0
    flight = Flight(NO_SLOT, radius + slack, ux, uy, uz, hit, lists.entries)
    free = walk(lists, i, x, y, z, flight, room)
    if hit[SLOT] >= 0.0:
        free = held_back(free, ux, uy, uz, hit, 0.5 * slack)
        j = wide(lists.entries[int(hit[SLOT])]) >> IMAGE_BITS
        fetch(velocities, 3 * j)
    if walls is not None:
        if not within(system, walls, x + ux * free, y + uy * free, z + uz * free):
            wall, free = wall_ahead(system, walls, x, y, z, ux, uy, uz, free)
            j = j if wall == NONE else -1
        if j >= 0:
            at_rest = not within(system, walls, records[j, 0], records[j, 1], records[j, 2])
    records[i, 0], records[i, 1], records[i, 2] = x + ux * free, y + uy * free, z + uz * free
    if j < 0 and wall == NONE and room < path:
        anchor(lists, system, i)
        if walls is None:
            make_room(lists, system)
    return free, j, wall, at_rest
