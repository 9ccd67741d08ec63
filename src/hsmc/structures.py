"""Which packings are the same structure."""

from dataclasses import dataclass

import numpy as np

from hsmc.box import Floats
from hsmc.configuration import Configuration
from hsmc.neighbors import near_pairs

REACH = 1.0
"""Surface distance, in σ_L, up to which pairs tell structures apart."""

SAME_PACKING = 1e-6
"""Difference of packing fractions up to which two packings may be the same."""

SAME_DISTANCE = 1e-4
"""Difference of sorted distances, in σ_L, up to which two packings may be the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """What tells a packing's structure, whatever its orientation, lattice and labels.

    The distances of all pairs up to a reach, sorted for each pair of species, do not change
    under rotation, another choice of lattice vectors or of origin, or relabelling. Two packings
    of 25 spheres that differ in any of their ~80 coordinates differ in some of the ~10³
    distances; mirror images count as the same. Rattlers have no place of their own and are
    left out.

    Attributes:
        packing_fraction: Of all spheres.
        distances: Sorted distances of large-large, large-small and small-small pairs.
    """

    packing_fraction: float
    distances: tuple[Floats, Floats, Floats]


def fingerprint(configuration: Configuration, rattlers: np.ndarray | None = None) -> Fingerprint:
    """Return the fingerprint of a packing.

    Args:
        configuration: Spheres in a box.
        rattlers: Indices of the spheres to leave out.
    """
    kept = np.ones(len(configuration), dtype=bool)
    if rattlers is not None:
        kept[rattlers] = False
    pairs = near_pairs(configuration, REACH)
    inside = kept[pairs.i] & kept[pairs.j]
    kind = configuration.types[pairs.i] + configuration.types[pairs.j]
    distance = pairs.distance
    large, mixed, small = (np.sort(distance[inside & (kind == k)]) for k in range(3))
    return Fingerprint(configuration.packing_fraction, (large, mixed, small))


def same_structure(one: Fingerprint, other: Fingerprint) -> bool:
    """Tell whether two packings are the same structure."""
    if abs(one.packing_fraction - other.packing_fraction) > SAME_PACKING:
        return False
    return all(_alike(a, b) for a, b in zip(one.distances, other.distances, strict=True))


def group(fingerprints: list[Fingerprint]) -> list[int]:
    """Number packings so that equal numbers mean the same structure.

    Args:
        fingerprints: One a packing.

    Returns:
        The index of the first packing that is the same, for each packing.
    """
    first: list[int] = []
    for index, mark in enumerate(fingerprints):
        known = sorted(set(first))
        first.append(next((k for k in known if same_structure(fingerprints[k], mark)), index))
    return first


def _alike(a: Floats, b: Floats) -> bool:
    """Compare sorted distances; pairs at the very reach may be in one list only."""
    shared = min(len(a), len(b))
    if np.any(np.abs(a[:shared] - b[:shared]) > SAME_DISTANCE):
        return False
    rest = a[shared:] if len(a) > shared else b[shared:]
    longest = max(a[-1] if len(a) else 0.0, b[-1] if len(b) else 0.0)
    return bool(np.all(rest > longest - SAME_DISTANCE))
