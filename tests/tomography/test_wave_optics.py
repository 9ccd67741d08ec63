"""What images hold beyond line integrals: analytic, against simulated waves, on the whole road."""

import math

import numpy as np
import pytest

from hsmc.tomography.detection import detect
from hsmc.tomography.detection_options import DetectionOptions
from hsmc.tomography.fitting import Fit
from hsmc.tomography.lens import Lens
from hsmc.tomography.microscope import Microscope, interaction_constant, take_series
from hsmc.tomography.model_images import Drawing
from hsmc.tomography.particles import Particles
from hsmc.tomography.refinement import credible, detect_again, share_of_change
from hsmc.tomography.search import ROUNDS
from hsmc.tomography.series import LINES, TiltSeries
from hsmc.tomography.wave_optics import beyond_linear
from hsmc.tomography.workflow import ReconstructionOptions, reconstruct_series

from .conftest import matched, quiet

TANGENT = math.tan(math.asin(0.1))
"""tan ε of a lens with the default amplitude contrast."""


def one_sphere(density):
    """Return a sphere of 10 nm in the middle, and a series of 0.5 nm a pixel to draw it in."""
    columns = {"density": np.array([density]), "diameter_nm": np.array([10.0])}
    images = np.random.default_rng(0).random((2, 64, 80)).astype(np.float32)
    series = TiltSeries(images, np.array([0.0, 1.0]), 0.5, LINES)
    return Particles(np.zeros((1, 3)), np.zeros(1, np.int64), columns), series


def test_a_drawing_has_the_volume_of_its_spheres():
    """π d³/6 times the density, to 1 %, for a sphere 2 % larger than is typical.

    Mutation run: all spheres drawn at the typical size (6 % off).
    """
    particles, series = one_sphere(0.01)
    drawing = Drawing(particles, (10.0 / 1.02, 5.0), series, finer=2, margin=4)
    image = drawing.pixels(drawing.back(drawing.spectrum(0.0)))
    assert image.sum() * 0.25 == pytest.approx(0.01 * math.pi / 6.0 * 1000.0, rel=0.01)


def test_in_focus_intensity_is_lost_where_the_phase_is_steep():
    """−ln I − μ = s² (|∇φ|² − |∇μ|²/4) with s = pixel / π, to 3 % where t is smooth (ρ < 0.7 R).

    Mutations run: the phase doubled; the envelope's square; the linear part left in.
    """
    particles, series = one_sphere(0.01)
    excess = beyond_linear(series, particles, (10.0, 5.0), Lens(0.0))[0]
    v, u = np.mgrid[:64, :80].astype(float)
    rho2 = ((u - 39.5) ** 2 + (v - 31.5) ** 2) * 0.25
    slope2 = 4.0 * rho2 / np.maximum(25.0 - rho2, 1.0) * 0.01**2
    expected = (0.5 / math.pi) ** 2 * slope2 * (0.25 / TANGENT**2 - 0.25)
    ring = (rho2 > 4.0) & (rho2 < 12.25)
    assert (excess[ring] / expected[ring]).mean() == pytest.approx(1.0, abs=0.03)
    assert np.abs(excess[rho2 > 49.0]).max() < 0.02 * expected[ring].max()


@pytest.mark.parametrize("underfocus", [1000.0, -400.0])
def test_out_of_focus_the_rest_is_of_second_order(underfocus):
    """Half the density makes a quarter of it: no linear contrast is left in.

    Mutations run: the sign of the aberration in the linear part; the amplitude contrast left out.
    """
    rms = []
    for density in (2e-3, 1e-3):
        particles, series = one_sphere(density)
        rms.append(beyond_linear(series, particles, (10.0, 5.0), Lens(underfocus))[0].std())
    assert rms[0] / rms[1] == pytest.approx(4.0, rel=0.03)


