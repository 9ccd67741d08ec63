"""How the moves of a simulation are computed: by which kernels, and whether with lists.

Nothing here changes what is sampled: regions and lists of neighbours are chosen for speed.
"""

import numpy as np

from hsmc.box import Floats
from hsmc.ensemble import BoxMode, Motion
from hsmc.kernels.few_spheres import FEW
from hsmc.kernels.lists import NEIGHBOURS
from hsmc.kernels.plan import (
    BoxWay,
    DrawnElements,
    DrawnScalings,
    EventChains,
    EventChainsInRegions,
    FixedBox,
    LocalMoves,
    LocalMovesInRegions,
    TriedElements,
    TriedScalings,
    Way,
)

ONE_REGION = 4096
"""Spheres up to which trial moves take the whole system for one region, on one thread."""

ONE_CHAIN_REGION = 32_768
"""The same of event chains: without walls spheres diffuse better, while the cache holds most."""

MOST_LISTED = 200_000
"""Spheres up to which lists of neighbours may pay: of more they take too much memory. Few do
without cells."""

HELD = 8192
"""Spheres up to which the cache holds lists and all that they are made of."""

SHORT: dict[Motion, float] = {"local": 0.1, "chain": 0.1, "newtonian": 0.085}
"""Trial step or mean free path, in σ_L, below which they pay: spheres seldom need new ones.

What a run starts with is not below."""

SHORT_OF_MANY: dict[Motion, float] = {"chain": 0.085, "newtonian": 0.055}
"""The same of event chains of more spheres than are held."""

FAR, MORE_NEIGHBOURS = 0.05, 23
"""Trial step or mean free path, in σ_L, above which longer lists are faster, and how long: there
the time goes into making them, elsewhere into reading them."""

THINNEST = 1.5
"""Distance of two faces of the box, in σ_L, from which on spheres may have lists."""


def way_of(motion: Motion, spheres: int) -> Way:
    """Return how so many spheres move: at once or region by region, for which blocks compile."""
    if motion == "local":
        return LocalMoves() if spheres <= ONE_REGION else LocalMovesInRegions()
    return EventChains() if spheres <= ONE_CHAIN_REGION else EventChainsInRegions()


def box_way(mode: BoxMode, *, heat_bath: bool) -> BoxWay:
    """Return how the box moves, for which blocks compile.

    Args:
        mode: As for ``box_moves``.
        heat_bath: Draw box moves exactly, or by Metropolis.
    """
    if mode == "fixed":
        return FixedBox()
    if mode == "floppy":
        return DrawnElements() if heat_bath else TriedElements()
    return DrawnScalings() if heat_bath else TriedScalings()


def may_have_lists(motion: Motion, spheres: int) -> bool:
    """Tell whether so many spheres have lists of neighbours once they hardly move."""
    in_regions = isinstance(way_of(motion, spheres), LocalMovesInRegions)
    return not in_regions and FEW[1] < spheres <= MOST_LISTED


def lists_pay(motion: Motion, spheres: int, hop: float, faces: Floats) -> bool:
    """Tell whether spheres move so little that lists of their neighbours save time.

    Args:
        motion: How they move.
        spheres: How many.
        hop: Trial step or mean free path, in σ_L.
        faces: Distances of the box's faces, in σ_L; shape (3,).
    """
    if not may_have_lists(motion, spheres):
        return False
    short = SHORT if spheres <= HELD else SHORT_OF_MANY
    return hop < short[motion] and float(np.min(faces)) >= THINNEST


def neighbours(hop: float) -> int:
    """Return how many entries lists have, on average, where spheres move so far."""
    return MORE_NEIGHBOURS if hop > FAR else NEIGHBOURS
