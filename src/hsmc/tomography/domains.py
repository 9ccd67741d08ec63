"""One crystal or two: grains and stacking faults are told apart before anything is averaged."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Floats
from hsmc.configuration import LARGE
from hsmc.errors import InputError
from hsmc.tomography.folding import Folded, cell_count, fold
from hsmc.tomography.particles import Ints, Particles
from hsmc.tomography.translations import find_lattice, same_place

SHARE = 0.12
"""Part of the particles that each of two domains has to account for alone."""

FEWEST_CELLS = 8
"""Unit cells that either end needs: with fewer, any pile of particles looks like a site."""

END = 0.45
"""Part of the sample that is folded at either end."""


@dataclass(frozen=True, slots=True, eq=False)
class Domain:
    """A part of the sample that is one crystal.

    Attributes:
        members: Indices of its particles.
        lattice: Its lattice, roughly: vectors as columns, in nm; shape (3, 3).
    """

    members: Ints
    lattice: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Fault:
    """What lies between two domains.

    Attributes:
        normal: Of the plane between them, towards the second; unit vector, shape (3,).
        height: Place of the plane along the normal, in nm from the middle of the volume.
        turn: Degrees about the layers' normal that carry the first crystal onto the second.
        shift: What is left then, along a, b and c, in nm; each within half a lattice vector.
        rms: Distance of the sites after both, in nm.
        mixed: Part of the particles on the wrong side of the plane.
    """

    normal: Floats
    height: float
    turn: float
    shift: Floats
    rms: float
    mixed: float


def find_domains(particles: Particles) -> list[Domain]:
    """Return the domains of a sample, the largest first: one or two.

    The two ends of the sample are folded apart, along several directions. Where many particles
    are on sites of the one end but not of the other, and many the other way round, there are two
    crystals, or one with a stacking fault.

    Raises:
        InputError: There is no lattice.
    """
    within = same_place(particles)
    try:
        common: Floats | None = find_lattice(particles)
    except InputError:
        common = None
    best: tuple[float, list[Domain]] = (SHARE, [])
    for direction in _directions(particles, common):
        found = _ends(particles, direction, common, within)
        if found is not None and found[0] > best[0]:
            best = found
    if best[1]:
        return best[1]
    folded = fold(particles, find_lattice(particles), within)
    return [Domain(np.flatnonzero(folded.on_lattice), folded.lattice)]


def fault_between(particles: Particles, one: Folded, other: Folded, domains: list[Domain]) -> Fault:
    """Describe the boundary of two domains that were folded apart.

    Args:
        particles: All of them.
        one: The first domain.
        other: The second.
        domains: Which particles are of each.
    """
    here, there = (particles.positions[domain.members] for domain in domains[:2])
    normal = _normal(here, there)
    layers = np.cross(one.lattice[:, 0], one.lattice[:, 1])
    layers /= np.linalg.norm(layers)
    if abs(normal @ layers) > np.cos(np.radians(15.0)):  # faults lie along layers
        normal = layers * np.sign(normal @ layers)
    low, high = here @ normal, there @ normal
    height, mixed = _cut(low, high)
    turn, shift, rms = _relation(one, other, layers)
    return Fault(normal, height, turn, shift, rms, mixed)


def _directions(particles: Particles, lattice: Floats | None) -> Floats:
    """Return unit vectors along which domains may follow one another; shape (K, 3).

    Normals of lattice planes, or the longest axes of the sample if there is no common lattice.
    """
    if lattice is None:
        centred = particles.positions - particles.positions.mean(axis=0)
        return np.asarray(np.linalg.svd(centred, full_matrices=False)[2][:2])
    normals = np.linalg.inv(lattice)
    return np.asarray(normals / np.linalg.norm(normals, axis=1)[:, None])


def _ends(
    particles: Particles, direction: Floats, common: Floats | None, within: float
) -> tuple[float, list[Domain]] | None:
    """Fold both ends of the sample apart; return how much they differ, and the domains.

    The measure is the smaller of the parts of the particles that only the one or only the other
    end accounts for.
    """
    along = particles.positions @ direction
    rests, lattices = [], []
    for part in (along < np.quantile(along, END), along > np.quantile(along, 1.0 - END)):
        try:
            some = particles.select(part)
            folded = fold(some, find_lattice(some) if common is None else common, within)
        except InputError:
            return None
        if cell_count(folded) < FEWEST_CELLS:
            return None
        rests.append(_distance(particles, folded))
        lattices.append(folded.lattice)
    on = [rest < within for rest in rests]
    only = [on[0] & ~on[1], on[1] & ~on[0]]
    share = min(float(one.mean()) for one in only)
    if share < SHARE:
        return None
    beyond = _beyond_plane(particles.positions, *only)
    groups = [np.flatnonzero(on[0] & ~beyond), np.flatnonzero(on[1] & beyond)]
    domains = [Domain(group, lattice) for group, lattice in zip(groups, lattices, strict=True)]
    return share, sorted(domains, key=lambda domain: len(domain.members), reverse=True)


def _beyond_plane(
    positions: Floats, first: NDArray[np.bool_], second: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which particles lie on the second domain's side of the plane that parts the two.

    Args:
        positions: In nm; shape (N, 3).
        first: Which are of the first for sure; shape (N,).
        second: Which are of the second for sure; shape (N,).
    """
    along = positions @ _normal(positions[first], positions[second])
    height, _ = _cut(along[first], along[second])
    return np.asarray(along > height)


