"""Places and densities of all particles at once: Gauss-Newton on the misfit of the whole volume.

Neighbours overlap along the missing wedge, so none can be placed without the others. The slopes
of the misfit are exact; its curvature counts pairs of particles that are near.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, diags_array, eye_array
from scipy.sparse.linalg import cg
from scipy.spatial import cKDTree

from hsmc.box import Floats
from hsmc.tomography.matched_filter import MatchedFilter

Ints = NDArray[np.int64]
Part = tuple[int, int]

DAMPING = 0.02
"""Part of the diagonal that is added to the curvature (Levenberg and Marquardt)."""

LONGEST_STEP = 1.0
"""In voxels, along each axis."""

SIZE_PRIOR = 0.05
"""Weight of the template's size, over the weight of what the volume says of a lone particle."""

LARGEST_SIZE = 0.35
"""Logarithm of a diameter over the template's, at most."""

DENSEST = 5.0
"""Density over the median of all, at most: crowds as in a film would drive theirs to no end."""

SECOND = ((4, 7, 8), (7, 5, 9), (8, 9, 6))
"""Where the second derivatives 00 to 22 stand in what ``MatchedFilter.read`` returns."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Particles in a volume.

    Attributes:
        places: In voxels (z, y, x); shape (N, 3).
        types: Species; shape (N,).
        amplitudes: Density a, in the unit of the volume, and b: a times the logarithm of the
            diameter over that of the template; shape (N, 2).
    """

    places: Floats
    types: Ints
    amplitudes: Floats

    @classmethod
    def peaks(cls, places: Floats, species: int, heights: Floats) -> "Fit":
        """Return particles of one species, of the template's size."""
        amplitudes = np.column_stack([heights, np.zeros(len(heights))])
        return cls(places, np.full(len(heights), species), amplitudes)

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
        overlaps: Spline coefficients by pair of (species, part).
        reach: Voxels up to which pairs count.
    """

    overlaps: dict[tuple[Part, Part], NDArray[np.float32]]
    reach: float

    @classmethod
    def of(cls, matched: MatchedFilter, reach: float) -> "Curvature":
        """Correlate the templates."""
        parts = [
            (species, part) for species in range(len(matched.template_spectra)) for part in (0, 1)
        ]
        return cls({(a, b): matched.overlap(a, b, reach) for a in parts for b in parts}, reach)


def improve(
    fit: Fit, matched: MatchedFilter, curvature: Curvature, steps: int, *, sizes: bool = False
) -> Fit:
    """Move all particles and change their densities so that the misfit falls.

    Args:
        fit: Where to start.
        matched: The volume and its templates.
        curvature: Overlaps of the templates.
        steps: Gauss-Newton steps.
        sizes: Change the diameters, too.
    """
    for _ in range(steps):
        if not len(fit):
            return fit
        values = residual_at(fit, matched, sizes=sizes)
        a, b = fit.amplitudes[:, :1], fit.amplitudes[:, 1:]
        slopes = [values[:, :, 0], a * values[:, 0, 1:4]]
        if sizes:
            slopes[1] = slopes[1] + b * values[:, 1, 1:4]
        normal = _normal_matrix(fit, matched, curvature, 1 + sizes)
        slope = np.concatenate(slopes, axis=1)
        if sizes:  # a small pull towards the template's size, where the volume says little
            own = normal.diagonal().reshape(len(fit), -1)[:, 1]
            slope[:, 1] -= SIZE_PRIOR * own * fit.amplitudes[:, 1]
        change = _solve(normal, slope)
        moved = np.clip(change[:, -3:], -LONGEST_STEP, LONGEST_STEP)
        amplitudes = fit.amplitudes.copy()
        amplitudes[:, : 1 + sizes] += change[:, :-3]
        most = DENSEST * float(np.median(np.abs(fit.amplitudes[:, 0])))
        amplitudes[:, 0] = np.clip(amplitudes[:, 0], -most, most)
        limit = LARGEST_SIZE * np.abs(amplitudes[:, 0])
        amplitudes[:, 1] = np.clip(amplitudes[:, 1], -limit, limit)
        fit = Fit(fit.places + moved, fit.types, amplitudes)
    return fit


def residual_at(fit: Fit, matched: MatchedFilter, *, sizes: bool) -> Floats:
    """Return the residual's correlation with T (and T′) at each particle; shape (N, 1 or 2, 10)."""
    residual = matched.residual(fit.places, fit.types, fit.amplitudes)
    out = np.empty((len(fit), 1 + sizes, 10))
    for species in range(len(matched.template_spectra)):
        own = fit.types == species
        for part in range(1 + sizes):
            if own.any():
                grid = matched.correlation(residual, species, part)
                out[own, part] = matched.read(grid, fit.places[own])
    return out


