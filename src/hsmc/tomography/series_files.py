"""Tilt series from MRC, TIFF and HDF5 files, and into them."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from hsmc.errors import InputError, StorageError
from hsmc.hdf5 import LIBVER
from hsmc.storage import replacing, write_whole
from hsmc.tomography import tilt_angles as angle_files
from hsmc.tomography.preparation import guess_kind
from hsmc.tomography.series import BRIGHT, DARK, LINES, Single, TiltSeries
from hsmc.tomography.tilt_angles import Found

MRC, TIFF, HDF5 = (
    (".mrc", ".st", ".ali", ".rec", ".mrcs"),
    (".tif", ".tiff"),
    (".h5", ".hdf5", ".emd"),
)

AXES = ("y", "x")

UNSAID = 0.1
"""A pixel of 1 Å is what headers have that were never told, so it counts as missing."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user says of a series; None leaves it to the file.

    Attributes:
        angles: File with tilt angles.
        step: First angle and step, in degrees.
        pixel: Width of a pixel, in nm.
        kind: ``BRIGHT``, ``DARK`` or ``LINES``.
        axis: Image axis nearest to the tilt axis: "y" (columns) or "x" (rows).
    """

    angles: Path | None = None
    step: tuple[float, float] | None = None
    pixel: float | None = None
    kind: str | None = None
    axis: str = "y"

    def __post_init__(self) -> None:
        if self.angles is not None and self.step is not None:
            message = "tilt angles are given twice, as a file and as a step; give one"
            raise InputError(message)
        if self.kind not in (None, BRIGHT, DARK, LINES):
            message = f"kind is {self.kind!r}, needs {BRIGHT}, {DARK} or {LINES}"
            raise InputError(message)
        if self.axis not in AXES:
            message = f"tilt axis is {self.axis!r}, needs y (along the columns) or x"
            raise InputError(message)


@dataclass(frozen=True, slots=True, eq=False)
class _Raw:
    """What a file holds; None for what it does not say."""

    images: NDArray[Any]
    angles: Found | None = None
    pixel: Found | None = None
    kind: str | None = None


def read_series(path: Path | str, options: ReadOptions | None = None) -> TiltSeries:
    """Read a tilt series. What had to be assumed is in its notes.

    Args:
        path: MRC (also with headers that break the rules), TIFF or HDF5; by its ending.
        options: What the user says.

    Raises:
        InputError: The file, its angles or its pixel are not usable, or missing.
        StorageError: The operating system refuses to read the file.
    """
    path, options = Path(path), options or ReadOptions()
    with _named(path):
        return _series(path, _read(path, "a tilt series"), options)


def write_series(path: Path, series: TiltSeries) -> None:
    """Write a series as HDF5, or as MRC with its angles beside it in a ``.rawtlt`` file.

    Raises:
        InputError: The ending is of neither.
        StorageError: The folder is not writable or the disk is full.
    """
    if path.suffix in HDF5:
        buffer = io.BytesIO()
        with h5py.File(buffer, "w", libver=LIBVER) as file:
            file.create_dataset(
                "images", data=series.images, compression="gzip", compression_opts=1
            )
            file["angles"] = series.angles
            file["angles"].attrs["unit"] = "degree"
            file.attrs.update({"pixel_nm": series.pixel, "kind": series.kind})
        write_whole(path, buffer.getbuffer())
    elif path.suffix in MRC:
        write_mrc(path, series.images, series.pixel)
        lines = "".join(f"{angle:8.2f}\n" for angle in series.angles)
        write_whole(path.with_suffix(".rawtlt"), lines.encode())
    else:
        message = f"series {path} ends in {path.suffix!r}, needs .h5 or .mrc"
        raise InputError(message)


def write_mrc(path: Path, array: Single, pixel: float) -> None:
    """Write a series or a volume as MRC of mode 2 (mode 0 would lose numbers), wholly or not.

    Args:
        path: The file.
        array: Shape (sections, rows, columns).
        pixel: Width of a pixel or voxel, in nm; MRC has Å.
    """
    import mrcfile

    with replacing(path) as temporary, mrcfile.new(temporary, overwrite=True) as file:
        file.set_data(np.ascontiguousarray(array, np.float32))
        file.voxel_size = 10.0 * pixel


def read_numbers(path: Path, needed: str) -> tuple[NDArray[Any], float | None]:
    """Return the data of an MRC, TIFF or HDF5 file and its pixel in nm, None if it does not say.

    Args:
        path: The file; what it is follows from its ending.
        needed: What the file has to hold, in words for the user whose file is not there.

    Raises:
        InputError: The file is not there, cut short, or holds no real numbers.
        StorageError: The operating system refuses to read the file.
    """
    with _named(path):
        raw = _read(path, needed)
    return raw.images, None if raw.pixel is None else float(raw.pixel.value)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Put the name of the file before whatever is wrong with it."""
    try:
        yield
    except (InputError, StorageError) as error:
        message = f"{path}: {error}"
        raise type(error)(message) from error


