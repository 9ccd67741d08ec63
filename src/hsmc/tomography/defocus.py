"""Defocus from the images themselves: its size from the lens's rings, its sign from the volume.

The mean spectrum of the images is fitted by noise plus the lens's squared transfer times whatever
spheres of many sizes, in no order, would scatter. Where the transfer goes through 0, no mixture
of sizes can follow it: the rings. They are the same for both signs but for the amplitude contrast,
so the sign is taken from the volume: dense particles that fill less than half of the space are
bright spots on a dark ground, and not dark ones on a bright ground.

Source:
    Mindell & Grigorieff, J. Struct. Biol. 142, 334 (2003), doi:10.1016/S1047-8477(03)00069-8, fit
    defocus to the rings of rotationally averaged spectra.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy.ndimage import gaussian_filter
from scipy.optimize import minimize_scalar, nnls
from scipy.stats import skew

from hsmc.box import Floats
from hsmc.errors import InputError
from hsmc.tomography.lens import Lens, undo_sign_changes
from hsmc.tomography.reconstruction import FBP, Method, reconstruct
from hsmc.tomography.series import Single, TiltSeries

BAND = (0.3, 0.97)
"""Frequencies that are fitted, over Nyquist's: below, the order of the particles shows."""

BINS = 48
"""Rings of pixels in which the spectrum is averaged."""

SEEN = 0.95
"""Part of the band within which the first zero has to lie."""

MOST = 6.0
"""Largest underfocus looked for, over the smallest that has a zero in the band."""

STEP = 0.02
"""Between the values tried, over the smallest that has a zero in the band."""

SIZES = (2.0, 24.0, 40)
"""Diameters of the spheres whose scattering is mixed, in pixels: from, to, how many."""

SPREAD = 0.06
"""Relative standard deviation of each of them."""

ENVELOPES = (0.0, 0.35, 0.5, 0.7)
"""Information limits that are tried, in nm."""

BETTER = 1.15
"""Misfit without a ring over that with rings, from which rings count as seen."""

SKEWED = 0.15
"""Difference of the skewness of the two volumes from which the sign counts as known."""

INNER = 192
"""Pixels across the middle of the images of which the volumes are made."""


@dataclass(frozen=True, slots=True)
class UnknownLens:
    """A lens whose defocus is to be found; else as in ``Lens``."""

    voltage: float = 200.0
    amplitude_contrast: float = 0.1
    gradient: bool = False

    def at(self, underfocus: float) -> Lens:
        """Return the lens at an underfocus, in nm."""
        return Lens(underfocus, self.voltage, self.amplitude_contrast, self.gradient)


@dataclass(frozen=True, slots=True)
class FittedLens:
    """What the images say of their lens.

    Attributes:
        lens: The lens.
        spread: Standard error of its underfocus from quarters of the images, in nm: noise alone.
        clearness: Misfit without a ring over that with rings.
        skewness: Of the volume with this sign and with the other one.
    """

    lens: Lens
    spread: float
    clearness: float
    skewness: tuple[float, float]

    def sentence(self) -> str:
        """Return what was found, in one line."""
        return (
            f"underfocus {self.lens.underfocus:.0f} ± {self.spread:.0f} nm, fitted to the rings "
            f"(without rings the misfit is {self.clearness:.1f} times larger); sign from the "
            f"skewness of the volume, {self.skewness[0]:+.2f} (other sign {self.skewness[1]:+.2f})"
        )


