"""Lattice vectors from positions alone: the translations that carry particles onto particles."""

import itertools
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, maximum_filter
from scipy.spatial import ConvexHull, Delaunay, QhullError, cKDTree

from hsmc.box import Floats
from hsmc.configuration import LARGE, SMALL
from hsmc.errors import InputError
from hsmc.tomography.particles import Particles

REACH = 3.5
"""Mean spacings of the large species within which translations are looked for."""

TOLERANCE = 0.35
"""Typical distance to the nearest neighbour within which two places are one."""

GOOD = 0.62
"""Part of the best translation's score that others need."""

LEAST = 0.3
"""Score below which nothing is a translation: chance, and short-range order, give less."""

HELD = 0.6
"""Part of the good translations, by their scores, that a lattice has to hold."""

FEWEST = 24
"""Particles below which no lattice is looked for."""


def same_place(particles: Particles) -> float:
    """Return the distance, in nm, within which a place and a lattice site count as one."""
    distances, _ = cKDTree(particles.positions).query(particles.positions, k=2)
    nearest = np.asarray(distances)[:, 1]
    return TOLERANCE * float(np.median(nearest))


def find_lattice(particles: Particles) -> Floats:
    """Return a primitive lattice of the particles as columns, right-handed, in nm; shape (3, 3).

    A translation is scored by the part of the particles that meet one of their own species when
    they are moved by it, among those that stay inside of the sample. The lattice is the
    one that holds most of the good translations.

    Raises:
        InputError: There are too few particles, or no three translations carry them onto others.
    """
    if len(particles) < FEWEST:
        message = f"{len(particles)} particles are too few to find a lattice, needs {FEWEST}"
        raise InputError(message)
    within = same_place(particles)
    translations, scores = _scored(particles, _candidates(particles, within), within)
    best = float(scores.max()) if len(scores) else 0.0
    good = scores > max(GOOD * best, LEAST)
    if np.linalg.matrix_rank(translations[good], tol=within) < 3:
        message = (
            f"no lattice found: {good.sum()} translations carry particles onto particles (the "
            f"best {100.0 * best:.0f} % of them, {100.0 * LEAST:.0f} % are needed), and three that "
            "span space are needed; is the sample one crystal, with at least 2 cells each way?"
        )
        raise InputError(message)
    return _common(translations[good], scores[good], within)


def _candidates(particles: Particles, within: float) -> Floats:
    """Return peaks in the density of differences of particles of a species, in nm; (K, 3)."""
    large = particles.of(LARGE)
    rarer = large if len(large) >= FEWEST // 4 else particles.of(SMALL)
    try:
        volume = ConvexHull(rarer).volume
    except (QhullError, ValueError):
        message = "the particles lie in a plane; a lattice in space is needed"
        raise InputError(message) from None
    reach = REACH * (volume / len(rarer)) ** (1.0 / 3.0)
    pairs = cKDTree(rarer).query_pairs(reach, output_type="ndarray")
    differences = rarer[pairs[:, 1]] - rarer[pairs[:, 0]]
    differences = np.concatenate([differences, -differences])
    step = 0.4 * within
    bins = 2 * int(np.ceil(reach / step)) + 1
    edges = (np.arange(bins + 1) - 0.5 * bins) * step
    density, _ = np.histogramdd(differences, [edges] * 3)
    density = gaussian_filter(density, 0.5 * within / step)
    peaks = density == maximum_filter(density, footprint=_sphere(round(1.5 * within / step)))
    peaks &= density > 0.15 * density.max()
    found = (np.argwhere(peaks) - 0.5 * (bins - 1)) * step
    half = found[(found @ np.array([1.0, 1e-3, 1e-6])) > 0.0]  # −t is a translation if t is one
    return np.asarray(half[np.linalg.norm(half, axis=1) > 2.0 * within])


def _scored(particles: Particles, candidates: Floats, within: float) -> tuple[Floats, Floats]:
    """Return candidates moved to where they fit best, and the score of each."""
    hull = Delaunay(particles.positions[ConvexHull(particles.positions).vertices])
    trees: dict[int, Any] = {
        s: cKDTree(particles.of(s)) for s in (LARGE, SMALL) if len(particles.of(s))
    }
    chance = {
        s: 1.0 - np.exp(-tree.n / _volume(hull) * 4.0 / 3.0 * np.pi * within**3)
        for s, tree in trees.items()
    }
    moved, scores = [], []
    for candidate in candidates:
        translation = candidate
        for _ in range(3):
            hits, stay, differences = _met(particles, translation, trees, hull, within)
            if not len(differences):
                break
            translation = translation + differences.mean(axis=0)
        # the rarer species counts as much as the other: pseudo-translations hold for one only
        rates = [
            (hits[s] / stay[s] - chance[s]) / (1.0 - chance[s]) if stay[s] else 0.0 for s in trees
        ]
        moved.append(translation)
        scores.append(min(rates))
    return np.array(moved).reshape(-1, 3), np.array(scores)


