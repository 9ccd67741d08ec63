"""What relaxes slowly in a fluid or crystal in a cube: density waves and bond order."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from hsmc.analysis.structure_factor import reciprocal_vectors, reflections
from hsmc.configuration import Configuration

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]

FURTHEST = 11.0
"""Largest |k| among which the peak of S(k) is looked for, in 1/σ_L."""

SHELL = 0.25
"""Width of a shell of wave vectors, in 1/σ_L."""

NEAR = 1.35
"""Spheres are neighbours up to this distance over that of contact: about g(r)'s first minimum."""

SCALES = np.sqrt([1 / 1024, 42 / 1024, 105 / 4096, 105 / 1024, 63 / 2048, 693 / 1024, 231 / 4096])
"""Of Y_6m, m = 0 to 6, over √(13/π), with the polynomials in z of ``bond_order``."""

VECTORS = 40
"""Wave vectors of a shell that are followed, at most."""


def unwrapped(before: Configuration, after: Configuration) -> NDArray[np.float64]:
    """Return how far spheres went between two states near each other; shape (N, 3)."""
    moved = after.scaled - before.scaled
    moved -= np.round(moved)
    return np.asarray(moved @ before.box.vectors.T)


def wave_vectors(start: Configuration, cells: int) -> tuple[Ints, Ints]:
    """Return hkl about the slowest |k|, and the smallest; shapes (M, 3) and (3, 3).

    The slowest are those at the peak of S(k), or, of a crystal, those next to {111}: they see
    the transverse waves of the longest wavelengths.

    Args:
        start: A state of the system, in a cube.
        cells: Cells along an edge, of an fcc crystal; 0 of a fluid.
    """
    smallest = np.eye(3, dtype=np.int64)
    if cells:
        shells = [np.array([a, b, c]) * cells for a in (1, -1) for b in (1, -1) for c in (1,)]
        beside = [shell + sign * unit for shell in shells for unit in smallest for sign in (1, -1)]
        return np.array(beside), smallest
    hkl = reciprocal_vectors(start.box, FURTHEST)
    found = reflections(start, hkl)
    total, shells = found.structure_factors[0], np.floor(found.k / SHELL).astype(int)
    means = np.bincount(shells, weights=total) / np.maximum(np.bincount(shells), 1)
    peak = int(np.argmax(means))
    own = hkl[shells == peak]
    return own[np.linspace(0, len(own) - 1, min(VECTORS, len(own))).astype(int)], smallest


def density_modes(state: Configuration, hkl: Ints, centre: NDArray[np.float64]) -> Complex:
    """Return ρ(k) as seen from the centre of mass; shape (M,)."""
    k = 2.0 * np.pi * hkl @ state.box.inverse
    return np.asarray(reflections(state, hkl).amplitudes.sum(axis=0) * np.exp(1j * k @ centre))


def bond_order(state: Configuration) -> Complex:
    """Return Σ Y_6m √(π/13) over all pairs of neighbours, m = 0 to 6; shape (7,)."""
    edge = float(state.box.vectors[0, 0])
    points = edge * (state.scaled % 1.0)
    pairs = cKDTree(points, boxsize=edge).query_pairs(NEAR, output_type="ndarray")
    apart = points[pairs[:, 1]] - points[pairs[:, 0]]
    apart -= edge * np.round(apart / edge)
    distance = np.linalg.norm(apart, axis=1)
    contact = 0.5 * (state.diameters[pairs[:, 0]] + state.diameters[pairs[:, 1]])
    near = distance < NEAR * contact
    x, y, z = (apart[near] / distance[near, None]).T
    turns = np.cumprod([np.ones(len(z)), *6 * [x + 1j * y]], axis=0)
    polynomials = (
        231 * z**6 - 315 * z**4 + 105 * z**2 - 5,
        33 * z**5 - 30 * z**3 + 5 * z,
        33 * z**4 - 18 * z**2 + 1,
        11 * z**3 - 3 * z,
        11 * z**2 - 1,
        z,
        np.ones(len(z)),
    )
    return np.array([
        scale * np.sum(turn * polynomial)
        for scale, turn, polynomial in zip(SCALES, turns, polynomials, strict=True)
    ])  # fmt: skip
