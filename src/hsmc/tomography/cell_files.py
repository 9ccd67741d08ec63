"""Tables S1 and S2 of a measured cell as CSV, and crystals as CIF in nm."""

import csv
import io
from pathlib import Path

import numpy as np

from hsmc.box import Box, Floats
from hsmc.crystal import UnitCell
from hsmc.storage import write_whole
from hsmc.tomography.measured_cell import ANGLES, VECTORS, MeasuredCell, Spread
from hsmc.tomography.particle_files import SPECIES

AXES = ("x_nm", "y_nm", "z_nm")

ELEMENTS = {"large": "Pb", "small": "Cd"}
"""CIF wants chemical elements: A6B19 is PbSe and CdSe."""


def vector_table(cell: MeasuredCell) -> str:
    """Return the lattice vectors with the columns of the paper's Table S1, and standard errors."""
    columns = [*AXES, "length_nm", "angle_deg"]
    header = ["vector", *_with_spread(columns), "angle_name", "count"]
    rows = []
    for k, name in enumerate(VECTORS):
        numbers = [
            *_triples(cell.vectors, k),
            *_triples(cell.lengths, k),
            *_triples(cell.angles, k),
        ]
        rows.append([name, *numbers, ANGLES[k], str(cell.vectors.count[k])])
    return _text(header, rows)


def site_table(cell: MeasuredCell) -> str:
    """Return the sites with the columns of the paper's Table S2, and errors and occupancies."""
    header = ["row", "species", *_with_spread([*AXES, *VECTORS]), "count", "occupancy"]
    rows = []
    for k, kind in enumerate(cell.types):
        numbers = [*_triples(cell.sites, k), *_triples(cell.fractions, k)]
        count, part = str(cell.sites.count[k]), f"{cell.occupancy[k]:.3f}"
        rows.append([str(k + 1), SPECIES[kind], *numbers, count, part])
    return _text(header, rows)


def write_tables(stem: Path, cell: MeasuredCell) -> tuple[Path, Path]:
    """Write both tables beside ``stem``; return where.

    Raises:
        StorageError: The folder is not writable or the disk is full.
    """
    paths = (stem.with_name(stem.name + "-vectors.csv"), stem.with_name(stem.name + "-sites.csv"))
    for path, text in zip(paths, (vector_table(cell), site_table(cell)), strict=True):
        write_whole(path, text.encode())
    return paths


def write_crystal_cif(path: Path, crystal: UnitCell, note: str, letters: str = "") -> None:
    """Write a crystal as CIF, lengths in Å as CIF has them, without symmetry (P 1).

    Args:
        path: The file.
        crystal: Its lattice in nm.
        note: One line that says where it comes from.
        letters: Wyckoff letter of each sphere, if known.

    Raises:
        StorageError: The folder is not writable or the disk is full.
    """
    box = Box.from_vectors(crystal.lattice)
    names = [*(f"length_{side}" for side in VECTORS), *(f"angle_{angle}" for angle in ANGLES)]
    numbers = [*(10.0 * box.lengths), *box.angles]
    lines = [
        f"# {note}",
        f"# the large spheres are {ELEMENTS['large']}, the small ones {ELEMENTS['small']}; "
        f"sigma_L = {10.0 * crystal.large_diameter:g} A",
        f"data_{crystal.name.replace(' ', '_')}",
        *(f"_cell_{name} {number:.6f}" for name, number in zip(names, numbers, strict=True)),
        "_space_group_name_H-M_alt 'P 1'",
        "_space_group_IT_number 1",
        "loop_",
        "_space_group_symop_operation_xyz",
        "'x, y, z'",
        "loop_",
        "_atom_site_label",
        "_atom_site_type_symbol",
        "_atom_site_occupancy",
        *(f"_atom_site_fract_{axis}" for axis in "xyz"),
        *(["_atom_site_Wyckoff_symbol"] if letters else []),
    ]
    for k, (species, place) in enumerate(zip(crystal.species, crystal.scaled, strict=True)):
        element = ELEMENTS["large" if species == crystal.large else "small"]
        fractions = " ".join(f"{fraction:.8f}" for fraction in place)
        tail = f" {letters[k]}" if letters else ""
        lines.append(f"{element}{k + 1} {element} 1 {fractions}{tail}")
    write_whole(path, ("\n".join(lines) + "\n").encode("ascii", "replace"))


def _with_spread(names: list[str]) -> list[str]:
    """Return names with those of their standard deviation and standard error, x_nm → x_sd, x_se."""
    stems = [name.removesuffix("_nm").removesuffix("_deg") for name in names]
    pairs = zip(names, stems, strict=True)
    return [one for name, stem in pairs for one in (name, f"{stem}_sd", f"{stem}_se")]


def _triples(spread: Spread, row: int) -> list[str]:
    arrays = [np.atleast_1d(part[row]) for part in (spread.mean, spread.deviation, spread.error)]
    return [_digits(number) for three in zip(*arrays, strict=True) for number in three]


def _digits(number: Floats) -> str:
    return f"{float(number):.4f}"


def _text(header: list[str], rows: list[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([header, *rows])
    return text.getvalue()
