"""Voronoi cells of spheres in a periodic box, by freud (voro++)."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Floats
from hsmc.configuration import Configuration
from hsmc.lattice import is_skewed, reduce_lattice

SLIVER = 0.01
"""Part of a cell's surface below which a facet makes no neighbour: noise opens such facets
where more than three cells meet, as in fcc."""

MARGIN = 1e-5
"""Relative widening of the longest bond, which is known to float32."""


@dataclass(frozen=True, slots=True, eq=False)
class VoronoiCells:
    """The cells around N spheres: what is nearer to a centre than to any other.

    Sizes of spheres play no part, so between a large and a small sphere the wall lies midway.
    In replicas large enough for it every neighbour is its own nearest image, which freud's order
    parameters need (in smaller boxes they are wrong without a warning). The first N points are
    the spheres themselves.

    Attributes:
        volumes: Of the cells, in σ_L³; shape (N,).
        i: Sphere of each facet, below N, in rising order; shape (M,).
        j: Sphere on the other side, below N too; shape (M,).
        bonds: Vector from i to j, in σ_L (freud: float32); shape (M, 3).
        areas: Of the facets, in σ_L²; shape (M,).
        system: Box and points of the replicas, for freud.
        neighbors: All facets of the replicas, for freud.
    """

    volumes: Floats
    i: NDArray[np.int64]
    j: NDArray[np.int64]
    bonds: Floats
    areas: Floats
    system: Any
    neighbors: Any

    def __len__(self) -> int:
        return len(self.volumes)

    @property
    def is_wide(self) -> NDArray[np.bool_]:
        """Facets above ``SLIVER`` of their cell's surface; shape (M,)."""
        surface = np.bincount(self.i, weights=self.areas, minlength=len(self))
        return np.asarray(self.areas > SLIVER * surface[self.i])


def voronoi_cells(configuration: Configuration) -> VoronoiCells:
    """Divide the box into the Voronoi cells of all spheres.

    A skewed box is described by shorter vectors first, so that few replicas are needed; that
    turns the bonds, but changes no angle between them.

    Args:
        configuration: Spheres in a box of any shape and size, no two at one place.
    """
    if is_skewed(configuration.box.vectors):
        configuration = reduce_lattice(configuration)
    voronoi, replicas, n = _tessellated(configuration), configuration, len(configuration)
    longest = float(np.linalg.norm(voronoi.nlist.vectors, axis=1).max())
    faces = configuration.box.face_distances
    repeat = [math.ceil(2.0 * longest * (1.0 + MARGIN) / face) for face in faces]
    if max(repeat) > 1:
        replicas = configuration.replicated(*repeat)
        voronoi = _tessellated(replicas)
    facets = voronoi.nlist
    own = facets.query_point_indices < n
    return VoronoiCells(
        np.asarray(voronoi.volumes[:n], dtype=np.float64),
        facets.query_point_indices[own].astype(np.int64),
        facets.point_indices[own].astype(np.int64) % n,
        facets.vectors[own].astype(np.float64),
        facets.weights[own].astype(np.float64),
        _system(replicas),
        facets,
    )


def _tessellated(configuration: Configuration) -> Any:
    from freud.locality import Voronoi  # imported where used: it takes a second

    return Voronoi().compute(_system(configuration))


def _system(configuration: Configuration) -> Any:
    from freud.box import Box

    box = Box.from_matrix(configuration.box.vectors)
    return box, configuration.box.unscale(configuration.scaled - 0.5)
