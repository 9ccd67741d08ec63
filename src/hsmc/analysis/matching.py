"""Best match of two packings of one unit cell each: lattice, rotation, origin and labels.

Fractions of the box know nothing of rotation, so packings are compared by fractions: of the
reference, and of the configuration in each choice of lattice vectors that makes its box most
like the reference's. For each, origins that lay one sphere of the rarer species on another are
tried and refined, and spheres of a species are paired by optimal assignment. Rotations are
proper: a mirror image is another packing, or found anyway if there is a mirror, as in A6B19.

A displacement is what remains: the affine strain, rotation and the change of volume are taken
out and stated apart. It is measured in the reference's box, scaled to the configuration's
volume, so in the configuration's σ_L.
Source: Kuhn, Naval Res. Logist. Q. 2, 83 (1955), doi:10.1002/nav.3800020109 (assignment).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from numpy.linalg import inv
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from hsmc.box import Floats
from hsmc.configuration import LARGE, SMALL, Configuration
from hsmc.errors import InputError
from hsmc.lattice import reduce_lattice

Integers = NDArray[np.int64]

LATTICES = 24
"""Lattice choices tried: the proper rotations of a cube, the most that any lattice has."""

REFINED = 48
"""Pairs of lattice choice and origin whose origin is refined, the best before it."""

MOST_SPHERES = 64
"""Spheres in a unit cell, above which the search over origins takes too long."""

PROBE = 2.0**-10
"""Fraction of a lattice vector, small enough not to be wrapped."""

IMAGES = np.array(list(product((-1.0, 0.0, 1.0), repeat=3)))
"""Images that hold the nearest one, in a reduced lattice; shape (27, 3)."""


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """The best match found of a configuration with a reference.

    Sphere ``permutation[i]`` of the configuration, at s in fractions of its box, belongs to
    sphere i of the reference at s₀: ``inverse(lattice_change) @ s`` is ``s₀ + origin`` and the
    displacement, modulo 1.

    Attributes:
        displacements: Of each sphere of the reference, along the reference's Cartesian axes, in
            σ_L of the configuration; shape (N, 3). Their mean is 0.
        types: Species of each sphere of the reference; shape (N,).
        permutation: Index in the configuration of each sphere of the reference; shape (N,).
        lattice_change: Whole numbers, determinant 1: the configuration's box vectors times this
            correspond to the reference's; shape (3, 3).
        origin: In fractions of the reference's box, in [0, 1); shape (3,).
        strain: Logarithmic (Hencky) strain of the reference's box into the configuration's
            without the change of volume, along the reference's axes; shape (3, 3), trace 0.
        volume_ratio: Volume of the configuration over the reference's, each in its own σ_L³.
    """

    displacements: Floats
    types: Integers
    permutation: Integers
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

    The metric is the reduced reference's at the configuration's volume.
    """

    metric: Floats
    own: tuple[Integers, ...]
    sites: tuple[Integers, ...]
    reference: Floats
    scaled: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """Origin, assignment and what remains: the mean square about its mean, and the residuals."""

    cost: float
    origin: Floats
    permutation: Integers
    residuals: Floats


def match(configuration: Configuration, reference: Configuration) -> Match:
    """Find the best match of a configuration with a reference: the least mean square displacement.

    Strain is not minimised, but only the ``LATTICES`` changes of lattice with the least are tried.
    Origins start from pairs of spheres: for unlike packings the match is good, not provably best.

    Args:
        configuration: Spheres in one unit cell.
        reference: As many spheres of each species in one unit cell; sizes may differ.

    Raises:
        InputError: Compositions differ, or there are more than ``MOST_SPHERES`` spheres.
    """
    _check(configuration, reference)
    one, change = _reduced(configuration)
    other, reference_change = _reduced(reference)
    scale = (one.box.volume / other.box.volume) ** (1.0 / 3.0)
    vectors = other.box.vectors * scale
    fixed = vectors.T @ vectors, _by_species(one), _by_species(other), other.scaled
    choices = _lattice_choices(one.box.vectors, vectors)
    problems = [_Problem(*fixed, one.scaled @ inv(choice).T) for choice in choices]
    rough = [(fit, k) for k, each in enumerate(problems) for fit in _fits(each, _origins(each))]
    rough.sort(key=lambda each: each[0].cost)
    fits = [(_refined(problems[k], fit), k) for fit, k in rough[:REFINED]]
    best, chosen = min(fits, key=lambda each: each[0].cost)
    total = change @ choices[chosen] @ inv(reference_change)
    return _described(configuration, reference, best, np.rint(total), reference_change)


def _check(configuration: Configuration, reference: Configuration) -> None:
    words = [
        f"{np.sum(each.types == LARGE)} large and {np.sum(each.types == SMALL)} small spheres"
        for each in (configuration, reference)
    ]
    if words[0] != words[1]:
        message = f"the configuration has {words[0]}, the reference {words[1]}; need as many"
        raise InputError(message)
    if len(configuration) > MOST_SPHERES:
        message = f"{len(configuration)} spheres, a match takes at most {MOST_SPHERES}: a unit cell"
        raise InputError(message)


