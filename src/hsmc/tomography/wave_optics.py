"""What line integrals leave out of bright-field images: contrast that is not linear in the sample.

Behind the sample the wave is ψ = exp(−μ/2 + iφ), with μ the absorption along a ray and φ = μ / (2
tan ε) its phase. A lens of transfer h makes of it I = |h ∗ ψ|², while reconstruction takes −ln I
for the linear 2 Re h ∗ (μ/2 − iφ). The rest has two causes. A lens that resolves lengths s alone
loses intensity where the phase varies within s: −ln I ≈ μ + s² |∇φ|² in focus. And out of focus
waves of different spheres interfere. Either shifts small particles between large ones, by the
same amount in every unit cell, so that no number of cells averages it out.

Source:
    Kirkland, Advanced Computing in Electron Microscopy, 2nd ed., Sec. 3.1: images of a wave.
"""

import math

import numpy as np
from scipy import fft

from hsmc.tomography.lens import Lens
from hsmc.tomography.model_images import Drawing, each_tilt
from hsmc.tomography.particles import Particles
from hsmc.tomography.series import Single, TiltSeries

FINER, MARGIN = 2, 16
"""Points across a pixel at which waves are computed, and pixels around the image."""


def beyond_linear(
    series: TiltSeries, particles: Particles, diameters: tuple[float, float], lens: Lens
) -> Single:
    """Return the part of −ln I that is not linear in the sample; shape of the series' images.

    The lens is taken to resolve a pixel: its envelope has fallen to 1/e² at the spacing of one.

    Args:
        series: The tilts and the pixel.
        particles: The sample, with columns ``density`` and ``diameter_nm``.
        diameters: Typical ones of the large and the small species, in nm.
        lens: What the images went through.
    """
    drawing = Drawing(particles, diameters, series, FINER, MARGIN)
    ky, kx = (fft.fftfreq(n, drawing.pixel) for n in drawing.shape)
    k2 = ky[:, None] ** 2 + kx[None, :] ** 2
    envelope = np.exp(-2.0 * k2 * series.pixel**2)
    transfer = (envelope * np.exp(1j * lens.aberration(k2))).astype(np.complex64)
    gain = lens.transfer(drawing.shape, drawing.pixel) / lens.amplitude_contrast
    linear = (gain * envelope[:, : gain.shape[1]]).astype(np.float32)
    exponent = np.complex64(-0.5 + 0.5j / math.tan(math.asin(lens.amplitude_contrast)))

    def one(tilt: float) -> Single:
        spectrum = drawing.spectrum(tilt)
        wave = np.exp(exponent * drawing.back(spectrum))
        intensity = np.abs(fft.ifft2(fft.fft2(wave) * transfer)) ** 2
        seen = -np.log(drawing.pixels(intensity))
        return np.asarray(seen - drawing.pixels(drawing.back(spectrum * linear)), np.float32)

    return each_tilt(series, one)
