"""Best match of a packing with a crystal: lattice, rotation, origin and labels.

Fractions of the box know nothing of rotation, so packings are compared by fractions: of the
reference, or of a supercell of it (``supercells``), and of the configuration in each choice of
lattice vectors that makes its box most like the reference's. For each, origins that lay one sphere
of the rarer species on another are tried and refined, and spheres of a species are paired by
optimal assignment. Rotations are proper: a mirror image is another packing, or found anyway if
there is a mirror, as in A6B19.

A displacement is what remains: the affine strain, rotation and the change of volume are taken
out and stated apart. It is measured in the reference's box, scaled to the configuration's
volume, so in the configuration's σ_L.
"""

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.linalg import inv

from hsmc.analysis.assignment import (
    AS_WRAPPED,
    IMAGES,
    Integers,
    Problem,
    Trial,
    assign,
    judged_origins,
    refine,
)
from hsmc.analysis.supercells import Fit, fitting_supercells
from hsmc.box import Floats
from hsmc.configuration import LARGE, SMALL, Configuration
from hsmc.errors import InputError
from hsmc.lattice import reduction

THOROUGH = 64
"""Spheres up to which a match is searched thoroughly."""

SAME_MATCH = 1.05
"""Ratio of mean square displacements up to which two matches count as equally good."""

MOST_SPHERES, MOST_COPIES = 1000, 128
"""Spheres and copies of the reference above which the search takes too long."""


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """The best match found of a configuration with a reference, or with a supercell of it.

    Sphere ``permutation[i]`` of the configuration, at s in fractions of its box, belongs to
    sphere i of the supercell: ``inverse(lattice_change) @ s`` is ``places[i] + origin`` and the
    displacement, modulo 1.

    Attributes:
        displacements: Of each sphere of the supercell, along the reference's Cartesian axes, in
            σ_L of the configuration; shape (N, 3). Their mean is 0.
        types: Species of each sphere of the supercell; shape (N,).
        sites: Index in the reference of each sphere of the supercell; shape (N,).
        places: Spheres of the supercell in fractions of it; shape (N, 3).
        permutation: Index in the configuration of each sphere of the supercell; shape (N,).
        supercell: Whole numbers: the reference's box vectors times this are the supercell's, the
            identity if it is as large as the configuration; shape (3, 3).
        lattice_change: Whole numbers, determinant 1: the configuration's box vectors times this
            correspond to the supercell's; shape (3, 3).
        origin: In fractions of the supercell, in [0, 1); shape (3,).
        strain: Logarithmic (Hencky) strain of the supercell into the configuration's box
            without the change of volume, along the reference's axes; shape (3, 3), trace 0.
        volume_ratio: Volume of the configuration over the supercell's, each in its own σ_L³.
    """

    displacements: Floats
    types: Integers
    sites: Integers
    places: Floats
    permutation: Integers
    supercell: Integers
    lattice_change: Integers
    origin: Floats
    strain: Floats
    volume_ratio: float

    def rms(self, species: int) -> float:
        """Root-mean-square displacement of a species, in σ_L; NaN if there is no sphere."""
        lengths = self.lengths(species)
        return float(np.sqrt(np.mean(lengths**2))) if lengths.size else math.nan

    def largest(self, species: int) -> float:
        """Largest displacement of a species, in σ_L; NaN if there is no sphere."""
        lengths = self.lengths(species)
        return float(lengths.max()) if lengths.size else math.nan

    def lengths(self, species: int) -> Floats:
        """Lengths of the displacements of a species, in σ_L; shape (N of the species,)."""
        return np.asarray(np.linalg.norm(self.displacements[self.types == species], axis=1))


@dataclass(frozen=True, slots=True)
class _Effort:
    """How thoroughly a match is searched: each step keeps the best of the one before.

    Attributes:
        lattices: Choices of lattice, those of least strain. A lattice has up to 24 rotations, and
            a sheared crystal such as structure 3 (number 58 of A6B19) has choices of less strain
            that fit its spheres worse; several lattices of many cells may have the box's shape.
        slack: By how much the norm of their strain may exceed the least.
        starts: Spheres of the rarer species that origins are tried with.
        judges: Spheres of each species whose distances to the nearest sites judge an origin.
        assigned: Origins that are judged by the best assignment of all spheres.
        refined: Origins that are refined.
    """

    lattices: int
    slack: float
    starts: int
    judges: int
    assigned: int
    refined: int


EFFORTS = {
    True: _Effort(96, math.inf, starts=64, judges=64, assigned=400, refined=48),
    False: _Effort(144, 0.02, starts=4, judges=24, assigned=12, refined=12),
}
"""Thorough or not."""


