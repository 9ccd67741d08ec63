"""How far a deformation may go, from the lists of all spheres that flew, one after the other.

After a cycle of event chains most spheres are to be looked about, and which, cannot be foreseen.
So they are told by bits of a mask, without a branch; all of their pairs are compared with one
horizon, which nothing found on the way changes; and few pairs are near enough to be looked at.
"""

from hsmc.kernels.cells import System
from hsmc.kernels.clearance import SAFE, SHORTENED
from hsmc.kernels.deformations import MATTERS, Deformation, note_what_matters, tighten
from hsmc.kernels.jit import merged
from hsmc.kernels.lists import Lists, packets_of
from hsmc.kernels.packets import BITS, LANES, NEAR, fetch, lowest, near
from hsmc.kernels.search import separation

GROUP = 32
"""Spheres whose bits are one mask."""

AHEAD = 6
"""How many spheres ahead the cache is asked for entries: they lie too far apart for it to guess."""


@merged
def flown_of(system: System, begin: int, end: int, horizon: float) -> int:
    """Return which of some spheres flew, as a mask, and note that they are looked about.

    Their clearance is what it is if no one is nearer than the horizon, as a negative number.
    """
    clearance, flew = system.clearance, 0
    alone = -horizon * SAFE / system.bounds[SHORTENED]
    for i in range(begin, end):
        flown = int(clearance[i] == 0.0)
        clearance[i] += flown * alone
        flew |= flown << i - begin
    return flew


@merged
def meet(
    lists: Lists, system: System, i: int, packet: int, mask: int, deformation: Deformation
) -> None:
    """Narrow what is free by a sphere's pairs with those of a packet that a mask tells."""
    records, limits, clearance = lists.records, system.limits, system.clearance
    x, y, z, radius = records[i, 0], records[i, 1], records[i, 2], records[i, 3]
    scale = SAFE / system.bounds[SHORTENED]
    while mask != 0:
        k = lowest(mask)
        mask &= mask - 1
        dx, dy, dz, other = separation(lists, packet, k, x, y, z)
        contact2 = (other + radius) ** 2
        ratio2 = (dx * dx + dy * dy + dz * dz) / contact2
        clearance[i] = max(clearance[i], -ratio2 * scale)
        if ratio2 < limits[MATTERS]:
            tighten(deformation, dx, dy, dz, contact2, limits)
            note_what_matters(limits, deformation.stretch)


@merged
def pass_over_flown(lists: Lists, system: System, deformation: Deformation, horizon: float) -> None:
    """Narrow what is free by all pairs with r²/σ² below a horizon of spheres that flew.

    Their clearances, up to it, are brought up to date. They are noted as negative numbers: these
    spheres have been looked about.
    """
    records, entries, room = lists.records, lists.entries, lists.room
    spheres = system.clearance.shape[0]
    for begin in range(0, spheres, GROUP):
        flew = flown_of(system, begin, min(begin + GROUP, spheres), horizon)
        while flew != 0:
            i = begin + lowest(flew)
            flew &= flew - 1
            fetch(entries, (i + AHEAD) * room)
            fetch(entries, (i + AHEAD) * room + 2 * LANES)
            x, y, z, radius = records[i, 0], records[i, 1], records[i, 2], records[i, 3]
            first = i * room >> BITS
            for packet in range(first, first + packets_of(int(lists.counts[i]))):
                mask = near(lists, packet, x, y, z, radius, horizon) & NEAR
                if mask != 0:
                    meet(lists, system, i, packet, mask, deformation)
