"""One compression after another, each from the basis that the last one ended with."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Box, Floats
from hsmc.configuration import Configuration
from hsmc.errors import SolverError
from hsmc.jamming.linear_program import BASIC, Basis, LinearProgram, Optimum, solve
from hsmc.jamming.rows import STRAINS, displacements, opening_rows, symmetric
from hsmc.lattice import is_skewed, reduce_lattice
from hsmc.neighbors import Pairs, near_pairs, smallest_gap

Ints = NDArray[np.int64]

MAX_DISPLACEMENT = 0.1
"""Largest component of a displacement in one program, in largest diameters."""

MAX_STRAIN = 0.02
"""Largest element of the strain in one program."""

NEAR = 0.2
"""Surface distance, in largest diameters, up to which pairs are in a program at once."""

COARSE = 0.5
"""Unit of ε and u from which on a program is bound by the limits above, not by contacts."""

FEW = 50
"""Number of spheres up to which such a program is solved for the middle of its optima."""

IMAGES = 1024
"""Number of images along a box vector that the name of a pair can tell apart."""


@dataclass(frozen=True, slots=True, eq=False)
class _Memory:
    """The last basis, and the names of the pairs that its rows belong to."""

    names: Ints
    basis: Basis

    def recall(self, names: Ints) -> Basis:
        """Return the basis for other pairs; those not met before are off their bounds."""
        rows = np.full(len(names), BASIC, dtype=np.object_)
        _, here, there = np.intersect1d(names, self.names, return_indices=True)
        rows[here] = self.basis.rows[there]
        return Basis(self.basis.columns, rows)


class Descent:
    """A compression under way.

    A step minimises tr ε under linearised non-overlap of the near pair images, then deforms
    the box and moves the spheres as r′ = (1 + ε)r + u. Distances come out no smaller than
    linearised, |d + εd + Δu|² ≥ |d|² + 2d·(εd + Δu), so no pair in the program can overlap;
    one that was not in it and does is added, and the program solved again.

    Attributes:
        state: The densest state so far, without overlaps.
        programs: Number of linear programs solved.

    Source:
        Torquato & Jiao, Phys. Rev. E 82, 061302 (2010), doi:10.1103/PhysRevE.82.061302.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.state = _orderly(configuration)
        self.programs = 0
        self._memory: _Memory | None = None

    def step(self, unit: float) -> float:
        """Solve one program, move to its optimum and return the change of ln V.

        Args:
            unit: What the program measures ε and u in: about the size of the answer.

        Raises:
            SolverError: HiGHS failed; the state is what it was.
        """
        before = self.state
        pairs = near_pairs(before, NEAR * float(before.diameters.max()))
        while True:
            moved = _moved(before, self._optimum(pairs, unit).x * unit)
            missed = _missed(before, moved, pairs)
            if not len(missed):
                break
            pairs = _joined(pairs, missed)
        self.state = overlap_free(moved)
        if is_skewed(self.state.box.vectors):
            self.state, self._memory = reduce_lattice(self.state), None
        return math.log(self.state.box.volume / before.box.volume)

    def _optimum(self, pairs: Pairs, unit: float) -> Optimum:
        names = _names(pairs, len(self.state))
        program = _program(self.state, pairs, unit)
        # A vertex throws spheres of a loose packing into corners: of 150 random starts of 2 large
        # and 6 small ones (γ = 0.64) 2 then reach φ = 0.745, from the middle of the optima 14.
        central = unit >= COARSE and len(self.state) <= FEW
        if central:
            optimum = solve(program, None, "centre")
        else:
            start = None if self._memory is None else self._memory.recall(names)
            optimum = solve(program, start)
        self.programs += 1
        if not optimum.optimal:
            message = f"HiGHS ended linear program {self.programs} with: {optimum.status}"
            raise SolverError(message)
        self._memory = None if central else _Memory(names, optimum.basis)
        return optimum


def overlap_free(configuration: Configuration) -> Configuration:
    """Dilate by what rounding needs, so that the smallest gap is not negative."""
    extra = float(np.finfo(np.float64).eps)
    while (gap := smallest_gap(configuration).gap) < 0.0:
        configuration = configuration.strained(np.eye(3) * ((1.0 + extra) / (1.0 + gap)))
        extra *= 2.0  # a dilation by one last digit can be rounded away, time and again
    return configuration


def _orderly(configuration: Configuration) -> Configuration:
    """Wrap every sphere into a box that is not skewed."""
    if is_skewed(configuration.box.vectors):
        return reduce_lattice(configuration)
    return replace(configuration, positions=configuration.box.unscale(configuration.scaled))


def _program(state: Configuration, pairs: Pairs, unit: float) -> LinearProgram:
    size = STRAINS + 3 * len(state)
    cost = np.zeros(size)
    cost[:3] = 1.0  # tr ε
    bound = np.full(size, MAX_DISPLACEMENT * float(state.diameters.max()) / unit)
    bound[:STRAINS] = MAX_STRAIN / unit
    bound[STRAINS : STRAINS + 3] = 0.0  # the first sphere stays: no uniform translation
    distance = pairs.distance
    needed = (pairs.contact**2 - distance**2) / (2.0 * distance * unit)
    return LinearProgram(
        cost, -bound, bound, opening_rows(pairs), needed, np.full(len(pairs), np.inf)
    )


def _moved(state: Configuration, unknowns: Floats) -> Configuration:
    strain = np.eye(3) + symmetric(unknowns[:STRAINS])
    vectors = strain @ state.box.vectors
    positions = state.positions @ strain.T + displacements(unknowns)
    box = Box.from_vectors(vectors)
    fractions = np.asarray(np.linalg.solve(vectors, positions.T).T, dtype=np.float64)
    return replace(state, box=box, positions=box.unscale(fractions))


def _missed(before: Configuration, after: Configuration, pairs: Pairs) -> Pairs:
    """List the pairs that overlap after a step and were not in its program, as they were."""
    found = near_pairs(after, 0.0)
    names, known = _names(found, len(before)), _names(pairs, len(before))
    missed = np.flatnonzero(~np.isin(names, known))
    i, j, image = found.i[missed], found.j[missed], found.image[missed]
    offsets = before.box.unscale(image.astype(np.float64))
    separation = before.positions[j] - before.positions[i] + offsets
    return Pairs(i, j, separation, found.contact[missed], image)


def _joined(first: Pairs, second: Pairs) -> Pairs:
    return Pairs(
        np.concatenate([first.i, second.i]),
        np.concatenate([first.j, second.j]),
        np.concatenate([first.separation, second.separation]),
        np.concatenate([first.contact, second.contact]),
        np.concatenate([first.image, second.image]),
    )


def _names(pairs: Pairs, spheres: int) -> Ints:
    """Return a whole number for each pair image, the same after each step; shape (M,)."""
    name = pairs.i * spheres + pairs.j
    for axis in range(3):
        name = name * IMAGES + pairs.image[:, axis] + IMAGES // 2
    return name
