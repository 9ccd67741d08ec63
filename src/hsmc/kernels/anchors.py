"""Who may come near whom: a list for each sphere, kept while spheres hardly move.

When a list is made, its sphere is where its *anchor* is. A list has all others whose anchors are
nearer than contact and twice a margin, and those have the sphere in theirs. So a pair that is not
listed cannot touch as long as neither sphere is farther from its anchor than a margin. When one
is to go farther, it is anchored anew where it is: its list is made anew, and those that it comes
to or leaves are told. Nothing else is done for a move: no cell is looked at, and places are
wrapped only where a sphere is anchored. Cells hold the anchors.

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
    Indices,
    Ints,
    System,
    clear,
    move_to,
    number_of,
    place_in,
    read,
    wrapped,
)
from hsmc.kernels.jit import answers, inlined, lean, merged
from hsmc.kernels.lists import (
    LAYERS,
    MARGIN,
    MIDDLE,
    SIDE,
    STRAY,
    Lists,
    leave_all,
    nowhere,
    packets_of,
    take_spare,
    turns_of,
)
from hsmc.kernels.packets import BITS, IMAGE_BITS, LANES, NEAR, near, wide
from hsmc.kernels.reach import CLOSEST, begin_reach, seen_beyond
from hsmc.kernels.search import around, look, search

SMALLER = 0.8
"""Of a margin for which there was no room."""

NO_MARGIN = 0.03
"""Over contact: less is of no use, and is not needed where lists are chosen."""


class Anchored(NamedTuple):
    """A query: who has an anchor near that of a sphere? What is carried is 1 and their number.

    Attributes:
        i: The sphere.
        x: Its anchor (likewise y, z).
        y: See x.
        z: See x.
        reach: Its radius and twice the margin, in σ_L.
        inverse: Of the box; shape (3, 3).
        owner: Who is in which place of the cells.
        row: Entries are written here.
        first: Where the first one goes.
        room: How many there is room for.
        full: Whether there were more; shape (1,).
    """

    i: int
    x: float
    y: float
    z: float
    reach: float
    inverse: Floats
    owner: Indices
    row: Indices
    first: int
    room: int
    full: Ints


@merged
def image_of(query: Anchored, x: float, y: float, z: float) -> int:
    """Return the image of the box that is met where the sphere is seen at x, y, z, or -1."""
    if x == query.x and y == query.y and z == query.z:
        return MIDDLE
    inverse, dx, dy, dz = query.inverse, query.x - x, query.y - y, query.z - z
    a = int(np.rint(inverse[0, 0] * dx + inverse[0, 1] * dy + inverse[0, 2] * dz))
    b = int(np.rint(inverse[1, 1] * dy + inverse[1, 2] * dz))
    c = int(np.rint(inverse[2, 2] * dz))
    return MIDDLE + turns_of(a, b, c) if max(abs(a), abs(b), abs(c)) <= LAYERS else -1


@answers(look, query=Anchored)
@inlined
def list_packet(
    packets: Any, packet: int, x: float, y: float, z: float, query: Anchored, carry: float
) -> float:
    """Add the spheres of a packet that are near to the list."""
    mask = near(packets, packet, x, y, z, query.reach, 1.0) & NEAR
    if mask == 0:
        return carry
    count, image = int(carry) - 1, image_of(query, x, y, z)
    if image < 0 or count + LANES > query.room:
        query.full[0] = 1
        return carry
    for k in range(LANES):  # without a branch: which are near cannot be foreseen
        j = wide(query.owner[packet, k])
        query.row[query.first + count] = j << IMAGE_BITS | image
        count += (mask >> k & 1) if j != query.i else 0
    return 1.0 + count


@merged
def make_list(lists: Lists, system: System, i: int, row: Indices, first: int) -> int:
    """Make the list of a sphere from the anchors in the cells.

    Args:
        lists: Those of the system.
        system: Spheres in their box; cells have their anchors.
        i: The sphere.
        row: Written: where the list is made, whole packets.
        first: Where the first entry goes.

    Returns:
        How many entries it has.
    """
    x, y, z, radius = read(system.cells, int(system.cells.place_of[i]))
    reach = radius + 2.0 * lists.distances[MARGIN]
    fractions = around(system, reach + 0.5 * system.diameter)
    query = Anchored(
        i, x, y, z, reach, system.inverse, system.cells.owner, row, first, lists.room, lists.full
    )
    count = int(search(system, x, y, z, fractions, fractions, query, 1.0)) - 1
    for k in range(count, packets_of(count) << BITS):
        row[first + k] = nowhere(lists)
    return count


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


@merged
def anchor(lists: Lists, system: System, i: int) -> None:
    """Make where a sphere is its anchor; its list and those that it comes to or leaves follow.

    ``Lists.full`` says whether there was room for all.
    """
    records, anchors = lists.records, lists.anchors
    x, y, z = records[i, 0], records[i, 1], records[i, 2]
    wx, wy, wz, a, b, c = wrapped(system, x, y, z)
    if wx != x or wy != y or wz != z:
        leave_all(lists, i)  # which of its images is near whom has changed
    records[i, 0], records[i, 1], records[i, 2] = wx, wy, wz
    anchors[i, 0], anchors[i, 1], anchors[i, 2] = wx, wy, wz
    move_to(system, i, number_of(system.cells, a, b, c), wx, wy, wz)
    count = make_list(lists, system, i, lists.spare, 0)
    take_spare(lists, i, count)


@merged
def make_room(lists: Lists, system: System) -> None:
    """Make all lists anew, with a smaller margin, if an entry found no room."""
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
            lists.counts[i] = make_list(lists, system, i, lists.entries, i * lists.room)
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
    shifts = lists.shifts
    for c in range(-LAYERS, LAYERS + 1):
        x_c, y_c, z = c * box[0, 2], c * box[1, 2], c * box[2, 2]
        for b in range(-LAYERS, LAYERS + 1):
            x_b, y = b * box[0, 1], b * box[1, 1] + y_c
            first = MIDDLE + turns_of(-LAYERS, b, c)
            for k in range(SIDE):
                shifts[first + k, 0] = (k - LAYERS) * box[0, 0] + x_b + x_c
                shifts[first + k, 1] = y
                shifts[first + k, 2] = z


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
    shift_images(lists, system.box)
    if seen_beyond(lists, system) < CLOSEST:
        make_lists(lists, system)
