"""Simulated images against closed forms."""

import math

import numpy as np
import pytest

from hsmc.kernels.sphere_images import draw_chords
from hsmc.tomography.microscope import (
    Microscope,
    electron_wavelength,
    interaction_constant,
    take_series,
)
from hsmc.tomography.particles import Particles


def quiet(_what, _part):
    pass


def spheres(places, radius=3.0, types=None):
    places = np.atleast_2d(np.asarray(places, float))
    types = np.zeros(len(places), np.int64) if types is None else np.asarray(types)
    return Particles(places, types, {"radius_nm": np.full(len(places), radius)})


def few(**options):
    given = {"tilts": (-40.0, 40.0, 40.0), "dose": 0.0, "size": (41, 41)}
    return Microscope(**{**given, **options})


def test_constants_are_those_of_the_books():
    """Kirkland, Advanced Computing in Electron Microscopy: λ = 2.508 pm and σ = 0.729 rad/(kV Å)
    at 200 kV; 1.970 pm and 0.6526 at 300 kV.
    """
    assert electron_wavelength(200.0) == pytest.approx(2.508e-3, rel=1e-3)
    assert electron_wavelength(300.0) == pytest.approx(1.969e-3, rel=1e-3)
    assert interaction_constant(200.0) == pytest.approx(0.00729, rel=1e-3)
    assert interaction_constant(300.0) == pytest.approx(0.006526, rel=1e-3)


def test_chords_fill_the_sphere():
    """Their sum is the volume; the one through the middle is the diameter.

    Fails if the factor 2 of a chord is lost (tried).
    """
    image = np.zeros((1, 31, 31))
    draw_chords(*(np.array([one]) for one in (15.3, 14.8, 8.0)), np.ones((1, 1)), 8, image)
    assert image.sum() == pytest.approx(4.0 / 3.0 * math.pi * 8.0**3, rel=2e-3)
    assert image.max() == pytest.approx(16.0, rel=5e-3)


def test_in_focus_only_absorption_is_seen():
    """exp(−t/Λ) through the middle of a sphere, whatever its phase.

    Fails if the wave is weakened by t/Λ instead of t/2Λ (tried).
    """
    series = take_series(spheres((0, 0, 0)), few(information_limit=1e-6), quiet).series
    assert series.images[1].min() == pytest.approx(math.exp(-6.0 / 80.0), rel=2e-3)
    assert series.images[1].max() == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize(("underfocus", "sign"), [(300.0, -1.0), (-300.0, 1.0)])
def test_below_focus_a_phase_object_is_dark(underfocus, sign):
    """Fails if the sign of the defocus in the transfer changes (tried)."""
    free = few(underfocus=underfocus, mean_free_paths=(1e9, 1e9))
    image = take_series(spheres((0, 0, 0), radius=1.0), free, quiet).series.images[1]
    assert sign * (image[20, 20] - 1.0) > 0.02


def test_places_follow_the_tilt():
    """u = x cos θ + z sin θ, v = y. Fails if sin θ changes its sign (tried)."""
    series = take_series(spheres((6.0, -4.0, 3.0)), few(), quiet).series
    rows, columns = np.mgrid[:41, :41] - 20.0
    for angle, image in zip(series.radians, series.images, strict=True):
        weight = 1.0 - image
        u = (weight * columns).sum() / weight.sum() * 0.7
        v = (weight * rows).sum() / weight.sum() * 0.7
        assert u == pytest.approx(6.0 * math.cos(angle) + 3.0 * math.sin(angle), abs=0.02)
        assert v == pytest.approx(-4.0, abs=0.02)


def test_shifts_and_axis_are_what_is_said():
    """Columns then rows, after the turn about the middle by the axis error."""
    taken = take_series(spheres((0.0, 0.0, 0.0)), few(shifts=2.0), quiet)
    rows, columns = np.mgrid[:41, :41] - 20.0
    for shift, image in zip(taken.shifts, taken.series.images, strict=True):
        weight = 1.0 - image
        assert (weight * columns).sum() / weight.sum() == pytest.approx(shift[0], abs=0.02)
        assert (weight * rows).sum() / weight.sum() == pytest.approx(shift[1], abs=0.02)


def test_a_turned_axis_turns_the_image_with_it():
    """A sphere on the tilt axis, at v = 8 nm, stays on it: at (−8 sin ψ, 8 cos ψ) in all images.

    Fails if ψ has the other sign (tried).
    """
    turned = few(axis_error=10.0)
    images = take_series(spheres((0.0, 8.0, 0.0)), turned, quiet).series.images
    rows, columns = np.mgrid[:41, :41] - 20.0
    for image in images:
        weight = 1.0 - image
        u, v = (float((weight * one).sum() / weight.sum()) * 0.7 for one in (columns, rows))
        assert u == pytest.approx(-8.0 * math.sin(math.radians(10.0)), abs=0.02)
        assert v == pytest.approx(8.0 * math.cos(math.radians(10.0)), abs=0.02)


def test_noise_is_that_of_counted_electrons():
    """Mean and variance of an empty image are the electrons a pixel: 5000 × 0.49 = 2450.

    Of 1681 pixels three times: standard errors 0.7 and 50; five of them are allowed.
    """
    far = spheres((1000.0, 0.0, 0.0))
    images = take_series(far, few(dose=5000.0), quiet).series.images
    assert images.mean() == pytest.approx(2450.0, abs=3.5)
    assert images.var() == pytest.approx(2450.0, abs=250.0)


def test_depth_changes_the_defocus_of_a_tilted_sample():
    """With the gradient a sphere at u > 0 of a flat sample at −40° lies deeper than the axis, so
    it looks as it does at another defocus; without it, it does not.
    """
    at = spheres((30.0, 0.0, 0.0))
    size = {"size": (141, 41), "underfocus": 400.0}
    flat, steep = (
        take_series(at, few(defocus_gradient=gradient, **size), quiet).series.images[0]
        for gradient in (False, True)
    )
    depth = 30.0 * math.cos(math.radians(40.0)) * math.tan(math.radians(40.0))
    other = take_series(at, few(**{**size, "underfocus": 400.0 + depth}), quiet).series.images[0]
    assert np.abs(steep - other).max() < 0.2 * np.abs(flat - other).max()
