"""g(r) of ideal gases, crystals and hard-sphere fluids."""

import numpy as np
import pytest

from hsmc.analysis.equations_of_state import bmcsl_contact_values, modified_klm
from hsmc.analysis.pair_correlation import contact_values, pair_correlation
from hsmc.analysis.statistics import estimate_mean
from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.errors import InputError
from hsmc.mixture import Mixture
from hsmc.sampling import sample
from tests.analysis.states import descriptions, measured

ALLOWED = 0.02
"""Deviation of g at contact from the equation of state that passes, as a part of it."""


def ideal_gas(seed, n=400):
    """Return points of two kinds in a skewed box that is shorter than the reach of g."""
    rng = np.random.default_rng(seed)
    box = Box(np.array([[5.0, 2.0, -1.0], [0.0, 4.5, 1.5], [0.0, 0.0, 5.5]]))
    types = (np.arange(n) >= n // 3).astype(np.int64)
    return Configuration.from_scaled(box, rng.random((n, 3)), np.zeros(n), types)


def test_ideal_gas():
    """1 − 1/N for like pairs and 1 for unlike, within four standard errors in each of 40 bins.

    Up to r = 4, in a box of which the smallest face distance is 4.0: no nearest image does.
    Fails if images are left out, if mixed pairs are not counted from both ends, or if shells
    are a bin off (tried).
    """
    g = np.array([pair_correlation(ideal_gas(seed), 4.0, 0.1).g for seed in range(60)])
    error = g.std(axis=0, ddof=1) / np.sqrt(len(g))
    expected = np.array([[1.0 - 1.0 / 133], [1.0], [1.0 - 1.0 / 267]])
    # the first bins hold a few pairs only, whose spread says little about their error
    score = ((g.mean(axis=0) - expected) / error)[:, 5:]
    assert np.abs(score).max() < 4.0
    assert abs(score.mean()) < 4.0 / np.sqrt(score.size)


def test_shells_of_fcc():
    """12, 6, 24, 12, 24, 8 neighbours at √1 to √6; own images among them, as the cell has 4.

    Fails if own images are left out (tried).
    """
    fcc, width = crystal("fcc").configuration(1.0), 0.02
    found = pair_correlation(fcc, 2.5, width)
    edges = width * np.arange(126)
    density = 4.0 / fcc.box.volume
    neighbours = found.g[0] * density * 4.0 / 3.0 * np.pi * np.diff(edges**3)
    places = np.flatnonzero(neighbours)
    assert neighbours[places] == pytest.approx([12, 6, 24, 12, 24, 8], abs=1e-9)
    assert found.r[places] == pytest.approx(np.sqrt(range(1, 7)), abs=0.5 * width + 1e-6)
    assert np.isnan(found.g[1:]).all()


def test_descriptions_of_one_crystal():
    """Fails if N(N − 1) replaces N² (tried): then replicas differ."""
    state = measured()
    expected = pair_correlation(state, 3.0, 0.05)
    for name, other in descriptions(state).items():
        found = pair_correlation(other, 3.0, 0.05)
        assert found.g == pytest.approx(expected.g, abs=1e-9), name
        assert contact_values(other) == pytest.approx(contact_values(state), abs=1e-9), name


def test_spheres_in_contact_lie_above_the_edge():
    """Rounding puts touching spheres at 1 − 1e-16: they belong to the bin that begins at 1."""
    box = Box.cubic(3.0)
    pair = np.array([[0.1, 0.2, 0.3], [1.1 - 2e-16, 0.2, 0.3]])
    found = pair_correlation(Configuration(box, pair, np.ones(2), np.zeros(2, np.int64)), 1.4, 0.1)
    assert np.flatnonzero(found.g[0]).tolist() == [10]


def fluid(mixture, frames):
    """Return configurations of a fluid at φ = 0.4 and constant volume."""
    result = sample(
        start="fluid",
        ratio=mixture.size_ratio,
        composition=(mixture.n_large, mixture.n_small),
        packing=0.4,
        box="fixed",
        equilibrate=1000,
        cycles=20 * frames,
        every=20,
        frames=frames,
    )
    return [frame.configuration for frame in result.frames if frame.cycle > 1000]


@pytest.mark.parametrize(
    ("mixture", "frames", "expected"),
    [
        (Mixture(1.0, 1500, 0), 150, [(modified_klm(0.4) - 1.0) / 1.6, np.nan, np.nan]),
        (Mixture(0.695, 720, 2280), 240, None),
    ],
)
def test_fluid_at_contact(mixture, frames, expected):
    """3.716 for one component, by Z = 1 + 4φ g(σ⁺); 4.267, 3.717, 3.356 for 6:19 by BMCSL.

    Within 2 %, with a standard error below 1 %. Fails if the extrapolation is a straight
    line, or if g is taken from the first shell (tried).
    """
    if expected is None:
        values = bmcsl_contact_values(0.4, mixture)
        expected = [values.large_large, values.large_small, values.small_small]
    found = np.array([contact_values(each) for each in fluid(mixture, frames)])
    for k, reference in enumerate(expected):
        if np.isnan(reference):
            assert np.isnan(found[:, k]).all()
            continue
        estimate = estimate_mean(found[:, k])
        assert estimate.standard_error < 0.01 * reference
        assert abs(estimate.mean - reference) < ALLOWED * reference


def test_no_bins():
    with pytest.raises(InputError, match=r"r_max is 0.01 with bins of 0.02, needs 0 < bin ≤ r_max"):
        pair_correlation(measured(), 0.01)
