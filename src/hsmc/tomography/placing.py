"""Images turned and shifted into their places: what an alignment is, and what is done by it."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import spline_filter

from hsmc.box import Floats
from hsmc.kernels.resampling import resample
from hsmc.tomography.series import Single, TiltSeries
from hsmc.tomography.threads import in_threads

PAD = 12
"""Pixels by which images go on at their edges before splines are laid through them."""


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Where images lie.

    Attributes:
        shifts: Rows and columns by which each image is displaced, in pixels; shape (T, 2).
        axis_angle: Degrees by which the tilt axis is turned from the columns of the images.
        residuals: Difference between images and re-projections over the spread of the images,
            before, and after each refinement.
    """

    shifts: Floats
    axis_angle: float
    residuals: tuple[float, ...]

    def applied(self, series: TiltSeries) -> TiltSeries:
        """Return the series with every image turned and shifted into its place, once."""
        return series.with_images(place(splines_of(series.images), self.shifts, self.axis_angle))


def without_gauge(shifts: Floats, radians: Floats) -> Floats:
    """Return shifts without what a shift of the sample explains: a cos θ + b sin θ, and v.

    Args:
        shifts: Rows and columns; shape (T, 2).
        radians: Tilts; shape (T,).
    """
    out = shifts - shifts.mean(axis=0)
    waves = np.column_stack([np.cos(radians), np.sin(radians)])
    out[:, 1] = shifts[:, 1] - waves @ np.linalg.lstsq(waves, shifts[:, 1], rcond=None)[0]
    return np.asarray(out)


def splines_of(images: Single) -> Single:
    """Return coefficients of the cubic splines of images that go on as at their edges."""
    padded = np.pad(images, ((0, 0), (PAD, PAD), (PAD, PAD)), mode="edge")

    def one(image: Single) -> None:
        spline_filter(image, output=image, mode="mirror")

    in_threads(one, padded)
    return padded


def place(coefficients: Single, shifts: Floats, axis_angle: float) -> Single:
    """Return images turned about their middle and shifted back, in one interpolation."""
    c, s = math.cos(math.radians(axis_angle)), math.sin(math.radians(axis_angle))
    matrix = np.array([[c, s], [-s, c]])  # rows, columns
    rows, columns = (n - 2 * PAD for n in coefficients.shape[1:])
    middle = 0.5 * (np.array([rows, columns]) - 1.0)
    out = np.empty((len(coefficients), rows, columns), np.float32)

    def one(number: int) -> None:
        offset = middle + shifts[number] - matrix @ middle
        resample(coefficients[number], matrix, offset, PAD, out[number])

    in_threads(one, range(len(out)))
    return out


def turned(moved: Floats, axis_angle: float) -> Floats:
    """Return displacements (T, 2) found in turned images as those of the images as they are."""
    c, s = math.cos(math.radians(axis_angle)), math.sin(math.radians(axis_angle))
    return np.asarray(moved @ np.array([[c, -s], [s, c]]))


def binned(images: Single, factor: int) -> Single:
    """Return means over factor × factor pixels, the middle where it was; rests are cut off."""
    if factor == 1:
        return images
    count, ny, nx = images.shape
    rows, columns = ny // factor * factor, nx // factor * factor
    top, left = (ny - rows) // 2, (nx - columns) // 2
    cut = images[:, top : top + rows, left : left + columns]
    blocks = cut.reshape(count, rows // factor, factor, columns // factor, factor)
    return np.asarray(blocks.mean(axis=(2, 4)), np.float32)


def inner(shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Return the inner 84 % of the images, which every image covers."""
    rows, columns = (round(0.08 * n) for n in shape[1:])
    return slice(None), slice(rows, shape[1] - rows), slice(columns, shape[2] - columns)
