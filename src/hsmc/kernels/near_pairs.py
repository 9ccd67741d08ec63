"""The pairs that decide a box move: those nearest to contact."""

import math
from typing import NamedTuple

import numpy as np

from hsmc.kernels.cells import RADIUS, Floats, System, X, Y, Z
from hsmc.kernels.clearance import HORIZON, SAFE, SHORTENED
from hsmc.kernels.jit import inlined, lean
from hsmc.kernels.packets import LANES, NEAR, lowest, near
from hsmc.kernels.search import around, looks_for, search

FULL = -1
"""Noted as the number of pairs when they do not fit."""


@inlined
def is_first(dx: float, dy: float, dz: float) -> bool:
    """Tell one of the two separations d and -d from the other."""
    if dz != 0.0:
        return dz > 0.0
    return dy > 0.0 if dy != 0.0 else dx > 0.0


class Listing(NamedTuple):
    """A query: which pairs does a sphere make that are not listed elsewhere?

    Attributes:
        i: The sphere.
        slot: Its place in its cell, 8·packet + place.
        radius: Its radius, in σ_L.
        factor2: Squared distance over contact within which pairs are listed.
        threshold: A search is about spheres of clearance, as stored, below this.
        pairs: Separation and squared contact distance, written; shape (M, 4).
    """

    i: int
    slot: int
    radius: float
    factor2: float
    threshold: float
    pairs: Floats


@looks_for(Listing)
@inlined
def list_pairs(
    system: System, packet: int, x: float, y: float, z: float,
    query: Listing, best: float,
) -> float:  # fmt: skip
    """List a sphere's pairs with those of a packet.

    Returns:
        The smallest r²/σ² so far, its own images left out; 0 if the pairs do not fit.
    """
    i, slot, radius, factor2, threshold, pairs = query
    cells, listed = system.cells, system.listed
    packets = cells.packets
    home = packet == slot // LANES
    mask = near(packets, packet, x, y, z, radius, max(best, factor2)) & NEAR
    while mask != 0:
        place = lowest(mask)
        mask &= mask - 1
        dx = packets[packet, X, place] - x
        dy = packets[packet, Y, place] - y
        dz = packets[packet, Z, place] - z
        contact2 = (packets[packet, RADIUS, place] + radius) ** 2
        distance2 = dx * dx + dy * dy + dz * dz
        if home and place == slot % LANES:
            wanted = is_first(dx, dy, dz)
        else:
            k = cells.owner[packet, place]
            best = min(best, distance2 / contact2)
            wanted = k > i or system.clearance[k] >= threshold
        if wanted and distance2 < factor2 * contact2:
            if listed[0] == pairs.shape[0]:
                listed[0] = FULL
                return 0.0
            p = listed[0]
            pairs[p, 0], pairs[p, 1], pairs[p, 2], pairs[p, 3] = dx, dy, dz, contact2
            listed[0] = p + 1
    return best


@lean
def near_pairs(
    system: System, factor: float, first: int, pairs: Floats, threshold: float
) -> tuple[int, int]:
    """List pairs of images closer than ``factor`` times their contact distance.

    Spheres are taken from ``first`` on until the buffer may not hold the pairs of one more.
    The clearances of those that are searched are brought up to date.

    Args:
        system: Spheres in their box.
        factor: How far to look, over the contact distance.
        first: First sphere to take.
        pairs: Separation and squared contact distance, written; shape (M, 4).
        threshold: Search about spheres of clearance, as stored, below this. If infinite, every
            pair of images is listed once, own images too; else some may be listed twice.

    Returns:
        The next sphere to take, and the number of pairs written; the sphere is ``first``
        itself if the buffer is too small for it alone.
    """
    cells, clearance, horizon = system.cells, system.clearance, system.bounds[HORIZON]
    factor2, update = factor * factor, SAFE / system.bounds[SHORTENED]
    far = math.sqrt(max(horizon, factor2))
    system.listed[0] = 0
    for i in range(first, clearance.shape[0]):
        if clearance[i] >= threshold and threshold < np.inf:
            continue
        before, slot = system.listed[0], int(cells.place_of[i])
        packet, place = slot // LANES, slot % LANES
        x, y = cells.packets[packet, X, place], cells.packets[packet, Y, place]
        z, radius = cells.packets[packet, Z, place], cells.packets[packet, RADIUS, place]
        reach = around(system, far * (radius + 0.5 * system.diameter))
        query = Listing(i, slot, radius, factor2, threshold, pairs)
        best = search(system, x, y, z, reach, reach, query, horizon)
        if system.listed[0] == FULL:
            return i, int(before)  # the caller goes on from here
        clearance[i] = best * update
    return clearance.shape[0], int(system.listed[0])
