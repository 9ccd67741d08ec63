"""Tables of particles: CSV, extended XYZ and HDF5."""

import csv
import io
from pathlib import Path

import h5py
import numpy as np

from hsmc.box import Floats
from hsmc.configuration import LARGE, SMALL
from hsmc.errors import InputError
from hsmc.hdf5 import LIBVER
from hsmc.storage import named, write_whole
from hsmc.tomography.particles import Ints, Particles

SPECIES = ("large", "small")

ENDINGS = (".csv", ".xyz", ".extxyz", ".h5")

PLACES = ("x_nm", "y_nm", "z_nm")


def write_particles(path: Path, particles: Particles) -> None:
    """Write particles, wholly or not at all; the format follows from the ending.

    Raises:
        InputError: The ending is of no known format.
        StorageError: The folder is not writable or the disk is full.
    """
    if path.suffix == ".csv":
        write_whole(path, _csv(particles).encode())
    elif path.suffix in (".xyz", ".extxyz"):
        write_whole(path, _xyz(particles).encode())
    elif path.suffix == ".h5":
        buffer = io.BytesIO()
        with h5py.File(buffer, "w", libver=LIBVER) as file:
            file["positions_nm"], file["species"] = particles.positions, particles.types
            for name, values in particles.columns.items():
                file[f"columns/{name}"] = values
        write_whole(path, buffer.getbuffer())
    else:
        message = f"table {path} ends in {path.suffix!r}, needs one of {', '.join(ENDINGS)}"
        raise InputError(message)


def read_particles(path: Path | str, large: str | None = None) -> Particles:
    """Read particles from a CSV with species, x_nm, y_nm, z_nm, an extended XYZ or our HDF5.

    Args:
        path: The file.
        large: Label of the large species; None takes "large", or else the rarer one.

    Raises:
        InputError: The file is not there or has no such columns.
    """
    path = Path(path)
    if not named(path).is_file():
        message = f"{path}: there is no such file; a table of particles is needed"
        raise InputError(message)
    if path.suffix == ".h5":
        with h5py.File(path, "r") as file:
            if "positions_nm" not in file:
                message = f"{path} holds no positions_nm; a table of hsmc tomo detect is needed"
                raise InputError(message)
            columns = {name: values[()] for name, values in file.get("columns", {}).items()}
            return Particles(file["positions_nm"][()], file["species"][()], columns)
    if path.suffix in (".xyz", ".extxyz"):
        labels, positions, columns = _read_xyz(path)
    elif path.suffix == ".csv":
        labels, positions, columns = _read_csv(path)
    else:
        message = f"table {path} ends in {path.suffix!r}, needs one of {', '.join(ENDINGS)}"
        raise InputError(message)
    return Particles(positions, _types(labels, large, path), columns)


def _types(labels: list[str], large: str | None, path: Path) -> Ints:
    names = sorted(set(labels))
    if len(names) > 2:
        message = f"{path} holds {len(names)} species ({', '.join(names)}), needs 1 or 2"
        raise InputError(message)
    if large is None:
        large = "large" if set(names) <= set(SPECIES) else min(names, key=labels.count)
    elif large not in names:
        message = f"--large is {large!r}, {path} has {', '.join(names)}"
        raise InputError(message)
    return np.where(np.array(labels) == large, LARGE, SMALL).astype(np.int64)


def _csv(particles: Particles) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["species", *PLACES, *particles.columns])
    extra = list(particles.columns.values())
    for k, (place, species) in enumerate(zip(particles.positions, particles.types, strict=True)):
        numbers = [*place, *(values[k] for values in extra)]
        writer.writerow([SPECIES[species], *(f"{number:.7g}" for number in numbers)])
    return text.getvalue()


def _xyz(particles: Particles) -> str:
    names = list(particles.columns)
    properties = "".join(f":{name}:R:1" for name in names)
    lines = [str(len(particles)), f"Properties=species:S:1:pos:R:3{properties} unit=nm"]
    for k, (place, species) in enumerate(zip(particles.positions, particles.types, strict=True)):
        numbers = [*place, *(particles.columns[name][k] for name in names)]
        lines.append(" ".join([SPECIES[species], *(f"{number:.5f}" for number in numbers)]))
    return "\n".join(lines) + "\n"


def _read_csv(path: Path) -> tuple[list[str], Floats, dict[str, Floats]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    missing = [name for name in ("species", *PLACES) if not rows or name not in rows[0]]
    if missing:
        message = f"{path} has no column {', '.join(missing)}; needs species, x_nm, y_nm, z_nm"
        raise InputError(message)
    try:
        positions = np.array([[float(row[name]) for name in PLACES] for row in rows])
        columns = {
            name: np.array([float(row[name]) for row in rows])
            for name in rows[0]
            if name not in ("species", *PLACES) and _is_number(rows[0][name])
        }
    except (TypeError, ValueError) as error:
        message = f"{path} has a place that is no number: {error}"
        raise InputError(message) from error
    return [row["species"] for row in rows], positions, columns


def _read_xyz(path: Path) -> tuple[list[str], Floats, dict[str, Floats]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    try:
        count = int(lines[0])
        rows = [line.split() for line in lines[2 : 2 + count]]
        labels = [row[0] for row in rows]
        positions = np.array([[float(word) for word in row[1:4]] for row in rows])
        if len(rows) != count or positions.shape != (count, 3):
            raise ValueError  # noqa: TRY301
    except (IndexError, ValueError) as error:
        message = f"{path} is no extended XYZ file with a species and x, y, z (nm) in each line"
        raise InputError(message) from error
    return labels, positions, {}


def _is_number(word: str) -> bool:
    try:
        float(word)
    except (TypeError, ValueError):
        return False
    return True