def test_waves_agree_with_simulated_images(slab):
    """Chords of spheres, propagated at the true places, by other code: what linear contrast leaves
    falls to less than a third.

    Mutations run: the underfocus turned over; the phase halved.
    """
    potential = 0.5 / (80.0 * TANGENT * interaction_constant(200.0))
    optics = Microscope(
        pixel=0.8, tilts=(-60, 60, 40), dose=0.0, underfocus=1000.0, information_limit=0.8,
        mean_free_paths=(80.0, 80.0), inner_potentials=(potential, potential),
    )  # fmt: skip
    diameters = np.where(slab.types == 0, 6.5, 3.4)
    alike = Particles(slab.positions, slab.types, {"radius_nm": 0.5 * diameters})
    taken = take_series(alike, optics, quiet).series
    columns = {"density": np.full(len(slab), 1.0 / 80.0), "diameter_nm": diameters}
    known, lens = Particles(slab.positions, slab.types, columns), Lens(1000.0)
    drawing = Drawing(known, (6.5, 3.4), taken, finer=2, margin=16)
    ky, kx = np.fft.fftfreq(drawing.shape[0], 0.4), np.fft.rfftfreq(drawing.shape[1], 0.4)
    envelope = np.exp(-2.0 * 0.8**2 * (ky[:, None] ** 2 + kx[None, :] ** 2))
    gain = envelope * lens.transfer(drawing.shape, 0.4) / 0.1
    linear = np.array(
        [drawing.pixels(drawing.back(drawing.spectrum(t) * gain)) for t in taken.radians]
    )
    left = -np.log(taken.images) - linear
    excess = beyond_linear(taken, known, (6.5, 3.4), lens)
    assert (left - excess).std() < left.std() / 3.0


def test_the_share_is_that_of_least_misfit():
    """Exact for a rest that is 0.6 of the change and something at right angles to it.

    Mutation run: the sign of the change.
    """
    rng = np.random.default_rng(1)
    change = rng.standard_normal(500) + 1j * rng.standard_normal(500)
    other = rng.standard_normal(500) + 1j * rng.standard_normal(500)
    other -= change * np.vdot(change, other) / np.vdot(change, change)
    rest = 0.6 * change + other
    assert share_of_change(rest, rest - change) == pytest.approx(0.6)
    assert share_of_change(rest, rest + 0.0) == 0.0
    assert share_of_change(-rest, -rest - change) == 0.0


def test_small_particles_come_to_their_places(slab):
    """Underfocused by 1 µm, mean errors of the small ones fall by a third or more.

    Rings around large ones are looked at in each round, and end the rounds if none is added.

    Mutations run: nothing taken away; peaks counted that do not stay.
    """
    optics = Microscope(pixel=0.8, tilts=(-65, 65, 2.5), dose=1e4, underfocus=1000.0)
    options = ReconstructionOptions(lens=Lens(1000.0), alignment=None, depth=40.0)
    made = reconstruct_series(take_series(slab, optics, quiet).series, options, quiet)
    before = detect(made.volume.values, made.volume.imaging, DetectionOptions())
    _, after = detect_again(made, options, DetectionOptions(), 0, quiet)
    errors = []
    for found in (before, after):
        assert found.rounds < ROUNDS
        places = found.particles.of(1)
        pairs = matched(places, slab.of(1), 1.0)
        assert len(pairs) >= 0.95 * len(slab.of(1))
        away = places[pairs[:, 0]] - slab.of(1)[pairs[:, 1]]
        errors.append(np.linalg.norm(away - away.mean(axis=0), axis=1).mean())
    assert errors[1] < 0.67 * errors[0]


def test_what_is_no_particle_has_no_waves():
    """Of six large and 14 small particles one is far too dense and one below 0.

    Fails if either is kept, or if the median is that of both species (tried).
    """
    densities = np.concatenate([np.full(6, 10.0), np.full(14, 1.0)])
    densities[[3, 15]] = [-1.0, 20.0]
    types = np.repeat([0, 1], [6, 14])
    fit = Fit(np.zeros((20, 3)), types, np.column_stack([densities, np.zeros(20)]))
    assert np.flatnonzero(~credible(fit)).tolist() == [3, 15]
