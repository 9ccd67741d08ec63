"""What one sphere looks like in a reconstruction: the missing wedge is in the template.

A sphere in the middle of an empty volume goes through the same tilts and the same reconstruction
as the sample. Its thickness is counted from points inside of a ball; simulated series are drawn
from chords, with no code in common.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hsmc.box import Floats
from hsmc.errors import InputError
from hsmc.tomography.reconstruction import Method, reconstruct
from hsmc.tomography.series import LINES, Single, TiltSeries

COARSEST = 0.5
"""Voxels over the diameter of a sphere beyond which it can not be told from its neighbours."""

STEP = 0.05
"""Change of the logarithm of the diameter from which the template's change is taken."""

FINE = 8
"""Points across a voxel that are counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Imaging:
    """How a volume came to be: what a template has to go through.

    Attributes:
        angles: Tilts, in degrees; shape (T,).
        pixel: Width of a voxel, in nm.
        method: The reconstruction.
        transfer: What the lens does to line integrals, for images (T, ny, nx); None for nothing.
    """

    angles: Floats
    pixel: float
    method: Method
    transfer: Callable[[Single, float], Single] | None = None


def shadow(radius: float, rows: int, columns: int) -> Single:
    """Return the thickness of a sphere in the middle of an image, averaged over each pixel.

    Args:
        radius: In pixels; so is the thickness.
        rows: Of the image, odd.
        columns: Of the image, odd.
    """
    offsets = (np.arange(FINE) + 0.5) / FINE - 0.5
    half = math.ceil(radius) + 1
    fine = (np.arange(-half, half + 1)[:, None] + offsets).ravel()
    square = fine**2
    inside = square[:, None, None] + square[None, :, None] + square[None, None, :] <= radius**2
    side = 2 * half + 1
    blocks = inside.sum(axis=0).reshape(side, FINE, side, FINE)
    out = np.zeros((rows, columns), np.float32)
    top, left = (rows - side) // 2, (columns - side) // 2
    out[top : top + side, left : left + side] = blocks.mean(axis=(1, 3)) / FINE
    return out


def template_pair(
    diameter: float, imaging: Imaging, depth: int, width: int
) -> tuple[Single, Single]:
    """Return a template and its change with the logarithm of the diameter; see ``template``."""
    rows = _rows(diameter * math.exp(STEP), imaging)
    middle, below, above = (
        template(diameter * math.exp(step), imaging, (depth, rows, width))
        for step in (0.0, -STEP, STEP)
    )
    return middle, (above - below) / np.float32(2.0 * STEP)


def template(diameter: float, imaging: Imaging, shape: tuple[int, int, int]) -> Single:
    """Return the reconstruction of one sphere of density 1/nm.

    Args:
        diameter: Of the sphere, in nm.
        imaging: What the volume went through.
        shape: Voxels along z, y and x, all odd.

    Raises:
        InputError: The voxels are too coarse for the sphere.
    """
    if imaging.pixel > COARSEST * diameter:
        message = (
            f"voxels of {imaging.pixel:g} nm are too coarse for spheres of {diameter:g} nm; "
            f"needs {COARSEST * diameter:.3g} nm or less, and a quarter of that is better"
        )
        raise InputError(message)
    depth, rows, width = shape
    radius = 0.5 * diameter / imaging.pixel
    one = shadow(radius, rows, width) * np.float32(imaging.pixel)
    images = np.repeat(one[None], len(imaging.angles), axis=0)  # a sphere looks the same from all
    if imaging.transfer is not None:
        images = imaging.transfer(images, imaging.pixel)
    series = TiltSeries(images, imaging.angles, imaging.pixel, LINES)
    return reconstruct(series, depth, imaging.method)


def _rows(diameter: float, imaging: Imaging) -> int:
    """Return the rows that a sphere's shadow reaches, and what a lens spreads beyond."""
    return 2 * math.ceil(0.5 * diameter / imaging.pixel) + (5 if imaging.transfer is None else 25)
