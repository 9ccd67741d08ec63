"""Alignment by the particles themselves: each image is laid on what they should look like.

A volume can follow slow drifts of its images; particles cannot: whatever its place, a particle
moves as x cos θ + z sin θ. So one pass takes out what re-projections of volumes leave.
"""

import math
from dataclasses import replace

import numpy as np

from hsmc.box import Floats
from hsmc.tomography.lens import Lens
from hsmc.tomography.model_images import Drawing, each_tilt
from hsmc.tomography.particles import Particles
from hsmc.tomography.placing import Alignment, turned
from hsmc.tomography.registration import Registrar
from hsmc.tomography.series import Single, TiltSeries

MOST = 4.0
"""Pixels that an image may still be displaced."""


def model_images(
    series: TiltSeries, particles: Particles, diameters: tuple[float, float], lens: Lens | None
) -> Single:
    """Return line integrals of detected particles as spheres; shape of the series' images.

    Args:
        series: The tilts and the pixel.
        particles: With columns ``density`` and ``diameter_nm``.
        diameters: Typical ones of the large and the small species, in nm.
        lens: What the images went through.
    """
    drawing = Drawing(particles, diameters, series)
    images = each_tilt(series, lambda tilt: drawing.pixels(drawing.back(drawing.spectrum(tilt))))
    return images if lens is None else lens.seen(images, series.pixel)


def align_to_particles(
    series: TiltSeries,
    placed: TiltSeries,
    alignment: Alignment,
    particles: Particles,
    diameters: tuple[float, float],
    lens: Lens | None,
) -> Alignment:
    """Lay every image on the shadows of the particles.

    Args:
        series: The series as it was before alignment, which gives tilts and pixel.
        placed: The same aligned, its sign changes undone: what the particles were found in.
        alignment: How it was aligned.
        particles: With columns ``density`` and ``diameter_nm``.
        diameters: Of the large and the small species, in nm.
        lens: What the images went through.
    """
    model = model_images(series, particles, diameters, lens)
    shape = series.images.shape[1:]
    registrar = Registrar((shape[0], shape[1]), max(shape) / 6.0, 1.0)
    moved = registrar.displacements(placed.images, model, MOST)
    shifts = alignment.shifts + turned(moved, alignment.axis_angle)
    turn = math.degrees(_turn(placed, model, moved))
    return replace(alignment, shifts=shifts, axis_angle=alignment.axis_angle + turn)


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
        found = registrar.displacements(placed.images[:, :, columns], model[:, :, columns], MOST)
        sides.append((found[:, 0] - moved[:, 0], (weight * at).sum(axis=1) / weight.sum(axis=1)))
    slope = (sides[1][0] - sides[0][0]) / (sides[1][1] - sides[0][1])
    cosines = np.cos(placed.radians)
    signal = 1.0 - cosines.mean() / cosines
    slope = slope - np.median(slope)
    signal = signal - np.median(signal)
    good = np.abs(slope) < 5.0 * np.median(np.abs(slope)) + 1e-12
    return float((slope * signal)[good].sum() / (signal**2)[good].sum())
