"""From detected particles to a crystal: domains, measured cell, symmetry, CIF."""

import itertools
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hsmc.analysis.symmetry import Step, Symmetrised, scan, symbol, symmetrised
from hsmc.crystal import UnitCell
from hsmc.tomography.cell_files import write_crystal_cif, write_tables
from hsmc.tomography.domains import Fault, fault_between, find_domains
from hsmc.tomography.folding import fold
from hsmc.tomography.measured_cell import MeasuredCell, cell_of
from hsmc.tomography.particles import Particles
from hsmc.tomography.translations import same_place

SIZE_RATIO = 0.6
"""Of the spheres in a configuration whose symmetry is looked for: sizes do not count there."""


@dataclass(frozen=True, slots=True, eq=False)
class Crystal:
    """What particles say of their crystal. Lengths are in nm.

    Attributes:
        particles: What it was measured on.
        cell: The measured cell, of the largest domain.
        domains: Particles in each domain.
        fault: Between the two largest domains; None if there is one only.
        layers: Angle of the layers of large particles to the xy plane, in degrees.
        steps: Space groups against tolerance, in σ_L.
        tolerance: At which the cell was symmetrised, in nm; NaN if no group was found.
        measured: The mean cell.
        symmetric: The symmetrised cell; the mean cell if no group was found.
        group: The symmetrised cell's group and Wyckoff letters; None if no group was found.
    """

    particles: Particles
    cell: MeasuredCell
    domains: tuple[int, ...]
    fault: Fault | None
    layers: float
    steps: tuple[Step, ...]
    tolerance: float
    measured: UnitCell
    symmetric: UnitCell
    group: Symmetrised | None

    def sentences(self) -> list[str]:
        """Return what was found, a line each."""
        cell = self.cell
        lengths = np.linalg.norm(cell.lattice, axis=0)
        ratio, error = cell.composition
        counts = np.bincount(cell.types, minlength=2)
        lines = [
            f"lattice {lengths[0]:.3f} {lengths[1]:.3f} {lengths[2]:.3f} nm, volume "
            f"{cell.volume:.1f} nm³, layers at {self.layers:.1f}° to the xy plane",
            f"{counts[0]} + {counts[1]} sites in {cell.cells} unit cells, small : large = "
            f"{ratio:.3f} ± {error:.3f}, occupancies {cell.occupancy.min():.2f} to "
            f"{cell.occupancy.max():.2f}",
        ]
        if cell.dropped:
            lines.append(f"{cell.dropped} sites left out by the exclusion rule")
        if self.fault is not None:
            lines.append(_fault_words(self.fault, self.domains))
        if self.group is None:
            lines.append("no space group above P1 at any tolerance: the mean cell is written")
        else:
            lines.append(
                f"space group {self.group.symbol} ({self.group.number}) at "
                f"{self.tolerance:.2f} nm; all: {_scan_words(self)}"
            )
        return lines


def analyse(
    particles: Particles,
    large_diameter: float,
    exclusion: float = 0.0,
    tolerance: float | None = None,
) -> Crystal:
    """Find domains, lattice, sites and symmetry of particles.

    Args:
        particles: What was detected.
        large_diameter: The length that is σ_L, in nm.
        exclusion: See ``measure_cell``.
        tolerance: Of the symmetry, in nm; None takes the middle of the widest range in which
            two libraries agree on one group.

    Raises:
        InputError: There is no lattice, or too few unit cells.
    """
    domains = find_domains(particles)
    within = same_place(particles)
    parts = [particles.select(domain.members) for domain in domains]
    folds = [
        fold(part, domain.lattice, within) for part, domain in zip(parts, domains, strict=True)
    ]
    fault = None
    if len(folds) > 1:
        fault = fault_between(particles, folds[0], folds[1], domains)
    cell = cell_of(parts[0], folds[0], exclusion)
    measured = cell.unit_cell(large_diameter)
    configuration = measured.configuration(SIZE_RATIO)
    steps = tuple(scan(configuration))
    at = _widest(steps, large_diameter) if tolerance is None else tolerance
    group = None if not np.isfinite(at) else symmetrised(configuration, at / large_diameter)
    symmetric = measured if group is None else _crystal(group, large_diameter)
    return Crystal(
        parts[0],
        cell,
        tuple(len(domain.members) for domain in domains),
        fault,
        layer_angle(cell),
        steps,
        float(at),
        measured,
        symmetric,
        group,
    )


