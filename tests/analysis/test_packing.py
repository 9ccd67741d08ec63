"""The paper's packing fractions."""

import math

import pytest

from hsmc.analysis.packing import CORES, EFFECTIVE, packing_fraction, packing_fractions
from hsmc.crystal import crystal

PAPER_VOLUME = 5365.0
"""Volume of the unit cell in nm³, in the main text."""


def test_the_papers_numbers():
    """0.85 with effective sizes; 0.234 with cores. Fails if sizes are taken as radii (tried)."""
    assert round(packing_fraction(6, 19, EFFECTIVE, PAPER_VOLUME), 2) == 0.85
    assert round(packing_fraction(6, 19, CORES, PAPER_VOLUME), 3) == 0.234


def test_the_measured_cell():
    """Table S1 has 5357.5 nm³, 0.14 % less than the text."""
    found = packing_fractions(crystal("a6b19-measured").configuration(0.695), 9.4)
    assert round(found.effective, 2) == 0.85
    assert round(found.cores, 3) == 0.234


def test_hard_spheres_of_the_effective_ratio():
    """At γ = 5.8/9.4 hard spheres are the effective ones; cores are not.

    Fails if the volume is not scaled by σ_L³ (tried).
    """
    configuration = crystal("a6b19").configuration(5.8 / 9.4).replicated(1, 2, 1)
    found = packing_fractions(configuration, 9.4)
    assert found.effective == pytest.approx(found.hard_spheres, rel=1e-12)
    assert found.cores < 0.3 * found.effective


def test_sizes_of_other_particles_are_not_known():
    """Fails if those of the paper are taken (tried)."""
    configuration = crystal("a6b19").configuration(0.695)
    found = packing_fractions(configuration, 10.0)
    assert found.hard_spheres == configuration.packing_fraction
    assert math.isnan(found.effective)
    assert math.isnan(found.cores)


def test_one_species():
    fcc = crystal("fcc").configuration(1.0)
    found = packing_fractions(fcc, 9.4)
    assert found.hard_spheres == pytest.approx(math.pi / math.sqrt(18.0), rel=1e-12)
    assert found.cores == pytest.approx(found.hard_spheres * (6.5 / 9.4) ** 3, rel=1e-12)