def _met(
    particles: Particles,
    translation: Floats,
    trees: Mapping[int, Any],
    hull: Delaunay,
    within: float,
) -> tuple[dict[int, int], dict[int, int], Floats]:
    """Return by species how many meet another, how many stay inside, and what is missing."""
    hits, stay, missing = {}, {}, []
    for species, tree in trees.items():
        there = particles.of(species) + translation
        there = there[hull.find_simplex(there) >= 0]
        stay[species] = len(there)
        if not len(there):
            hits[species] = 0
            continue
        distance, nearest = tree.query(there)
        met = np.asarray(distance) < within
        hits[species] = int(met.sum())
        missing.append((tree.data[nearest] - there)[met])
    return hits, stay, np.concatenate(missing) if missing else np.empty((0, 3))


def _common(translations: Floats, scores: Floats, within: float) -> Floats:
    """Return the lattice that holds most of the translations, by their scores, refined.

    Not all need to be on it: across a stacking fault others hold. Of lattices that hold the same,
    the one with the shortest vectors is taken.
    """
    order = np.argsort(np.linalg.norm(translations, axis=1))
    shortest = translations[order][:14]
    best, chosen = -np.inf, None
    for three in itertools.combinations(shortest, 3):
        lattice = np.array(three).T
        lengths = np.linalg.norm(lattice, axis=0)
        if abs(float(np.linalg.det(lattice))) < 0.2 * float(np.prod(lengths)):
            continue
        whole = np.rint(np.linalg.solve(lattice, translations.T))
        left = np.linalg.norm(lattice @ whole - translations.T, axis=0)
        held = float(scores[left < within].sum()) - 1e-4 * float(lengths.sum() / within)
        if held > best:
            best, chosen = held, lattice
    if chosen is None or best < HELD * float(scores.sum()):
        message = (
            "no lattice found: the translations that carry particles onto particles have no common "
            "cell; is this one crystal?"
        )
        raise InputError(message)
    return conventional(_refined(chosen, translations, within))


def _refined(lattice: Floats, translations: Floats, within: float) -> Floats:
    """Fit the lattice to all translations that lie on it."""
    whole = np.rint(np.linalg.solve(lattice, translations.T))
    on = np.linalg.norm(lattice @ whole - translations.T, axis=0) < within
    if np.linalg.matrix_rank(whole[:, on]) < 3:
        return lattice
    return np.asarray(np.linalg.lstsq(whole[:, on].T, translations[on], rcond=None)[0].T)


def conventional(lattice: Floats) -> Floats:
    """Return a reduced lattice, its odd vector last and γ obtuse, as right-handed columns.

    The two vectors of nearly the same length are a and b; of three unlike ones c is the shortest.
    """
    import spglib

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of spglib's way to say no
        reduced = spglib.niggli_reduce(lattice.T, eps=1e-5)
    vectors = np.array(reduced if reduced is not None else lattice.T)
    lengths = np.linalg.norm(vectors, axis=1)
    ratios = {(i, j): abs(np.log(lengths[i] / lengths[j])) for i, j in ((0, 1), (0, 2), (1, 2))}
    i, j = min(ratios, key=lambda pair: ratios[pair])
    if ratios[i, j] > 0.05:
        i, j = (int(k) for k in np.sort(np.argsort(lengths)[1:]))
    a, b, c = vectors[i], vectors[j], vectors[3 - i - j]
    if c[int(np.abs(c).argmax())] < 0.0:
        c = -c
    if a @ b > 1e-3 * lengths[i] * lengths[j]:
        b = -b
    if np.linalg.det(np.array([a, b, c])) < 0.0:
        a, b = b, a
    if a[int(np.abs(a).argmax())] < 0.0:
        a, b = -a, -b
    return np.array([a, b, c]).T


def _volume(hull: Delaunay) -> float:
    corners = hull.points[hull.simplices]
    return float(np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1])).sum() / 6.0)


def _sphere(radius: int) -> NDArray[np.bool_]:
    axis = np.arange(-radius, radius + 1) ** 2
    return np.asarray(axis[:, None, None] + axis[:, None] + axis <= radius**2)
