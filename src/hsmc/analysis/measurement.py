"""Everything that is measured on one configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from hsmc.analysis import coordination, packing
from hsmc.analysis.bond_order import BondOrder, bond_order
from hsmc.analysis.kagome import KagomeStack, kagome_stack
from hsmc.analysis.pair_correlation import (
    PAIRS,
    PairCorrelation,
    contact_values,
    pair_correlation,
)
from hsmc.analysis.structure_factor import PowderAverage, powder_average
from hsmc.analysis.voronoi import VoronoiCells, voronoi_cells
from hsmc.box import Floats
from hsmc.configuration import LARGE, SMALL, Configuration
from hsmc.errors import InputError
from hsmc.neighbors import near_pairs

SAME_PLACE = 1e-6
"""Distance below which two centres are at one place, in σ_L."""

SPECIES = {"large": LARGE, "small": SMALL}


@dataclass(frozen=True, slots=True)
class Ranges:
    """How far and how finely to look.

    Attributes:
        r_max: Largest distance of g(r), in σ_L.
        k_max: Largest wave number of S(k), in 1/σ_L.
        gap: Relative gap up to which two spheres are in contact.
        sigma_nm: The length σ_L, in nm.
    """

    r_max: float
    k_max: float
    gap: float
    sigma_nm: float


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """One configuration, measured. Each part is described where it is made."""

    configuration: Configuration
    fractions: packing.PackingFractions
    pairs: PairCorrelation
    contact_values: Floats
    powder: PowderAverage
    cells: VoronoiCells
    order: BondOrder
    neighbors: Floats
    angles: coordination.BondAngles
    contacts: coordination.Contacts
    kagome: KagomeStack | None

    @property
    def scalars(self) -> Mapping[str, float]:
        """Single numbers by name; of a species that is not there, none."""
        found = {
            "packing_fraction": self.fractions.hard_spheres,
            "packing_fraction_effective": self.fractions.effective,
            "packing_fraction_cores": self.fractions.cores,
            **dict(zip((f"g_contact_{p}" for p in PAIRS), self.contact_values, strict=True)),
            **self._by_ends("facet_neighbors", self.neighbors),
            **self._by_ends("contacts", self.contacts.numbers),
            "overlaps": float(self.contacts.overlaps),
        }
        for name, values in self.per_sphere.items():
            for word, species in SPECIES.items():
                own = values[self.configuration.types == species]
                if name != "solid_bonds" and own.size:
                    found[f"{name}_{word}"] = float(own.mean())
        if self.kagome is not None:
            found["layer_order"] = self.kagome.layers.order
            found["kagome_vertices"] = self.kagome.vertices
        return {name: float(value) for name, value in found.items() if not np.isnan(value)}

    @property
    def per_sphere(self) -> Mapping[str, Floats]:
        """Numbers of each sphere by name; shapes (N,)."""
        return {
            "voronoi_volume": self.cells.volumes,
            "q4": self.order.q4,
            "q6": self.order.q6,
            "w6": self.order.w6,
            "solid_bonds": self.order.solid_bonds.astype(np.float64),
            "solid": self.order.is_solid.astype(np.float64),
            "rattler": self.contacts.is_rattler.astype(np.float64),
        }

    @staticmethod
    def _by_ends(name: str, values: Floats) -> dict[str, float]:
        return {f"{name}_{e}": float(v) for e, v in zip(coordination.ENDS, values, strict=True)}


def measure(configuration: Configuration, ranges: Ranges) -> Measurement:
    """Measure one configuration.

    Args:
        configuration: Spheres in a box of any shape and size.
        ranges: How far and how finely to look.

    Raises:
        InputError: Two spheres are at one place, or a range is not usable.
    """
    check_apart(configuration)
    cells = voronoi_cells(configuration)
    return Measurement(
        configuration,
        packing.packing_fractions(configuration, ranges.sigma_nm),
        pair_correlation(configuration, ranges.r_max),
        contact_values(configuration),
        powder_average(configuration, ranges.k_max),
        cells,
        bond_order(cells),
        coordination.facet_neighbors(configuration, cells),
        coordination.bond_angles(configuration, cells),
        coordination.contacts(configuration, ranges.gap),
        kagome_stack(configuration),
    )


def check_apart(configuration: Configuration) -> None:
    """Refuse spheres at one place, which have no cells and no bonds between them.

    Raises:
        InputError: Two centres are nearer than ``SAME_PLACE``.
    """
    points = replace(configuration, diameters=np.zeros(len(configuration)))
    same = near_pairs(points, SAME_PLACE)
    if len(same):
        message = (
            f"spheres {same.i[0]} and {same.j[0]} are at one place ({len(same)} such pairs); "
            "remove one of each pair"
        )
        raise InputError(message)
