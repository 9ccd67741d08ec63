"""A slab of a crystal, with the flaws of a real one: the truth behind a simulated series."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Floats
from hsmc.configuration import LARGE, SMALL
from hsmc.crystal import UnitCell, crystal
from hsmc.defects import sheared_layers, stacking_fault
from hsmc.errors import InputError
from hsmc.rng import stream
from hsmc.tomography.particles import Particles

DEFECTS = ("none", "fault", "shear")


@dataclass(frozen=True, slots=True)
class SlabOptions:
    """What a slab is cut from a crystal with. Lengths are in nm.

    Attributes:
        copies: Unit cells along a, b and c.
        large_diameter: The length that is σ_L (centre-to-centre distance at contact).
        cores: Diameters of the cores of the large and the small species: what electrons see.
        size_spread: Standard deviation of the core diameters over their mean.
        jitter: Standard deviation of the places, along each axis.
        vacancies: Fraction of the particles that are missing.
        turn: Degrees by which the slab is turned about the beam.
        thickness: Of the slab along z; None keeps all.
        seed: Root seed.
    """

    copies: tuple[int, int, int] = (5, 5, 4)
    large_diameter: float = 9.4
    cores: tuple[float, float] = (6.5, 3.4)
    size_spread: float = 0.06
    jitter: float = 0.3
    vacancies: float = 0.0
    turn: float = 0.0
    thickness: float | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        if min(self.copies) < 1:
            message = f"copies are {self.copies}, each needs to be ≥ 1"
            raise InputError(message)
        if not 0.0 < self.cores[1] <= self.cores[0]:
            message = f"cores are {self.cores} nm, need 0 < small ≤ large"
            raise InputError(message)
        ranges = (("size spread", self.size_spread, 0.3), ("vacancies", self.vacancies, 0.9))
        for name, value, most in ranges:
            if not 0.0 <= value <= most:
                message = f"{name} is {value:g}, needs to be in [0, {most:g}]"
                raise InputError(message)
        if not (self.jitter >= 0.0 and self.large_diameter > 0.0):
            message = (
                f"jitter is {self.jitter:g} and large diameter {self.large_diameter:g} nm; "
                "need ≥ 0 and > 0"
            )
            raise InputError(message)


def build_slab(cell: UnitCell, options: SlabOptions) -> Particles:
    """Return the particles of a slab, its middle at the origin; a lies along x before the turn.

    Its columns are the core's radius (``radius_nm``), the place in the crystal (``site``, and the
    unit cell ``cell_a``, ``cell_b``, ``cell_c``) and that place without jitter (``ideal_x_nm``,
    ``ideal_y_nm``, ``ideal_z_nm``).

    Args:
        cell: The crystal; its ``large_diameter`` becomes ``options.large_diameter``.
        options: How much of it, and how perfect.
    """
    lattice = slab_lattice(cell, options)
    index = _cells(options.copies)
    fractions = (index[:, None, :] + cell.scaled[None, :, :]).reshape(-1, 3)
    ideal = fractions @ lattice.T
    ideal -= 0.5 * (ideal.min(axis=0) + ideal.max(axis=0))
    large = np.array(cell.species) == cell.large
    types = np.tile(np.where(large, LARGE, SMALL), len(index)).astype(np.int64)
    columns = {
        "site": np.tile(np.arange(len(cell), dtype=np.float64), len(index)),
        **dict(zip(("cell_a", "cell_b", "cell_c"), _repeat(index, len(cell)).T, strict=True)),
        **dict(zip(("ideal_x_nm", "ideal_y_nm", "ideal_z_nm"), ideal.T, strict=True)),
    }
    return with_flaws(_cut(Particles(ideal, types, columns), options.thickness), options)


def slab_crystal(name: str, defect: str, layers: int) -> tuple[UnitCell, int]:
    """Return a crystal with a defect, and how often to repeat it along c for so many layers.

    Args:
        name: Of the crystal.
        defect: One of ``DEFECTS``: a stacking fault in the middle, or sheared layers.
        layers: Unit cells along c.

    Raises:
        InputError: The crystal or the defect is unknown.
    """
    cell = crystal(name)
    if defect == "none":
        return cell, layers
    if defect == "fault":
        return stacking_fault(cell, layers), 1
    if defect == "shear":
        return sheared_layers(cell), layers
    message = f"defect is {defect!r}, needs one of {', '.join(DEFECTS)}"
    raise InputError(message)


def _cut(particles: Particles, thickness: float | None) -> Particles:
    if thickness is None:
        return particles
    return particles.select(np.abs(particles.positions[:, 2]) <= 0.5 * thickness)


def with_flaws(ideal: Particles, options: SlabOptions) -> Particles:
    """Return particles with sizes, jitter and vacancies drawn for them."""
    rng = stream(options.seed, "slab")
    n = len(ideal)
    mean = 0.5 * np.where(ideal.types == LARGE, *options.cores)
    radius = mean * np.maximum(1.0 + options.size_spread * rng.standard_normal(n), 0.2)
    moved = ideal.positions + options.jitter * rng.standard_normal((n, 3))
    there = rng.random(n) >= options.vacancies
    columns = {**ideal.columns, "radius_nm": radius}
    return Particles(moved, ideal.types, columns).select(there)


def slab_lattice(cell: UnitCell, options: SlabOptions) -> Floats:
    """Return the lattice vectors of a slab as columns, in nm; shape (3, 3)."""
    vectors = cell.lattice * (options.large_diameter / cell.large_diameter)
    c, s = np.cos(np.radians(options.turn)), np.sin(np.radians(options.turn))
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ vectors


def _cells(copies: tuple[int, int, int]) -> NDArray[np.float64]:
    grid = np.meshgrid(*(np.arange(n, dtype=np.float64) for n in copies), indexing="ij")
    return np.stack(grid, axis=-1).reshape(-1, 3)


def _repeat(index: NDArray[np.float64], sites: int) -> NDArray[np.float64]:
    return np.repeat(index, sites, axis=0)
