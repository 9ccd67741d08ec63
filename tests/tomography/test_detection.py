"""Particles found in volumes whose particles are known."""

import numpy as np
import pytest

from hsmc.configuration import LARGE, SMALL
from hsmc.errors import InputError
from hsmc.tomography.detection import detect
from hsmc.tomography.detection_options import DetectionOptions
from hsmc.tomography.lens import Lens
from hsmc.tomography.microscope import Microscope, take_series
from hsmc.tomography.particles import Particles
from hsmc.tomography.peaks import apart, choose_threshold, find_peaks
from hsmc.tomography.reconstruction import Method
from hsmc.tomography.templates import Imaging, shadow, template
from hsmc.tomography.workflow import ReconstructionOptions, reconstruct_series

from .conftest import matched, quiet

DENSITY = 1.0 / 130.0
"""Of the small particles, in 1/nm: their mean free path is 130 nm."""


def reconstructed(series, lens=None):
    options = ReconstructionOptions(depth=42.0, lens=lens, alignment=None)
    return reconstruct_series(series, options, quiet).volume


@pytest.fixture(scope="module")
def volume(series):
    return reconstructed(series)


@pytest.fixture(scope="module")
def found(volume):
    return detect(volume.values, volume.imaging, DetectionOptions())


def test_all_particles_are_found_where_they_are(found, slab):
    """All large ones, and 98 % of the small ones, none that is not there; mean errors of 0.06 and
    0.13 nm. The bars leave room for a factor of 1.5.

    Fails if templates forget the missing wedge (all angles instead of the series'), or without the
    split of pairs along the wedge (tried).
    """
    particles = found.particles
    for species, recall, error in ((LARGE, 1.0, 0.1), (SMALL, 0.97, 0.2)):
        mine, real = particles.of(species), slab.of(species)
        pairs = matched(mine, real, 1.5)
        assert len(pairs) >= recall * len(real)
        assert len(pairs) >= 0.99 * len(mine)
        off = mine[pairs[:, 0]] - real[pairs[:, 1]]
        assert np.linalg.norm(off, axis=1).mean() < error


def test_sizes_are_those_of_each_particle(found, slab):
    """The spread is 6 %; what is measured follows it with a correlation above 0.9 for the large.

    Fails if T′ is taken with the wrong sign (tried).
    """
    particles = found.particles
    own, real = particles.types == LARGE, slab.types == LARGE
    pairs = matched(particles.positions[own], slab.positions[real], 1.5)
    measured = particles.columns["diameter_nm"][own][pairs[:, 0]]
    true = 2.0 * slab.columns["radius_nm"][real][pairs[:, 1]]
    assert np.corrcoef(measured, true)[0, 1] > 0.9
    assert np.abs(measured - true).mean() < 0.25


def test_standard_errors_are_of_the_size_of_the_errors(found, slab):
    """RMS of error over standard error between 0.5 and 3: templates and sizes add to the noise."""
    particles = found.particles
    pairs = matched(particles.of(LARGE), slab.of(LARGE), 1.5)
    off = particles.of(LARGE)[pairs[:, 0]] - slab.of(LARGE)[pairs[:, 1]]
    names = ("x_se_nm", "y_se_nm", "z_se_nm")
    errors = np.column_stack([particles.columns[name] for name in names])
    pull = off / errors[particles.types == LARGE][pairs[:, 0]]
    assert 0.5 < np.sqrt((pull**2).mean()) < 3.0


def test_the_wrong_sign_of_defocus_finds_next_to_nothing(slab):
    """At 1 µm underfocus with the right sign, nearly all; with the wrong one particles are holes.

    Fails if the sign in ``Lens.transfer`` changes (tried); the simulation's own sign is tested
    apart, against what a phase object looks like below focus.
    """
    optics = Microscope(pixel=0.8, tilts=(-65, 65, 2.5), underfocus=1000.0, dose=1e4)
    images = take_series(slab, optics, quiet).series
    hits = []
    for underfocus in (1000.0, -1000.0):
        volume = reconstructed(images, Lens(underfocus))
        try:
            some = detect(volume.values, volume.imaging, DetectionOptions()).particles
            hits.append(len(matched(some.of(LARGE), slab.of(LARGE), 1.0)))
        except InputError:
            hits.append(0)
    assert hits[0] >= 0.95 * len(slab.of(LARGE))
    assert hits[1] <= 0.2 * len(slab.of(LARGE))