def match(configuration: Configuration, reference: Configuration) -> Match:
    """Find the best match of a configuration with a crystal: the least mean square displacement.

    Strain is not minimised, but only the choices of lattice with the least are tried. Origins start
    from pairs of spheres: for unlike packings the match is good, not provably best. Beyond
    ``THOROUGH`` spheres few of these pairs are tried: enough for a state that is near to the
    crystal somewhere. A crystal sheared as far as structure 3 is found from its unit cell, not
    from many cells, which offer choices of lattice with less strain.

    Args:
        configuration: Spheres in a box.
        reference: A unit cell of the crystal. The configuration holds once or several times as
            many spheres of each species; sizes may differ.

    Raises:
        InputError: Compositions differ, or there are more than ``MOST_SPHERES`` spheres.
    """
    copies = _copies(configuration, reference)
    change = reduction(configuration.box.vectors)
    vectors = configuration.box.vectors @ change
    effort = EFFORTS[len(configuration) <= THOROUGH]
    lattices = fitting_supercells(
        vectors, reference.box.vectors, copies, effort.lattices, effort.slack
    )
    problems = [_problem(configuration, reference, change, lattice) for lattice in lattices]
    near = [
        (*each, k)
        for k, problem in enumerate(problems)
        for each in judged_origins(problem, effort.starts, effort.judges)
    ]
    near = sorted(near, key=lambda each: each[0])[: effort.assigned]
    trials = [(assign(problems[k], origin), k) for _, origin, k in near]
    trials = sorted(trials, key=lambda each: each[0].cost)[: effort.refined]
    refined = [(refine(problems[k], trial), k) for trial, k in trials]
    best, chosen = min(_as_listed(refined), key=lambda each: each[0].cost)
    return _described(configuration, reference, best, lattices[chosen], change)


def _as_listed(trials: list[tuple[Trial, int]]) -> list[tuple[Trial, int]]:
    """Return the trials that leave every sphere its index and are as good as the best.

    A crystal's symmetry makes several matches equally good, but for rounding and noise; of a
    crystal with one site moved, the one that names this site is wanted. All trials if none does.
    """
    enough = SAME_MATCH * min(trial.cost for trial, _ in trials)
    listed = [
        each
        for each in trials
        if each[0].cost <= enough
        and np.array_equal(each[0].permutation, np.arange(len(each[0].permutation)))
    ]
    return listed or trials


def _copies(configuration: Configuration, reference: Configuration) -> int:
    """Return how many times the configuration holds the spheres of the reference."""
    own, theirs = _counts(configuration), _counts(reference)
    copies = len(configuration) // len(reference)
    if own != tuple(copies * each for each in theirs):
        words = [f"{large} large and {small} small spheres" for large, small in (own, theirs)]
        message = (
            f"the configuration has {words[0]}, the reference {words[1]}; "
            "needs once or several times as many of each (hsmc compare --sites compares crystals)"
        )
        raise InputError(message)
    if len(configuration) > MOST_SPHERES or copies > MOST_COPIES:
        message = (
            f"{len(configuration)} spheres in {copies} cells of the reference, a match takes at "
            f"most {MOST_SPHERES} in {MOST_COPIES}"
        )
        raise InputError(message)
    return copies


def _counts(configuration: Configuration) -> tuple[int, int]:
    large = int(np.sum(configuration.types == LARGE))
    return large, len(configuration) - large


def _problem(
    configuration: Configuration, reference: Configuration, change: Floats, lattice: Fit
) -> Problem:
    places, types = _supercell(reference, lattice.form)
    vectors = reference.box.vectors @ lattice.form @ lattice.reduction
    scale = (configuration.box.volume / np.linalg.det(vectors)) ** (2.0 / 3.0)
    return Problem(
        metric=vectors.T @ vectors * scale,
        images=IMAGES if len(configuration) <= THOROUGH else AS_WRAPPED,
        own=_by_species(configuration.types),
        sites=_by_species(types),
        reference=places @ inv(lattice.reduction).T,
        scaled=configuration.scaled @ inv(change @ lattice.change).T,
        cell=len(reference),
    )


def _supercell(reference: Configuration, form: Floats) -> tuple[Floats, Integers]:
    """Return fractions (N, 3) and types (N,) of a supercell, one unit cell after the other."""
    cells = np.array(list(product(*(range(round(n)) for n in np.diagonal(form)))))
    places = (reference.scaled + cells[:, None]).reshape(-1, 3) @ inv(form).T
    return places, np.tile(reference.types, len(cells))


def _by_species(types: Integers) -> tuple[Integers, ...]:
    """Return the indices of each species that is there, the rarer one first."""
    groups = [np.flatnonzero(types == species) for species in (LARGE, SMALL)]
    return tuple(sorted((group for group in groups if group.size), key=len))


def _described(
    configuration: Configuration,
    reference: Configuration,
    best: Trial,
    lattice: Fit,
    change: Floats,
) -> Match:
    """Express a trial in the lattice vectors as given."""
    places, types = _supercell(reference, lattice.form)
    vectors, back = reference.box.vectors @ lattice.form, lattice.reduction
    total = np.rint(change @ lattice.change @ inv(back))
    deformation = configuration.box.vectors @ total @ inv(vectors)
    stretches, axes = np.linalg.eigh(deformation.T @ deformation)
    logs = 0.5 * np.log(stretches)
    copies = len(types) // len(reference)
    ratio = configuration.box.volume / (copies * reference.box.volume)
    origin = back @ best.origin
    return Match(
        displacements=best.residuals @ (vectors @ back).T * ratio ** (1.0 / 3.0),
        types=types,
        sites=np.tile(np.arange(len(reference)), copies),
        places=places,
        permutation=best.permutation,
        supercell=lattice.form.astype(np.int64),
        lattice_change=total.astype(np.int64),
        origin=origin - np.floor(origin),
        strain=(axes * (logs - logs.mean())) @ axes.T,
        volume_ratio=ratio,
    )
