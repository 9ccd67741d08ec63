"""Which spheres touch, and which rattle."""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Floats
from hsmc.configuration import Configuration
from hsmc.neighbors import Pairs, near_pairs

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

LARGEST_GAP = 1e-6
"""Relative gap r/σ_ij − 1 beyond which no pair counts as a contact."""

ROUNDING = 1e-14
"""Relative gap below which differences are rounding."""

SEARCH = 0.5
"""Surface distance, in largest diameters, within which the next gap is looked for."""

FEWEST = 4
"""Contacts that a sphere needs to be held in place."""

ESCAPE = 1e-9
"""Cosine down to which a direction along a neighbour's surface counts as open."""


@dataclass(frozen=True, slots=True, eq=False)
class Contacts:
    """The pairs of a backbone that touch.

    Attributes:
        pairs: The contacts, all between spheres of the backbone.
        backbone: Indices of the spheres that are held; shape (N′,).
        rattlers: Indices of the others.
        largest_gap: Largest relative gap r/σ_ij − 1 of a contact; −inf without contacts.
        next_gap: Smallest relative gap of a pair in the backbone that is no contact; inf if
            there is none nearby.
    """

    pairs: Pairs
    backbone: Ints
    rattlers: Ints
    largest_gap: float
    next_gap: float


def find_contacts(configuration: Configuration) -> Contacts:
    """Tell contacts from near misses by the widest step in the sorted gaps.

    Rattlers are set apart first and again: they touch their cage anywhere or nowhere, so
    their gaps would blur the step.
    """
    reach = SEARCH * float(configuration.diameters.max())
    pairs, spheres = near_pairs(configuration, reach), len(configuration)
    gaps = pairs.distance / pairs.contact - 1.0
    touching = gaps <= LARGEST_GAP
    while True:
        held = held_spheres(pairs.chosen(touching), spheres)
        inside = held[pairs.i] & held[pairs.j]
        largest, following = _widest_step(np.sort(gaps[inside]))
        found = gaps <= largest
        if np.array_equal(found & inside, touching & inside):
            break
        touching &= found
    everyone = np.arange(spheres)
    kept = pairs.chosen(touching & inside)
    return Contacts(kept, everyone[held], everyone[~held], largest, following)


def without(contacts: Contacts, spheres: Ints) -> Contacts:
    """Count more spheres of the backbone as rattlers."""
    pairs = contacts.pairs
    kept = ~(np.isin(pairs.i, spheres) | np.isin(pairs.j, spheres))
    return Contacts(
        pairs.chosen(kept),
        np.setdiff1d(contacts.backbone, spheres),
        np.union1d(contacts.rattlers, spheres),
        contacts.largest_gap,
        contacts.next_gap,
    )


def held_spheres(touching: Pairs, spheres: int) -> Mask:
    """Tell which spheres stay when all that are not locked in are taken out, repeatedly.

    A sphere is locked in by at least four contacts that leave no direction open, so not
    all in one hemisphere. Contacts with own images count at both ends.

    Args:
        touching: All contacts.
        spheres: Number of spheres.

    Source:
        Donev, Torquato, Stillinger & Connelly, J. Comput. Phys. 197, 139 (2004),
        doi:10.1016/j.jcp.2003.11.022.
    """
    unit = touching.separation / touching.distance[:, None]
    ends = np.concatenate([touching.i, touching.j])
    order = np.argsort(ends, kind="stable")
    partners = np.concatenate([touching.j, touching.i])[order]
    normals = np.concatenate([unit, -unit])[order]
    begins = np.searchsorted(ends[order], np.arange(spheres + 1))
    held = np.ones(spheres, dtype=np.bool_)
    while True:
        locked = np.zeros(spheres, dtype=np.bool_)
        for sphere in np.flatnonzero(held):
            own = slice(begins[sphere], begins[sphere + 1])
            locked[sphere] = _is_locked(normals[own][held[partners[own]]])
        if np.array_equal(locked, held):
            return held
        held = locked


def _widest_step(gaps: Floats) -> tuple[float, float]:
    """Return the sorted gaps on both sides of the widest step (as a ratio) above a contact."""
    contacts = int(np.searchsorted(gaps, LARGEST_GAP, side="right"))
    bounded = np.append(np.maximum(gaps, ROUNDING), np.inf)
    if contacts == 0:
        return -math.inf, float(bounded[0])
    last = int(np.argmax(bounded[1 : contacts + 1] / bounded[:contacts]))
    return float(gaps[last]), float(bounded[last + 1])


def _is_locked(normals: Floats) -> bool:
    """Tell whether every direction v has n·v > 0 for some of the unit vectors n.

    If the n span space, the open directions form a pointed cone: either it is {0}, or it has
    an edge, and that is at right angles to two of the n.
    """
    if len(normals) < FEWEST:
        return False
    first, second = np.array(list(combinations(range(len(normals)), 2))).T
    edges = np.cross(normals[first], normals[second])
    lengths = np.linalg.norm(edges, axis=1)
    edges = edges[lengths > ESCAPE] / lengths[lengths > ESCAPE, None]
    along = edges @ normals.T
    spanned = len(edges) > 0 and bool(np.abs(along).max() > ESCAPE)
    blocked = (along.min(axis=1) < -ESCAPE) & (along.max(axis=1) > ESCAPE)
    return spanned and bool(blocked.all())
