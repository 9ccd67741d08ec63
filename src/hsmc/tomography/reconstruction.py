"""Volumes from line integrals: filtered back-projection and SIRT, slab by slab along the axis.

Sources:
    Kak and Slaney, Principles of Computerized Tomographic Imaging (1988), Sec. 3.3: the filter.
    Gilbert, J. Theor. Biol. 36, 105 (1972), doi:10.1016/0022-5193(72)90180-4: SIRT; here in the
    form x += C Aᵀ R (b − A x), R and C one over the row and column sums of A.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import fft

from hsmc.box import Floats
from hsmc.errors import InputError
from hsmc.kernels.projection import backproject_slices, project_slices
from hsmc.threads import usable_cores
from hsmc.tomography.series import LINES, Single, TiltSeries
from hsmc.tomography.threads import in_threads

FBP, SIRT = "fbp", "sirt"

SLAB = 96
"""Rows reconstructed at once, at most: few would make the weights the larger part of the work."""

FILTERED = 8
"""Images whose slab is filtered at once: padded transforms of all would take much memory."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Method:
    """How a volume is reconstructed.

    Attributes:
        name: ``FBP`` or ``SIRT``.
        iterations: Of SIRT.
        cutoff: Of the filter of FBP, over the Nyquist frequency: a Hann window ends there.
    """

    name: str = FBP
    iterations: int = 30
    cutoff: float = 1.0

    def __post_init__(self) -> None:
        if self.name not in (FBP, SIRT):
            message = f"method is {self.name!r}, needs {FBP} or {SIRT}"
            raise InputError(message)
        if self.iterations < 1:
            message = f"iterations are {self.iterations}, need to be ≥ 1"
            raise InputError(message)
        if not 0.05 <= self.cutoff <= 2.0:
            message = f"cutoff is {self.cutoff:g}, needs to be in [0.05, 2] Nyquist frequencies"
            raise InputError(message)


def reconstruct(
    series: TiltSeries, depth: int, method: Method, progress: Progress | None = None
) -> Single:
    """Return a volume as wide as the images, in 1/nm; shape (depth, ny, nx).

    Args:
        series: Line integrals, aligned.
        depth: Voxels along the beam at no tilt.
        method: How.
        progress: Told what is done, and which part of it.

    Raises:
        InputError: The series holds no line integrals, or the depth is below 1.
    """
    if series.kind != LINES:
        message = f"the series holds {series.kind} images; line integrals are needed"
        raise InputError(message)
    if depth < 1:
        message = f"depth is {depth} voxels, needs to be ≥ 1"
        raise InputError(message)
    _, ny, nx = series.images.shape
    volume = np.empty((depth, ny, nx), np.float32)
    slabs = _slabs(ny)
    done = iter(range(1, len(slabs) + 1))

    def one(rows: slice) -> None:
        images = _tilt_axis_last(series.images[:, rows])
        solve = _fbp if method.name == FBP else _sirt
        volume[:, rows] = solve(images, series.radians, depth, method).transpose(0, 2, 1)
        if progress:
            progress(f"reconstruct ({method.name})", next(done) / len(slabs))

    in_threads(one, slabs)
    volume /= np.float32(series.pixel)
    return volume


def reproject(volume: Single, radians: Floats, pixel: float) -> Single:
    """Return the line integrals of a volume, one image a tilt; shape (T, ny, nx).

    Args:
        volume: Densities in 1/nm; shape (nz, ny, nx).
        radians: Tilts; shape (T,).
        pixel: Width of a voxel, in nm.
    """
    _, ny, nx = volume.shape
    images = np.empty((len(radians), ny, nx), np.float32)

    def one(rows: slice) -> None:
        shadow = _project(_tilt_axis_last(volume[:, rows]), radians, nx)
        images[:, rows] = shadow.transpose(0, 2, 1)

    in_threads(one, _slabs(ny))
    images *= np.float32(pixel)
    return images