def own_curvature(fit: Fit, matched: MatchedFilter, curvature: Curvature) -> Floats:
    """Return the misfit's curvature along z, y, x for each particle alone; shape (N, 3)."""
    out = np.empty((len(fit), 3))
    for species in range(len(matched.template_spectra)):
        own = fit.types == species
        grid = curvature.overlaps[(species, 0), (species, 0)]
        at = matched.read(grid, np.zeros((1, 3)))[0]
        out[own] = -(fit.amplitudes[own, :1] ** 2) * at[4:7]
    return out


def _normal_matrix(fit: Fit, matched: MatchedFilter, curvature: Curvature, parts: int) -> csr_array:
    """Return JᵀJ over (a, b if there are two parts, z, y, x) of each particle in turn."""
    n, size = len(fit), parts + 3
    pairs = cKDTree(fit.places).query_pairs(curvature.reach, output_type="ndarray")
    k = np.concatenate([pairs[:, 0], pairs[:, 1], np.arange(n)])
    m = np.concatenate([pairs[:, 1], pairs[:, 0], np.arange(n)])
    at = _overlaps(fit, k, m, matched, curvature, parts)
    a, b = fit.amplitudes[k, 0], fit.amplitudes[m, 0]
    blocks = np.empty((len(k), size, size))
    blocks[:, :parts, :parts] = at[:, :, :, 0]
    blocks[:, :parts, parts:] = b[:, None, None] * at[:, :, 0, 1:4]
    blocks[:, parts:, :parts] = -a[:, None, None] * at[:, 0, :, 1:4].transpose(0, 2, 1)
    blocks[:, parts:, parts:] = -(a * b)[:, None, None] * at[:, 0, 0][:, np.array(SECOND)]
    rows = np.broadcast_to(size * k[:, None, None] + np.arange(size)[:, None], blocks.shape)
    columns = np.broadcast_to(size * m[:, None, None] + np.arange(size), blocks.shape)
    entries = (blocks.ravel(), (rows.ravel(), columns.ravel()))
    return coo_array(entries, shape=(size * n, size * n)).tocsr()


def _overlaps(
    fit: Fit, k: Ints, m: Ints, matched: MatchedFilter, curvature: Curvature, parts: int
) -> Floats:
    """Return the overlaps of the templates of pairs, with derivatives; (M, parts, parts, 10)."""
    out = np.empty((len(k), parts, parts, 10))
    between = fit.places[m] - fit.places[k]
    for (one, other), grid in curvature.overlaps.items():
        if max(one[1], other[1]) < parts:
            which = (fit.types[k] == one[0]) & (fit.types[m] == other[0])
            out[which, one[1], other[1]] = matched.read(grid, between[which])
    return out


def _solve(normal: csr_array, slope: Floats) -> Floats:
    """Solve by conjugate gradients, scaled so that the diagonal is 1; shaped as the slope."""
    scale = 1.0 / np.sqrt(np.maximum(normal.diagonal(), 1e-30))
    damped = diags_array(scale) @ normal @ diags_array(scale)
    damped = csr_array(damped + DAMPING * eye_array(len(scale)))
    solution, _ = cg(damped, scale * slope.ravel(), rtol=1e-3, maxiter=60)
    return np.asarray((scale * solution).reshape(slope.shape))
