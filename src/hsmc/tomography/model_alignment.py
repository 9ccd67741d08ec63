"""Alignment by the particles themselves: each image is laid on what they should look like.

A volume can follow slow drifts of its images; particles cannot: whatever its place, a particle
moves as x cos θ + z sin θ. So one pass takes out what re-projections of volumes leave.
"""

import math
from dataclasses import replace

import numpy as np
from scipy import fft

from hsmc.box import Floats
from hsmc.kernels.splines import spread
from hsmc.tomography.alignment import Alignment
from hsmc.tomography.detection import Detected
from hsmc.tomography.lens import Lens
from hsmc.tomography.registration import Registrar
from hsmc.tomography.series import Single, TiltSeries
from hsmc.tomography.templates import shadow

MOST = 4.0
"""Pixels that an image may still be displaced."""


def model_images(
    series: TiltSeries, detected: Detected, diameters: tuple[float, float], lens: Lens | None
) -> Single:
    """Return line integrals of detected particles as spheres; shape of the series' images.

    Args:
        series: The tilts and the pixel.
        detected: The particles.
        diameters: Of the large and the small species, in nm.
        lens: What the images went through.
    """
    _, ny, nx = series.images.shape
    shadows = [_shadow_spectrum(size / series.pixel, ny, nx) * series.pixel for size in diameters]
    particles = detected.particles
    x, y, z = particles.positions.T / series.pixel
    density = particles.columns["density"]
    images = np.empty(series.images.shape, np.float32)
    for t, theta in enumerate(series.radians):
        columns = x * np.cos(theta) + z * np.sin(theta) + 0.5 * (nx - 1)
        places = np.column_stack([np.zeros(len(x)), y + 0.5 * (ny - 1), columns])
        spectrum = np.zeros((ny, nx // 2 + 1), np.complex128)
        for species, one in enumerate(shadows):
            own = particles.types == species
            grid = np.zeros((1, ny, nx), np.float32)
            spread(places[own], np.ascontiguousarray(density[own]), grid)
            spectrum += fft.rfft2(grid[0]) * one
        images[t] = fft.irfft2(spectrum, (ny, nx))
    return images if lens is None else lens.seen(images, series.pixel)


def align_to_particles(
    series: TiltSeries,
    placed: TiltSeries,
    alignment: Alignment,
    detected: Detected,
    diameters: tuple[float, float],
    lens: Lens | None,
) -> Alignment:
    """Lay every image on the shadows of the particles.

    Args:
        series: The series as it was before alignment, which gives tilts and pixel.
        placed: The same aligned, its sign changes undone: what the particles were found in.
        alignment: How it was aligned.
        detected: The particles.
        diameters: Of the large and the small species, in nm.
        lens: What the images went through.
    """
    model = model_images(series, detected, diameters, lens)
    shape = series.images.shape[1:]
    registrar = Registrar((shape[0], shape[1]), max(shape) / 6.0, 1.0)
    moved = _displacements(placed.images, model, registrar)
    shifts = alignment.shifts + _as_raw(moved, alignment.axis_angle)
    turn = math.degrees(_turn(placed, model, moved))
    return replace(alignment, shifts=shifts, axis_angle=alignment.axis_angle + turn)


def _displacements(images: Single, model: Single, registrar: Registrar) -> Floats:
    """Return rows and columns by which images lie from the model's; shape (T, 2)."""
    pairs = zip(images, model, strict=True)
    return np.array([registrar.displacement(image, seen, MOST) for image, seen in pairs])


def _turn(placed: TiltSeries, model: Single, moved: Floats) -> float:
    """Return the angle, in radians, by which the tilt axis still has to be turned.

    If the axis is off by ψ, what is at x is seen at v = y + ψ x cos θ; the particles can follow
    the mean over the tilts, ψ x ⟨cos θ⟩, and the rest is a slope of v along the image that
    changes with the tilt. It is measured between the two halves of each image.
    """
    ny, nx = placed.images.shape[1:]
    half = nx // 2
    registrar = Registrar((ny, half), max(ny, half) / 6.0, 1.0)
    sides = []
    for columns in (slice(0, half), slice(nx - half, nx)):
        at = np.arange(nx)[columns]
        weight = (model[:, :, columns] ** 2).sum(axis=1)
        found = _displacements(placed.images[:, :, columns], model[:, :, columns], registrar)
        sides.append((found[:, 0] - moved[:, 0], (weight * at).sum(axis=1) / weight.sum(axis=1)))
    slope = (sides[1][0] - sides[0][0]) / (sides[1][1] - sides[0][1])
    cosines = np.cos(placed.radians)
    signal = 1.0 - cosines.mean() / cosines
    slope = slope - np.median(slope)
    signal = signal - np.median(signal)
    good = np.abs(slope) < 5.0 * np.median(np.abs(slope)) + 1e-12
    return float((slope * signal)[good].sum() / (signal**2)[good].sum())


def _as_raw(moved: Floats, axis_angle: float) -> Floats:
    """Return displacements found in turned images as those of the images as they are."""
    c, s = np.cos(np.radians(axis_angle)), np.sin(np.radians(axis_angle))
    return np.asarray(moved @ np.array([[c, s], [-s, c]]).T)


def _shadow_spectrum(diameter: float, ny: int, nx: int) -> Floats:
    """Return the transform of a sphere's shadow around pixel 0, the spline's response undone."""
    half = int(np.ceil(0.5 * diameter)) + 1
    side = 2 * half + 1
    grid = np.zeros((ny, nx))
    grid[:side, :side] = shadow(0.5 * diameter, side, side)
    grid = np.roll(grid, (-half, -half), axis=(0, 1))
    spline = np.sinc(fft.fftfreq(ny)) ** 4, np.sinc(fft.rfftfreq(nx)) ** 4
    return np.asarray(fft.rfft2(grid) / (spline[0][:, None] * spline[1][None, :]))
