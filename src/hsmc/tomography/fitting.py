"""Places and densities of all particles at once: Gauss-Newton on the misfit of the whole volume.

Neighbours overlap along the missing wedge, so none can be placed without the others. The slopes
of the misfit are exact; its curvature counts pairs of particles that are near.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.linalg import cg
from scipy.spatial import cKDTree

from hsmc.box import Floats
from hsmc.tomography.matched_filter import MatchedFilter

Ints = NDArray[np.int64]

DAMPING = 0.02
"""Part of the diagonal that is added to the curvature (Levenberg and Marquardt)."""

LONGEST_STEP = 1.0
"""In voxels, along each axis."""

SECOND = ((4, 7, 8), (7, 5, 9), (8, 9, 6))
"""Where the second derivatives 00 to 22 stand in what ``MatchedFilter.read`` returns."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Particles in a volume.

    Attributes:
        places: In voxels (z, y, x); shape (N, 3).
        types: Species; shape (N,).
        amplitudes: Densities, in the unit of the volume; shape (N,).
    """

    places: Floats
    types: Ints
    amplitudes: Floats

    def __len__(self) -> int:
        return len(self.types)

    def select(self, which: NDArray[np.bool_]) -> "Fit":
        """Return some of the particles."""
        return Fit(self.places[which], self.types[which], self.amplitudes[which])

    def joined(self, other: "Fit") -> "Fit":
        """Return these particles and others."""
        return Fit(
            np.concatenate([self.places, other.places]),
            np.concatenate([self.types, other.types]),
            np.concatenate([self.amplitudes, other.amplitudes]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Curvature:
    """Overlaps of templates with one another, and how far they count.

    Attributes:
        overlaps: Spline coefficients by pair of species.
        reach: Voxels up to which pairs count.
    """

    overlaps: dict[tuple[int, int], NDArray[np.float32]]
    reach: float

    @classmethod
    def of(cls, matched: MatchedFilter, reach: float) -> "Curvature":
        """Correlate the templates."""
        species = range(len(matched.templates))
        return cls({(a, b): matched.overlap(a, b) for a in species for b in species}, reach)


def improve(fit: Fit, matched: MatchedFilter, curvature: Curvature, steps: int) -> Fit:
    """Move all particles and change their densities so that the misfit falls.

    Args:
        fit: Where to start.
        matched: The volume and its templates.
        curvature: Overlaps of the templates.
        steps: Gauss-Newton steps.
    """
    for _ in range(steps):
        if not len(fit):
            return fit
        values = residual_at(fit, matched)
        slope = np.column_stack([values[:, 0], fit.amplitudes[:, None] * values[:, 1:4]])
        normal = _normal_matrix(fit, matched, curvature)
        change = _solve(normal, slope.ravel()).reshape(-1, 4)
        moved = np.clip(change[:, 1:], -LONGEST_STEP, LONGEST_STEP)
        fit = Fit(fit.places + moved, fit.types, fit.amplitudes + change[:, 0])
    return fit


def residual_at(fit: Fit, matched: MatchedFilter) -> Floats:
    """Return the residual's correlation with each particle's template, as ``read`` does."""
    residual = matched.residual(fit.places, fit.types, fit.amplitudes)
    out = np.empty((len(fit), 10))
    for species in range(len(matched.templates)):
        own = fit.types == species
        if own.any():
            grid = matched.correlation(residual, species)
            out[own] = matched.read(grid, fit.places[own])
    return out


def own_curvature(fit: Fit, matched: MatchedFilter, curvature: Curvature) -> Floats:
    """Return the misfit's curvature for each particle alone: density and axes; shape (N, 4)."""
    out = np.empty((len(fit), 4))
    for species in range(len(matched.templates)):
        own = fit.types == species
        at = matched.read(curvature.overlaps[species, species], np.zeros((1, 3)))[0]
        out[own, 0] = at[0]
        out[own, 1:] = -fit.amplitudes[own, None] ** 2 * at[4:7]
    return out


def _normal_matrix(fit: Fit, matched: MatchedFilter, curvature: Curvature) -> csr_array:
    """Return JᵀJ over (density, z, y, x) of each particle in turn."""
    n = len(fit)
    pairs = cKDTree(fit.places).query_pairs(curvature.reach, output_type="ndarray")
    k = np.concatenate([pairs[:, 0], pairs[:, 1], np.arange(n)])
    m = np.concatenate([pairs[:, 1], pairs[:, 0], np.arange(n)])
    at = np.empty((len(k), 10))
    for (one, other), grid in curvature.overlaps.items():
        which = (fit.types[k] == one) & (fit.types[m] == other)
        at[which] = matched.read(grid, fit.places[m[which]] - fit.places[k[which]])
    a, b = fit.amplitudes[k], fit.amplitudes[m]
    blocks = np.empty((len(k), 4, 4))
    blocks[:, 0, 0] = at[:, 0]
    blocks[:, 0, 1:] = b[:, None] * at[:, 1:4]
    blocks[:, 1:, 0] = -a[:, None] * at[:, 1:4]
    blocks[:, 1:, 1:] = -(a * b)[:, None, None] * at[:, np.array(SECOND)]
    rows = np.broadcast_to(4 * k[:, None, None] + np.arange(4)[None, :, None], blocks.shape)
    columns = np.broadcast_to(4 * m[:, None, None] + np.arange(4)[None, None, :], blocks.shape)
    entries = (blocks.ravel(), (rows.ravel(), columns.ravel()))
    return coo_array(entries, shape=(4 * n, 4 * n)).tocsr()


def _solve(normal: csr_array, slope: Floats) -> Floats:
    """Solve by conjugate gradients, scaled so that the diagonal is 1."""
    scale = 1.0 / np.sqrt(np.maximum(normal.diagonal(), 1e-30))
    n = len(scale)
    diagonal = coo_array((scale, (np.arange(n), np.arange(n))), shape=(n, n)).tocsr()
    damping = coo_array((np.full(n, DAMPING), (np.arange(n), np.arange(n))), shape=(n, n)).tocsr()
    scaled = diagonal @ normal @ diagonal + damping
    solution, _ = cg(scaled, scale * slope, rtol=1e-3, maxiter=60)
    return np.asarray(scale * solution)
