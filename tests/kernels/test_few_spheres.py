"""All pairs of few spheres, against all pairs of a brute-force list.

Mutations tried, each of which makes a test here fail: a packet's pairs with itself left out, the
last packet left out, thin boxes taken for thick ones (one image of a pair for two), the second
image along one axis left out, the smaller instead of the largest radius of a packet, one end of
the range asked about taken for 0.
"""

import numpy as np
import pytest

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.fit import random_fluid
from hsmc.kernels.deformations import MATTERS, note_what_matters
from hsmc.kernels.few_spheres import FEW, all_pairs, few_packets, two_images_matter
from hsmc.kernels.free_range import free_range
from hsmc.kernels.jit import kernel
from hsmc.mixture import Mixture
from hsmc.neighbors import smallest_gap
from tests.kernels.test_cells import system_of
from tests.kernels.test_free_range import LINES, along, brute_force

ASKED = 0.06
"""How far to look: a part of the change by which some separation could vanish."""


@kernel
def pass_over(system, deformation, end):
    """Return what ``all_pairs`` leaves free between -end and end, and whether it may be asked."""
    limits = system.limits
    limits[0], limits[1], limits[2], limits[3] = -end, end, -end, end
    note_what_matters(limits, deformation.stretch)
    allowed = two_images_matter(system, limits[MATTERS])
    if allowed:
        all_pairs(system.few, system, deformation)
    return limits[0], limits[1], allowed


def touching(configuration):
    """Return the spheres a hair from contact, in a box of the same shape."""
    return configuration.strained(np.eye(3) * 1.0001 / (1.0 + smallest_gap(configuration).gap))


def mixture(n, seed):
    """Return a dense mixture of few spheres in a skewed box, thin along some axes or not."""
    large, rng = n * 6 // 25, np.random.default_rng(seed)
    strain = np.triu(rng.uniform(-0.35, 0.35, (3, 3)), 1) + np.diag(rng.uniform(0.75, 1.3, 3))
    return touching(random_fluid(Mixture(0.7, large, n - large), 0.5, seed).strained(strain))


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("n", [FEW[0], 24, 25, 33, FEW[1]])
def test_range_is_that_of_brute_force(line, n):
    """Both ends are those of the first pair that touches, in boxes of any shape."""
    asked = 0
    for seed in range(8):
        configuration = mixture(n, seed)
        system, _ = system_of(configuration)
        deformation = along(system, line)
        end = ASKED / deformation.stretch
        low, high, allowed = pass_over(system, deformation, end)
        if allowed:
            exact = brute_force(configuration, deformation, (-end, end))
            np.testing.assert_allclose((low, high), exact, rtol=1e-6, atol=1e-12)
            asked += 1
    assert asked >= 4


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("axis", range(3))
def test_two_images_of_a_pair(axis, line):
    """Two large spheres half a box apart, a hair more than contact, meet on both sides."""
    fractions = np.random.default_rng(axis).uniform(0.6, 0.7, (FEW[0], 3))
    fractions[:2] = 0.1
    fractions[1, axis] += 0.501
    fractions[1, (axis + 1) % 3] += 0.171
    diameters = np.where(np.arange(FEW[0]) < 2, 1.0, 1e-3)
    configuration = Configuration.from_scaled(
        Box.cubic(1.9), fractions, diameters, (diameters < 1.0).astype(int)
    )
    assert smallest_gap(configuration).gap > 0.0
    system, _ = system_of(configuration)
    deformation = along(system, line)
    end = ASKED / deformation.stretch
    low, high, allowed = pass_over(system, deformation, end)
    assert allowed
    exact = brute_force(configuration, deformation, (-end, end))
    np.testing.assert_allclose((low, high), exact, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("line", LINES)
def test_where_cells_are_asked_instead(line):
    """Where a sphere may meet its own images, or a third one of others, cells answer alike."""
    for seed in range(8):
        configuration = touching(mixture(FEW[0], seed).strained(np.diag([3.0, 0.6, 0.6])))
        system, _ = system_of(configuration)
        system.clearance[:] = 0.0
        deformation = along(system, line)
        end = 0.3 / deformation.stretch
        free = free_range(system, deformation, -end, end, -end, end)
        exact = brute_force(configuration, deformation, (-end, end))
        np.testing.assert_allclose(free, exact, rtol=1e-6, atol=1e-12)


def test_spheres_are_held_from_the_largest_to_the_smallest():
    """The first of a packet has its largest radius, on which the images compared depend."""
    configuration = mixture(25, 1)
    system, order = system_of(configuration)
    assert np.all(np.diff(configuration.diameters[order]) <= 0.0)
    radii = system.few[:4, 3].ravel()
    np.testing.assert_array_equal(radii[:25], 0.5 * configuration.diameters[order])
    assert np.isnan(radii[25:]).all()
    assert few_packets(FEW[0] - 1) is None
    assert few_packets(FEW[1] + 1) is None
