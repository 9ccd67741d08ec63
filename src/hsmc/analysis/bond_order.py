"""Bond-orientational order of every sphere: q4, q6, w6, and solid-like or not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hsmc.analysis.voronoi import SLIVER, VoronoiCells
from hsmc.box import Floats

SOLID_PRODUCT, SOLID_BONDS = 0.7, 7
"""Two neighbours are bonded as in a solid if their q6 vectors have a normalised product above
0.7, and a sphere is solid-like with at least 7 such bonds.
Source: Filion, Hermes, Ni & Dijkstra, J. Chem. Phys. 133, 244115 (2010), doi:10.1063/1.3506838;
there neighbours are those within a distance, here those with a shared facet. Simple cubic has
six neighbours and so is never solid-like by this."""


@dataclass(frozen=True, slots=True, eq=False)
class BondOrder:
    """Order parameters of N spheres, over neighbours of all species.

    Attributes:
        q4: Steinhardt's q4, each neighbour weighted by the area of the shared facet; shape (N,).
        q6: The same for l = 6; shape (N,).
        w6: The normalised third-order invariant of l = 6; shape (N,).
        solid_bonds: Neighbours with a solid-like bond; shape (N,).
        is_solid: At least ``SOLID_BONDS`` of them; shape (N,).

    Source: Steinhardt, Nelson & Ronchetti, Phys. Rev. B 28, 784 (1983),
        doi:10.1103/PhysRevB.28.784; weights as in Mickel et al., J. Chem. Phys. 138, 044501
        (2013), doi:10.1063/1.4774084.
    """

    q4: Floats
    q6: Floats
    w6: Floats
    solid_bonds: NDArray[np.int64]
    is_solid: NDArray[np.bool_]


def bond_order(cells: VoronoiCells) -> BondOrder:
    """Return the bond-orientational order of the spheres of a Voronoi diagram."""
    from freud.order import SolidLiquid, Steinhardt

    n, system, facets = len(cells), cells.system, cells.neighbors
    four = Steinhardt(4, weighted=True).compute(system, facets)
    six = Steinhardt(6, weighted=True, wl=True, wl_normalize=True).compute(system, facets)
    surface = np.bincount(facets.query_point_indices, weights=facets.weights)
    wide = facets.copy()
    wide.filter(facets.weights > SLIVER * surface[facets.query_point_indices])
    solid = SolidLiquid(6, SOLID_PRODUCT, SOLID_BONDS).compute(system, wide)
    bonds = np.asarray(solid.num_connections[:n], dtype=np.int64)
    q4, q6, w6 = np.asarray([four.ql, six.ql, six.particle_order], dtype=np.float64)[:, :n]
    return BondOrder(q4, q6, w6, bonds, bonds >= SOLID_BONDS)