def _reduced(configuration: Configuration) -> tuple[Configuration, Floats]:
    """Return the configuration in reduced vectors, and the old vectors' change into these."""
    probe = Configuration.from_scaled(
        configuration.box, np.eye(3) * PROBE, np.ones(3), np.zeros(3, np.int64)
    )
    fractions = reduce_lattice(probe).scaled
    backward = np.rint((fractions - np.rint(fractions)).T / PROBE)
    return reduce_lattice(configuration), np.rint(inv(backward))


def _by_species(configuration: Configuration) -> tuple[Integers, ...]:
    """Return the indices of each species that is there, the rarer one first."""
    groups = [np.flatnonzero(configuration.types == species) for species in (LARGE, SMALL)]
    return tuple(sorted((group for group in groups if group.size), key=len))


@cache
def _unimodular() -> Floats:
    """Return the matrices of −1, 0 and 1 of determinant 1; shape (3480, 3, 3)."""
    matrices = np.array(list(product((-1.0, 0.0, 1.0), repeat=9))).reshape(-1, 3, 3)
    return np.asarray(matrices[np.rint(np.linalg.det(matrices)) == 1])


def _lattice_choices(vectors: Floats, reference: Floats) -> Floats:
    """Return the changes of ``vectors`` that strain the reference of equal volume least."""
    deformations = vectors @ _unimodular() @ inv(reference)
    stretches = np.linalg.eigvalsh(deformations.transpose(0, 2, 1) @ deformations)
    strains = np.sum(np.log(stretches) ** 2, axis=1)
    return np.asarray(_unimodular()[np.argsort(strains, kind="stable")[:LATTICES]])


def _origins(problem: _Problem) -> Floats:
    """Return the origins that lay a sphere of the rarer species on another; shape (M, 3)."""
    theirs = problem.reference[problem.sites[0]]
    return (problem.scaled[problem.own[0]][:, None] - theirs).reshape(-1, 3)


def _refined(problem: _Problem, fit: _Fit) -> _Fit:
    """Shift the origin by the mean residual and assign anew, until the cost stops to fall."""
    while True:
        origin = fit.origin + fit.residuals.mean(axis=0)
        better = next(_fits(problem, origin[None]))
        if better.cost >= fit.cost * (1.0 - 1e-12):
            residuals = fit.residuals - fit.residuals.mean(axis=0)
            return _Fit(fit.cost, origin, fit.permutation, residuals)
        fit = better


def _fits(problem: _Problem, origins: Floats) -> Iterator[_Fit]:
    """Yield the assignment at each origin; origins have shape (M, 3)."""
    permutations = np.zeros((len(origins), len(problem.scaled)), np.int64)
    for own, sites in zip(problem.own, problem.sites, strict=True):
        apart = problem.scaled[own][None, :] - problem.reference[sites][:, None]
        squared = _images(apart - origins[:, None, None, :], problem.metric).min(axis=-1)
        for k, table in enumerate(squared):
            permutations[k, sites] = own[linear_sum_assignment(table)[1]]
    residuals = problem.scaled[permutations] - problem.reference - origins[:, None]
    nearest = _images(residuals, problem.metric).argmin(axis=-1)
    residuals += IMAGES[nearest] - np.rint(residuals)
    about = residuals - residuals.mean(axis=1, keepdims=True)
    costs = np.einsum("kni,ij,knj->k", about, problem.metric, about) / about.shape[1]
    for k, origin in enumerate(origins):
        yield _Fit(float(costs[k]), origin, permutations[k], residuals[k])


def _images(fractions: Floats, metric: Floats) -> Floats:
    """Return squared lengths of the images of wrapped differences, in σ_L²; shape (..., 27)."""
    wrapped = fractions - np.rint(fractions)
    projected = wrapped @ metric
    squared = np.sum(projected * wrapped, axis=-1)
    shifts = np.einsum("ki,ij,kj->k", IMAGES, metric, IMAGES)
    return np.asarray(squared[..., None] + 2.0 * projected @ IMAGES.T + shifts)


def _described(
    configuration: Configuration, reference: Configuration, fit: _Fit, change: Floats, back: Floats
) -> Match:
    """Express a fit in the lattice vectors as given; ``back`` reduces the reference's."""
    vectors = reference.box.vectors
    origin, deformation = back @ fit.origin, configuration.box.vectors @ change @ inv(vectors)
    stretches, axes = np.linalg.eigh(deformation.T @ deformation)
    logs = 0.5 * np.log(stretches)
    ratio = configuration.box.volume / reference.box.volume
    return Match(
        displacements=fit.residuals @ (vectors @ back).T * ratio ** (1.0 / 3.0),
        types=reference.types,
        permutation=fit.permutation,
        lattice_change=change.astype(np.int64),
        origin=origin - np.floor(origin),
        strain=(axes * (logs - logs.mean())) @ axes.T,
        volume_ratio=float(ratio),
    )
