"""How far a sphere flies before it hits another, and which."""

import math
from typing import Any, NamedTuple

from hsmc.kernels.cells import Floats, System, read
from hsmc.kernels.jit import answers, inlined, merged
from hsmc.kernels.packets import BITS, LANES, PLACE, ahead, fetch, lowest
from hsmc.kernels.search import WIDER, Reach, look, search, separation

ROUNDING = 2e-15
"""Distance kept from contact, over the edges of the box: places are rounded."""

SLOT, DX, DY, DZ, CONTACT = 0, 1, 2, 3, 4
"""Where the first hit is noted: which sphere's place, the separation when seen, at contact."""


class Flight(NamedTuple):
    """A query: what does a flying sphere hit first?

    Attributes:
        slot: Its place in its cell, 8·packet + place.
        radius: Its radius, in σ_L.
        ux: Direction of its flight, of length 1 (likewise uy, uz).
        uy: See ux.
        uz: See ux.
        hit: Written: the first hit; shape (5,).
        owner: Who is in which place, to be fetched of what is hit.
    """

    slot: int
    radius: float
    ux: float
    uy: float
    uz: float
    hit: Floats
    owner: Any


@answers(look, query=Flight)
@inlined
def first_hit(
    packets: Any, packet: int, x: float, y: float, z: float, query: Flight, path: float
) -> float:
    """Return how far a sphere flies before it hits one of a packet, at most ``path``."""
    slot, radius, ux, uy, uz, hit, owner = query
    mask = ahead(packets, packet, x, y, z, radius, ux, uy, uz, path)
    if packet == slot >> BITS:
        mask &= ~(1 << (slot & PLACE))
    while mask != 0:
        k = lowest(mask)
        mask &= mask - 1
        dx, dy, dz, other = separation(packets, packet, k, x, y, z)
        contact = other + radius
        along = dx * ux + dy * uy + dz * uz
        past = dx * dx + dy * dy + dz * dz - contact * contact
        # The smaller root of s² - 2 along s + past, without taking large from large.
        free = max(past / (along + math.sqrt(max(along * along - past, 0.0))), 0.0)
        if free < path:
            path = free
            hit[SLOT], hit[CONTACT] = packet * LANES + k, contact
            hit[DX], hit[DY], hit[DZ] = dx, dy, dz
            fetch(owner, packet * LANES + k)
    return path


@inlined
def ahead_of(per_face: float, slope: float, reach: float, path: float) -> tuple[float, float]:
    """Return how far along a box vector, to either side, lies what may be hit in flight.

    Spheres within reach of the path, but none behind its start, in fractions of the vector, of
    which it gains ``slope`` over a flight of length 1.
    """
    forward = WIDER * (reach * per_face + path * abs(slope))
    square = per_face * per_face  # no division: the search waits for this
    back = WIDER * reach * math.sqrt(max(square - slope * slope, 1e-15 * square))
    return (back, forward) if slope > 0.0 else (forward, back)


@merged
def surroundings(
    system: System, ux: float, uy: float, uz: float, reach: float, path: float
) -> tuple[Reach, Reach]:
    """Return the ``ahead_of`` of all box vectors: downwards, upwards."""
    inverse, per_face = system.inverse, system.per_face
    slope = inverse[0, 0] * ux + inverse[0, 1] * uy + inverse[0, 2] * uz
    below_a, above_a = ahead_of(per_face[0], slope, reach, path)
    slope = inverse[1, 1] * uy + inverse[1, 2] * uz
    below_b, above_b = ahead_of(per_face[1], slope, reach, path)
    below_c, above_c = ahead_of(per_face[2], inverse[2, 2] * uz, reach, path)
    return (below_a, below_b, below_c), (above_a, above_b, above_c)


@merged
def held_back(free: float, ux: float, uy: float, uz: float, hit: Floats, slack: float) -> float:
    """Return a path shortened until it ends before contact: a long, grazing one rounds more."""
    least, step = (hit[CONTACT] - slack) ** 2, ROUNDING * (1.0 + free)
    while free > 0.0:
        dx, dy, dz = hit[DX] - ux * free, hit[DY] - uy * free, hit[DZ] - uz * free
        if dx * dx + dy * dy + dz * dz >= least:
            break
        free = max(free - step, 0.0)
        step *= 2.0
    return free


@inlined
def slack_of(box: Floats) -> float:
    """Return the distance kept from contact, in σ_L."""
    return float(ROUNDING * (box[0, 0] + box[1, 1] + box[2, 2]))


@merged
def free_path(
    system: System, i: int, ux: float, uy: float, uz: float, path: float, hit: Floats
) -> float:
    """Return how far sphere ``i`` flies along u before it hits another, at most ``path``.

    Args:
        system: Spheres in their box.
        i: The sphere.
        ux: Direction, of length 1 (likewise uy, uz).
        uy: See ux.
        uz: See ux.
        path: How far to look, in σ_L.
        hit: Written: place of what is hit, -1 if nothing is, the separation, and contact;
            shape (5,).
    """
    slot = int(system.cells.place_of[i])
    x, y, z, radius = read(system.cells, slot)
    slack = slack_of(system.box)
    radius += slack
    below, above = surroundings(system, ux, uy, uz, radius + 0.5 * system.diameter, path)
    hit[SLOT] = -1.0
    flight = Flight(slot, radius, ux, uy, uz, hit, system.cells.owner)
    free = search(system, x, y, z, below, above, flight, path)
    return held_back(free, ux, uy, uz, hit, 0.5 * slack) if hit[SLOT] >= 0.0 else free