def fit_lens(lines: TiltSeries, placed: TiltSeries, unknown: UnknownLens) -> FittedLens:
    """Find the underfocus and its sign.

    Args:
        lines: Line integrals as taken: turned images are smoothed.
        placed: The same, aligned.
        unknown: What is known of the lens.

    Raises:
        InputError: No ring is seen, or the sign cannot be told.
    """
    spectra = mean_spectra(lines)
    frequencies, total = spectra[0], spectra[1].mean(axis=0)
    best = {sign: _best(frequencies, total, unknown, sign) for sign in (1.0, -1.0)}
    plain = _misfit_without_rings(frequencies, total, unknown)
    clearness = plain / min(misfit for _, misfit in best.values())
    if clearness < BETTER:
        raise InputError(_no_ring(frequencies, unknown, clearness))
    skewness = {sign: _skewness(placed, unknown.at(best[sign][0])) for sign in best}
    sign = max(skewness, key=lambda one: skewness[one])
    other = skewness[-sign]
    if skewness[sign] - other < SKEWED:
        message = (
            f"the sign of the defocus cannot be told: volumes are skewed by {skewness[sign]:+.2f} "
            f"and {other:+.2f} with either; {abs(best[sign][0]):.0f} nm fits the rings: give it "
            "by --underfocus, positive below focus"
        )
        raise InputError(message)
    underfocus = best[sign][0]
    parts = [_refined(frequencies, part, unknown, underfocus)[0] for part in spectra[1]]
    spread = float(np.std(parts, ddof=1)) / math.sqrt(len(parts))
    return FittedLens(unknown.at(underfocus), spread, clearness, (skewness[sign], other))


def mean_spectra(lines: TiltSeries, parts: int = 4) -> tuple[Floats, Floats]:
    """Return frequencies in 1/nm, shape (B,), and the spectra of parts of the images, (parts, B).

    Every image of a part is tapered to 0 at its edges; spectra are averaged over rings.
    """
    _, ny, nx = lines.images.shape
    taper = np.outer(np.hanning(ny + 2)[1:-1], np.hanning(nx + 2)[1:-1]).astype(np.float32)
    frequency = np.hypot(
        fft.fftfreq(ny, lines.pixel)[:, None], fft.rfftfreq(nx, lines.pixel)[None, :]
    )
    edges = np.linspace(BAND[0], BAND[1], BINS + 1) * 0.5 / lines.pixel
    ring = np.digitize(frequency.ravel(), edges) - 1
    inside = (ring >= 0) & (ring < BINS)
    counts = np.bincount(ring[inside], minlength=BINS)
    if not counts.all():
        message = f"images of {nx} x {ny} pixels are too small to fit the defocus; give it"
        raise InputError(message)
    inner, order = ring[inside], np.argsort(ring[inside], kind="stable")
    starts = np.concatenate([[0], np.cumsum(counts)])
    out = np.empty((parts, BINS))
    for part in range(parts):
        power = np.zeros(len(inner))
        images = lines.images[part::parts]
        for image in images:
            spectrum = fft.rfft2((image - image.mean()) * taper).ravel()[inside]
            power += np.abs(spectrum) ** 2 / len(images)
        sorted_ = power[order]
        out[part] = [np.median(sorted_[first:last]) for first, last in itertools.pairwise(starts)]
    return np.bincount(inner, frequency.ravel()[inside], minlength=BINS) / counts, out


def _best(
    frequencies: Floats, power: Floats, unknown: UnknownLens, sign: float
) -> tuple[float, float]:
    """Return the underfocus of one sign that fits best, and its misfit."""
    least = _least(frequencies, unknown)
    tried = sign * least * np.arange(1.0, MOST, STEP)
    misfits = [_misfit(frequencies, power, unknown.at(float(one))) for one in tried]
    start = float(tried[int(np.argmin(misfits))])
    return _refined(frequencies, power, unknown, start)


def _refined(
    frequencies: Floats, power: Floats, unknown: UnknownLens, start: float
) -> tuple[float, float]:
    """Return the underfocus near a first one that fits best, and its misfit."""
    reach = 2.0 * STEP * _least(frequencies, unknown)
    found = minimize_scalar(
        lambda one: _misfit(frequencies, power, unknown.at(float(one))),
        bounds=(start - reach, start + reach),
        method="bounded",
        options={"xatol": 1.0},
    )
    return float(found.x), float(found.fun)


