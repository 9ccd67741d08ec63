"""Lists of neighbours, entry by entry: which spheres may come near which.

An entry names a sphere and an image of the box: ``sphere << IMAGE_BITS | image``. They are read
eight at a time (``kernels.packets``), so a list is filled up with a sphere that is nowhere.
How lists are made, and for how long they are right: ``kernels.anchors``.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.jit import inlined, lean, merged
from hsmc.kernels.packets import BITS, IMAGE, IMAGE_BITS, LANES, PLACE, equal, lowest, wide

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Indices = NDArray[np.int32]

NEIGHBOURS = 19
"""Entries of a list on average that margins are made for, where spheres are dense: two packets and
a half."""

DENSEST = 0.75
"""Share of the space about a sphere that others fill, at most, for whom there is room."""

MOST_ROOM = 168
"""Entries of a list, at most: among spheres much smaller than itself one has too many."""

DENSE = 0.45
"""Packing fraction below which spheres move too much for lists, about: none are made for less."""

LAYERS = 2
"""Images of the box to either side that lists may reach, along each box vector."""

SIDE = 2 * LAYERS + 1
"""Images along each box vector."""

MIDDLE = (SIDE**3) >> 1
"""Number of the box itself among its images."""

LEAST_MARGIN = 0.1
"""Smallest margin, over the largest radius."""

STRAY, MARGIN, WORST = 0, 1, 2
"""Places in ``Lists.distances``: how far spheres may be from their anchors, half the distance of
surfaces up to which lists have others, in σ_L, and the most that the box has changed."""


class Lists(NamedTuple):
    """Which spheres may come near which.

    An entry names a sphere and an image of the box: ``sphere << IMAGE_BITS | image``. They are read
    eight at a time (``kernels.packets``), so a list is filled up with a sphere that is nowhere.

    Attributes:
        records: x, y, z, radius of each sphere, in σ_L, near its anchor, not wrapped; the last is
            nowhere; shape (N + 1, 4).
        shifts: Where each image of the box is, and a 0; shape (125, 4).
        anchors: Where each sphere was when its list was made, wrapped; shape (N, 3).
        room: For how many entries a list has room, a multiple of eight.
        entries: Those of sphere i start at room·i; shape (room·N,).
        counts: How many each has; shape (N,).
        spare: A list that is being made; shape (room,).
        kept: Of each packet of a list, which entries the new one has, too; scratch;
            shape (room / 8,).
        full: Whether an entry found no room; shape (1,).
        used: Whether spheres are looked for in lists, in a block, or in cells; shape (1,).
        distances: How far spheres may stray, how far lists reach, and how far the box has been, as
            in ``kernels.reach``; shape (15,).
        made: Inverse of the box for which they were made; shape (3, 3).
    """

    records: Floats
    shifts: Floats
    anchors: Floats
    room: int
    entries: Indices
    counts: Indices
    spare: Indices
    kept: Ints
    full: Ints
    used: Ints
    distances: Floats
    made: Floats


def room_for(radii: Floats, margin: float) -> int:
    """Return for how many entries lists need room, a multiple of eight.

    As many of the smallest spheres as can be about one of the largest, and a packet.

    Args:
        radii: In σ_L; shape (N,).
        margin: Half the distance between surfaces up to which lists have others, in σ_L.
    """
    largest, smallest = float(radii.max()), float(radii.min())
    shell = (largest + 2.0 * (margin + smallest)) ** 3 - largest**3
    return (int(DENSEST * shell / smallest**3) + 2 * LANES) >> BITS << BITS


def margin_for(radii: Floats, volume: float, neighbours: int) -> float:
    """Return a margin with which lists have so many entries, about, in σ_L."""
    reach = (neighbours * volume / len(radii) / (4.0 / 3.0 * math.pi)) ** (1.0 / 3.0)
    return float(max(0.5 * reach - radii.mean(), LEAST_MARGIN * radii.max()))


def new_lists(
    radii: Floats, volume: float, *, neighbours: int = NEIGHBOURS, used: bool = True
) -> Lists | None:
    """Return lists without entries, with a margin that suits the density.

    Args:
        radii: In σ_L; shape (N,).
        volume: Of the box, in σ_L³.
        neighbours: Entries of a list on average.
        used: Whether spheres are looked for in lists, or in cells all the same.

    Returns:
        The lists, or None where they would be too long.
    """
    n = len(radii)
    loosest = float(4.0 / 3.0 * math.pi * np.sum(radii**3)) / DENSE
    # For any density, so that a run's blocks have lists or none, and are compiled once.
    if radii.min() <= 0.0 or room_for(radii, margin_for(radii, loosest, NEIGHBOURS)) > MOST_ROOM:
        return None
    room = room_for(radii, margin_for(radii, loosest, neighbours))
    margin = margin_for(radii, min(volume, loosest), neighbours)
    return Lists(
        np.full((n + 1, 4), np.nan),
        np.zeros((SIDE**3, 4)),
        np.empty((n, 3)),
        room,
        np.empty(n * room, np.int32),
        np.zeros(n, np.int32),
        np.empty(room, np.int32),
        np.empty(room >> BITS, np.int64),
        np.zeros(1, np.int64),
        np.full(1, used, np.int64),
        np.array([0.0, margin] + [0.0] * 13),
        np.zeros((3, 3)),
    )


@merged
def with_own_spare(lists: Lists, spare: Indices, kept: Ints) -> Lists:
    """Return the same lists with room of a thread's own for one that is being made.

    Merged: a function that counts no references would leave the arrays to be freed.
    """
    return Lists(
        lists.records, lists.shifts, lists.anchors, lists.room, lists.entries, lists.counts,
        spare, kept, lists.full, lists.used, lists.distances, lists.made,
    )  # fmt: skip


@inlined
def turns_of(a: int, b: int, c: int) -> int:
    """Return so many box vectors as one number; those of sums are sums."""
    return (c * SIDE + b) * SIDE + a


@inlined
def seen_from(i: int, entry: int) -> int:
    """Return the entry of sphere ``i`` in the list of the one that an entry of its own names."""
    return i << IMAGE_BITS | (2 * MIDDLE - (entry & IMAGE))


@inlined
def nowhere(lists: Lists) -> int:
    """Return the entry that lists are filled up with."""
    return int(lists.counts.shape[0]) << IMAGE_BITS


@inlined
def packets_of(count: int) -> int:
    """Return how many packets so many entries fill."""
    return (count + PLACE) >> BITS


@inlined
def append(lists: Lists, i: int, entry: int) -> None:
    """Add an entry to the list of sphere ``i``, or note that there is no room."""
    count = int(lists.counts[i])
    if count == lists.room:
        lists.full[0] = 1
        return
    first = lists.room * i + count
    lists.entries[first] = entry
    lists.counts[i] = count + 1
    if count & PLACE == 0:
        for k in range(first + 1, first + LANES):
            lists.entries[k] = nowhere(lists)


@inlined
def drop(lists: Lists, i: int, entry: int) -> None:
    """Take an entry out of the list of sphere ``i``; the last takes its place."""
    first, entries = i * lists.room, lists.entries
    for packet in range(first >> BITS, (first >> BITS) + packets_of(int(lists.counts[i]))):
        same = equal(entries, packet, entry)
        if same != 0:
            last = first + int(lists.counts[i]) - 1
            entries[packet * LANES + lowest(same)] = entries[last]
            entries[last] = nowhere(lists)
            lists.counts[i] -= 1
            return


@lean
def leave_all(lists: Lists, i: int) -> None:
    """Empty the list of sphere ``i``, and take it out of those of others."""
    first = i * lists.room
    for k in range(first, first + lists.counts[i]):
        entry = wide(lists.entries[k])
        drop(lists, entry >> IMAGE_BITS, seen_from(i, entry))
    lists.counts[i] = 0


@merged
def take_spare(lists: Lists, i: int, count: int) -> None:
    """Make the spare list that of sphere ``i``; those that it comes to or leaves are told.

    Args:
        lists: Changed.
        i: The sphere.
        count: How many entries are in the spare list.
    """
    entries, spare, kept = lists.entries, lists.spare, lists.kept
    first = i * lists.room
    old = packets_of(int(lists.counts[i]))
    for packet in range(old):
        kept[packet] = 0
    for k in range(count):
        entry, found = wide(spare[k]), 0
        for packet in range(old):
            same = equal(entries, (first >> BITS) + packet, entry)
            kept[packet] |= same
            found |= same
        if found == 0:
            append(lists, entry >> IMAGE_BITS, seen_from(i, entry))
    for k in range(lists.counts[i]):
        if kept[k >> BITS] >> (k & PLACE) & 1 == 0:
            entry = wide(entries[first + k])
            drop(lists, entry >> IMAGE_BITS, seen_from(i, entry))
    lists.counts[i] = count
    for k in range(packets_of(count) << BITS):
        entries[first + k] = spare[k]
