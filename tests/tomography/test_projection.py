"""Projector and back-projector against brute force, closed forms and ASTRA."""

import numpy as np
import pytest

from hsmc.kernels.projection import backproject_slices, project_slices, shadow_up_to
from hsmc.tomography.reconstruction import reproject


def arrays(depth=5, width=9, rows=3, tilts=(-63.0, -45.0, 0.0, 10.0, 45.0, 71.0)):
    rng = np.random.default_rng(0)
    volume = rng.random((depth, width, rows)).astype(np.float32)
    theta = np.radians(tilts)
    return volume, np.cos(theta).astype(np.float32), np.sin(theta).astype(np.float32)


def brute_force(volume, cosines, sines, width, fine=60):
    """Cut each voxel into fine × fine points and count those that fall on each pixel."""
    depth, nx, rows = volume.shape
    images = np.zeros((len(cosines), width, rows))
    points = (np.arange(fine) + 0.5) / fine - 0.5
    for t, (c, s) in enumerate(zip(cosines, sines, strict=True)):
        for z in range(depth):
            for x in range(nx):
                at_x = x - 0.5 * (nx - 1) + points[:, None]
                at_z = z - 0.5 * (depth - 1) + points[None, :]
                u = (at_x * c + at_z * s + 0.5 * (width - 1)).ravel()
                pixels, counts = np.unique(np.rint(u).astype(int), return_counts=True)
                for pixel, count in zip(pixels, counts, strict=True):
                    if 0 <= pixel < width:
                        images[t, pixel] += count / fine**2 * volume[z, x]
    return images


def test_projection_is_the_shadow_of_each_voxel():
    """Brute force with 3600 points a voxel; their own error is below 0.01.

    Fails if the half width of the foot is |cos| instead of (|cos| + |sin|)/2, or if sin θ changes
    its sign (tried).
    """
    volume, c, s = arrays()
    images = np.zeros((len(c), 11, 3), np.float32)
    project_slices(volume, c, s, images)
    np.testing.assert_allclose(images, brute_force(volume, c, s, 11), atol=0.03)


def test_back_projection_is_the_transpose():
    """⟨A x, y⟩ = ⟨x, Aᵀ y⟩. Fails if only one of the two leaves out a pixel (tried)."""
    volume, c, s = arrays()
    images = np.random.default_rng(1).random((len(c), 11, 3)).astype(np.float32)
    seen, back = np.zeros_like(images), np.zeros_like(volume)
    project_slices(volume, c, s, seen)
    backproject_slices(images, c, s, back)
    left = np.vdot(seen.astype(float), images)
    assert left == pytest.approx(np.vdot(volume.astype(float), back), rel=1e-6)


@pytest.mark.parametrize("degrees", [0.0, 20.0, 45.0, 80.0, 90.0])
def test_shadow_of_a_voxel_has_area_one_and_a_straight_rise(degrees):
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    wide, flat, height = (c + s) / 2, abs(c - s) / 2, 1 / max(c, s)
    u = np.linspace(-1.0, 1.0, 401)
    area = np.array([shadow_up_to(one, flat, wide, height) for one in u])
    assert area[0] == pytest.approx(0.0, abs=1e-12)
    assert area[-1] == pytest.approx(1.0)
    assert np.diff(area).min() >= -1e-12
    np.testing.assert_allclose(area + area[::-1], 1.0, atol=1e-12)


def test_projection_of_a_ball_is_its_chords():
    """2√(R² − ρ²) in the middle of the disc; voxels blur only its rim."""
    radius, n = 9.0, 31
    z, y, x = np.mgrid[:n, :n, :n] - 15.0
    fine = [
        np.hypot(np.hypot(x + i, y + j), z + k) <= radius
        for i in (-0.33, 0, 0.33)
        for j in (-0.33, 0, 0.33)
        for k in (-0.33, 0, 0.33)
    ]
    ball = np.mean(fine, axis=0).astype(np.float32)
    images = reproject(ball, np.radians([-50.0, 0.0, 30.0]), 2.0)
    rho = np.hypot(y[0], x[0])
    inside = rho < 0.8 * radius
    chords = 2.0 * 2.0 * np.sqrt(np.maximum(radius**2 - rho**2, 0.0))
    for image in images:
        assert np.abs(image - chords)[inside].max() < 0.04 * chords.max()


def test_projection_agrees_with_astra():
    """ASTRA's strip model is the same area of overlap; its rows run from the top.

    Fails if pixels are shifted by half a pixel (tried): the difference is then 20 times larger.
    """
    astra = pytest.importorskip("astra")
    volume, c, s = arrays(depth=8, width=8, rows=1, tilts=(-60.0, -20.0, 0.0, 35.0))
    theta = np.arctan2(s, c).astype(float)
    geometry = astra.create_vol_geom(8, 8)
    rays = astra.create_proj_geom("parallel", 1.0, 16, theta)
    projector = astra.create_projector("strip", rays, geometry)
    number, expected = astra.create_sino(volume[::-1, :, 0], projector)
    astra.data2d.delete(number)
    astra.projector.delete(projector)
    images = np.zeros((4, 16, 1), np.float32)
    project_slices(volume, c, s, images)
    np.testing.assert_allclose(images[:, :, 0], expected, atol=1e-3)
