"""A volume seen as a sum of templates: all sums over voxels are done in Fourier space.

With V the volume and T the template of a species, the model is M(r) = Σ a T(r − r_k) + b T′(r −
r_k), where T′ is the change of the template with the logarithm of the sphere's diameter. The
misfit |V − M|² and its slopes need only the correlation of the residual with each template, and of
each template with the others; a particle's place is anywhere between the voxels.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from hsmc.box import Floats
from hsmc.kernels.splines import read, spread
from hsmc.threads import usable_cores
from hsmc.tomography.series import Single

Spectrum = NDArray[np.complex64]

PADDING = 12
"""Voxels added beyond each face of the volume, so that what leaves one side stays off the other."""

FLATTEST = 0.3
"""Cycles a voxel below which noise is taken as white.

Small values would be best for noise alone, but let errors of the model, which are slow, weigh more.
"""

HANN_FLOOR = 0.02
"""What the window along the tilt axis leaves of the highest frequency: it has to be undone."""


@dataclass(eq=False)
class MatchedFilter:
    """A volume and the templates of its species, ready to be compared.

    Attributes:
        volume: Densities; shape (nz, ny, nx).
        templates: T and T′ of each species, odd along each axis, the sphere in the middle.
    """

    volume: Single
    templates: tuple[tuple[Single, Single], ...]

    def of(self, volume: Single) -> "MatchedFilter":
        """Return one for another volume of this shape, with the transforms of these templates."""
        other = MatchedFilter(volume, ())
        for name in ("shape", "template_spectra", "weights", "spline"):
            vars(other)[name] = getattr(self, name)
        return other

    @cached_property
    def shape(self) -> tuple[int, int, int]:
        """Voxels of the padded grid."""
        padded = (n + 2 * PADDING for n in self.volume.shape)
        nz, ny, nx = (fft.next_fast_len(n, real=True) for n in padded)
        return nz, ny, nx

    @cached_property
    def template_spectra(self) -> tuple[tuple[Spectrum, Spectrum], ...]:
        """Fourier transforms of the templates around the origin, the spline's response undone."""

        def one(template: Single) -> Spectrum:
            return self._forward(self._around_origin(template)) * (self.weights / self.spline)

        return tuple((one(whole), one(change)) for whole, change in self.templates)

    @cached_property
    def weights(self) -> Single:
        """Weights of the frequencies: the noise of filtered back-projection becomes white.

        White noise in the images comes with a power that grows as the distance from the tilt
        axis in Fourier space. Along the axis a Hann window, as the filter has it across: pixels
        sample a sphere too coarsely for its highest frequencies.
        """
        z, y, x = (
            fft.fftfreq(self.shape[0]),
            fft.fftfreq(self.shape[1]),
            fft.rfftfreq(self.shape[2]),
        )
        across = np.sqrt(z[:, None] ** 2 + x[None, :] ** 2)
        window = HANN_FLOOR + (1.0 - HANN_FLOOR) * (0.5 + 0.5 * np.cos(2.0 * np.pi * y))
        weights = window[None, :, None] / np.sqrt(across + FLATTEST)[:, None, :]
        return np.asarray(weights, np.float32)

    @cached_property
    def spline(self) -> Single:
        """Response of the cubic B-spline, which spreading and reading have to undo."""
        axes = [np.sinc(fft.fftfreq(n)) ** 4 for n in self.shape[:2]]
        axes.append(np.sinc(fft.rfftfreq(self.shape[2])) ** 4)
        z, y, x = axes
        return (z[:, None, None] * y[None, :, None] * x[None, None, :]).astype(np.float32)

    def residual(self, places: Floats, types: NDArray[np.int64], amplitudes: Floats) -> Spectrum:
        """Return the Fourier transform of V − M, which is 0 outside of the volume.

        Args:
            places: Of the particles, in voxels (z, y, x); shape (N, 3).
            types: Species; shape (N,).
            amplitudes: a and b of the particles; shape (N, 2).
        """
        model = np.zeros(self.spline.shape, np.complex64)
        for species, pair in enumerate(self.template_spectra):
            for part, template in enumerate(pair):
                own = (types == species) & (amplitudes[:, part] != 0.0)
                if own.any():
                    grid = np.zeros(self.shape, np.float32)
                    spread(places[own], np.ascontiguousarray(amplitudes[own, part]), grid)
                    spectrum = self._forward(grid)
                    spectrum *= template
                    model += spectrum
        model /= self.weights
        grid = np.zeros(self.shape, np.float32)
        inside = self.crop(grid)
        inside[:] = self.volume - self.crop(self._backward(model))
        rest = self._forward(grid)
        rest *= self.weights
        return rest

    def correlation(self, residual: Spectrum, species: int, part: int) -> Single:
        """Return spline coefficients of the correlation of a residual with T (0) or T′ (1)."""
        spectrum = self.template_spectra[species][part].conj()
        spectrum *= residual
        return self._backward(spectrum)

    def sharpened(self, residual: Spectrum, species: int, floor: float) -> Single:
        """Return a map of amplitudes with peaks as narrow as noise lets them be.

        Wiener's filter, so that neighbours along the missing wedge stay apart.

        Args:
            residual: Fourier transform of what is looked at.
            species: Whose template.
            floor: Power of the noise over the largest power of the template.
        """
        template = self.template_spectra[species][0] * self.spline
        power = np.abs(template) ** 2
        power /= power.max()
        scale = np.float32(1.0 / (power / (power + floor)).mean())
        weight = template.conj() / (np.abs(template).max() ** 2 * (power + np.float32(floor)))
        return self._backward(residual * weight) * scale

    def overlap(self, one: tuple[int, int], other: tuple[int, int], reach: float) -> Single:
        """Return spline coefficients of ⟨T_one(r), T_other(r − d)⟩ over d, from the origin.

        Args:
            one: Species and part (T or T′).
            other: The same of the other.
            reach: Voxels up to which d will be asked for, along each axis.
        """
        first = self.template_spectra[one[0]][one[1]]
        second = self.template_spectra[other[0]][other[1]]
        grid = self._backward(first * second.conj() * self.spline)
        halves = [min(math.ceil(reach) + 3, n // 2) for n in self.shape]
        near = [np.r_[0:h, n - h : n] for h, n in zip(halves, self.shape, strict=True)]
        return np.ascontiguousarray(grid[np.ix_(*near)])

    def read(self, grid: Single, places: Floats) -> Floats:
        """Return value, slopes and second derivatives at places; shape (N, 10)."""
        out = np.empty((len(places), 10))
        read(np.ascontiguousarray(places), grid, out)
        return out

    def crop(self, grid: Single) -> Single:
        """Return the part of a grid that is the volume."""
        nz, ny, nx = self.volume.shape
        return grid[:nz, :ny, :nx]

    def _around_origin(self, template: Single) -> Single:
        """Put a template's middle at voxel 0 of the periodic grid."""
        cut = []
        for n, m in zip(template.shape, self.shape, strict=True):
            half = min((n - 1) // 2, (m - 1) // 2)
            cut.append(slice((n - 1) // 2 - half, (n - 1) // 2 + half + 1))
        inner = template[tuple(cut)]
        grid = np.zeros(self.shape, np.float32)
        nz, ny, nx = inner.shape
        grid[:nz, :ny, :nx] = inner
        return np.roll(grid, [-(n // 2) for n in inner.shape], axis=(0, 1, 2))

    def _forward(self, grid: Single) -> Spectrum:
        return np.asarray(fft.rfftn(grid, workers=usable_cores()), np.complex64)

    def _backward(self, spectrum: Spectrum) -> Single:
        return np.asarray(fft.irfftn(spectrum, self.shape, workers=usable_cores()), np.float32)