def _misfit_without_rings(frequencies: Floats, power: Floats, unknown: UnknownLens) -> float:
    """Return the misfit of the best lens that has no zero in the band, or of none."""
    least = _least(frequencies, unknown)
    lenses = [unknown.at(part * least) for part in (0.2, 0.4, 0.6, 0.8)]
    return min(_misfit(frequencies, power, lens) for lens in (*lenses, None))


def _misfit(frequencies: Floats, power: Floats, lens: Lens | None) -> float:
    """Return the RMS of ln(model/power) with the best mixture of spheres, envelope and noise."""
    ring = np.ones_like(frequencies) if lens is None else lens.at_frequency(frequencies) ** 2
    spheres = _sphere_spectra(frequencies)
    out = np.inf
    for limit in ENVELOPES:
        envelope = np.exp(-4.0 * (frequencies * limit) ** 2)
        design = np.column_stack([spheres * (ring * envelope)[:, None], np.ones_like(power)])
        out = min(out, _relative_misfit(design / design.max(axis=0), power))
    return out


def _relative_misfit(design: Floats, power: Floats) -> float:
    """Fit power by a sum with weights ≥ 0; errors count in proportion to what they belong to."""
    scale, model = power, power
    for _ in range(4):
        weights, _ = nnls(design / scale[:, None], power / scale)
        model = np.maximum(design @ weights, 1e-3 * power)
        scale = np.sqrt(power * model)
    return float(np.sqrt(np.mean(np.log(model / power) ** 2)))


def _sphere_spectra(frequencies: Floats) -> Floats:
    """Return |F(k)|² of spheres of many diameters, each with a spread; shape (B, sizes).

    Source: Guinier and Fournet, Small-Angle Scattering of X-rays (1955): the amplitude of a sphere
    is 3 (sin x − x cos x)/x³ with x = πkD.
    """
    pixel = 0.5 * BAND[1] / float(frequencies[-1])
    offsets = np.linspace(-2.5, 2.5, 21)
    weights = np.exp(-0.5 * offsets**2)
    diameters = np.geomspace(*SIZES) * pixel
    x = math.pi * frequencies[:, None, None] * np.outer(diameters, 1.0 + SPREAD * offsets)
    shape = 3.0 * (np.sin(x) - x * np.cos(x)) / x**3
    return np.asarray((shape**2) @ weights)


def _least(frequencies: Floats, unknown: UnknownLens) -> float:
    """Return the smallest underfocus, in nm, whose first zero lies well in the band."""
    zero = SEEN * float(frequencies[-1])
    return unknown.at(0.0).underfocus_with_zero_at(zero)


def _no_ring(frequencies: Floats, unknown: UnknownLens, clearness: float) -> str:
    least = _least(frequencies, unknown)
    return (
        f"no rings of the lens are seen in the images' spectrum (without rings the misfit is "
        f"{clearness:.2f} times as large, needs {BETTER:g}; pixels of this width show rings from "
        f"{least:.0f} nm of defocus on): give the defocus by --underfocus"
    )


def _skewness(placed: TiltSeries, lens: Lens) -> float:
    """Return the skewness of the volume's spots, its middle alone, with a lens's signs undone."""
    undone = undo_sign_changes(_middle(placed), lens)
    width = undone.images.shape[2]
    depth = max(8, width // 2)
    volume = reconstruct(undone, depth, Method(FBP))
    spots = gaussian_filter(volume, 1.0) - gaussian_filter(volume, 4.0)
    edges = [max(1, n // 8) for n in spots.shape]
    inner = spots[tuple(slice(edge, -edge) for edge in edges)]
    return float(skew(inner.ravel()))


def _middle(series: TiltSeries) -> TiltSeries:
    rows, columns = (slice(max(0, (n - INNER) // 2), (n + INNER) // 2)
                     for n in series.images.shape[1:])  # fmt: skip
    images: Single = np.ascontiguousarray(series.images[:, rows, columns])
    return series.with_images(images)
