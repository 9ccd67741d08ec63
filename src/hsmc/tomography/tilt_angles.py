"""Tilt angles and pixel sizes: from the user, files beside the series, or its header."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hsmc.box import Floats
from hsmc.errors import InputError

BESIDE = (".tlt", ".rawtlt", ".mrc.mdoc", ".mdoc", ".st.mdoc")
"""Endings of files with angles that microscopes and IMOD put beside a series, best first."""

FEI_RECORDS, FEI_RECORD = 1024, 128
"""The older extended header of FEI: so many records of so many bytes, 32 floats each."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Something found and where it was found.

    Attributes:
        value: Angles in degrees, or a pixel in nm.
        source: Words for the user.
    """

    value: Floats
    source: str


def angles_from_text(path: Path) -> Floats:
    """Read tilt angles, one a line; ``.mdoc`` files say ``TiltAngle =`` once an image.

    Raises:
        InputError: The file is not there or holds no angles.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        message = f"tilt angles {path} cannot be read: {error.strerror}"
        raise InputError(message) from error
    if path.suffix == ".mdoc":
        angles = [float(word) for word in re.findall(r"^TiltAngle\s*=\s*(\S+)", text, re.M)]
    else:
        angles = [_number(line, path) for line in text.splitlines() if line.strip()]
    if not angles:
        message = f"tilt angles {path} holds none; needs one a line, in degrees"
        raise InputError(message)
    return np.array(angles)


def angles_from_steps(first: float, step: float, count: int) -> Floats:
    """Return evenly spaced angles, in degrees."""
    if step == 0.0:
        message = "tilt step is 0 degrees, needs another number"
        raise InputError(message)
    return first + step * np.arange(count, dtype=np.float64)


def angles_beside(path: Path) -> Found | None:
    """Return angles from a file beside the series, if there is one."""
    for ending in BESIDE:
        candidate = path.with_name(path.stem + ending)
        if candidate.is_file():
            return Found(angles_from_text(candidate), candidate.name)
    return None


def pixel_beside(path: Path) -> Found | None:
    """Return the pixel of an ``.mdoc`` file beside the series, in nm (it is in Å there)."""
    for ending in BESIDE[2:]:
        candidate = path.with_name(path.stem + ending)
        if candidate.is_file():
            text = candidate.read_text(encoding="utf-8", errors="replace")
            found = re.search(r"^PixelSpacing\s*=\s*(\S+)", text, re.M)
            if found:
                return Found(np.array(0.1 * float(found.group(1))), candidate.name)
    return None


def angles_in_header(extended: bytes, kind: str, count: int, order: str) -> Found | None:
    """Return the angles of an extended MRC header, if it is one of FEI's.

    Args:
        extended: The bytes.
        kind: Its type as the header names it; empty in older files.
        count: Images in the file.
        order: "<" or ">", as the rest of the file.
    """
    table = _fei(extended, kind, order)
    if table is None or len(table) < count:
        return None
    angles = table[:count, 0]
    if not np.isfinite(angles).all() or np.ptp(angles) == 0.0:
        return None
    return Found(angles, "the extended header")


def pixel_in_header(extended: bytes, kind: str, order: str) -> Found | None:
    """Return the pixel of an extended MRC header of FEI, in nm (it is in m there)."""
    table = _fei(extended, kind, order)
    if table is None or not len(table):
        return None
    pixel = float(table[0, 1]) * 1e9
    return Found(np.array(pixel), "the extended header") if 0.0 < pixel < 1e4 else None


def _fei(extended: bytes, kind: str, order: str) -> Floats | None:
    """Return tilt (degrees) and pixel (m) of each image; None if the header is of another kind."""
    if kind in ("FEI1", "FEI2"):
        size = int(np.frombuffer(extended, f"{order}i4", 1)[0]) if len(extended) >= 4 else 0
        if size < 164 or len(extended) < size:
            return None
        records = [extended[k : k + size] for k in range(0, len(extended) - size + 1, size)]
        at = (100, 156)  # of alpha tilt and pixel size in a record, as float64
        rows = [
            [np.frombuffer(one, f"{order}f8", 1, offset)[0] for offset in at] for one in records
        ]
        return np.array(rows)
    if len(extended) == FEI_RECORDS * FEI_RECORD:
        floats = np.frombuffer(extended, f"{order}f4").reshape(FEI_RECORDS, FEI_RECORD // 4)
        return floats[:, [0, 11]].astype(np.float64)
    return None


def _number(line: str, path: Path) -> float:
    try:
        return float(line.split()[0])
    except ValueError:
        message = f"tilt angles {path} has the line {line.strip()!r}; needs a number of degrees"
        raise InputError(message) from None