def angular_widths(radians: Floats) -> Floats:
    """Return the part of the angles that each tilt stands for, in radians; shape (T,).

    Inside, half the way to either neighbour; the outermost ones count as wide as the step there.
    """
    steps = np.diff(radians)
    edges = np.concatenate([[steps[0]], steps, [steps[-1]]])
    return np.asarray(0.5 * (edges[:-1] + edges[1:]))


def _fbp(images: Single, radians: Floats, depth: int, method: Method) -> Single:
    """Filter along u and back-project; y last."""
    nu = images.shape[1]
    length = fft.next_fast_len(2 * nu, real=True)
    response = _ramp(length, method.cutoff).astype(np.float32)[None, :, None]
    widths = angular_widths(radians)[:, None, None].astype(np.float32)
    filtered = np.empty_like(images)
    for first in range(0, len(images), FILTERED):
        some = slice(first, first + FILTERED)
        spectrum = fft.rfft(images[some], length, axis=1) * response
        filtered[some] = fft.irfft(spectrum, length, axis=1)[:, :nu] * widths[some]
    return _backproject(filtered, radians, depth)


def _ramp(length: int, cutoff: float) -> Floats:
    """Return the response of the ramp filter, exact for sampled images, under a Hann window."""
    n = np.rint(fft.fftfreq(length, 1.0 / length))  # 2.9999999 would be neither even nor odd
    kernel = np.where(n % 2 == 0, 0.0, -1.0 / (math.pi * np.where(n == 0, 1.0, n)) ** 2)
    kernel[0] = 0.25
    frequency = 2.0 * fft.rfftfreq(length)  # over Nyquist's
    window = np.where(frequency < cutoff, 0.5 + 0.5 * np.cos(math.pi * frequency / cutoff), 0.0)
    return np.asarray(fft.rfft(kernel).real * window)


def _sirt(images: Single, radians: Floats, depth: int, method: Method) -> Single:
    """Iterate x += C Aᵀ R (b − A x); y last."""
    count, nu, ny = images.shape
    ones = np.ones((depth, nu, 1), np.float32)
    rows = _inverse(_project(ones, radians, nu))
    columns = _inverse(_backproject(np.ones((count, nu, 1), np.float32), radians, depth))
    volume = np.zeros((depth, nu, ny), np.float32)
    for _ in range(method.iterations):
        residual = images - _project(volume, radians, nu)
        residual *= rows
        volume += columns * _backproject(residual, radians, depth)
    return volume


def _inverse(sums: Single) -> Single:
    """Return one over sums; 0 where a ray meets no voxel to speak of."""
    small = sums < 1e-3 * float(sums.max())
    return np.where(small, np.float32(0.0), np.float32(1.0) / np.where(small, 1.0, sums)).astype(
        np.float32
    )


def _project(volume: Single, radians: Floats, width: int) -> Single:
    images = np.zeros((len(radians), width, volume.shape[2]), np.float32)
    project_slices(volume, *_cosines_sines(radians), images)
    return images


def _backproject(images: Single, radians: Floats, depth: int) -> Single:
    volume = np.zeros((depth, images.shape[1], images.shape[2]), np.float32)
    backproject_slices(images, *_cosines_sines(radians), volume)
    return volume


def _cosines_sines(radians: Floats) -> tuple[Single, Single]:
    return np.cos(radians).astype(np.float32), np.sin(radians).astype(np.float32)


def _tilt_axis_last(array: Single) -> Single:
    return np.ascontiguousarray(array.transpose(0, 2, 1))


def _slabs(rows: int) -> list[slice]:
    """Return slabs of equal size, so many that every core has its share."""
    count = min(rows, usable_cores() * math.ceil(rows / (SLAB * usable_cores())))
    edges = np.linspace(0, rows, count + 1).astype(int)
    return [slice(int(low), int(high)) for low, high in pairwise(edges)]
