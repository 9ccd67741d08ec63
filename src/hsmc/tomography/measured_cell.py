"""A unit cell measured on many: vectors, sites, their spread, occupancy and composition."""

import math
from dataclasses import dataclass

import numpy as np

from hsmc.box import Floats
from hsmc.configuration import LARGE, SMALL
from hsmc.crystal import UnitCell
from hsmc.errors import InputError
from hsmc.tomography.folding import Folded, cell_count, fold
from hsmc.tomography.particles import Ints, Particles
from hsmc.tomography.translations import find_lattice, same_place

VECTORS, ANGLES = ("a", "b", "c"), ("alpha", "beta", "gamma")

FEWEST_CELLS = 4
"""Unit cells below which a standard error says nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Numbers measured n times: mean, standard deviation and its standard error.

    Attributes:
        mean: Shape (..., M).
        deviation: Standard deviation of one measurement; NaN below two.
        error: Standard error of the mean.
        count: How many; shape (...,).
    """

    mean: Floats
    deviation: Floats
    error: Floats
    count: Ints


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredCell:
    """A unit cell measured on many, in nm. Vectors are columns.

    Attributes:
        lattice: Vectors that fit all particles best; shape (3, 3).
        vectors: Differences of particles one vector apart, x, y, z; shape (3, 3), rows a, b, c.
        lengths: Of those differences; shape (3,).
        angles: α, β, γ in degrees, of vectors that start at one particle; shape (3,).
        types: Species of the sites, large first; shape (S,).
        sites: Places in the unit cell; shape (S, 3).
        fractions: The same in fractions of the lattice; shape (S, 3).
        occupancy: Part of the unit cells that have the site; shape (S,).
        cells: Unit cells measured.
        dropped: Sites that the exclusion rule took away.
        folded: Which particle lies where.
    """

    lattice: Floats
    vectors: Spread
    lengths: Spread
    angles: Spread
    types: Ints
    sites: Spread
    fractions: Spread
    occupancy: Floats
    cells: int
    dropped: int
    folded: Folded

    @property
    def composition(self) -> tuple[float, float]:
        """Small over large particles in a unit cell, and its standard error (binomial)."""
        full = np.array([self.occupancy[self.types == s].sum() for s in (LARGE, SMALL)])
        variance = np.array(
            [
                (self.occupancy * (1.0 - self.occupancy))[self.types == s].sum() / self.cells
                for s in (LARGE, SMALL)
            ]
        )
        if not full.all():
            return float("nan"), float("nan")
        ratio = float(full[1] / full[0])
        return ratio, ratio * math.sqrt(float((variance / full**2).sum()))

    @property
    def volume(self) -> float:
        """Volume of the unit cell, in nm³."""
        return abs(float(np.linalg.det(self.lattice)))

    def unit_cell(self, large_diameter: float, name: str = "measured") -> UnitCell:
        """Return the mean cell as a crystal.

        Args:
            large_diameter: The length that is σ_L, in nm.
            name: Of the crystal.

        Raises:
            InputError: No site is of the large species.
        """
        scaled = self.fractions.mean - np.floor(self.fractions.mean)
        species = tuple("large" if kind == LARGE else "small" for kind in self.types)
        return UnitCell(
            name, self.lattice, scaled, species, "large", large_diameter, "hsmc tomo unit-cell"
        )


def measure_cell(particles: Particles, exclusion: float = 0.0) -> MeasuredCell:
    """Measure the unit cell of a crystal of detected particles.

    Args:
        particles: What was detected.
        exclusion: Distance in nm within which only the most occupied of small sites is kept: the
            paper's rule has 3.4 nm, the diameter of a CdSe core.

    Raises:
        InputError: There is no lattice, or too few unit cells for a standard error.
    """
    within = same_place(particles)
    folded = fold(particles, find_lattice(particles), within)
    return cell_of(particles, folded, exclusion)


def cell_of(particles: Particles, folded: Folded, exclusion: float = 0.0) -> MeasuredCell:
    """Return the statistics of folded particles; see ``measure_cell``."""
    cells = cell_count(folded)
    if cells < FEWEST_CELLS:
        message = (
            f"{cells} unit cells are too few for a standard error, needs {FEWEST_CELLS}; their "
            "positions alone can be used as they are"
        )
        raise InputError(message)
    counts = np.bincount(folded.site[folded.on_lattice], minlength=len(folded.sites))
    kept = _allowed(folded, counts, exclusion)
    sites = _site_spread(folded, kept)
    inverse = np.asarray(np.linalg.inv(folded.lattice), np.float64)
    fractions = _site_spread(folded, kept, inverse)
    vectors, lengths, angles = _vectors(particles, folded)
    return MeasuredCell(
        lattice=folded.lattice,
        vectors=vectors,
        lengths=lengths,
        angles=angles,
        types=folded.types[kept],
        sites=sites,
        fractions=fractions,
        occupancy=np.minimum(counts[kept] / cells, 1.0),
        cells=cells,
        dropped=int(len(folded.sites) - len(kept)),
        folded=folded,
    )