def _series(path: Path, raw: _Raw, options: ReadOptions) -> TiltSeries:
    images, notes = raw.images, []
    if images.ndim != 3 or len(images) < 2:
        message = f"holds {'one image' if images.ndim == 2 else 'an array'} of shape {images.shape}"
        raise InputError(message + "; a tilt series needs 2 or more images")
    found = _angles(path, raw, options, len(images))
    notes.append(f"tilt angles from {found.source}: {found.value[0]:g} to {found.value[-1]:g}°")
    pixel = _pixel(path, raw, options)
    notes.append(f"pixel of {float(pixel.value):g} nm from {pixel.source}")
    kind = options.kind or raw.kind
    if kind is None:
        kind = guess_kind(images)
        notes.append(f"{kind} images, judged by the brightness of their edges (--kind overrules)")
    if options.axis == "x":
        images = images.transpose(0, 2, 1)
        notes.append("rows and columns exchanged: the tilt axis is along y in all that follows")
    pixel_nm = float(pixel.value)
    return TiltSeries.sorted(
        np.asarray(images, np.float32), found.value, pixel_nm, kind, tuple(notes)
    )


def _angles(path: Path, raw: _Raw, options: ReadOptions, count: int) -> Found:
    if options.angles is not None:
        found: Found | None = Found(
            angle_files.angles_from_text(options.angles), str(options.angles)
        )
    elif options.step is not None:
        found = Found(angle_files.angles_from_steps(*options.step, count), "--step")
    else:
        found = raw.angles or angle_files.angles_beside(path)
    if found is None:
        message = (
            "has no tilt angles, in its header or beside it (.tlt, .rawtlt, .mdoc); give them by "
            "--angles FILE, or by --step FIRST STEP"
        )
        raise InputError(message)
    if len(found.value) != count:
        message = f"{len(found.value)} tilt angles in {found.source} for {count} images"
        raise InputError(message + "; give one an image")
    return found


def _pixel(path: Path, raw: _Raw, options: ReadOptions) -> Found:
    if options.pixel is not None:
        return Found(np.array(options.pixel), "--pixel")
    found = raw.pixel or angle_files.pixel_beside(path)
    if found is None:
        message = "does not say how wide a pixel is; give it by --pixel, in nm (1 nm = 10 Å)"
        raise InputError(message)
    return found


def _read(path: Path, needed: str) -> _Raw:
    if not path.is_file():
        found = "is no file" if path.exists() else "there is no such file"
        message = f"{found}; {needed} is needed"
        raise InputError(message)
    readers = ((MRC, _read_mrc), (TIFF, _read_tiff), (HDF5, _read_hdf5))
    for endings, reader in readers:
        if path.suffix.lower() in endings:
            try:
                return reader(path)
            except OSError as error:
                message = f"cannot be read: {error.strerror or error}"
                raise (StorageError if error.errno else InputError)(message) from error
    known = ", ".join(ending for group, _ in readers for ending in group)
    message = f"ends in {path.suffix!r}, needs one of {known}"
    raise InputError(message)


def _read_mrc(path: Path) -> _Raw:
    import mrcfile

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # real files break the rules of headers
        try:
            with mrcfile.open(path, permissive=True) as file:
                header, data = file.header, file.data
                extended, size = file.extended_header, file.voxel_size
        except ValueError as error:
            message = f"is no usable MRC file: {error}"
            raise InputError(message) from error
    if data is None:
        shape = (
            tuple(int(header[axis]) for axis in ("nz", "ny", "nx")) if header is not None else ()
        )
        message = (
            f"is cut short, or of an unknown mode: the header says {shape} numbers of mode "
            f"{int(header.mode) if header is not None else '?'}, the file has "
            f"{path.stat().st_size} bytes; copy it again"
        )
        raise InputError(message)
    if np.iscomplexobj(data) or data.dtype.names:
        message = (
            f"holds numbers of type {data.dtype}; real ones are needed (mode 0, 1, 2, 6 or 12)"
        )
        raise InputError(message)
    order = "<" if header.nx.dtype.byteorder in "<=|" else ">"
    raw = extended.tobytes() if extended is not None else b""
    kind = bytes(header.exttyp).decode("latin-1").strip("\0 ")
    width = 0.1 * float(size.x)
    says = width > 0.0 and width != UNSAID
    in_header = Found(np.array(width), "the header") if says else None
    return _Raw(
        np.array(data),
        angle_files.angles_in_header(raw, kind, len(data), order) if data.ndim == 3 else None,
        angle_files.pixel_in_header(raw, kind, order) or in_header,
    )


def _read_tiff(path: Path) -> _Raw:
    import tifffile

    try:
        images = tifffile.imread(path)
    except (ValueError, tifffile.TiffFileError) as error:
        message = f"is no usable TIFF file: {error}"
        raise InputError(message) from error
    if images.ndim == 4 and images.shape[-1] in (3, 4):
        message = "holds images in colour; grey ones are needed"
        raise InputError(message)
    return _Raw(np.asarray(images))


def _read_hdf5(path: Path) -> _Raw:
    try:
        with h5py.File(path, "r") as file:
            return _content(file)
    except OSError as error:
        message = f"is no usable HDF5 file: {error}"
        raise InputError(message) from error


def _content(file: Any) -> _Raw:
    """Return our own layout, or the only array of three axes in a file of another program."""
    if "images" in file and "angles" in file:
        angles = Found(np.asarray(file["angles"][()], np.float64), "the file")
        pixel = file.attrs.get("pixel_nm")
        width = None if pixel is None else Found(np.array(float(pixel)), "the file")
        return _Raw(file["images"][()], angles, width, str(file.attrs.get("kind", "")) or None)
    names: list[str] = []

    def note(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.ndim == 3:
            names.append(name)

    file.visititems(note)
    if len(names) != 1:
        message = f"holds {len(names)} arrays of three axes, needs one (tilts, rows, columns)"
        raise InputError(message)
    return _Raw(file[names[0]][()])
