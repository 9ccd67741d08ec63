"""Who may come near whom: a list for each sphere, kept while spheres hardly move.

When lists are made, every sphere is where its *anchor* is. Its list has all others whose anchors
are nearer than contact and twice a margin. So a pair that is not listed cannot touch as long as
neither sphere is farther from its anchor than a margin. When one is to go farther, all lists are
made anew. Nothing else is done for a move: no cell is looked at, and places are not wrapped.

A deformation of the box takes anchors with it. What that takes of the margin the box alone tells
(``kernels.reach``); when hardly any is left, all lists are made anew.

Where the box is smaller than the reach, an entry tells which image of a sphere it is. A sphere's
own images move with it: they are in no list.

Source: Verlet, Phys. Rev. 159, 98 (1967), doi:10.1103/PhysRev.159.98 (lists with a margin).
"""

from typing import Any, NamedTuple

import numpy as np

from hsmc.kernels.cells import (
    Floats,
    System,
    clear,
    move_to,
    number_of,
    place_in,
    read,
    wide,
    wrapped,
)
from hsmc.kernels.jit import answers, inlined, lean
from hsmc.kernels.lists import (
    LAYERS,
    MARGIN,
    MIDDLE,
    STRAY,
    Lists,
    append,
    is_listed,
    turns_of,
)
from hsmc.kernels.packets import BITS, IMAGE, IMAGE_BITS, NEAR, PLACE, lowest, near
from hsmc.kernels.reach import CHANGE, CLOSEST, begin_reach, seen_beyond
from hsmc.kernels.search import around, look, search

FARTHEST = LAYERS - 2
"""Images to either side that a list may reach; each sphere may be in one to either side itself."""

SMALLER = 0.8
"""Of a margin for which there was no room."""

NO_MARGIN = 0.03
"""Over contact: less is of no use, and is not needed where lists are chosen."""


class Anchored(NamedTuple):
    """A query: who has an anchor near that of a sphere?

    Attributes:
        i: The sphere.
        where: In whose place its list is made.
        x: Its anchor, wrapped (likewise y, z).
        y: See x.
        z: See x.
        reach: Its radius and twice the margin, in σ_L.
        system: Spheres in their box; the list of the sphere is added to.
        lists: Those of the system.
    """

    i: int
    where: int
    x: float
    y: float
    z: float
    reach: float
    system: System
    lists: Lists


@inlined
def box_vectors(inverse: Floats, dx: float, dy: float, dz: float) -> tuple[int, int, int]:
    """Return how many box vectors a displacement between images is."""
    a = int(np.rint(inverse[0, 0] * dx + inverse[0, 1] * dy + inverse[0, 2] * dz))
    b = int(np.rint(inverse[1, 1] * dy + inverse[1, 2] * dz))
    return a, b, int(np.rint(inverse[2, 2] * dz))


@answers(look, query=Anchored)
@inlined
def list_packet(
    packets: Any, packet: int, x: float, y: float, z: float, query: Anchored, carry: float
) -> float:
    """Add the spheres of a packet that are near to the list."""
    mask = near(packets, packet, x, y, z, query.reach, 1.0) & NEAR
    if mask == 0:
        return carry
    inverse = query.system.inverse
    # From the box to the packet's image.
    a, b, c = box_vectors(inverse, query.x - x, query.y - y, query.z - z)
    if max(abs(a), abs(b), abs(c)) > FARTHEST:
        query.lists.full[0] = 1
        return carry
    lists, owner = query.lists, query.system.cells.owner
    image = MIDDLE + turns_of(a, b, c) + lists.turns[query.i]
    while mask != 0:
        k = lowest(mask)
        mask &= mask - 1
        j = wide(owner[packet, k])
        if j != query.i:
            append(lists, query.where, j << IMAGE_BITS | (image - lists.turns[j]))
    return carry


@lean
def make_list(lists: Lists, system: System, i: int, where: int) -> None:
    """Make the list of a sphere in the place of another's, from the anchors in the cells."""
    lists.counts[where] = 0
    x, y, z, radius = read(system.cells, int(system.cells.place_of[i]))
    reach = radius + 2.0 * lists.distances[MARGIN]
    fractions = around(system, reach + 0.5 * system.diameter)
    query = Anchored(i, where, x, y, z, reach, system, lists)
    search(system, x, y, z, fractions, fractions, query, 1.0)


@lean
def put_anchors(lists: Lists, system: System) -> None:
    """Bring all spheres into the box and into their cells: where they are is their anchor."""
    records, cells = lists.records, system.cells
    clear(cells)
    for i in range(system.species.shape[0]):
        x, y, z, a, b, c = wrapped(system, records[i, 0], records[i, 1], records[i, 2])
        records[i, 0], records[i, 1], records[i, 2] = x, y, z
        place_in(cells, i, number_of(cells, a, b, c), x, y, z, records[i, 3])
        lists.anchors[i, 0], lists.anchors[i, 1], lists.anchors[i, 2] = x, y, z
        lists.turns[i] = 0


@lean
def put_in_cells(lists: Lists | None, system: System) -> None:
    """Bring all spheres into the box, and into the cells where they are.

    Args:
        lists: Those of the system, if it has any. Only if they are used, cells do not know.
        system: Spheres in their box.
    """
    if lists is None:
        return
    if lists.used[0] != 0:
        put_anchors(lists, system)


