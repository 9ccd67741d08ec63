"""How far a deformation may go before the first pair touches.

Only spheres whose clearance lets them touch in time are looked at. What a pair allows tells at once
how near others have to be to matter, so that after the first few almost none is left.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from hsmc.kernels.anchors import make_lists
from hsmc.kernels.cells import RADIUS, Floats, System, X, Y, Z
from hsmc.kernels.clearance import HORIZON, SAFE, SHORTENED
from hsmc.kernels.deformations import (
    FROM,
    HIGH,
    LOW,
    MATTERS,
    TO,
    Deformation,
    note_what_matters,
    tighten,
)
from hsmc.kernels.every_pair import every_pair, meets_all
from hsmc.kernels.few_spheres import all_pairs, two_images_matter
from hsmc.kernels.jit import answers, inlined, lean, merged
from hsmc.kernels.listed_pairs import pass_over_flown
from hsmc.kernels.lists import Lists
from hsmc.kernels.packets import BITS, LANES, NEAR, PLACE, lowest, near
from hsmc.kernels.reach import CLOSEST, seen_beyond
from hsmc.kernels.search import NO_SLOT, around, look, search, separation, walk

ROUNDING = 4e-15
"""Relative distance kept from contact, so that rounding makes no overlap."""

NEARBY = 1.0 / 16.0
"""Gap of the spheres that are looked at first, over that of the horizon."""

FARTHER = 4.0
"""How much farther it goes each time."""

MANY = 0.25
"""Share of spheres that flew from which on one pass over all pairs takes less time."""

SMALL = 64
"""Spheres up to which one pass takes less time, save in scalings of all axes."""


class Touching(NamedTuple):
    """A query: when do the pairs of a sphere touch?

    Attributes:
        slot: Its place in its cell, 8·packet + place.
        radius: Its radius, in σ_L.
        deformation: Along which line.
        limits: What is free and what matters, changed; shape (5,).
    """

    slot: int
    radius: float
    deformation: Deformation
    limits: Floats


@answers(look, query=Touching)
@inlined
def first_touch(
    packets: Any, packet: int, x: float, y: float, z: float, query: Touching, best: float
) -> float:
    """Narrow what is free by a sphere's pairs with those of a packet.

    Returns:
        The smallest r²/σ² so far, its own images left out.
    """
    slot, radius, deformation, limits = query
    mask = near(packets, packet, x, y, z, radius, max(best, limits[MATTERS])) & NEAR
    while mask != 0:
        k = lowest(mask)
        mask &= mask - 1
        dx, dy, dz, other = separation(packets, packet, k, x, y, z)
        distance2 = dx * dx + dy * dy + dz * dz
        contact2 = (other + radius) ** 2
        ratio2 = distance2 / contact2
        if packet * LANES + k != slot:
            best = min(best, ratio2)
        elif distance2 == 0.0:
            continue
        if ratio2 < limits[MATTERS]:
            tighten(deformation, dx, dy, dz, contact2, limits)
            note_what_matters(limits, deformation.stretch)
    return best


@merged
def look_about(system: System, i: int, deformation: Deformation) -> None:
    """Narrow what is free by all pairs of a sphere, and bring its clearance up to date.

    It is noted as a negative number: this sphere has been looked at.
    """
    cells, limits, horizon = system.cells, system.limits, system.bounds[HORIZON]
    slot = int(cells.place_of[i])
    packet, k = slot >> BITS, slot & PLACE
    x, y, z = cells.packets[packet, X, k], cells.packets[packet, Y, k], cells.packets[packet, Z, k]
    radius = cells.packets[packet, RADIUS, k]
    far = math.sqrt(max(horizon, limits[MATTERS]))
    reach = around(system, far * (radius + 0.5 * system.diameter))
    query = Touching(slot, radius, deformation, limits)
    best = search(system, x, y, z, reach, reach, query, horizon)
    system.clearance[i] = -best * SAFE / system.bounds[SHORTENED]


@merged
def flown(system: System) -> int:
    """Return how many spheres flew since they were looked about; a trial move looks itself."""
    clearance, count = system.clearance, 0
    for i in range(clearance.shape[0]):
        count += 1 if clearance[i] == 0.0 else 0
    return count


@lean
def pass_over_all(few: Floats | None, system: System, deformation: Deformation) -> bool:
    """Narrow what is free by one pass over all pairs, if one meets all that may matter."""
    matters = system.limits[MATTERS]
    if few is None:
        met = meets_all(system, matters)
        if met:
            every_pair(system, deformation)
    else:
        met = two_images_matter(system, matters)
        if met:
            all_pairs(few, system, deformation)
    return met


@inlined
def looked(system: System) -> float:
    """Return how far a ``free_range`` had to look to be certain, over contact."""
    return math.sqrt(system.limits[MATTERS])


@merged
def across(system: System) -> float:
    """Return how near a sphere's own images may be, over contact."""
    per_face = system.per_face
    return float(1.0 / (system.diameter * max(per_face[0], per_face[1], per_face[2])))


