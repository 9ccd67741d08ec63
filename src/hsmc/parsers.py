"""What the files of other programs hold: CIF, POSCAR, extended XYZ and GSD."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Floats
from hsmc.errors import InputError

NO_CELL = "has no unit cell; three box vectors are needed (in extended XYZ: Lattice)"


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What a file holds, in its own unit of length.

    Attributes:
        lattice: Box vectors as columns; shape (3, 3).
        positions: Cartesian centres; shape (N, 3).
        labels: Species of each sphere; shape (N,).
        diameters: Diameter of each sphere, None if the file has none; shape (N,).
    """

    lattice: Floats
    positions: Floats
    labels: NDArray[np.str_]
    diameters: Floats | None


def parser_of(path: Path) -> Callable[[Path], Content]:
    """Return the function that parses a file of this name.

    Raises:
        InputError: Neither the extension nor the name is known.
    """
    if parser := _PARSERS.get(path.suffix.lower()):
        return parser
    if path.name.startswith(("POSCAR", "CONTCAR")):
        return _parse_poscar
    message = (
        f"extension {path.suffix!r} is not known; needs one of {' '.join(_PARSERS)} "
        "(or a name that starts with POSCAR or CONTCAR)"
    )
    raise InputError(message)


@contextmanager
def _complete(kind: str) -> Iterator[None]:
    """Turn whatever a foreign reader says of a bad file into one line.

    ASE and gsd share no error class and a damaged file can raise anything, hence the broad catch.
    ASE only warns of faults that change the crystal (equivalent sites merged, badly formed
    numbers, rows of a wrong length): these are errors here. Its remark on crystal systems is
    made for most sound CIF files and says nothing of this one.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            warnings.filterwarnings("ignore", "crystal system .* is not interpreted", UserWarning)
            yield
    except InputError:
        raise
    except Exception as error:
        why = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, KeyError):
            why = f"{why} is no element symbol"
        message = f"is no readable {kind} ({why}); a complete {kind} file is needed"
        raise InputError(message) from error


def _parse_cif(path: Path) -> Content:
    from ase.io.cif import parse_cif

    with _complete("CIF"), path.open("rb") as file:
        every: list[Any] = list(parse_cif(file))
        blocks = [block for block in every if block.has_structure()]
        if not blocks:
            message = "lists 0 atom sites, at least 1 is needed"
            raise InputError(message)
        _check_cif(blocks[-1])
        return _from_atoms(blocks[-1].get_atoms(fractional_occupancies=False))


def _check_cif(block: Any) -> None:
    """Refuse what ASE would misread or explain badly."""
    missing = [tag for tag in block.cell_tags if not _is_number(block.get(tag))]
    if missing:
        message = f"has no unit cell: {missing[0]} is {block.get(missing[0])}, needs a number"
        raise InputError(message)
    for site, occupancy in enumerate(block.get("_atom_site_occupancy", ())):
        # "?" and "." stand for the default, which is a full site
        if _is_number(occupancy) and abs(occupancy - 1.0) > 1e-6:
            message = f"occupancy of site {site} is {occupancy:g}, needs 1: no site may be partial"
            raise InputError(message)
    for tag in ("_atom_site_fract_x", "_atom_site_fract_y", "_atom_site_fract_z"):
        for site, value in enumerate(block.get(tag, ())):
            if not _is_number(value):
                message = f"{tag} of site {site} is {value!r}, needs a finite number"
                raise InputError(message)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and bool(np.isfinite(value))


def _parse_poscar(path: Path) -> Content:
    from ase.io.vasp import read_vasp

    with _complete("POSCAR"):
        return _from_atoms(read_vasp(str(path)))


def _parse_xyz(path: Path) -> Content:
    from ase.io import extxyz

    parse: Any = extxyz.key_val_str_to_dict
    comments: list[str] = []

    def keep_labels(comment: str) -> dict[str, Any]:
        # ASE takes species for elements, and simulations name theirs A and B: read them as text.
        comments.append(comment)
        info: dict[str, Any] = parse(comment)
        columns = info.get("Properties", "species:S:1:pos:R:3")
        return info | {"Properties": columns.replace("species:S:1", "label:S:1")}

    with _complete("extended XYZ"), path.open(encoding="utf-8") as file:
        frames = extxyz.read_xyz(file, -1, properties_parser=keep_labels)
        try:
            return _from_atoms(next(frames))
        except KeyError as error:
            if comments:
                raise
            # An empty comment is not given to keep_labels: A was taken for an element after all.
            raise InputError(NO_CELL) from error


def _from_atoms(atoms: Any) -> Content:
    lattice = np.array(atoms.cell.array.T, dtype=np.float64)
    if not lattice.any():
        raise InputError(NO_CELL)
    if not atoms.pbc.all():
        message = f"is periodic along {atoms.pbc.tolist()} of a, b, c; needs all three"
        raise InputError(message)
    labels = atoms.arrays.get("label", atoms.get_chemical_symbols())
    radii = atoms.arrays.get("radius")
    diameters = None if radii is None else 2.0 * np.array(radii, dtype=np.float64)
    return Content(lattice, atoms.positions.copy(), np.array(labels, dtype=np.str_), diameters)


def _parse_gsd(path: Path) -> Content:
    from gsd import hoomd

    with _complete("GSD"), hoomd.open(str(path), "r") as trajectory:
        if not len(trajectory):
            message = "holds 0 frames, at least 1 is needed"
            raise InputError(message)
        frame = trajectory[-1]
        _check_dimensions(frame.configuration.dimensions)
        last = len(trajectory) - 1
        # A diameter that no chunk holds reads as 1, the default, and means nothing.
        stored = any(trajectory.file.chunk_exists(i, "particles/diameter") for i in (0, last))
    particles = frame.particles
    typeid = np.asarray(particles.typeid, dtype=np.int64)
    if typeid.size and typeid.max() >= len(particles.types):
        message = f"type number {typeid.max()} has no name, {len(particles.types)} types are named"
        raise InputError(message)
    return Content(
        _gsd_lattice(frame.configuration.box),
        np.array(particles.position, dtype=np.float64),
        np.array(particles.types, dtype=np.str_)[typeid],
        np.array(particles.diameter, dtype=np.float64) if stored else _shape_diameters(particles),
    )


def _check_dimensions(dimensions: int) -> None:
    if dimensions != 3:
        message = f"is {dimensions}-dimensional, needs 3 dimensions"
        raise InputError(message)


def _gsd_lattice(box: Floats) -> Floats:
    """Return box vectors as columns from lx, ly, lz, xy, xz, yz of the HOOMD schema."""
    lx, ly, lz, xy, xz, yz = np.asarray(box, dtype=np.float64)
    return np.array([[lx, xy * ly, xz * lz], [0.0, ly, yz * lz], [0.0, 0.0, lz]])


def _shape_diameters(particles: Any) -> Floats | None:
    """Return the diameters of the spheres in ``type_shapes``; None if a type has none."""
    shapes = particles.type_shapes
    if len(shapes) < len(particles.types) or any("diameter" not in shape for shape in shapes):
        return None
    typeid = np.asarray(particles.typeid, dtype=np.int64)
    return np.array([shape["diameter"] for shape in shapes], dtype=np.float64)[typeid]


_PARSERS: dict[str, Callable[[Path], Content]] = {
    ".cif": _parse_cif,
    ".vasp": _parse_poscar,
    ".poscar": _parse_poscar,
    ".xyz": _parse_xyz,
    ".extxyz": _parse_xyz,
    ".gsd": _parse_gsd,
}