def layer_angle(cell: MeasuredCell) -> float:
    """Return the angle of the layers of large particles to the xy plane, in degrees.

    Layers are the lattice planes of low index in which the large particles lie flattest, one or
    two planes a spacing; of equally flat ones those that are farthest apart.
    """
    large = cell.fractions.mean[cell.types == cell.types.min()]
    indices = [g for g in itertools.product(range(-2, 3), repeat=3) if g > (0, 0, 0)]
    primitive = np.array([g for g in indices if math.gcd(*g) == 1], np.float64)
    flatness = np.abs(np.exp(4j * np.pi * primitive @ large.T).mean(axis=1))
    normals = primitive @ np.linalg.inv(cell.lattice)
    spacing = 1.0 / np.linalg.norm(normals, axis=1)
    flat = flatness > 0.95 * flatness.max()
    normal = normals[int(np.argmax(np.where(flat, spacing, 0.0)))]
    return float(np.degrees(np.arccos(min(1.0, abs(normal[2]) / float(np.linalg.norm(normal))))))


def write_outputs(path: Path, crystal: Crystal) -> list[Path]:
    """Write the symmetrised cell as CIF, the measured one beside it, and the tables.

    Raises:
        StorageError: The folder is not writable or the disk is full.
    """
    letters = "" if crystal.group is None else _letters(crystal)
    group = "P1" if crystal.group is None else crystal.group.symbol
    note = f"hsmc tomo unit-cell: symmetrised, {group} within {crystal.tolerance:.3g} nm"
    write_crystal_cif(path, crystal.symmetric, note, letters)
    raw = path.with_name(path.stem + "-measured.cif")
    write_crystal_cif(raw, crystal.measured, "hsmc tomo unit-cell: mean of the measured cells")
    return [path, raw, *write_tables(path.with_suffix(""), crystal.cell)]


def _widest(steps: tuple[Step, ...], large_diameter: float) -> float:
    """Return the middle, in nm, of the widest range in which two libraries agree; NaN if none."""
    good = [
        step for step in steps if step.groups.spglib == step.groups.moyo and step.groups.moyo > 1
    ]
    if not good:
        return float("nan")
    widest = max(good, key=lambda step: step.last / step.first)
    return float(np.sqrt(widest.first * widest.last)) * large_diameter


def _crystal(group: Symmetrised, large_diameter: float) -> UnitCell:
    """Return a symmetrised configuration as a crystal in nm."""
    ideal = group.configuration
    species = tuple("large" if kind == 0 else "small" for kind in ideal.types)
    return UnitCell(
        f"symmetrised {group.symbol}".replace("/", "_"),
        ideal.box.vectors * large_diameter,
        ideal.scaled,
        species,
        "large",
        large_diameter,
        "hsmc tomo unit-cell",
    )


def _letters(crystal: Crystal) -> str:
    """Return the Wyckoff letters of the spheres of the symmetrised cell."""
    assert crystal.group is not None
    again = symmetrised(crystal.group.configuration, 1e-4)
    same = again.number == crystal.group.number
    return again.letters if same and len(again.letters) == len(crystal.symmetric) else ""


def _scan_words(crystal: Crystal) -> str:
    size = crystal.measured.large_diameter
    words = [
        f"{symbol(step.groups.spglib)} {step.first * size:.2f}-{step.last * size:.2f}"
        for step in crystal.steps
        if step.groups.spglib > 1
    ]
    return ", ".join(words) + " nm"


def _fault_words(fault: Fault, domains: tuple[int, ...]) -> str:
    x, y, z = fault.normal
    a, b, c = fault.shift
    return (
        f"{len(domains)} domains of {' and '.join(map(str, domains))} particles: the plane between "
        f"them has the normal ({x:.3f} {y:.3f} {z:.3f}) and lies {fault.height:+.2f} nm along it; "
        f"turned by {fault.turn:.0f}° and shifted by {a:.2f}, {b:.2f}, {c:.2f} nm along a, b, c "
        f"the first is the second (RMS {fault.rms:.2f} nm)"
    )
