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
Source: Kuhn, Naval Res. Logist. Q. 2, 83 (1955), doi:10.1002/nav.3800020109 (assignment).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.linalg import inv
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from hsmc.analysis.supercells import Fit, fitting_supercells
from hsmc.box import Floats
from hsmc.configuration import LARGE, SMALL, Configuration
from hsmc.errors import InputError
from hsmc.lattice import reduction

Integers = NDArray[np.int64]

LATTICES = 24
"""Lattice choices tried: the proper rotations of a cube, the most that any lattice has."""

REFINED = 48
"""Pairs of lattice choice and origin whose origin is refined, the best before it."""

THOROUGH = 64
"""Spheres up to which every origin is judged by the assignment of all spheres."""

QUICK_LATTICES, QUICK_SLACK = 144, 0.02
"""Beyond: lattice choices tried, strained nearly as little as the best; several lattices of many
cells may have the box's shape."""

QUICK_ORIGINS, QUICK_JUDGES, QUICK_REFINED = 4, 24, 12
"""Beyond: spheres that origins are tried with; spheres of each species that judge them; how many
of the best origins are refined."""

MOST_SPHERES, MOST_COPIES = 1000, 128
"""Spheres and copies of the reference above which the search takes too long."""

IMAGES = np.array(list(product((-1.0, 0.0, 1.0), repeat=3)))
"""Images that hold the nearest one, in a reduced lattice; shape (27, 3)."""

AS_WRAPPED = np.zeros((1, 3))
"""No other image: right up to half the face distance, far beyond what matters in a large box."""


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


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """Fractions in one choice of lattice, (N, 3), and the indices of each species in them.

    The metric is the supercell's at the configuration's volume; the first ``cell`` spheres of the
    reference are one unit cell of it.
    """

    metric: Floats
    images: Floats
    own: tuple[Integers, ...]
    sites: tuple[Integers, ...]
    reference: Floats
    scaled: Floats
    cell: int


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """Origin, assignment and what remains: the mean square about its mean, and the residuals."""

    cost: float
    origin: Floats
    permutation: Integers
    residuals: Floats


