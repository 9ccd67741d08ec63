"""What detected particles look like in the images: their line integrals, drawn in Fourier space."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from hsmc.kernels.splines import spread
from hsmc.tomography.particles import Particles
from hsmc.tomography.series import Single, TiltSeries
from hsmc.tomography.templates import STEP, shadow
from hsmc.tomography.threads import in_threads

Spectrum = NDArray[np.complex64]


class Drawing:
    """Particles drawn as spheres of their own densities and diameters, one tilt at a time.

    Diameters enter by the slope of a shadow with the logarithm of its diameter, as in detection.

    Args:
        particles: With columns ``density`` (1/nm) and ``diameter_nm``.
        diameters: Typical ones of the large and the small species, in nm.
        series: Gives the shape of the images and the pixel.
        finer: Points drawn across a pixel.
        margin: Pixels around the image, so that what leaves one side stays off the other.
    """

    def __init__(
        self,
        particles: Particles,
        diameters: tuple[float, float],
        series: TiltSeries,
        finer: int = 1,
        margin: int = 0,
    ) -> None:
        _, ny, nx = series.images.shape
        self.finer, self.margin, self.size = finer, margin, (ny, nx)
        self.pixel = series.pixel / finer
        rows, columns = (finer * (n + 2 * margin) for n in (ny, nx))
        self.shape = (
            fft.next_fast_len(rows, real=True),
            fft.next_fast_len(columns, real=True),
        )
        self._positions = particles.positions / self.pixel
        sizes = np.log(particles.columns["diameter_nm"] / np.array(diameters)[particles.types])
        density = particles.columns["density"]
        self._parts = [
            (particles.types == species, spectrum, weights)
            for species, diameter in enumerate(diameters)
            for spectrum, weights in zip(
                self._shadow_and_slope(diameter), (density, density * sizes), strict=True
            )
        ]

    def spectrum(self, tilt: float) -> Spectrum:
        """Return the transform (``rfft2``) of the line integrals at a tilt, in radians."""
        ny, nx = self.size
        x, y, z = self._positions.T
        across = x * math.cos(tilt) + z * math.sin(tilt)
        places = np.column_stack(
            [
                np.zeros(len(x)),
                y + 0.5 * (self.finer * ny - 1) + self.finer * self.margin,
                across + 0.5 * (self.finer * nx - 1) + self.finer * self.margin,
            ]
        )
        total = np.zeros((self.shape[0], self.shape[1] // 2 + 1), np.complex64)
        for own, one, weights in self._parts:
            grid = np.zeros((1, *self.shape), np.float32)
            spread(places[own], np.ascontiguousarray(weights[own]), grid)
            total += fft.rfft2(grid[0]) * one
        return total

    def back(self, spectrum: Spectrum) -> Single:
        """Return the fine image of a transform."""
        return np.asarray(fft.irfft2(spectrum, self.shape), np.float32)

    def pixels(self, fine: Single) -> Single:
        """Return means over the pixels of a fine image, without the margin."""
        ny, nx = self.size
        first, step = self.finer * self.margin, self.finer
        inside = fine[first : first + step * ny, first : first + step * nx]
        return np.asarray(inside.reshape(ny, step, nx, step).mean(axis=(1, 3)))

    def _shadow_and_slope(self, diameter: float) -> tuple[Spectrum, Spectrum]:
        middle, below, above = (
            self._shadow(diameter * math.exp(step)) for step in (0.0, -STEP, STEP)
        )
        return middle, (above - below) / np.float32(2.0 * STEP)

    def _shadow(self, diameter: float) -> Spectrum:
        """Return the transform of a shadow around point 0, the spline's response undone."""
        ny, nx = self.shape
        radius = 0.5 * diameter / self.pixel
        half = math.ceil(radius) + 1
        side = 2 * half + 1
        grid = np.zeros(self.shape)
        grid[:side, :side] = shadow(radius, side, side) * self.pixel
        grid = np.roll(grid, (-half, -half), axis=(0, 1))
        spline = np.sinc(fft.fftfreq(ny)) ** 4, np.sinc(fft.rfftfreq(nx)) ** 4
        return np.asarray(fft.rfft2(grid) / (spline[0][:, None] * spline[1][None, :]), np.complex64)


def each_tilt(series: TiltSeries, image: Callable[[float], Single]) -> Single:
    """Return an image for each tilt of a series, made in threads; shape of its images."""
    images = np.empty(series.images.shape, np.float32)

    def one(number: int) -> None:
        images[number] = image(float(series.radians[number]))

    in_threads(one, range(len(images)))
    return images
