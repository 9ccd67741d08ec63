"""Peaks of a map, and the height that parts particles from noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter
from scipy.spatial import cKDTree

from hsmc.box import Floats
from hsmc.tomography.series import Single

LEVELS = 120
"""Heights at which the peaks are counted."""

CLEAREST, FAINTEST = 0.8, 0.25
"""Where the threshold is looked for, over the typical height of a particle's peak."""

ALIKE = 3.0
"""Peaks of about one height that make it typical: a few that stand alone do not decide."""

NOISE_PEAK = 4.5
"""Heights over the spread of the map below which its highest peaks are no particles."""


@dataclass(frozen=True, slots=True, eq=False)
class Threshold:
    """How a threshold was chosen, for the user to see and to overrule.

    Attributes:
        heights: Levels, rising; shape (K,).
        counts: Peaks above each level; shape (K,).
        chosen: The level used; infinity if there are no particles.
        typical: Height of a particle's peak as most have it.
    """

    heights: Floats
    counts: NDArray[np.int64]
    chosen: float
    typical: float


def find_peaks(
    grid: Single, distance: float, mask: NDArray[np.bool_] | None
) -> tuple[Floats, Floats]:
    """Return places (N, 3) and heights (N,) of positive local maxima, highest first.

    Places are refined by a parabola along each axis. Of two peaks nearer than ``distance`` the
    higher one is kept; the outermost voxels hold none.

    Args:
        grid: The map.
        distance: In voxels.
        mask: Where peaks may be; None for everywhere.
    """
    inner = np.zeros(grid.shape, bool)
    inner[1:-1, 1:-1, 1:-1] = True
    if mask is not None:
        inner &= mask
    found = np.argwhere(inner & (grid > 0.0) & (grid == maximum_filter(grid, size=3)))
    heights = grid[tuple(found.T)].astype(np.float64)
    order = np.argsort(-heights, kind="stable")
    found, heights = found[order], heights[order]
    alike = np.zeros(len(found), np.int64)
    kept = apart(found.astype(np.float64), alike, np.array([distance]), distance)
    return _refined(grid, found[kept]), heights[kept]


def apart(
    places: Floats, types: NDArray[np.int64], alike: Floats, mixed: float
) -> NDArray[np.bool_]:
    """Return which places stay if each keeps its distance from those before it.

    Args:
        places: The most trusted first; shape (N, 3).
        types: Species; shape (N,).
        alike: Closest distance of two of a species, by species.
        mixed: Closest distance of two of different species.
    """
    kept = np.ones(len(places), bool)
    if len(places) < 2:
        return kept
    reach = max(float(alike.max()), mixed)
    pairs = cKDTree(places).query_pairs(reach, output_type="ndarray")
    near = np.linalg.norm(places[pairs[:, 0]] - places[pairs[:, 1]], axis=1)
    one, other = types[pairs[:, 0]], types[pairs[:, 1]]
    pairs = pairs[near < np.where(one == other, alike[one], mixed)]
    for first, second in pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]:
        if kept[first]:
            kept[second] = False
    return kept


def choose_threshold(heights: Floats, spread: float) -> Threshold:
    """Return the height at which the number of peaks changes least.

    Peaks of noise are many and low, those of particles have a height of their own; between the
    two lies a gap, or at least a valley.

    Args:
        heights: Of all peaks, in any order; shape (N,).
        spread: Standard deviation of the map, robust against its peaks.
    """
    high = heights[heights > NOISE_PEAK * spread]
    if len(high) < 4:
        return Threshold(np.array([spread]), np.array([len(heights)]), np.inf, 0.0)
    typical = _mode(high)
    levels = np.geomspace(0.05 * typical, 1.5 * typical, LEVELS)
    counts = np.array([(heights > level).sum() for level in levels])
    within = (levels >= FAINTEST * typical) & (levels <= CLEAREST * typical)
    density = _smooth(-np.gradient(counts.astype(float), np.log(levels)))
    chosen = levels[within][int(np.argmin(density[within]))]
    return Threshold(levels, counts, float(max(chosen, NOISE_PEAK * spread)), typical)


def robust_spread(grid: Single) -> float:
    """Return the standard deviation of a map from its quartiles, which peaks do not move."""
    low, high = np.percentile(grid, [25.0, 75.0])
    return float(high - low) / 1.349


def _mode(heights: Floats) -> float:
    """Return the most common height, each peak counted by its height cubed, in steps of 10 %.

    Heights that fewer than ``ALIKE`` peaks share are left out, if there are others.
    """
    logs = np.log(heights)
    grid = np.linspace(logs.min(), logs.max(), 200)
    near = np.exp(-0.5 * ((grid[:, None] - logs) / 0.1) ** 2)
    shared = near.sum(axis=1)
    density = (heights**3 * near).sum(axis=1)
    density[shared < min(ALIKE, shared.max())] = 0.0
    return float(np.exp(grid[int(density.argmax())]))


def _smooth(values: Floats) -> Floats:
    window = np.hanning(11)
    return np.convolve(np.pad(values, 5, mode="edge"), window / window.sum(), mode="valid")


def _refined(grid: Single, found: NDArray[np.int64]) -> Floats:
    """Return maxima of the parabolas through each peak and its two neighbours along each axis."""
    out = found.astype(np.float64)
    middle = grid[tuple(found.T)].astype(np.float64)
    for axis in range(3):
        step = np.zeros(3, np.int64)
        step[axis] = 1
        before = grid[tuple((found - step).T)]
        after = grid[tuple((found + step).T)]
        bend = 2.0 * middle - before - after
        out[:, axis] += np.where(bend > 0.0, 0.5 * (after - before) / np.maximum(bend, 1e-30), 0.0)
    return out
