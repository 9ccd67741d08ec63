"""Shifts and tilt axes that were put into simulated series, and a real series."""

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import affine_transform

from hsmc.errors import InputError
from hsmc.tomography.alignment import AlignmentOptions, align, residual
from hsmc.tomography.detection_options import DetectionOptions
from hsmc.tomography.microscope import Microscope, take_series
from hsmc.tomography.placing import Alignment, without_gauge
from hsmc.tomography.preparation import line_integrals
from hsmc.tomography.refinement import detect_again
from hsmc.tomography.series import LINES, TiltSeries
from hsmc.tomography.workflow import ReconstructionOptions, reconstruct_series

from .conftest import quiet

NEEDLE = Path(__file__).parent / "needle.npz"
"""Every second image of a HAADF tilt series of a needle, binned to 64 × 64: measured data, with
its licence and source in needle.txt."""


def test_shifts_and_axis_are_found(slab):
    """Shifts up to 5 pixels and an axis off by 1°: to 0.5 pixels RMS and 0.25°, and to 0.15
    pixels and 0.15° once the particles are laid on.

    What a shift of the sample explains is taken out of both.
    """
    optics = Microscope(
        pixel=0.8, tilts=(-64, 64, 2), dose=5000.0, shifts=5.0, shifts_are="uniform",
        axis_error=1.0,
    )  # fmt: skip
    taken = take_series(slab, optics, quiet)
    options = ReconstructionOptions(depth=38.0, alignment=AlignmentOptions(most=12.0, depth=48))
    made = reconstruct_series(taken.series, options, quiet)
    after, _ = detect_again(made, options, DetectionOptions(), 1, quiet)
    for alignment, pixels, degrees in ((made.alignment, 0.5, 0.25), (after.alignment, 0.15, 0.15)):
        wrong = without_gauge(alignment.shifts - taken.shifts[:, ::-1], taken.series.radians)
        assert np.sqrt((wrong**2).mean(axis=0)).max() < pixels
        assert abs(alignment.axis_angle - 1.0) < degrees
    assert made.alignment.residuals[-1] < 0.6 * made.alignment.residuals[0]


def test_images_are_placed_as_scipy_places_them():
    """Against ``affine_transform``, to single precision, beyond the edges too.

    Mutations run: the turn transposed; the edge one pixel early.
    """
    images = np.random.default_rng(3).random((3, 40, 51)).astype(np.float32)
    shifts, angle = np.array([[0.0, 0.0], [1.3, -2.6], [-9.5, 16.2]]), 1.7
    got = Alignment(shifts, angle, ()).applied(
        TiltSeries(images, np.arange(3.0), 1.0, "line-integrals")
    )
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turn, middle = np.array([[c, s], [-s, c]]), np.array([19.5, 25.0])
    for image, shift, placed in zip(images, shifts, got.images, strict=True):
        offset = middle + shift - turn @ middle
        expected = affine_transform(image, turn, offset, order=3, mode="nearest")
        np.testing.assert_allclose(placed, expected, atol=1e-5)


def test_a_real_series_is_aligned():
    """HAADF of a needle, no lattice in it: images agree with re-projections at least three times
    better than as recorded, and no shift is beyond what is looked for.
    """
    with np.load(NEEDLE) as file:
        raw = TiltSeries.sorted(file["images"], file["angles"], 13.44, "dark-field")
    lines = line_integrals(raw).series
    before = residual(lines, Alignment(np.zeros((len(raw.images), 2)), 0.0, ()), 24)
    found = align(lines, AlignmentOptions(most=8.0, passes=1, depth=24), quiet)
    assert found.residuals[0] == pytest.approx(before)
    assert found.residuals[-1] < before / 3.0


def test_alignment_puts_a_turned_image_back():
    """Spots at u e₁ + v e₂ + shift, with the tilt axis e₂ = (−sin ψ, cos ψ) in columns and rows,
    go to (u, v) from the middle.

    Fails if the turn has the other sign, if it is made before the shift is taken off, or if rows
    and columns of the shift change places (tried).
    """
    psi, (u, v), shift = np.radians(12.0), (7.0, 9.0), np.array([2.0, -3.0])
    rows, columns = np.mgrid[:61, :61] - 30.0
    turned = np.array([u * np.sin(psi) + v * np.cos(psi), u * np.cos(psi) - v * np.sin(psi)])
    at = turned + shift
    spot = np.exp(-((rows - at[0]) ** 2 + (columns - at[1]) ** 2) / 18.0).astype(np.float32)
    series = TiltSeries(np.stack([spot, spot]), np.array([0.0, 1.0]), 1.0, LINES)
    placed = Alignment(np.stack([shift, shift]), 12.0, ()).applied(series).images[0]
    found = [float((placed * one).sum() / placed.sum()) for one in (rows, columns)]
    assert found == pytest.approx([v, u], abs=0.02)


def test_the_gauge_is_what_a_shift_of_the_sample_explains():
    theta = np.radians(np.arange(-60.0, 61.0, 10.0))
    shifts = np.column_stack([np.full(13, 2.0), 3.0 * np.cos(theta) - 1.5 * np.sin(theta)])
    np.testing.assert_allclose(without_gauge(shifts, theta), 0.0, atol=1e-12)
    shifts[4] += [0.3, 0.7]
    assert np.abs(without_gauge(shifts, theta)).max() > 0.25


@pytest.mark.parametrize(("words", "field"), [("most is 0", {"most": 0.0}), ("axis", {"axis": 90})])
def test_options_are_checked(words, field):
    with pytest.raises(InputError, match=words):
        AlignmentOptions(**field)
