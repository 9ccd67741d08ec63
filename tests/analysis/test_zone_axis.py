"""Projections: how much material there is, where it repeats, and where the FFT has spots."""

import math

import numpy as np
import pytest

from hsmc.analysis.packing import CORES
from hsmc.analysis.structure_factor import reciprocal_vectors, reflections
from hsmc.analysis.zone_axis import SMALL_WEIGHT, project
from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.errors import InputError
from tests.analysis.states import measured

NM = 9.4

LOBES = 3e-3
"""Power beside a spot that a Hann window leaves, as a part of it: below 10^−2.7."""


def material(configuration):
    """Return the weighted volume of all cores, in σ_L³."""
    n_small = int(configuration.types.sum())
    n_large = len(configuration) - n_small
    volumes = [math.pi / 6.0 * (d / NM) ** 3 for d in (CORES.large, CORES.small)]
    return n_large * volumes[0] + SMALL_WEIGHT * n_small * volumes[1]


@pytest.mark.parametrize("zone", [(0, 0, 1), (1, 0, 0), (1, 1, 0), (1, -2, 3)])
def test_amount_of_material(zone):
    """Thickness over one period is the volume of the cores, along any axis.

    The box is made so that a period is a square of whole pixels only after resampling, so the
    mean over a field of many periods is taken: within 1 %.
    """
    found = project(measured(), zone, NM, field=60.0, pixels=900)
    area = abs(float(np.linalg.det(found.period)))
    assert area * found.depth == pytest.approx(measured().box.volume)
    assert found.thickness.mean() * area == pytest.approx(material(measured()), rel=0.01)


def test_it_repeats_as_the_crystal():
    """Moved by a vector of the period, the picture is the same; by half of one it is not.

    In a box whose edges are whole pixels. Fails if spheres are not wrapped first (tried).
    """
    box = Box(np.diag([2.0, 2.5, 1.7]))
    state = Configuration.from_scaled(
        box, measured().scaled + 7.0, measured().diameters, measured().types
    )
    found = project(state, (0, 0, 1), NM, field=10.0, pixels=200)
    picture = found.thickness
    assert np.abs(found.period) == pytest.approx(np.diag([2.0, 2.5]))
    assert picture[:, 40:] == pytest.approx(picture[:, :-40], abs=1e-6)
    assert picture[50:] == pytest.approx(picture[:-50], abs=1e-6)
    assert np.abs(picture[:, 20:] - picture[:, :-20]).max() > 0.1


def test_one_sphere_is_a_disc_of_chords():
    """2√(R² − ρ²) above every pixel."""
    one = Configuration(Box.cubic(4.0), np.full((1, 3), 2.0), np.ones(1), np.zeros(1, np.int64))
    found = project(one, (0, 0, 1), NM, field=4.0, pixels=128)
    middle = (np.arange(128) + 0.5) / 32.0 - 2.0
    square = (0.5 * CORES.large / NM) ** 2 - middle**2 - middle[:, None] ** 2
    assert found.thickness == pytest.approx(2.0 * np.sqrt(np.maximum(square, 0.0)), abs=1e-9)


def test_orientation():
    """Seen along −z, with the beam towards the viewer: x right and y up, not mirrored."""
    places = np.array([[1.0, 1.0, 0.0], [3.0, 1.0, 0.0], [1.0, 2.5, 0.0]])
    types = np.array([0, 1, 1])
    state = Configuration(Box(np.diag([4.0, 5.0, 3.0])), places, np.array([1.0, 0.6, 0.6]), types)
    picture = project(state, (0, 0, 1), NM, field=3.9, pixels=39).thickness
    row, column = np.unravel_index(picture.argmax(), picture.shape)
    assert (row, column) in {(9, 9), (10, 10), (9, 10), (10, 9)}
    assert picture[10, 30] > 0.1
    assert picture[25, 10] > 0.1
    assert picture[25, 30] == 0.0


def spots(found, limit):
    """Return frequencies of the local maxima of the power above a part of the highest; (M, 2)."""
    power, middle = found.power, len(found.power) // 2
    window = power[middle - limit : middle + limit + 1, middle - limit : middle + limit + 1]
    around = [np.roll(window, s, axis=(0, 1)) for s in [(0, 1), (0, -1), (1, 0), (-1, 0)]]
    peaks = np.all([window > other for other in around], axis=0) & (window > LOBES * window.max())
    y, x = np.nonzero(peaks)
    return (np.column_stack([x, y]) - limit) * found.frequency_step


@pytest.mark.parametrize("zone", [(0, 0, 1), (1, 0, 0), (1, 1, 1)])
def test_spots_are_the_reflections_of_the_zone(zone):
    """Every spot is a reflection with hu + kv + lw = 0, and every strong one has a spot.

    By lengths, within the width of a pixel. Fails if the beam is along the reciprocal vector
    instead, in this skewed cell (tried).
    """
    state = measured()
    found = project(state, zone, NM, field=40.0, pixels=800)
    lengths = np.linalg.norm(spots(found, 100), axis=1)
    hkl = reciprocal_vectors(state.box, 2.0 * np.pi * 3.6)
    known = reflections(state, hkl[hkl @ np.array(zone) == 0])
    frequencies = known.k / (2.0 * np.pi)
    assert len(lengths) > 10
    apart = np.abs(lengths[:, None] - frequencies[None]).min(axis=1)
    assert apart.max() < found.frequency_step
    strong = frequencies[(known.structure_factors[1] > 1.5) & (frequencies < 1.5)]
    assert len(strong) > 1
    assert np.abs(strong[:, None] - lengths).min(axis=1).max() < found.frequency_step


@pytest.mark.parametrize(("zone", "is_hexagonal"), [((0, 0, 1), True), ((1, 0, 0), False)])
def test_six_fold_power_of_a6b19(zone, is_hexagonal):
    """Along c the spots go over into themselves when turned by 60°, along a they do not."""
    state = crystal("a6b19-symmetric").configuration(0.695)
    found = project(state, zone, NM, field=40.0)
    every = spots(found, 60)
    assert len(every) >= 12
    angle = math.radians(60.0)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    inner = every[np.linalg.norm(every, axis=1) < 1.2] @ turn.T
    apart = np.linalg.norm(inner[:, None] - every[None], axis=2).min(axis=1)
    assert bool(apart.max() < 2.0 * found.frequency_step) is is_hexagonal


@pytest.mark.parametrize(("zone", "primitive"), [((0, 0, 3), (0, 0, 1)), ((-2, 4, 0), (-1, 2, 0))])
def test_multiples_are_one_direction(zone, primitive):
    assert project(measured(), zone, NM, pixels=8).zone == primitive


def test_of_no_use():
    with pytest.raises(InputError, match="zone axis is 0 0 0, needs a direction"):
        project(measured(), (0, 0, 0), NM)
    with pytest.raises(InputError, match="field is -1 with 512 pixels, needs a field > 0"):
        project(measured(), (0, 0, 1), NM, field=-1.0)
