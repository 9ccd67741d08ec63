"""Reconstructed volumes as HDF5 files, with all that a template has to go through."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from hsmc.box import Floats
from hsmc.errors import InputError
from hsmc.hdf5 import LIBVER
from hsmc.provenance import provenance
from hsmc.storage import named, write_whole
from hsmc.tomography.lens import Lens
from hsmc.tomography.reconstruction import Method
from hsmc.tomography.series import Single
from hsmc.tomography.templates import Imaging

SCHEMA = 1
"""Version of the layout; a reader refuses a newer one."""


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """A reconstruction and how it came to be.

    Attributes:
        values: Densities in 1/nm; shape (nz, ny, nx).
        pixel: Width of a voxel, in nm.
        angles: Tilts, in degrees.
        method: The reconstruction.
        lens: The lens whose sign changes were undone; None for none.
        shifts: Rows and columns by which images were displaced, in pixels; shape (T, 2).
        axis_angle: Degrees by which the tilt axis was turned from the columns.
        residuals: Of the alignment.
        notes: What was assumed.
    """

    values: Single
    pixel: float
    angles: Floats
    method: Method
    lens: Lens | None
    shifts: Floats
    axis_angle: float
    residuals: tuple[float, ...]
    notes: tuple[str, ...]

    @property
    def imaging(self) -> Imaging:
        """What a template has to go through."""
        transfer = None if self.lens is None else self.lens.seen
        return Imaging(self.angles, self.pixel, self.method, transfer)


def write_volume(path: Path, volume: Volume) -> None:
    """Write a volume, wholly or not at all.

    Raises:
        StorageError: The folder is not writable or the disk is full.
    """
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=LIBVER) as file:
        file["volume"], file["angles"], file["shifts"] = volume.values, volume.angles, volume.shifts
        file.attrs["schema"] = SCHEMA
        file.attrs["made_of"] = json.dumps(_texts(volume))
        file.attrs["provenance"] = json.dumps(provenance())
    write_whole(path, buffer.getbuffer())


def read_volume(path: Path) -> Volume:
    """Read what ``write_volume`` wrote.

    Raises:
        InputError: The file is not there, is another file, or is of a newer version.
    """
    if not named(path).is_file():
        message = f"{path}: there is no such file; a volume of hsmc tomo reconstruct is needed"
        raise InputError(message)
    try:
        with h5py.File(path, "r") as file:
            if "volume" not in file or "made_of" not in file.attrs:
                message = f"{path} is no volume of hsmc tomo reconstruct"
                raise InputError(message)
            if int(file.attrs["schema"]) > SCHEMA:
                message = (
                    f"{path} has layout {file.attrs['schema']}, this hsmc reads up to {SCHEMA}"
                )
                raise InputError(message)
            made = json.loads(str(file.attrs["made_of"]))
            arrays = (file["volume"][()], file["angles"][()], file["shifts"][()])
    except OSError as error:
        message = f"{path} is no usable HDF5 file: {error}"
        raise InputError(message) from error
    return Volume(
        arrays[0],
        made["pixel_nm"],
        arrays[1],
        Method(**made["method"]),
        None if made["lens"] is None else Lens(**made["lens"]),
        arrays[2],
        made["axis_angle"],
        tuple(made["residuals"]),
        tuple(made["notes"]),
    )


def _texts(volume: Volume) -> Mapping[str, Any]:
    def fields(one: Any) -> Any:
        return None if one is None else {name: getattr(one, name) for name in one.__slots__}

    return {
        "pixel_nm": volume.pixel,
        "method": fields(volume.method),
        "lens": fields(volume.lens),
        "axis_angle": volume.axis_angle,
        "residuals": list(volume.residuals),
        "notes": list(volume.notes),
    }