def _distance(particles: Particles, folded: Folded) -> Floats:
    """Return how far each particle is from the nearest site of its species; shape (N,)."""
    out = np.full(len(particles), np.inf)
    for place, species in zip(folded.sites, folded.types, strict=True):
        away = particles.positions - folded.origin - place
        away -= np.rint(np.linalg.solve(folded.lattice, away.T)).T @ folded.lattice.T
        better = np.linalg.norm(away, axis=1)
        out = np.where(particles.types == species, np.minimum(out, better), out)
    return out


def _normal(here: Floats, there: Floats) -> Floats:
    """Return the unit vector along which two sets of points are told apart best (Fisher)."""
    pooled = np.cov(here.T) + np.cov(there.T)
    normal = np.linalg.solve(pooled, there.mean(axis=0) - here.mean(axis=0))
    return np.asarray(normal / np.linalg.norm(normal))


def _cut(low: Floats, high: Floats) -> tuple[float, float]:
    """Return the height with the fewest particles on the wrong side, and their part."""
    heights = np.sort(np.concatenate([low, high]))
    middles = 0.5 * (heights[1:] + heights[:-1])
    wrong = (low[:, None] > middles).sum(axis=0) + (high[:, None] < middles).sum(axis=0)
    best = middles[wrong == wrong.min()]
    return float(best.mean()), float(wrong.min()) / len(heights)


def _relation(one: Folded, other: Folded, axis: Floats) -> tuple[float, Floats, float]:
    """Return turn (degrees), shift (nm along a, b, c) and RMS that carry one onto the other."""
    inverse = np.linalg.inv(one.lattice)
    best: tuple[float, float, Floats] = (np.inf, 0.0, np.zeros(3))
    starts = [
        np.flatnonzero(sites.types == (LARGE if (sites.types == LARGE).any() else 1))
        for sites in (one, other)
    ]
    for turn in range(0, 360, 60):
        turned = one.sites @ _rotation(axis, np.radians(turn)).T
        for i, j in itertools.product(starts[0][:1], starts[1]):
            shift = other.sites[j] - turned[i]
            rms, better = _matched(turned, other, one.types, shift, one.lattice)
            if rms < 0.9 * best[0]:
                best = (rms, float(turn), better)
    fractions = inverse @ best[2]
    fractions -= np.rint(fractions)
    return best[1], fractions * np.linalg.norm(one.lattice, axis=0), best[0]


def _matched(
    turned: Floats, other: Folded, types: Ints, shift: Floats, lattice: Floats
) -> tuple[float, Floats]:
    """Return the RMS distance of sites to the nearest of their species, and the shift refined."""
    rms = np.inf
    for _ in range(2):
        away = other.sites[None] - (turned + shift)[:, None]
        away -= np.rint(away @ np.linalg.inv(lattice).T) @ lattice.T
        length = np.where(types[:, None] == other.types[None], np.linalg.norm(away, axis=2), np.inf)
        nearest = length.argmin(axis=1)
        left = away[np.arange(len(turned)), nearest]
        rms = float(np.sqrt((np.minimum(length.min(axis=1), 1e3) ** 2).mean()))
        shift = shift + np.median(left, axis=0)
    return rms, shift


def _rotation(axis: Floats, angle: float) -> NDArray[np.float64]:
    """Return the matrix that turns about a unit vector."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)
