"""Origins and assignments: how two sets of spheres in one choice of lattice lie on each other.

Source: Kuhn, Naval Res. Logist. Q. 2, 83 (1955), doi:10.1002/nav.3800020109 (assignment).
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from hsmc.box import Floats

Integers = NDArray[np.int64]

IMAGES = np.array(list(product((-1.0, 0.0, 1.0), repeat=3)))
"""Images that hold the nearest one, in a reduced lattice; shape (27, 3)."""

AS_WRAPPED = np.zeros((1, 3))
"""No other image: right up to half the face distance, far beyond what matters in a large box."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Spheres and sites in one choice of lattice.

    Attributes:
        metric: Of the supercell at the configuration's volume, in σ_L²; shape (3, 3).
        images: Images looked at beside the wrapped one; shape (M, 3).
        own: Indices of the spheres of each species, the rarer one first.
        sites: Indices of its sites.
        reference: Sites, fractions; shape (N, 3).
        scaled: Spheres, fractions; shape (N, 3).
        cell: So many sites, the first ones, are one unit cell.
    """

    metric: Floats
    images: Floats
    own: tuple[Integers, ...]
    sites: tuple[Integers, ...]
    reference: Floats
    scaled: Floats
    cell: int


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """An assignment of spheres to sites.

    Attributes:
        cost: Mean square of what remains about its mean, in σ_L².
        origin: Fractions that the sites are shifted by; shape (3,).
        permutation: Sphere of each site; shape (N,).
        residuals: What remains, in fractions; shape (N, 3).
    """

    cost: float
    origin: Floats
    permutation: Integers
    residuals: Floats


def _origins(problem: Problem, own: Integers) -> Floats:
    """Return the origins that lay spheres on those of a unit cell, the rarer species; (M, 3)."""
    sites = problem.sites[0]
    theirs = problem.reference[sites[sites < problem.cell]]
    return (problem.scaled[own][:, None] - theirs).reshape(-1, 3)


def judged_origins(problem: Problem, starts: int, judges: int) -> list[tuple[float, Floats]]:
    """Judge origins by the mean square distance of spheres to the nearest sites, as wrapped.

    Args:
        problem: What lies on what.
        starts: Spheres of the rarer species that are laid on sites.
        judges: Spheres of each species that judge.

    Returns:
        Mean square distances, in σ_L², and the origins.
    """
    origins = _origins(problem, _some(problem.own[0], starts))
    costs, some = np.zeros(len(origins)), [_some(own, judges) for own in problem.own]
    for own, sites in zip(some, problem.sites, strict=True):
        apart = problem.scaled[own][:, None] - problem.reference[sites]
        squares = squared_lengths(apart - origins[:, None, None], problem.metric, AS_WRAPPED)
        costs += squares.min(axis=(2, 3)).sum(axis=1)
    costs /= sum(len(own) for own in some)
    return list(zip(costs.tolist(), origins, strict=True))


def _some(indices: Integers, count: int) -> Integers:
    """Return at most so many of the indices, evenly spread."""
    places = np.linspace(0, len(indices) - 1, min(count, len(indices)))
    return np.asarray(indices[places.astype(np.int64)])


def refine(problem: Problem, trial: Trial) -> Trial:
    """Shift the origin by the mean residual and assign anew, until the cost stops to fall."""
    while True:
        origin = trial.origin + trial.residuals.mean(axis=0)
        better = assign(problem, origin)
        if better.cost >= trial.cost * (1.0 - 1e-12):
            residuals = trial.residuals - trial.residuals.mean(axis=0)
            return Trial(trial.cost, origin, trial.permutation, residuals)
        trial = better


def assign(problem: Problem, origin: Floats) -> Trial:
    """Return the best assignment at an origin."""
    permutation = np.zeros(len(problem.scaled), np.int64)
    for own, sites in zip(problem.own, problem.sites, strict=True):
        apart = problem.scaled[own] - problem.reference[sites][:, None] - origin
        table = squared_lengths(apart, problem.metric, problem.images).min(axis=-1)
        permutation[sites] = own[linear_sum_assignment(table)[1]]
    residuals = problem.scaled[permutation] - problem.reference - origin
    nearest = squared_lengths(residuals, problem.metric, problem.images).argmin(axis=-1)
    residuals += problem.images[nearest] - np.rint(residuals)
    about = residuals - residuals.mean(axis=0)
    cost = np.sum((about @ problem.metric) * about) / len(about)
    return Trial(float(cost), origin, permutation, residuals)


def squared_lengths(fractions: Floats, metric: Floats, images: Floats) -> Floats:
    """Return squared lengths of the images of differences, in σ_L²; shape (..., images)."""
    wrapped = fractions - np.rint(fractions)
    projected = wrapped @ metric
    squared = np.sum(projected * wrapped, axis=-1)
    shifts = np.einsum("ki,ij,kj->k", images, metric, images)
    return np.asarray(squared[..., None] + 2.0 * projected @ images.T + shifts)