def test_a_mask_keeps_particles_where_it_is(volume):
    mask = np.zeros(volume.values.shape, bool)
    mask[:, :, volume.values.shape[2] // 2 :] = True
    some = detect(volume.values, volume.imaging, DetectionOptions(), mask)
    assert (some.particles.positions[:, 0] > -1.5).mean() > 0.99


def test_masks_of_another_shape_are_refused(volume):
    with pytest.raises(InputError, match=r"mask has shape \(2, 2, 2\)"):
        detect(volume.values, volume.imaging, DetectionOptions(), np.ones((2, 2, 2), bool))


def test_one_species_alone_is_found_alone():
    """Only large ones in the sample: hardly anything is taken for a small one."""
    rng = np.random.default_rng(0)
    places = np.stack(np.meshgrid([-12.0, 0.0, 12.0], [-12.0, 0.0, 12.0], [0.0, 12.0]), -1)
    places = places.reshape(-1, 3) + rng.normal(0.0, 0.3, (18, 3))
    alone = Particles(places, np.zeros(18, np.int64), {"radius_nm": np.full(18, 3.25)})
    images = take_series(alone, Microscope(pixel=0.8, tilts=(-65, 65, 2.5), dose=1e4), quiet)
    volume = reconstructed(images.series)
    some = detect(volume.values, volume.imaging, DetectionOptions()).particles
    assert len(matched(some.of(LARGE), places, 1.0)) == 18
    assert len(some.of(SMALL)) <= 1


def test_noise_alone_holds_no_particles():
    noise = np.random.default_rng(0).standard_normal((24, 40, 40)).astype(np.float32)
    imaging = Imaging(np.arange(-60.0, 61.0, 5.0), 0.8, Method())
    with pytest.raises(InputError, match="no particle was found"):
        detect(noise, imaging, DetectionOptions())


def test_coarse_voxels_are_refused_with_the_size_that_is_needed():
    imaging = Imaging(np.arange(-60.0, 61.0, 5.0), 2.0, Method())
    with pytest.raises(InputError, match=r"voxels of 2 nm are too coarse.*needs 1\.7 nm"):
        detect(np.zeros((9, 9, 9), np.float32), imaging, DetectionOptions())


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (r"diameters are \(3.4, 6.5\)", {"diameters": (3.4, 6.5)}),
        ("threshold of the small species is 2", {"thresholds": (None, 2.0)}),
        ("closest is 0", {"closest": 0.0}),
    ],
)
def test_options_are_checked(words, field):
    with pytest.raises(InputError, match=words):
        DetectionOptions(**field)


def test_a_shadow_has_the_volume_of_its_sphere():
    assert shadow(4.0, 15, 15).sum() == pytest.approx(4.0 / 3.0 * np.pi * 64.0, rel=0.01)
    assert shadow(4.0, 15, 15).max() == pytest.approx(8.0, rel=0.03)


def test_thresholds_lie_in_the_gap():
    """300 peaks near 10 and noise that falls off: the threshold parts the two.

    Fails if the densest height is taken instead of the least dense (tried).
    """
    rng = np.random.default_rng(0)
    heights = np.concatenate([rng.normal(10.0, 0.7, 300), rng.exponential(0.6, 5000)])
    threshold = choose_threshold(heights, 0.1)
    assert 5.0 < threshold.chosen < 8.3
    assert threshold.typical == pytest.approx(10.0, rel=0.1)


def test_a_few_peaks_that_stand_alone_do_not_decide():
    """One peak 250 times as high as 300 others, and two more: the typical one is that of the 300.

    Fails if one peak is enough to be typical (tried: 2500).
    """
    rng = np.random.default_rng(0)
    heights = np.concatenate(
        [rng.normal(10.0, 0.7, 300), rng.exponential(0.6, 5000), [2500.0, 90.0, 40.0]]
    )
    threshold = choose_threshold(heights, 0.1)
    assert 5.0 < threshold.chosen < 8.3
    assert threshold.typical == pytest.approx(10.0, rel=0.1)


def test_what_is_far_too_bright_is_no_particle(volume, slab):
    """A bead 30 times as dense as the small particles, in a corner above the slab: the small ones
    are found as without it, and nothing is brighter than a particle.

    Fails if what is too bright stays (tried: no small one is found).
    """
    bead = template(3.4, volume.imaging, (31, 31, 31))
    values = volume.values.copy()
    values[-31:, :31, :31] += 30.0 * DENSITY * bead
    some = detect(values, volume.imaging, DetectionOptions()).particles
    pairs = matched(some.of(SMALL), slab.of(SMALL), 1.5)
    assert len(pairs) >= 0.95 * len(slab.of(SMALL))
    assert some.columns["score"].max() < 3.5


def test_peaks_are_refined_between_voxels():
    z, y, x = np.mgrid[:21, :21, :21]
    grid = np.exp(-((z - 10.3) ** 2 + (y - 9.6) ** 2 + (x - 11.2) ** 2) / 12.0).astype(np.float32)
    places, heights = find_peaks(grid, 3.0, None)
    np.testing.assert_allclose(places, [[10.3, 9.6, 11.2]], atol=0.03)
    assert heights[0] > 0.95


def test_of_near_places_the_first_stays():
    """Fails if the later one of a pair stays (tried)."""
    places = np.array([[0.0, 0, 0], [0, 0, 1.0], [0, 0, 2.5], [0, 0, 4.9]])
    types = np.array([0, 0, 0, 1])
    kept = apart(places, types, np.array([2.0, 2.0]), 3.0)
    assert kept.tolist() == [True, False, True, False]