def match(configuration: Configuration, reference: Configuration) -> Match:
    """Find the best match of a configuration with a crystal: the least mean square displacement.

    Strain is not minimised, but only the ``LATTICES`` choices of lattice with the least are tried.
    Origins start from pairs of spheres: for unlike packings the match is good, not provably best.
    Beyond ``THOROUGH`` spheres few of these pairs are tried, and judged by few spheres: enough for
    a state that is near to the crystal somewhere.

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
    thorough = len(configuration) <= THOROUGH
    extent = (LATTICES, math.inf) if thorough else (QUICK_LATTICES, QUICK_SLACK)
    lattices = fitting_supercells(vectors, reference.box.vectors, copies, *extent)
    problems = [_problem(configuration, reference, change, lattice) for lattice in lattices]
    judge, wanted = (_thorough, REFINED) if thorough else (_quick, QUICK_REFINED)
    rough = [(*each, k) for k, problem in enumerate(problems) for each in judge(problem)]
    rough.sort(key=lambda each: each[0])
    trials = [(_refined(problems[k], origin), k) for _, origin, k in rough[:wanted]]
    best, chosen = min(trials, key=lambda each: each[0].cost)
    return _described(configuration, reference, best, lattices[chosen], change)


def _copies(configuration: Configuration, reference: Configuration) -> int:
    """Return how many times the configuration holds the spheres of the reference."""
    own, theirs = _counts(configuration), _counts(reference)
    copies = len(configuration) // len(reference)
    if own != tuple(copies * each for each in theirs):
        words = [f"{large} large and {small} small spheres" for large, small in (own, theirs)]
        message = (
            f"the configuration has {words[0]}, the reference {words[1]}; "
            "needs once or several times as many of each"
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
) -> _Problem:
    places, types = _supercell(reference, lattice.form)
    vectors = reference.box.vectors @ lattice.form @ lattice.reduction
    scale = (configuration.box.volume / np.linalg.det(vectors)) ** (2.0 / 3.0)
    return _Problem(
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


def _origins(problem: _Problem, own: Integers) -> Floats:
    """Return the origins that lay spheres on those of a unit cell, the rarer species; (M, 3)."""
    sites = problem.sites[0]
    theirs = problem.reference[sites[sites < problem.cell]]
    return (problem.scaled[own][:, None] - theirs).reshape(-1, 3)


def _thorough(problem: _Problem) -> list[tuple[float, Floats]]:
    """Judge all origins by the best assignment of all spheres."""
    trials = _trials(problem, _origins(problem, problem.own[0]))
    return [(each.cost, each.origin) for each in trials]


def _quick(problem: _Problem) -> list[tuple[float, Floats]]:
    """Judge some origins by the distances of some spheres to the nearest sites of their species."""
    judges = [_some(own, QUICK_JUDGES) for own in problem.own]
    apart = [
        problem.scaled[own][:, None] - problem.reference[sites]
        for own, sites in zip(judges, problem.sites, strict=True)
    ]
    origins = _origins(problem, _some(judges[0], QUICK_ORIGINS))
    judged = []
    for origin in origins:
        squares = (_squares(each - origin, problem.metric, problem.images) for each in apart)
        nearest = [float(each.min(axis=(1, 2)).mean()) for each in squares]
        judged.append((sum(nearest), origin))
    return judged


def _some(indices: Integers, count: int) -> Integers:
    """Return at most so many of the indices, evenly spread."""
    places = np.linspace(0, len(indices) - 1, min(count, len(indices)))
    return np.asarray(indices[places.astype(np.int64)])


def _refined(problem: _Problem, origin: Floats) -> _Trial:
    """Shift the origin by the mean residual and assign anew, until the cost stops to fall."""
    trial = next(_trials(problem, origin[None]))
    while True:
        origin = trial.origin + trial.residuals.mean(axis=0)
        better = next(_trials(problem, origin[None]))
        if better.cost >= trial.cost * (1.0 - 1e-12):
            residuals = trial.residuals - trial.residuals.mean(axis=0)
            return _Trial(trial.cost, origin, trial.permutation, residuals)
        trial = better


def _trials(problem: _Problem, origins: Floats) -> Iterator[_Trial]:
    """Yield the assignment at each origin; origins have shape (M, 3)."""
    permutations = np.zeros((len(origins), len(problem.scaled)), np.int64)
    for own, sites in zip(problem.own, problem.sites, strict=True):
        apart = problem.scaled[own][None, :] - problem.reference[sites][:, None]
        for k, origin in enumerate(origins):
            table = _squares(apart - origin, problem.metric, problem.images).min(axis=-1)
            permutations[k, sites] = own[linear_sum_assignment(table)[1]]
    residuals = problem.scaled[permutations] - problem.reference - origins[:, None]
    nearest = _squares(residuals, problem.metric, problem.images).argmin(axis=-1)
    residuals += problem.images[nearest] - np.rint(residuals)
    about = residuals - residuals.mean(axis=1, keepdims=True)
    costs = np.einsum("kni,ij,knj->k", about, problem.metric, about) / about.shape[1]
    for k, origin in enumerate(origins):
        yield _Trial(float(costs[k]), origin, permutations[k], residuals[k])


def _squares(fractions: Floats, metric: Floats, images: Floats) -> Floats:
    """Return squared lengths of the images of differences, in σ_L²; shape (..., images)."""
    wrapped = fractions - np.rint(fractions)
    projected = wrapped @ metric
    squared = np.sum(projected * wrapped, axis=-1)
    shifts = np.einsum("ki,ij,kj->k", images, metric, images)
    return np.asarray(squared[..., None] + 2.0 * projected @ images.T + shifts)


def _described(
    configuration: Configuration,
    reference: Configuration,
    best: _Trial,
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
