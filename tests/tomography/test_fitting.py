"""Splines, shifts between images, and the fit of many spheres."""

import numpy as np
import pytest
from scipy import fft

from hsmc.kernels.splines import read, spread
from hsmc.tomography.fitting import DENSEST, Curvature, Fit, improve
from hsmc.tomography.matched_filter import MatchedFilter
from hsmc.tomography.registration import Registrar


def test_reading_is_the_transpose_of_spreading():
    """⟨spread(a), g⟩ = ⟨a, read(g)⟩, also across the periodic faces."""
    rng = np.random.default_rng(0)
    places, values = rng.uniform(-3.0, 12.0, (20, 3)), rng.random(20)
    grid, other = np.zeros((8, 9, 7), np.float32), rng.random((8, 9, 7)).astype(np.float32)
    spread(places, values, grid)
    out = np.empty((20, 10))
    read(places, other, out)
    assert np.vdot(grid.astype(float), other) == pytest.approx(values @ out[:, 0], rel=1e-5)


def test_slopes_and_bends_are_derivatives():
    """Central differences of the value itself. Fails if any two of the ten change places (tried
    with slopes 0 and 1, and with second derivatives 01 and 02).
    """
    rng = np.random.default_rng(1)
    grid = rng.random((8, 9, 7)).astype(np.float32)
    places, h = rng.uniform(0.0, 7.0, (10, 3)), 1e-3

    def value(at):
        out = np.empty((len(at), 10))
        read(np.ascontiguousarray(at), grid, out)
        return out

    at, unit = value(places), np.eye(3)
    for axis in range(3):
        up, down = value(places + h * unit[axis]), value(places - h * unit[axis])
        np.testing.assert_allclose(at[:, 1 + axis], (up - down)[:, 0] / (2 * h), atol=1e-5)
        np.testing.assert_allclose(at[:, 4 + axis], (up - down)[:, 1 + axis] / (2 * h), atol=2e-3)
    for column, (one, two) in zip((7, 8, 9), ((0, 1), (0, 2), (1, 2)), strict=True):
        up, down = value(places + h * unit[two]), value(places - h * unit[two])
        np.testing.assert_allclose(at[:, column], (up - down)[:, 1 + one] / (2 * h), atol=1e-5)


def shifted(image, rows, columns):
    """Shift by the Fourier theorem: exact for periodic images."""
    ky, kx = fft.fftfreq(image.shape[0])[:, None], fft.rfftfreq(image.shape[1])[None, :]
    wave = np.exp(-2j * np.pi * (ky * rows + kx * columns))
    return fft.irfft2(fft.rfft2(image) * wave, image.shape).astype(np.float32)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (1.3, -2.7), (-4.25, 3.5), (0.49, 0.51)])
def test_shifts_are_found_to_a_hundredth_of_a_pixel(shift):
    """Blobs far from the edges, no noise. Fails if Newton's steps are left out, or rows and
    columns change places (tried).
    """
    y, x = np.mgrid[:64, :80]
    rng = np.random.default_rng(2)
    image = sum(
        np.exp(-((y - a) ** 2 + (x - b) ** 2) / 8.0) for a, b in rng.uniform(20, 44, (12, 2))
    )
    found = Registrar((64, 80), 12.0, 1.0).displacement(shifted(image, *shift), image, 8.0)
    np.testing.assert_allclose(found, shift, atol=0.01)


def test_densities_do_not_run_away():
    """A volume 1000 times as dense as the particles it is fitted with: five times theirs at most.

    Fails if nothing holds them (tried).
    """
    z, y, x = np.mgrid[-4:5, -4:5, -4:5]
    blob = np.exp(-(z**2 + y**2 + x**2) / 4.0).astype(np.float32)
    volume = np.zeros((13, 13, 13), np.float32)
    volume[2:11, 2:11, 2:11] = 1000.0 * blob
    matched = MatchedFilter(volume, ((blob, blob),))
    start = Fit.peaks(np.array([[6.0, 6, 6], [6, 6, 8], [6, 8, 6]]), 0, np.ones(3))
    after = improve(start, matched, Curvature.of(matched, 4.0), 1)
    assert np.abs(after.amplitudes[:, 0]).max() == pytest.approx(DENSEST)
