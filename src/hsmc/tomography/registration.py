"""The shift between two images, to a small part of a pixel."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from hsmc.box import Floats
from hsmc.tomography.series import Single
from hsmc.tomography.threads import in_threads

NEWTON_STEPS = 4

EDGE = 0.08
"""Part of each side over which images are faded out, so that their edges do not match."""


class Registrar:
    """Correlates images of one shape inside a band of frequencies.

    Args:
        shape: Rows and columns.
        coarsest: Longest period compared, in pixels.
        finest: Shortest period compared, in pixels.
    """

    def __init__(self, shape: tuple[int, int], coarsest: float, finest: float) -> None:
        self._ky, self._kx = fft.fftfreq(shape[0])[:, None], fft.rfftfreq(shape[1])[None, :]
        k = np.sqrt(self._ky**2 + self._kx**2)
        low = 1.0 - np.exp(-0.5 * (k * coarsest) ** 2)
        self._band = low * np.exp(-0.5 * (k * finest) ** 2)
        self._window = np.outer(_fade(shape[0]), _fade(shape[1]))
        self._shape = shape

    def displacement(self, image: Single, reference: Single, most: float) -> Floats:
        """Return how far the content of an image lies from that of a reference: (rows, columns).

        The highest peak of the correlation, refined by Newton's method.

        Args:
            image: What may be displaced.
            reference: Where it should be.
            most: Pixels along each axis beyond which no peak is looked for.
        """
        cross = self._spectrum(image) * self._spectrum(reference).conj() * self._band
        correlation = fft.irfft2(cross, self._shape)
        allowed = [np.abs(fft.fftfreq(n, 1.0 / n)) <= max(most, 1.0) for n in self._shape]
        outside = ~(allowed[0][:, None] & allowed[1][None, :])
        correlation[outside] = -np.inf
        peak = np.unravel_index(int(correlation.argmax()), self._shape)
        whole = np.array(
            [float(fft.fftfreq(n, 1.0 / n)[p]) for n, p in zip(self._shape, peak, strict=True)]
        )
        return self._refined(cross, whole)

    def displacements(self, images: Single, references: Single, most: float) -> Floats:
        """Return how far images lie from their references; shape (T, 2). See ``displacement``."""
        out = np.empty((len(images), 2))

        def one(number: int) -> None:
            out[number] = self.displacement(images[number], references[number], most)

        in_threads(one, range(len(images)))
        return out

    def _spectrum(self, image: Single) -> NDArray[np.complex128]:
        faded = (image - np.mean(image)) * self._window
        spectrum: NDArray[np.complex128] = fft.rfft2(faded)
        return spectrum

    def _refined(self, cross: NDArray[np.complex128], start: Floats) -> Floats:
        """Climb the correlation, a trigonometric polynomial, from its highest pixel."""
        at = start.copy()
        twice = np.where((self._kx > 0.0) & (self._kx < 0.5), 2.0, 1.0)
        frequencies = (2.0 * np.pi * self._ky, 2.0 * np.pi * self._kx)
        for _ in range(NEWTON_STEPS):
            wave = twice * cross * np.exp(1j * (frequencies[0] * at[0] + frequencies[1] * at[1]))
            slope = np.array([-(k * wave.imag).sum() for k in frequencies])
            bend = -np.array(
                [[(k * q * wave.real).sum() for q in frequencies] for k in frequencies]
            )
            if np.linalg.eigvalsh(bend).max() >= 0.0:
                break
            at = at + np.clip(-np.linalg.solve(bend, slope), -0.5, 0.5)
        return at if np.abs(at - start).max() < 1.5 else start


def _fade(length: int) -> Floats:
    width = max(1, round(EDGE * length))
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(width) + 0.5) / width)
    return np.concatenate([ramp, np.ones(length - 2 * width), ramp[::-1]])
