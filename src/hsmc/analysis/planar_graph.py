"""Vertices, edges and faces of a periodic pattern in the plane."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Box, Floats
from hsmc.configuration import LARGE, Configuration
from hsmc.neighbors import near_pairs

Ints = NDArray[np.int64]

LARGEST_FACE = 12
"""Faces with more corners are not told apart."""


@dataclass(frozen=True, slots=True, eq=False)
class PlanarGraph:
    """Edges of a planar graph as pairs of half-edges, each with the face on its left.

    Attributes:
        places: Vertices; shape (V, 2).
        tail: Vertex where each half-edge begins; sorted by it, then anticlockwise; shape (E,).
        vector: From its tail to its head; shape (E, 2).
        following: The next half-edge around the same face, anticlockwise; shape (E,).
        corners: Corners of the face, 0 if more than ``LARGEST_FACE`` or if it winds around the
            period; shape (E,).
    """

    places: Floats
    tail: Ints
    vector: Floats
    following: Ints
    corners: Ints

    @property
    def degree(self) -> Ints:
        """Edges at each vertex; shape (V,)."""
        return np.bincount(self.tail, minlength=len(self.places))

    def vertices(self, *corners: int) -> NDArray[np.bool_]:
        """Tell which vertices have just these faces around them, such as 3, 6, 3, 6.

        Args:
            corners: Corners of the faces in order, anticlockwise, from any of them.
        """
        begins = np.concatenate([[0], np.cumsum(self.degree)])[:-1]
        vertices = np.flatnonzero(self.degree == len(corners))
        around = self.corners[begins[vertices][:, None] + np.arange(len(corners))]
        turns = [np.all(around == np.roll(corners, k), axis=1) for k in range(len(corners))]
        found = np.zeros(len(self.places), dtype=np.bool_)
        found[vertices] = np.any(turns, axis=0)
        return found

    def faces(self, corners: int) -> tuple[Ints, Floats]:
        """Return the faces with a number of corners.

        Args:
            corners: Number of corners.

        Returns:
            One vertex of each face, shape (F,), and its corners in anticlockwise order,
            near that vertex, shape (F, corners, 2).
        """
        edges = np.flatnonzero(self.corners == corners)
        around = [edges]
        for _ in range(corners - 1):
            around.append(self.following[around[-1]])
        every = np.stack(around, axis=1)
        every = every[every[:, 0] == every.min(axis=1)]  # each face once, of its half-edges
        steps = np.cumsum(self.vector[every], axis=1)[:, :-1]
        first = self.places[self.tail[every[:, 0]]][:, None]
        return self.tail[every[:, 0]], np.concatenate([first, first + steps], axis=1)


def planar_graph(period: Floats, places: Floats, sheet: Ints, reach: float) -> PlanarGraph:
    """Join points nearer than a distance and trace the faces.

    Where edges cross there are no true faces; what is traced there has odd numbers of corners
    and does no harm to the rest.

    Args:
        period: Lattice vectors as columns, upper triangular; shape (2, 2).
        places: Points; shape (V, 2).
        sheet: Number of the plane that each lies in; planes are not joined; shape (V,).
        reach: Longest edge.
    """
    pairs = near_pairs(_stacked(period, places, sheet, reach), reach)
    tail = np.concatenate([pairs.i, pairs.j])
    head = np.concatenate([pairs.j, pairs.i])
    vector = np.concatenate([pairs.separation, -pairs.separation])[:, :2]
    reverse = np.roll(np.arange(len(tail)), len(pairs))
    order = np.lexsort([np.arctan2(vector[:, 1], vector[:, 0]), tail])
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    tail, head, vector, reverse = tail[order], head[order], vector[order], rank[reverse[order]]
    begins = np.searchsorted(tail, np.arange(len(places) + 1))
    # Arriving at a vertex, the face on the left goes on along the edge just clockwise of the
    # way back.
    at = np.arange(len(tail))
    clockwise = np.where(at == begins[tail], begins[tail + 1] - 1, at - 1)
    following = clockwise[reverse]
    return PlanarGraph(places, tail, vector, following, _corners(vector, following, reach))


def _stacked(period: Floats, places: Floats, sheet: Ints, reach: float) -> Configuration:
    """Return points whose planes are too far apart to be joined."""
    gap = 2.0 * reach
    vectors = np.zeros((3, 3))
    vectors[:2, :2], vectors[2, 2] = period, gap * (sheet.max(initial=0) + 1)
    n = len(places)
    positions = np.column_stack([places, gap * sheet])
    return Configuration(Box(vectors), positions, np.zeros(n), np.full(n, LARGE, dtype=np.int64))


def _corners(vector: Floats, following: Ints, reach: float) -> Ints:
    """Return the number of corners of the face on the left of each half-edge."""
    corners, at = np.zeros(len(following), dtype=np.int64), following.copy()
    way, start = vector.copy(), np.arange(len(following))
    for steps in range(1, LARGEST_FACE + 1):
        back = (at == start) & (corners == 0)
        closed = np.linalg.norm(way, axis=1) < 1e-6 * reach
        corners[back] = np.where(closed[back], steps, -1)
        way += vector[at]
        at = following[at]
    return np.maximum(corners, 0)
