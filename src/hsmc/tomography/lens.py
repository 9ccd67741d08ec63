"""What an underfocused lens does to line integrals, and how its sign changes are undone.

A weak object exp(−μ + iφ) gives the contrast −2 (μ cos χ + φ sin χ), χ = π λ Δf k², Δf > 0 below
focus: a transfer ∝ sin(χ + ε) with tan ε = μ/φ, which changes sign from ring to ring.

Source:
    Kirkland, Advanced Computing in Electron Microscopy, 2nd ed., Sec. 3.1, for the transfer;
    ε is the usual amplitude contrast, its sine.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import fft

from hsmc.box import Floats
from hsmc.errors import InputError
from hsmc.tomography.series import LINES, Single, TiltSeries

BAND = 25.0
"""Defocus, in nm, over which parts of a tilted sample count as equally far out of focus."""


@dataclass(frozen=True, slots=True)
class Lens:
    """An underfocused lens.

    Attributes:
        underfocus: Δf in nm; negative above focus.
        voltage: Accelerating voltage, in kV.
        amplitude_contrast: sin ε: the part of the contrast that is absorption.
        gradient: The sample is so wide that its defocus changes across a tilted image.
    """

    underfocus: float
    voltage: float = 200.0
    amplitude_contrast: float = 0.1
    gradient: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.underfocus) and self.voltage > 0.0):
            message = (
                f"underfocus is {self.underfocus:g} nm at {self.voltage:g} kV; needs a finite "
                "number and a voltage > 0"
            )
            raise InputError(message)
        if not 0.0 < self.amplitude_contrast <= 1.0:
            message = f"amplitude contrast is {self.amplitude_contrast:g}, needs to be in (0, 1]"
            raise InputError(message)

    def transfer(self, shape: tuple[int, ...], pixel: float, extra: float = 0.0) -> Floats:
        """Return sin(χ + ε) for the frequencies of ``rfft2`` of an image.

        Args:
            shape: Rows and columns.
            pixel: In nm.
            extra: Underfocus to add, in nm.
        """
        ky, kx = fft.fftfreq(shape[0], pixel), fft.rfftfreq(shape[1], pixel)
        return self.at_frequency(np.hypot(ky[:, None], kx[None, :]), extra)

    def at_frequency(self, frequency: Floats, extra: float = 0.0) -> Floats:
        """Return sin(χ + ε) at spatial frequencies.

        Args:
            frequency: In 1/nm.
            extra: Underfocus to add, in nm.
        """
        chi = self.aberration(frequency**2, extra)
        return np.asarray(np.sin(chi + math.asin(self.amplitude_contrast)))

    def aberration(self, k2: Floats, extra: float = 0.0) -> Floats:
        """Return χ = π λ Δf k² for squared frequencies, in 1/nm²."""
        return math.pi * _wavelength(self.voltage) * (self.underfocus + extra) * k2

    def underfocus_with_zero_at(self, frequency: float) -> float:
        """Return the underfocus > 0, in nm, whose first zero χ + ε = π lies at a frequency."""
        chi = math.pi - math.asin(self.amplitude_contrast)
        return chi / (math.pi * _wavelength(self.voltage) * frequency**2)

    def seen(self, images: Single, pixel: float) -> Single:
        """Return ideal line integrals as they are after sign changes were undone.

        Slow changes keep their size; the rest is louder, as phase contrast is.
        """
        shape = images.shape[1:]
        gain = np.abs(self.transfer(shape, pixel)) / self.amplitude_contrast
        return np.asarray(fft.irfft2(fft.rfft2(images) * gain, shape), np.float32)


def undo_sign_changes(series: TiltSeries, lens: Lens) -> TiltSeries:
    """Flip the phases of frequencies that the lens has turned over.

    Across a tilted image the underfocus changes by the depth −u tan θ of a flat sample, in bands.

    Args:
        series: Line integrals, aligned, so that the tilt axis is in the middle.
        lens: What took them.

    Raises:
        InputError: The series holds no line integrals.
    """
    if series.kind != LINES:
        message = f"the series holds {series.kind} images; line integrals are needed"
        raise InputError(message)
    out = np.empty_like(series.images)
    for number, (image, angle) in enumerate(zip(series.images, series.radians, strict=True)):
        steep = math.tan(angle) if lens.gradient else 0.0
        out[number] = _flipped(image, lens, series.pixel, steep)
    return series.with_images(out)


def _flipped(image: Single, lens: Lens, pixel: float, steep: float) -> Single:
    """Return one image with the sign changes undone, band by band of equal defocus."""
    rows, columns = image.shape
    margin = 32  # what wraps around stays in the margin
    padded = np.pad(image, margin, mode="edge")
    spectrum = fft.rfft2(padded)
    depth = -(np.arange(columns) - 0.5 * (columns - 1)) * pixel * steep
    bands = np.round(depth / BAND).astype(int)
    out = np.empty_like(image)
    for band in np.unique(bands):
        sign = np.sign(lens.transfer(padded.shape, pixel, float(band) * BAND))
        flipped = fft.irfft2(spectrum * sign, padded.shape)
        inside = flipped[margin : margin + rows, margin : margin + columns]
        out[:, bands == band] = inside[:, bands == band]
    return out


def _wavelength(voltage: float) -> float:
    """Return de Broglie's wavelength in nm, from the momentum (pc)² = T (T + 2 m c²)."""
    kinetic, rest = voltage, 510.99895  # keV
    return 1.23984198 / math.sqrt(kinetic * (kinetic + 2.0 * rest))
