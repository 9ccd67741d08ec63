"""Packing fractions of a nanocrystal superlattice, by three sizes of its particles."""

import math
from dataclasses import dataclass

import numpy as np

from hsmc.configuration import LARGE, Configuration


@dataclass(frozen=True, slots=True)
class ParticleSizes:
    """Diameters of large and small nanocrystals, in nm."""

    large: float
    small: float


EFFECTIVE = ParticleSizes(9.4, 5.8)
"""PbSe and CdSe with their ligands: centre-to-centre distances in hexagonal monolayers.

Source: Boneschanscher et al., Nano Lett. 2013, Supporting Information I."""

CORES = ParticleSizes(6.5, 3.4)
"""Inorganic cores of the same particles, from the same source."""


@dataclass(frozen=True, slots=True)
class PackingFractions:
    """Volume of the particles over that of the box, by what counts as a particle.

    Attributes:
        hard_spheres: With the diameters of the configuration, 1 and γ.
        effective: With the effective sizes; above 0.74 these overlap. NaN if not known.
        cores: With the inorganic cores alone. NaN if not known.
    """

    hard_spheres: float
    effective: float
    cores: float


def packing_fractions(configuration: Configuration, sigma_nm: float) -> PackingFractions:
    """Return the packing fractions of a configuration by its own and by measured sizes.

    Those of other large particles than the measured ones, with another σ_L, are not known.

    Args:
        configuration: Spheres in their box.
        sigma_nm: The length σ_L, in nm.
    """
    if sigma_nm != EFFECTIVE.large:
        return PackingFractions(configuration.packing_fraction, math.nan, math.nan)
    volume = configuration.box.volume * sigma_nm**3
    n_large = int(np.sum(configuration.types == LARGE))
    n_small = len(configuration) - n_large
    return PackingFractions(
        configuration.packing_fraction,
        packing_fraction(n_large, n_small, EFFECTIVE, volume),
        packing_fraction(n_large, n_small, CORES, volume),
    )


def packing_fraction(n_large: int, n_small: int, sizes: ParticleSizes, volume: float) -> float:
    """Return the packing fraction of particles in a cell given in nm.

    Args:
        n_large: Number of large particles in the cell.
        n_small: Number of small particles.
        sizes: Their diameters, in nm.
        volume: Volume of the cell, in nm³.
    """
    spheres = n_large * sizes.large**3 + n_small * sizes.small**3
    return math.pi / 6.0 * spheres / volume
