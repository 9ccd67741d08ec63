"""All particles in one unit cell: the sites, and the lattice that fits them best."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, maximum_filter
from scipy.sparse import coo_array
from scipy.sparse.linalg import lsqr

from hsmc.box import Floats
from hsmc.configuration import LARGE, SMALL
from hsmc.errors import InputError
from hsmc.tomography.particles import Ints, Particles

GRID = 0.35
"""Spacing of the grid on which folded particles are counted, over the tolerance."""

OCCUPIED = 0.4
"""Occupancy below which a pile of folded particles is no site."""

PASSES = 6
"""Times that sites and lattice are fitted and particles assigned anew."""


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """Particles on the sites of a lattice: r = o + L n + r_site, plus what is left.

    Attributes:
        lattice: Vectors as columns, in nm; shape (3, 3).
        origin: Place of the unit cell with index 0, in nm; shape (3,).
        sites: Places of the sites from the origin, in nm; shape (S, 3).
        types: Species of the sites, large first; shape (S,).
        site: Site of each particle; −1 for none; shape (N,).
        cell: Index of each particle's unit cell; shape (N, 3).
        rest: How far each particle is from its place; NaN without one; in nm; shape (N, 3).
    """

    lattice: Floats
    origin: Floats
    sites: Floats
    types: Ints
    site: Ints
    cell: Ints
    rest: Floats

    @property
    def on_lattice(self) -> NDArray[np.bool_]:
        """Which particles lie on a site; shape (N,)."""
        return self.site >= 0


def fold(particles: Particles, lattice: Floats, within: float) -> Folded:
    """Find the sites of a lattice and put each particle on one.

    Args:
        particles: What was detected.
        lattice: Lattice vectors as columns, roughly, in nm; shape (3, 3).
        within: Distance from a site, in nm, up to which a particle belongs to it.

    Raises:
        InputError: No site is occupied in enough of the unit cells.
    """
    folded = _first(particles, lattice, within)
    for _ in range(PASSES):
        before = folded.site
        folded = _assigned(particles, *_fitted(particles, folded), folded.types, within)
        if np.array_equal(before, folded.site):
            break
    return _without_rare_sites(particles, folded, within)


def cell_count(folded: Folded) -> int:
    """Return the number of unit cells of which at least half of the sites are taken."""
    cells = folded.cell[folded.on_lattice]
    if not len(cells):
        return 0
    _, counts = np.unique(cells, axis=0, return_counts=True)
    return int((counts >= 0.5 * len(folded.sites)).sum())


def _first(particles: Particles, lattice: Floats, within: float) -> Folded:
    """Fold with the lattice as it is; sites are where folded particles pile up."""
    origin = np.median(particles.positions, axis=0)
    fractions = np.linalg.solve(lattice, (particles.positions - origin).T).T
    fractions -= np.floor(fractions)
    sites, types = [], []
    for species in (LARGE, SMALL):
        own = fractions[particles.types == species]
        if len(own):
            found = _piles(own, lattice, within)
            sites.append(found @ lattice.T)
            types.append(np.full(len(found), species))
    places = np.concatenate(sites)
    return _assigned(particles, lattice, origin, places, np.concatenate(types), within)


def _piles(fractions: Floats, lattice: Floats, within: float) -> Floats:
    """Return maxima of the density of folded particles that are as high as most; in fractions."""
    lengths = np.linalg.norm(lattice, axis=0)
    counts = np.maximum(np.ceil(lengths / (GRID * within)).astype(int), 4)
    grid, _ = np.histogramdd(fractions, [np.linspace(0.0, 1.0, n + 1) for n in counts])
    widths = 0.5 * within / lengths * counts
    smooth = gaussian_filter(grid, widths, mode="wrap", truncate=5.0)
    peaks = smooth == maximum_filter(
        smooth, footprint=_ellipsoid(lattice, counts, within), mode="wrap"
    )
    found = np.argwhere(peaks)
    heights = smooth[tuple(found.T)]
    typical = np.sort(heights)[::-1][: max(1, int((heights > 0.3 * heights.max()).sum()))]
    found = found[heights > OCCUPIED * float(np.median(typical))]
    return np.asarray((found + 0.5) / counts)


def _ellipsoid(lattice: Floats, counts: NDArray[np.int64], within: float) -> NDArray[np.bool_]:
    """Return which steps of the grid are shorter than 1.2 tolerances."""
    steps = lattice / counts
    reach = np.ceil(1.2 * within * np.linalg.norm(np.linalg.inv(steps), axis=1)).astype(int)
    axes = np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij")
    offsets = np.stack(axes, axis=-1) @ steps.T
    return np.asarray(np.linalg.norm(offsets, axis=-1) <= 1.2 * within)


def _assigned(
    particles: Particles, lattice: Floats, origin: Floats, sites: Floats, types: Ints, within: float
) -> Folded:
    """Put each particle on the nearest site of its species; one on each site of each cell."""
    n = len(particles)
    site, cell = np.full(n, -1), np.zeros((n, 3), np.int64)
    rest = np.full((n, 3), np.nan)
    distance = np.full(n, np.inf)
    for number, (place, species) in enumerate(zip(sites, types, strict=True)):
        away = particles.positions - origin - place
        index = np.rint(np.linalg.solve(lattice, away.T)).T
        left = away - index @ lattice.T
        length = np.linalg.norm(left, axis=1)
        better = (length < np.minimum(distance, within)) & (particles.types == species)
        site[better], distance[better] = number, length[better]
        cell[better], rest[better] = index[better].astype(np.int64), left[better]
    taken: set[tuple[int, ...]] = set()
    for k in np.argsort(distance, kind="stable"):
        if site[k] < 0:
            continue
        key = (int(site[k]), *cell[k].tolist())
        if key in taken:
            site[k], rest[k] = -1, np.nan
        taken.add(key)
    return Folded(lattice, origin, sites, types, site, cell, rest)


def _fitted(particles: Particles, folded: Folded) -> tuple[Floats, Floats, Floats]:
    """Return lattice, origin and sites that fit the particles on sites best (least squares)."""
    own = np.flatnonzero(folded.on_lattice)
    cells, site = folded.cell[own].astype(np.float64), folded.site[own]
    if np.linalg.matrix_rank(cells - cells.mean(axis=0)) < 3:
        message = (
            "fewer than 2 unit cells along one of the lattice vectors: the lattice cannot be "
            "measured; needs a larger volume"
        )
        raise InputError(message)
    m = len(own)
    rows = np.concatenate([np.repeat(np.arange(m), 3), np.arange(m)])
    columns = np.concatenate([np.tile(np.arange(3), m), 3 + site])
    values = np.concatenate([cells.ravel(), np.ones(m)])
    design = coo_array((values, (rows, columns)), shape=(m, 3 + len(folded.sites))).tocsr()
    target = particles.positions[own]
    solution = np.array(
        [lsqr(design, target[:, axis], atol=1e-12, btol=1e-12)[0] for axis in range(3)]
    )
    return solution[:, :3], np.zeros(3), np.ascontiguousarray(solution[:, 3:].T)


def _without_rare_sites(particles: Particles, folded: Folded, within: float) -> Folded:
    """Drop sites that few unit cells have, and put the origin where the cells are complete."""
    counts = np.bincount(folded.site[folded.on_lattice], minlength=len(folded.sites))
    kept = counts > OCCUPIED * max(float(np.median(counts)), float(cell_count(folded)))
    if not kept.any():
        message = "no site is occupied in enough unit cells: the particles do not share a lattice"
        raise InputError(message)
    order = np.lexsort((np.arange(kept.sum()), folded.types[kept]))
    sites = _completing(folded, kept)[order]
    types = folded.types[kept][order]
    return _assigned(particles, folded.lattice, folded.origin, sites, types, within)


def _completing(folded: Folded, kept: NDArray[np.bool_]) -> Floats:
    """Choose for each site the cell it belongs to, so that as many cells as can be are whole.

    On average over the sample, all sites then have the same cell index, that of the first.
    """
    numbers = np.flatnonzero(kept)
    means = np.array([folded.cell[folded.site == number].mean(axis=0) for number in numbers])
    moved = np.rint(means - means[0])
    return np.asarray(folded.sites[numbers] + moved @ folded.lattice.T)