@lean
def anchor(lists: Lists, system: System, i: int) -> None:
    """Make where a sphere is its anchor, list its neighbours anew, and it with those new to it.

    Those it left behind keep it in their lists until these are made anew, which does no harm.
    """
    records, inverse = lists.records, system.inverse
    spare, room = lists.turns.shape[0], lists.room
    x, y, z = records[i, 0], records[i, 1], records[i, 2]
    lists.anchors[i, 0], lists.anchors[i, 1], lists.anchors[i, 2] = x, y, z
    wx, wy, wz, ca, cb, cc = wrapped(system, x, y, z)
    a, b, c = box_vectors(inverse, x - wx, y - wy, z - wz)
    if max(abs(a), abs(b), abs(c)) > 1:
        make_lists(lists, system)
        return
    lists.turns[i] = turns_of(a, b, c)
    move_to(system, i, number_of(system.cells, ca, cb, cc), wx, wy, wz)
    make_list(lists, system, i, spare)
    for k in range(spare * room, spare * room + lists.counts[spare]):
        entry = wide(lists.entries[k])
        j, back = entry >> IMAGE_BITS, i << IMAGE_BITS | (2 * MIDDLE - (entry & IMAGE))
        if not is_listed(lists, j, back):
            append(lists, j, back)
    lists.counts[i] = lists.counts[spare]
    for k in range((int(lists.counts[i]) + PLACE) >> BITS << BITS):
        lists.entries[i * room + k] = lists.entries[spare * room + k]
    if lists.full[0] != 0:
        make_lists(lists, system)


@lean
def make_lists(lists: Lists, system: System) -> None:
    """Make all lists anew: where spheres are now are their anchors."""
    put_anchors(lists, system)
    shift_images(lists, system.box)
    lists.full[0] = 1
    while lists.full[0] != 0:
        if lists.distances[MARGIN] < NO_MARGIN * system.diameter:
            raise RuntimeError("lists of neighbours find no room: the box is too thin")
        lists.full[0] = 0
        for i in range(system.species.shape[0]):
            make_list(lists, system, i, i)
        if lists.full[0] != 0:
            lists.distances[MARGIN] *= SMALLER
    begin_reach(lists, system)


@lean
def list_all(lists: Lists | None, system: System) -> None:
    """Make lists of spheres that are in their cells, if the system has any that are used.

    Args:
        lists: Those of the system, if it has any.
        system: Spheres in their box.
    """
    if lists is None:
        return
    if lists.used[0] == 0:
        return
    for i in range(system.species.shape[0]):
        x, y, z, radius = read(system.cells, int(system.cells.place_of[i]))
        lists.records[i, 0], lists.records[i, 1], lists.records[i, 2] = x, y, z
        lists.records[i, 3] = radius
    make_lists(lists, system)


@lean
def shift_images(lists: Lists, box: Floats) -> None:
    """Write where the images of the box are."""
    shift_some(lists, box, LAYERS)


@lean
def shift_some(lists: Lists, box: Floats, layers: int) -> None:
    """Write where the images of the box are, so many to either side along each box vector."""
    shifts = lists.shifts
    for c in range(-layers, layers + 1):
        x_c, y_c, z = c * box[0, 2], c * box[1, 2], c * box[2, 2]
        for b in range(-layers, layers + 1):
            x_b, y = b * box[0, 1], b * box[1, 1] + y_c
            first = MIDDLE + turns_of(-layers, b, c)
            for k in range(2 * layers + 1):
                shifts[first + k, 0] = (k - layers) * box[0, 0] + x_b + x_c
                shifts[first + k, 1] = y
                shifts[first + k, 2] = z


@lean
def layers_used(lists: Lists, system: System) -> int:
    """Return how many images to either side entries name, at most, in a box that hardly changed.

    Wrapped anchors are less than a box vector apart, and less than the reach of a list more to the
    image that it has. Either may be in an image itself, the one beside the box at the farthest.
    """
    per_face = system.per_face
    reach = (1.0 + 2.0 * CHANGE) * (system.diameter + 2.0 * lists.distances[MARGIN])
    return min(int(reach * max(per_face[0], per_face[1], per_face[2])) + 3, LAYERS)


@inlined
def strays(lists: Lists, i: int, x: float, y: float, z: float) -> bool:
    """Tell whether a sphere at x, y, z would be too far from its anchor for its list."""
    anchors = lists.anchors
    dx, dy, dz = x - anchors[i, 0], y - anchors[i, 1], z - anchors[i, 2]
    return bool(dx * dx + dy * dy + dz * dz > lists.distances[STRAY] ** 2)


@lean
def deform_lists(
    lists: Lists | None, system: System, xx: float, xy: float, xz: float, yy: float, yz: float,
    zz: float,
) -> None:  # fmt: skip
    """Take spheres with used lists with a deformation d + G d of the box, which has been made.

    Lists that it may have made too short are made anew.

    Args:
        lists: Those of the system, if it has any.
        system: Spheres in their box; cells have their anchors as they are now.
        xx: Elements of G (likewise xy, xz, yy, yz, zz).
        xy: See xx.
        xz: See xx.
        yy: See xx.
        yz: See xx.
        zz: See xx.
    """
    if lists is None:
        return
    if lists.used[0] == 0:
        return
    n = system.species.shape[0]
    for places in (lists.records, lists.anchors):
        for i in range(n):
            x, y, z = places[i, 0], places[i, 1], places[i, 2]
            places[i, 0] = x + (xx * x + xy * y + xz * z)
            places[i, 1] = y + (yy * y + yz * z)
            places[i, 2] = z + zz * z
    shift_some(lists, system.box, layers_used(lists, system))
    if seen_beyond(lists, system) < CLOSEST:
        make_lists(lists, system)