def spread_of(samples: Floats) -> tuple[Floats, Floats, Floats]:
    """Return mean, standard deviation and standard error over the first axis; NaN of nothing."""
    n = len(samples)
    if n == 0:
        nothing = np.full(samples.shape[1:], np.nan)
        return nothing, nothing, nothing
    deviation = samples.std(axis=0, ddof=1) if n > 1 else np.full(samples.shape[1:], np.nan)
    return samples.mean(axis=0), deviation, deviation / math.sqrt(n)


def _site_spread(folded: Folded, kept: Ints, inverse: Floats | None = None) -> Spread:
    """Return where particles of each site lie in the unit cell, in nm or in fractions."""
    change = np.eye(3) if inverse is None else inverse
    rows = []
    for number in kept:
        own = folded.rest[folded.site == number] + folded.sites[number]
        rows.append((*spread_of(own @ change.T), len(own)))
    means, deviations, errors, counts = zip(*rows, strict=True)
    return Spread(np.array(means), np.array(deviations), np.array(errors), np.array(counts))


def _vectors(particles: Particles, folded: Folded) -> tuple[Spread, Spread, Spread]:
    """Return the differences of particles that are one lattice vector apart, as the tables do."""
    own = np.flatnonzero(folded.on_lattice)
    where = {(int(folded.site[k]), *folded.cell[k].tolist()): particles.positions[k] for k in own}
    steps = np.eye(3, dtype=np.int64)
    found: list[dict[tuple[int, ...], Floats]] = [{}, {}, {}]
    for key, place in where.items():
        for axis in range(3):
            there = (key[0], *(np.array(key[1:]) + steps[axis]).tolist())
            if there in where:
                found[axis][key] = where[there] - place
    samples = [np.array(list(one.values())).reshape(-1, 3) for one in found]
    vectors = _joined([spread_of(one) for one in samples], samples)
    lengths = [np.linalg.norm(one, axis=1) for one in samples]
    return vectors, _joined([spread_of(one) for one in lengths], lengths), _angles(found)


def _angles(found: list[dict[tuple[int, ...], Floats]]) -> Spread:
    samples = []
    for one, other in ((1, 2), (0, 2), (0, 1)):
        keys = found[one].keys() & found[other].keys()
        u = np.array([found[one][key] for key in sorted(keys)]).reshape(-1, 3)
        v = np.array([found[other][key] for key in sorted(keys)]).reshape(-1, 3)
        cosine = (u * v).sum(axis=1) / np.linalg.norm(u, axis=1) / np.linalg.norm(v, axis=1)
        samples.append(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    return _joined([spread_of(one) for one in samples], samples)


def _joined(spreads: list[tuple[Floats, Floats, Floats]], samples: list[Floats]) -> Spread:
    means, deviations, errors = zip(*spreads, strict=True)
    counts = np.array([len(one) for one in samples])
    return Spread(np.array(means), np.array(deviations), np.array(errors), counts)


def _allowed(folded: Folded, counts: Ints, exclusion: float) -> Ints:
    """Return the sites that stay if small ones keep a distance from more occupied small ones."""
    kept: list[int] = []
    order = np.lexsort((np.arange(len(counts)), -counts, folded.types))
    for number in order:
        near = [
            other
            for other in kept
            if folded.types[other] == SMALL and _distance(folded, int(number), other) < exclusion
        ]
        if folded.types[number] == LARGE or not near:
            kept.append(int(number))
    return np.sort(np.array(kept))


def _distance(folded: Folded, one: int, other: int) -> float:
    """Return the distance of two sites to the nearest image, for lattices that are reduced."""
    fraction = np.linalg.solve(folded.lattice, folded.sites[one] - folded.sites[other])
    fraction -= np.rint(fraction)
    steps = np.stack(np.meshgrid(*[(-1, 0, 1)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    return float(np.linalg.norm((fraction + steps) @ folded.lattice.T, axis=1).min())
