"""Volumes of other programs, and masks: numbers alone, so how they were made has to be told."""

from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Floats
from hsmc.errors import InputError
from hsmc.tomography.lens import Lens
from hsmc.tomography.reconstruction import Method
from hsmc.tomography.series import BRIGHT, DARK, LINES, Single
from hsmc.tomography.series_files import MRC, read_numbers
from hsmc.tomography.tilt_angles import angles_from_steps, angles_from_text
from hsmc.tomography.volume_files import Volume, read_volume


@dataclass(frozen=True, slots=True)
class VolumeOptions:
    """What the user says of a volume; None where nothing is said.

    Attributes:
        angles: File with the tilt angles of its series.
        tilts: First angle, last angle and step of them, in degrees.
        pixel: Width of a voxel, in nm.
        kind: What was reconstructed: ``BRIGHT`` for intensities, in which particles are dark,
            ``DARK`` or ``LINES`` where they are bright.
        method: The reconstruction nearest to the one used; templates go through it.
        lens: The lens whose sign changes were undone; None for none.
    """

    angles: Path | None = None
    tilts: tuple[float, float, float] | None = None
    pixel: float | None = None
    kind: str | None = None
    method: Method = field(default_factory=Method)
    lens: Lens | None = None

    def __post_init__(self) -> None:
        if self.angles is not None and self.tilts is not None:
            message = "tilt angles are given twice, by --angles and by --tilts; give one"
            raise InputError(message)
        if self.kind not in (None, BRIGHT, DARK, LINES):
            message = f"kind is {self.kind!r}, needs {BRIGHT}, {DARK} or {LINES}"
            raise InputError(message)
        if self.pixel is not None and not self.pixel > 0.0:
            message = f"pixel is {self.pixel:g} nm, needs to be > 0"
            raise InputError(message)


def read_any_volume(path: Path, options: VolumeOptions) -> Volume:
    """Read a volume of ours (HDF5), which needs no options, or an MRC of any program.

    Args:
        path: The file; what it is follows from its ending.
        options: What the user says.

    Raises:
        InputError: The file is not usable, or too little or too much is said of it.
        StorageError: The operating system refuses to read the file.
    """
    if path.suffix.lower() in MRC:
        return _plain(path, options)
    if any(getattr(options, one.name) != getattr(VolumeOptions(), one.name)
           for one in fields(options)):  # fmt: skip
        message = (
            f"{path} says itself how it was made; angles, pixel, kind, method and underfocus are "
            f"for volumes of other programs ({', '.join(MRC)}): leave them out"
        )
        raise InputError(message)
    return read_volume(path)


def read_mask(path: Path) -> NDArray[np.bool_]:
    """Return where an MRC is above 0; axes z, y, x.

    Raises:
        InputError: The file is not usable.
        StorageError: The operating system refuses to read the file.
    """
    return np.asarray(read_numbers(path, "a mask")[0] > 0)


def _plain(path: Path, options: VolumeOptions) -> Volume:
    numbers, header = read_numbers(path, "a volume")
    pixel = options.pixel or header
    angles = _angles(options)
    if angles is None or pixel is None or options.kind is None:
        ways = (
            (angles, "the angles of its tilts by --angles FILE or --tilts FIRST LAST STEP"),
            (pixel, "its voxels by --pixel, in nm"),
            (options.kind, f"--kind {BRIGHT} if particles are dark in it, else {LINES}"),
        )
        missing = "; ".join(way for known, way in ways if known is None)
        message = f"{path} does not say how it was made; give {missing}"
        raise InputError(message)
    if numbers.ndim != 3:
        message = f"{path} has shape {numbers.shape}, a volume has three axes (z, y, x)"
        raise InputError(message)
    values: Single = np.ascontiguousarray(numbers, np.float32)
    values = values - np.float32(np.median(values))  # whole numbers have an offset of their own
    shape = " × ".join(map(str, values.shape))
    notes = (
        f"volume of {shape} voxels taken as z, y, x with the tilt axis along y",
        f"voxels of {pixel:g} nm from {'the header' if options.pixel is None else '--pixel'}",
    )
    if options.kind == BRIGHT:
        values = -values
    return Volume(
        values, pixel, angles, options.method, options.lens, np.zeros((len(angles), 2)), 0.0, (),
        notes,
    )  # fmt: skip


def _angles(options: VolumeOptions) -> Floats | None:
    if options.angles is not None:
        return np.sort(angles_from_text(options.angles))
    if options.tilts is None:
        return None
    first, last, step = options.tilts
    count = 1 + round((last - first) / step) if step > 0.0 else 0
    if count < 2:
        message = f"tilts are {options.tilts}, need first < last and step > 0, in degrees"
        raise InputError(message)
    return angles_from_steps(first, step, count)
