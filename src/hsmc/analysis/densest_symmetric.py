"""The densest packing that a crystal reaches without giving up its symmetry.

Sequential linear programs as in ``hsmc.jamming``, with strain and displacements held in the
subspace that the operations of the space group leave unchanged. Programs are small (A6B19 has
two strains and eight coordinates), so the rows are dense and every one starts cold.
"""

import math
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.linalg import orth
from scipy.optimize import linprog
from scipy.sparse import csr_array

from hsmc.box import Box, Floats
from hsmc.configuration import Configuration
from hsmc.errors import SolverError
from hsmc.fit import dilate
from hsmc.jamming.rows import STRAINS, displacements, opening_rows, symmetric
from hsmc.neighbors import near_pairs

NEAR = 0.5
"""Surface distance, in σ_L, up to which pairs are in a program."""

TOLERANCE = 1e-10
"""Relative fall of the volume in one program that counts as none."""

PROGRAMS = 1000
"""Programs to solve at most."""

SAME_SITE = 1e-5
"""Distance, in σ_L, up to which an operation is taken to map a sphere onto another."""


def densest_symmetric(start: Configuration, step: float = 0.01) -> Configuration:
    """Compress a crystal to the densest state that its space group allows, near the start.

    Args:
        start: A crystal in its primitive cell, with overlaps or without; it is dilated first.
        step: Largest component of strain and displacement (in σ_L) in one program. The end is
            a local optimum, and which one it is can depend on the step.

    Raises:
        SolverError: HiGHS failed, or the volume still falls after 1000 programs.
    """
    state = dilate(start)
    basis = invariant_motions(state)
    for _ in range(PROGRAMS):
        moved = dilate(_moved(state, basis @ _optimum(state, basis, step)))
        change = math.log(moved.box.volume / state.box.volume)
        if change > -TOLERANCE:
            return state if change > 0.0 else moved
        state = moved
    message = f"the volume of a symmetric crystal still falls after {PROGRAMS} linear programs"
    raise SolverError(message)


def invariant_motions(crystal: Configuration) -> Floats:
    """Return the strains and displacements that keep the space group.

    Args:
        crystal: Spheres on the sites of a crystal, to ``SAME_SITE``.

    Returns:
        Orthonormal basis of motions (ε, u) as in ``hsmc.jamming.rows``; shape (6 + 3N, D).
    """
    import spglib  # imported where used, like everything heavy

    vectors, scaled = crystal.box.vectors, crystal.scaled
    cell: Any = (vectors.T, scaled, crystal.types)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of how spglib would report an error
        found = spglib.get_symmetry(cell, symprec=SAME_SITE)
    assert found is not None  # the identity is always found
    average = np.zeros((STRAINS + scaled.size, STRAINS + scaled.size))
    for rotation, translation in zip(found["rotations"], found["translations"], strict=True):
        turn = vectors @ rotation @ np.linalg.inv(vectors)
        apart = scaled @ rotation.T + translation - scaled[:, None]
        apart = np.linalg.norm((apart - np.rint(apart)) @ vectors.T, axis=2)
        average += _representation(turn, apart.argmin(axis=0))
    return np.asarray(orth(average / len(found["rotations"]), rcond=1e-6))


def _representation(turn: Floats, onto: np.ndarray) -> Floats:
    """Return what an operation does to (ε, u): ε to RεRᵀ, u of sphere i to Ru of ``onto[i]``."""
    size = STRAINS + 3 * len(onto)
    matrix = np.zeros((size, size))
    for column, unit in enumerate(np.eye(STRAINS)):
        turned = turn @ symmetric(unit) @ turn.T
        matrix[:STRAINS, column] = turned[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
    for i, j in enumerate(onto):
        rows, columns = STRAINS + 3 * j, STRAINS + 3 * i
        matrix[rows : rows + 3, columns : columns + 3] = turn
    return matrix


def _optimum(state: Configuration, basis: Floats, step: float) -> Floats:
    """Return the coordinates on the basis of the motion that lowers the volume most."""
    pairs = near_pairs(state, NEAR)
    rows = opening_rows(pairs)
    opening = csr_array((rows.value, rows.column, rows.start), shape=(len(pairs), len(basis)))
    room = (pairs.distance**2 - pairs.contact**2) / (2.0 * pairs.distance)
    limits = np.concatenate([basis, -basis, -(opening @ basis)])
    most = np.concatenate([np.full(2 * len(basis), step), room])
    cost = basis[:3].sum(axis=0)  # tr ε
    found = linprog(cost, limits, most, bounds=(None, None), method="highs")
    if found.status != 0:
        message = f"HiGHS ended the linear program of a symmetric crystal with: {found.message}"
        raise SolverError(message)
    return np.asarray(found.x)


def _moved(state: Configuration, motion: Floats) -> Configuration:
    strain = np.eye(3) + symmetric(motion[:STRAINS])
    vectors = strain @ state.box.vectors
    positions = state.positions @ strain.T + displacements(motion)
    fractions = np.asarray(np.linalg.solve(vectors, positions.T).T)
    box = Box.from_vectors(vectors)
    return replace(state, box=box, positions=box.unscale(fractions))