@lean
def narrow_by_cells(system: System, deformation: Deformation) -> None:
    """Narrow what is free by all pairs that matter, from the cells.

    After event chains one pass over all pairs tells everything. Else spheres known to be near
    another come first: they leave little to look at beyond.
    Clearances lead to all pairs that matter, except where spheres come near their own images:
    there all are looked at.
    """
    limits, clearance, bounds = system.limits, system.clearance, system.bounds
    own = across(system) ** 2
    horizon = math.sqrt(bounds[HORIZON])
    near_by = 1.0 + NEARBY * (horizon - 1.0)
    isotropic = deformation.xx * deformation.yy * deformation.zz != 0.0
    many = flown(system) > MANY * clearance.shape[0]
    many |= clearance.shape[0] <= SMALL and not isotropic
    if many and pass_over_all(system.few, system, deformation):
        return
    while True:
        for i in range(clearance.shape[0]):
            matters = min(limits[MATTERS], near_by * near_by)
            known = clearance[i] * bounds[SHORTENED]
            if known >= matters and matters <= own:
                continue
            if known >= 0.0:
                look_about(system, i, deformation)
        if limits[MATTERS] <= near_by * near_by:
            break
        near_by = 1.0 + FARTHER * (near_by - 1.0) if near_by < horizon else np.inf
    for i in range(clearance.shape[0]):
        clearance[i] = abs(clearance[i])


@merged
def look_in_list(lists: Lists, system: System, i: int, deformation: Deformation) -> None:
    """Do as ``look_about``, from the sphere's list."""
    records = lists.records
    x, y, z, radius = records[i, 0], records[i, 1], records[i, 2], records[i, 3]
    query = Touching(NO_SLOT, radius, deformation, system.limits)
    best = walk(lists, i, x, y, z, query, min(system.bounds[HORIZON], CLOSEST**2))
    system.clearance[i] = -best * SAFE / system.bounds[SHORTENED]


@merged
def look_at_flown(lists: Lists, system: System, deformation: Deformation) -> float:
    """Narrow what is free by pairs of spheres that flew; return how far that tells all of them.

    What is near over contact. If more matters, they are to be looked at once more, farther.
    """
    limits, clearance = system.limits, system.clearance
    horizon = min(system.bounds[HORIZON], CLOSEST**2)
    pass_over_flown(lists, system, deformation, horizon)
    near_by = math.sqrt(horizon)
    if limits[MATTERS] <= horizon:
        return near_by
    for i in range(clearance.shape[0]):
        clearance[i] = abs(clearance[i])
    return 1.0 + FARTHER * (near_by - 1.0)


@merged
def narrow_by_lists(lists: Lists, system: System, deformation: Deformation) -> None:
    """Narrow what is free by all pairs that matter, from the spheres' lists.

    Where more matters than is in lists, or spheres come near their own images, all spheres are
    put into cells where they are, and looked for there.
    """
    limits, clearance, bounds = system.limits, system.clearance, system.bounds
    horizon = math.sqrt(bounds[HORIZON])
    near_by = 1.0 + NEARBY * (horizon - 1.0)
    if flown(system) > MANY * clearance.shape[0]:
        near_by = look_at_flown(lists, system, deformation)
    while True:
        for i in range(clearance.shape[0]):
            middle = 0.5 * min(limits[MATTERS], near_by * near_by)
            # Known and nearer: one comparison, as who has been looked at cannot be foreseen.
            if abs(clearance[i] * bounds[SHORTENED] - middle) <= middle:
                look_in_list(lists, system, i, deformation)
        if limits[MATTERS] <= near_by * near_by:
            break
        near_by = 1.0 + FARTHER * (near_by - 1.0) if near_by < horizon else np.inf
    for i in range(clearance.shape[0]):
        clearance[i] = abs(clearance[i])
    if looked(system) > min(seen_beyond(lists, system), across(system)):
        make_lists(lists, system)
        narrow_by_cells(system, deformation)


@lean
def narrow(lists: Lists | None, system: System, deformation: Deformation) -> None:
    """Narrow what is free by all pairs that matter.

    Args:
        lists: Those of the system, if it has any.
        system: Spheres in their box; their clearances are brought up to date.
        deformation: Along which line.
    """
    if lists is None:
        narrow_by_cells(system, deformation)
        return
    if lists.used[0] == 0:
        narrow_by_cells(system, deformation)
    else:
        narrow_by_lists(lists, system, deformation)


@lean
def free_range(
    system: System, deformation: Deformation, low: float, high: float, first: float, last: float
) -> tuple[float, float]:
    """Make certain what of a range about 0 is free of overlaps.

    Args:
        system: Spheres in their box; their clearances are brought up to date.
        deformation: Along which line.
        low: Lower end of what may be free, ≤ 0.
        high: Upper end of it, ≥ 0.
        first: Lower end of what is asked about.
        last: Upper end of it.

    Returns:
        What may still be free. Between ``first`` and ``last`` it is.
    """
    limits = system.limits
    limits[LOW], limits[HIGH], limits[FROM], limits[TO] = low, high, first, last
    limits[MATTERS] = 1.0
    if system.diameter > 0.0:
        note_what_matters(limits, deformation.stretch)
        narrow(system.lists, system, deformation)
    return limits[LOW], limits[HIGH]


@merged
def is_free(system: System, deformation: Deformation, low: float, high: float) -> bool:
    """Tell whether no pair overlaps or nearly touches anywhere between two changes."""
    rounding = ROUNDING / deformation.stretch
    low, high = low - rounding, high + rounding
    free_low, free_high = free_range(system, deformation, low, high, low, high)
    return free_low == low and free_high == high
