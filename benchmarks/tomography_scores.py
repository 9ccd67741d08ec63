"""Particles, sites and cells that were found, held against the true ones of a simulation."""

import numpy as np
from scipy.spatial import cKDTree

from hsmc.box import Floats
from hsmc.crystal import UnitCell
from hsmc.neighbors import smallest_gap
from hsmc.tomography.folding import fold
from hsmc.tomography.measured_cell import MeasuredCell, cell_of
from hsmc.tomography.particles import Ints, Particles
from hsmc.tomography.translations import same_place

RADII, CORES = (2.0, 1.5), (6.5, 3.4)
"""Within which particles are matched, and diameters of the cores, of the two species in nm."""


def match(found: Floats, truth: Floats, radius: float) -> Ints:
    """Return pairs (found, truth), one to one, the nearest first."""
    near = cKDTree(found).sparse_distance_matrix(cKDTree(truth), radius).tocoo()
    taken, pairs = (set(), set()), []
    for k in np.argsort(near.data):
        i, j = int(near.row[k]), int(near.col[k])
        if i not in taken[0] and j not in taken[1]:
            taken[0].add(i)
            taken[1].add(j)
            pairs.append((i, j))
    return np.array(pairs, np.int64).reshape(-1, 2)


def scores(
    found: Floats, truth: Floats, types: Ints, true_types: Ints, field: Floats
) -> dict[str, list[float]]:
    """Return recall, precision, mean error and recall off the faces, by species.

    Args:
        found: Centres that were found, in nm; shape (N, 3).
        truth: Centres of all particles; shape (M, 3).
        types: Species of the found ones.
        true_types: Of all particles.
        field: Halves of the width of the volume along x and y, in nm.
    """
    out = {}
    low, high = truth[:, 2].min(), truth[:, 2].max()
    for species, name in enumerate(("large", "small")):
        mine, real = found[types == species], truth[true_types == species]
        pairs = match(mine, real, RADII[species])
        error = np.linalg.norm(mine[pairs[:, 0]] - real[pairs[:, 1]], axis=1)
        hit = np.zeros(len(real), bool)
        hit[pairs[:, 1]] = True
        seen = (np.abs(real[:, :2]) <= field).all(axis=1)
        inner = seen & (real[:, 2] > low + CORES[species]) & (real[:, 2] < high - CORES[species])
        off = error.mean() if len(error) else np.nan
        out[name] = [hit[seen].mean(), len(pairs) / len(mine), off, hit[inner].mean()]
    return out


def in_place(found: Particles, truth: Particles, start: Floats) -> Floats:
    """Return found positions without the rigid shift that no image can tell."""
    places = found.positions + start
    for radius in (4.0, 3.0, 2.0, 2.0):
        large = found.types == 0
        pairs = match(places[large], truth.positions[truth.types == 0], radius)
        real = truth.positions[truth.types == 0][pairs[:, 1]]
        places = places - (places[large][pairs[:, 0]] - real).mean(axis=0)
    return places


def sites_against(cell: MeasuredCell, truth: Particles) -> Floats:
    """Return the distance of each site from that of the true particles, after the best origin."""
    real = cell_of(truth, fold(truth, cell.lattice, same_place(truth)))
    best = None
    for origin in np.flatnonzero(real.types == 0):
        away = cell.fractions.mean[:, None] - real.fractions.mean[None]
        away -= cell.fractions.mean[0] - real.fractions.mean[origin]
        away = (away - np.rint(away)) @ cell.lattice.T
        length = np.linalg.norm(away, axis=2)
        length[cell.types[:, None] != real.types[None]] = np.inf
        left = away[np.arange(len(cell.types)), length.argmin(axis=1)]
        left = np.linalg.norm(left - left.mean(axis=0), axis=1)
        if best is None or left.max() < best.max():
            best = left
    return best


def rigid_packing(cell: UnitCell) -> float:
    """Return the largest overlap-free φ of a rigid cell, scaled isotropically, at γ = 0.695."""
    configuration = cell.configuration(0.695)
    return configuration.packing_fraction * (1.0 + smallest_gap(configuration).gap) ** 3
