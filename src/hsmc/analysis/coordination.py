"""Who is next to whom: neighbours by facets, contacts by gaps, rattlers, angles of bonds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hsmc.analysis.voronoi import VoronoiCells
from hsmc.box import Floats
from hsmc.configuration import LARGE, SMALL, Configuration
from hsmc.errors import InputError
from hsmc.jamming.contacts import held_spheres
from hsmc.neighbors import near_pairs

ENDS = ("LL", "LS", "SL", "SS")
"""Around whom, and who: LS is the number of small spheres around a large one."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Contacts:
    """Pairs nearer than a gap.

    Attributes:
        numbers: Mean contacts of a sphere: LL, LS, SL, SS; NaN without a species; shape (4,).
        pairs: Number of contacts in all; those with own images count as any other.
        overlaps: Pairs that overlap by more than rounding, which only crystals at their own
            size and detected structures have.
        is_rattler: Spheres that their contacts do not hold; shape (N,).
    """

    numbers: Floats
    pairs: int
    overlaps: int
    is_rattler: NDArray[np.bool_]


def contacts(configuration: Configuration, gap: float) -> Contacts:
    """Find contacts and rattlers.

    Spheres not locked in by at least four contacts are taken out, repeatedly; all that were
    taken out are rattlers.

    Args:
        configuration: Spheres in a box.
        gap: Relative gap r/σ_ij − 1 up to which a pair is in contact.

    Raises:
        InputError: The gap is negative or 1 and more.
    """
    if not 0.0 <= gap < 1.0:
        message = f"contact gap is {gap:g}, needs 0 ≤ gap < 1"
        raise InputError(message)
    touching = near_pairs(configuration, gap * float(configuration.diameters.max()) + 1e-12)
    gaps = touching.distance / np.maximum(touching.contact, 1e-300) - 1.0
    touching = touching.chosen(gaps <= gap)
    i, j = touching.i, touching.j
    numbers = _mean_numbers(configuration.types, np.concatenate([i, j]), np.concatenate([j, i]))
    held = held_spheres(touching, len(configuration))
    return Contacts(numbers, len(touching), int(np.sum(gaps < -1e-9)), ~held)


def facet_neighbors(configuration: Configuration, cells: VoronoiCells) -> Floats:
    """Return mean numbers of neighbours with a shared facet: LL, LS, SL, SS; shape (4,)."""
    wide = cells.is_wide
    return _mean_numbers(configuration.types, cells.i[wide], cells.j[wide])


@dataclass(frozen=True, slots=True, eq=False)
class BondAngles:
    """Distributions of the angle between the bonds to two neighbours.

    Attributes:
        angle: Middle of each bin, in degrees; shape (B,).
        density: Around large and small spheres, in 1/degree, with integral 1; NaN without the
            species; shape (2, B).
    """

    angle: Floats
    density: Floats


def bond_angles(
    configuration: Configuration, cells: VoronoiCells, width: float = 2.0
) -> BondAngles:
    """Count the angles between all pairs of bonds to facet neighbours, around each species.

    Args:
        configuration: Spheres in a box.
        cells: Their Voronoi cells.
        width: Width of the bins, in degrees, a divisor of 180. Bins are centred on multiples
            of it, so that the angles of crystals are not at edges; the first and the last bin
            reach half a width beyond 0 and 180.
    """
    bins = round(180.0 / width) + 1
    wide = cells.is_wide
    i, unit = cells.i[wide], cells.bonds[wide]
    unit = unit / np.linalg.norm(unit, axis=1)[:, None]
    counts = np.zeros((2, bins))
    degree = np.bincount(i, minlength=len(cells))
    begins = np.concatenate([[0], np.cumsum(degree)])
    for d in np.unique(degree[degree > 1]):
        spheres = np.flatnonzero(degree == d)
        bonds = unit[begins[spheres][:, None] + np.arange(d)]
        cosines = np.einsum("nax,nbx->nab", bonds, bonds)[:, *np.triu_indices(d, 1)]
        angles = np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))
        index = np.rint(angles / width).astype(int)
        for row, species in enumerate((LARGE, SMALL)):
            own = index[configuration.types[spheres] == species]
            counts[row] += np.bincount(own.ravel(), minlength=bins)
    total = counts.sum(axis=1, keepdims=True)
    total[total == 0.0] = np.nan
    return BondAngles(width * np.arange(bins, dtype=np.float64), counts / total / width)


def _mean_numbers(types: Ints, i: Ints, j: Ints) -> Floats:
    """Return the mean number of j around an i, by species."""
    numbers = np.array([np.sum(types == LARGE), np.sum(types == SMALL)], dtype=np.float64)
    numbers[numbers == 0.0] = np.nan
    found = np.bincount(2 * types[i] + types[j], minlength=4).reshape(2, 2)
    means = found / numbers[:, None]
    means[:, np.isnan(numbers)] = np.nan
    return np.asarray(means.ravel())
