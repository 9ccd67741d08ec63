"""Pairs of spheres that are near, and the project's independent test for overlaps."""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from hsmc.box import Floats
from hsmc.configuration import Configuration
from hsmc.errors import InputError, OverlapError
from hsmc.kernels.pairs import closest_pair, write_pairs

Ints = NDArray[np.int64]

SLACK = 1e-9
"""Relative widening of every reach, so that rounding loses no pair."""

BRUTE_FORCE_PAIRS = 500
"""Number of spheres up to which all pairs are visited; a tree is faster beyond."""

BRUTE_FORCE_GAP = 4000
"""The same for the overlap test, which prefers plain code to fast code."""

PIECE = 50_000
"""Spheres whose neighbours are asked for at a time: bounds the memory beside the tree's."""

_Found = tuple[Ints, Ints, Ints]
"""First and second spheres of pair images, and the images."""

NO_PAIRS: _Found = (
    np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros((0, 3), dtype=np.int64)
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """M pair images, each unordered one once (of own images, one of each mirrored two).

    Attributes:
        i: First sphere; shape (M,), int64.
        j: Second sphere, j ≥ i; shape (M,), int64.
        separation: r_j − r_i + H·image, Cartesian, in σ_L; shape (M, 3).
        contact: Distance at which the two touch, (σ_i + σ_j)/2, in σ_L; shape (M,).
        image: Multiples of the box vectors, for the positions as given; shape (M, 3), int64.
    """

    i: Ints
    j: Ints
    separation: Floats
    contact: Floats
    image: Ints

    def __len__(self) -> int:
        return len(self.i)

    @property
    def distance(self) -> Floats:
        """Centre-to-centre distances, in σ_L; shape (M,)."""
        return np.asarray(np.linalg.norm(self.separation, axis=1))

    def chosen(self, kept: NDArray[np.bool_]) -> "Pairs":
        """Return the pairs of a mask; shape (M,)."""
        return Pairs(
            self.i[kept],
            self.j[kept],
            self.separation[kept],
            self.contact[kept],
            self.image[kept],
        )


@dataclass(frozen=True, slots=True)
class Gap:
    """The closest of all pair images, own images included.

    Attributes:
        gap: Distance over contact − 1; negative for an overlap, inf if nothing can touch.
        i: First sphere.
        j: Second sphere; equal to i for a sphere and its own image.
        distance: Centre-to-centre distance, in σ_L.
        contact: Distance at which the two touch, in σ_L.
    """

    gap: float
    i: int
    j: int
    distance: float
    contact: float


def near_pairs(configuration: Configuration, margin: float) -> Pairs:
    """List every pair image closer than σ_ij + margin, own images included.

    Args:
        configuration: Spheres in a box, overlapping or not, in any periodic image.
        margin: Surface distance, in σ_L; negative to list deep overlaps only.

    Raises:
        InputError: The margin is not finite.
    """
    if not math.isfinite(margin):
        message = f"margin is {margin}, needs to be finite"
        raise InputError(message)
    if len(configuration) > BRUTE_FORCE_PAIRS:
        pairs = _tree_pairs(configuration, 1.0, margin)
        return pairs.chosen(pairs.distance < pairs.contact + margin)
    return _brute_force_pairs(configuration, margin)


def points_with_images(configuration: Configuration, reach: float) -> tuple[Floats, Ints]:
    """Return all centres, wrapped into the box, and their images within reach of the box.

    A tree of these finds every pair image closer than the reach, in any box, however small.

    Args:
        configuration: Spheres in a box, in any periodic image.
        reach: Distance from the faces of the box, in σ_L, ≥ 0.

    Returns:
        Cartesian centres, the N of the box first, shape (M, 3), and the sphere of each, (M,).
    """
    box, scaled = configuration.box, configuration.scaled
    owner, shift = _ghosts(scaled, reach * (1.0 + SLACK) / box.face_distances)
    images = scaled[owner] + shift
    points = box.unscale(np.concatenate([scaled, images]))
    return points, np.concatenate([np.arange(len(scaled)), owner])


def smallest_gap(configuration: Configuration) -> Gap:
    """Find the pair image with the smallest r/σ_ij, wherever it is.

    This is the project's independent test for overlaps: float64, all images, no cell list.
    """
    diameters, edges = configuration.diameters, configuration.box.lengths
    own, edge = int(diameters.argmax()), float(edges.min())
    if diameters[own] == 0.0:
        return Gap(math.inf, own, own, edge, 0.0)
    bound = edge / float(diameters[own])
    if len(configuration) > BRUTE_FORCE_GAP:
        ratio, i, j = _tree_closest(configuration, bound, own)
    else:
        ratio, i, j = closest_pair(
            configuration.box.vectors,
            np.ascontiguousarray(configuration.positions),
            configuration.box.scale(configuration.positions),
            np.ascontiguousarray(diameters),
            configuration.box.face_distances,
            bound,
            own,
        )
    contact = 0.5 * float(diameters[i] + diameters[j])
    return Gap(ratio - 1.0, i, j, ratio * contact, contact)


def check_overlap_free(configuration: Configuration, remedy: str, tolerance: float = 1e-12) -> None:
    """Refuse a configuration in which any two spheres overlap.

    Args:
        configuration: Spheres in a box.
        remedy: What the user can do about an overlap; ends the message.
        tolerance: Relative overlap 1 − r/σ_ij that passes as rounding.

    Raises:
        OverlapError: The closest pair overlaps by more than the tolerance.
    """
    closest = smallest_gap(configuration)
    if closest.gap < -tolerance:
        raise OverlapError(closest.i, closest.j, closest.distance, closest.contact, remedy)


def _brute_force_pairs(configuration: Configuration, margin: float) -> Pairs:
    positions = np.ascontiguousarray(configuration.positions)
    diameters = np.ascontiguousarray(configuration.diameters)
    vectors, capacity = configuration.box.vectors, 12 * len(diameters) + 64
    while True:
        i, j = np.empty(capacity, dtype=np.int64), np.empty(capacity, dtype=np.int64)
        separation, contact = np.empty((capacity, 3)), np.empty(capacity)
        image = np.empty((capacity, 3), dtype=np.int64)
        count = write_pairs(vectors, positions, diameters, margin, i, j, separation, contact, image)
        if count <= capacity:
            return Pairs(i[:count], j[:count], separation[:count], contact[:count], image[:count])
        capacity = count


def _tree_pairs(configuration: Configuration, factor: float, margin: float) -> Pairs:
    """List every pair image closer than factor · σ_ij + margin, and some that are farther.

    Large spheres are looked for among large, large among small, and small among small, each as
    far as the largest of them reach: a few large ones do not make all small ones look afar.
    """
    diameters, box = configuration.diameters, configuration.box
    wraps = np.floor(box.scale(configuration.positions)).astype(np.int64)
    wrapped = configuration.positions - box.unscale(wraps.astype(np.float64))
    widest = max(factor * float(diameters.max()) + margin, 0.0)
    owner, shift = _ghosts(box.scale(wrapped), widest / box.face_distances)
    images = wrapped[owner] + box.unscale(shift.astype(np.float64))
    cloud = _Cloud(
        np.concatenate([wrapped, images]),
        np.concatenate([np.arange(len(wrapped)), owner]),
        np.concatenate([np.zeros((len(wrapped), 3), dtype=np.int64), shift]),
        len(wrapped),
    )
    is_large = diameters > math.sqrt(float(diameters.min()) * float(diameters.max()))
    classes = [members for members in (is_large, ~is_large) if members.any()]
    found = []
    for first, second in itertools.combinations_with_replacement(classes, 2):
        contact = 0.5 * float(diameters[first].max() + diameters[second].max())
        reach = (factor * contact + margin) * (1.0 + SLACK)
        if reach > 0.0:
            same = first is second
            found.append(cloud.among(first, reach) if same else cloud.between(first, second, reach))
    i, j, image = (np.concatenate(parts) for parts in zip(NO_PAIRS, *found, strict=True))
    return _pairs(configuration, i, j, image + wraps[i] - wraps[j])


@dataclass(frozen=True, slots=True, eq=False)
class _Cloud:
    """The spheres of the box, and their images near to it.

    Attributes:
        points: Centres, those of the box first; shape (M, 3).
        owner: Sphere of each; shape (M,).
        shift: Box vectors from the sphere to its image; shape (M, 3).
        spheres: How many are in the box.
    """

    points: Floats
    owner: Ints
    shift: Ints
    spheres: int

    def among(self, members: NDArray[np.bool_], reach: float) -> _Found:
        """Return the pair images of some spheres, each once: i ≤ j and the image of j."""
        chosen = np.flatnonzero(members[self.owner])
        near = cKDTree(self.points[chosen]).query_pairs(reach, output_type="ndarray")
        near = chosen[near]
        near = near[near[:, 0] < self.spheres]  # one of the two is in the box itself
        i, j, image = near[:, 0], self.owner[near[:, 1]], self.shift[near[:, 1]]
        once = (near[:, 1] < self.spheres) | (i < j) | ((i == j) & _is_positive(image))
        return i[once], j[once], image[once]

    def between(self, some: NDArray[np.bool_], others: NDArray[np.bool_], reach: float) -> _Found:
        """Return the pair images of spheres with others, each once: i < j and the image of j."""
        own = np.flatnonzero(some)  # in the box itself: so each pair is met once
        chosen = np.flatnonzero(others[self.owner])
        near = cKDTree(self.points[own]).sparse_distance_matrix(
            cKDTree(self.points[chosen]), reach, output_type="ndarray"
        )
        i, other = own[near["i"]], chosen[near["j"]]
        j, image = self.owner[other], self.shift[other]
        turned = (i > j)[:, None]
        return np.minimum(i, j), np.maximum(i, j), np.where(turned, -image, image)


def _pairs(configuration: Configuration, i: Ints, j: Ints, image: Ints) -> Pairs:
    positions, diameters = configuration.positions, configuration.diameters
    separation = positions[j] - positions[i]
    across = image.any(axis=1)  # few pairs of a large system cross a face of the box
    separation[across] += configuration.box.unscale(image[across].astype(np.float64))
    return Pairs(i, j, separation, 0.5 * (diameters[i] + diameters[j]), image)


def _ghosts(fractions: Floats, widths: Floats) -> tuple[Ints, Ints]:
    """Return owners (M,) and shifts (M, 3) of all images within ``widths`` of the unit cube."""
    edge = np.asarray(widths) + SLACK
    owner = np.flatnonzero(np.any((fractions <= edge) | (fractions >= 1.0 - edge), axis=1))
    shift = np.zeros((len(owner), 3), dtype=np.int64)
    for axis in range(3):
        width = widths[axis] + SLACK
        steps = np.arange(-math.ceil(width) - 1, math.ceil(width) + 2)
        along = fractions[owner, axis][:, None] + steps
        rows, columns = np.nonzero((along >= -width) & (along <= 1.0 + width))
        owner, shift = owner[rows], shift[rows]
        shift[:, axis] = steps[columns]
    outside = shift.any(axis=1)
    return owner[outside], shift[outside]


def _is_positive(image: Ints) -> NDArray[np.bool_]:
    """Tell the half of all non-zero images whose last non-zero multiple is positive."""
    n, m, k = image.T
    return np.asarray((k > 0) | ((k == 0) & ((m > 0) | ((m == 0) & (n > 0)))))


def _tree_closest(configuration: Configuration, bound: float, own: int) -> tuple[float, int, int]:
    """Return the smallest distance over contact, and its two spheres, like ``closest_pair``."""
    best, i, j = min((bound, own, own), _nearest_centres(configuration))
    pairs = _tree_pairs(configuration, best, 0.0)
    if len(pairs):  # none if spheres coincide
        ratio = _ratio(pairs.distance, pairs.contact)
        closest = int(ratio.argmin())
        best, i, j = float(ratio[closest]), int(pairs.i[closest]), int(pairs.j[closest])
    return best, min(i, j), max(i, j)


def _nearest_centres(configuration: Configuration) -> tuple[float, int, int]:
    """Return the smallest distance over contact of each sphere and its nearest in the box."""
    diameters, n = configuration.diameters, len(configuration)
    inside = configuration.box.unscale(configuration.scaled)
    tree, best = cKDTree(inside), (math.inf, 0, 0)
    for first in range(0, n, PIECE):
        own = np.arange(first, min(first + PIECE, n))
        distance, index = map(np.asarray, tree.query(inside[own], k=2))
        partner = np.where(index[:, 1] == own, index[:, 0], index[:, 1])
        partner = np.minimum(partner, n - 1)  # a lone sphere has none, at distance inf
        ratio = _ratio(distance[:, 1], 0.5 * (diameters[own] + diameters[partner]))
        k = int(ratio.argmin())
        best = min(best, (float(ratio[k]), int(own[k]), int(partner[k])))
    return best


def _ratio(distance: Floats, contact: Floats) -> Floats:
    """Return distance over contact, infinite where nothing can touch."""
    ratio = np.full(len(distance), np.inf)
    return np.asarray(np.divide(distance, contact, out=ratio, where=contact > 0.0))
