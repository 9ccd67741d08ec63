"""Equations of state against published points, virial coefficients and each other."""

import math

import numpy as np
import pytest

from hsmc.analysis.equations_of_state import (
    CLOSE_PACKING,
    KLM_COEFFICIENTS,
    binary_packing_fraction,
    bmcsl,
    bmcsl_contact_values,
    carnahan_starling,
    fcc_packing_fraction,
    fluid_packing_fraction,
    modified_klm,
    pressure,
    speedy_fcc,
)
from hsmc.errors import InputError
from hsmc.mixture import Mixture

PAPER = Mixture(size_ratio=0.695, n_large=6, n_small=19)

# Virial coefficients Bₙ/vⁿ⁻¹: Clisby & McCoy, J. Stat. Phys. 122, 15 (2006),
# doi:10.1007/s10955-005-8080-0.
VIRIAL = {2: 4.0, 3: 10.0, 4: 18.364768, 5: 28.2245, 6: 39.8151}

# φ of freezing and melting and βPσ³ of both, as usually quoted (the last digit is uncertain).
FREEZING, MELTING, COEXISTENCE = 0.4918, 0.5433, 11.57


@pytest.mark.parametrize(
    ("phi", "factor", "beta_pressure"),
    [(0.20, 2.40940, 0.92032), (0.40, 6.94545, 5.30593), (0.49, 12.1703, 11.3893)],
)
def test_modified_klm_values(phi, factor, beta_pressure):
    """Computed with an independent script; only 0.49 feels the last term (tried)."""
    assert modified_klm(phi) == pytest.approx(factor, rel=1e-5)
    assert pressure(phi, modified_klm(phi)) == pytest.approx(beta_pressure, rel=1e-5)


def test_modified_klm_has_the_virial_coefficients():
    """xᵏ holds φⁿ C(n − 1, k − 1) times; the fit was made to keep B₂ to B₆.

    Fails if a coefficient changes by 10⁻⁵ of itself (tried: k = 3).
    """
    for order, exact in VIRIAL.items():
        n = order - 1
        series = sum(KLM_COEFFICIENTS[k] * math.comb(n - 1, k - 1) for k in range(1, n + 1))
        assert series == pytest.approx(exact, rel=1e-6 if order <= 4 else 2e-5)


@pytest.mark.parametrize(("density", "factor"), [(0.75, 6.6566), (0.6, 4.2952)])
def test_fluid_matches_published_simulations(density, factor):
    """doi:10.1002/aic.10233. Carnahan-Starling is 0.3 % low and fails this (tried)."""
    phi = math.pi / 6.0 * density
    assert modified_klm(phi) == pytest.approx(factor, rel=3e-4)
    assert carnahan_starling(phi) == pytest.approx(factor, rel=4e-3)


def test_fluid_and_crystal_coexist():
    """Fluid and fcc fits know nothing of each other. Fails if c is off by 2 % (tried)."""
    assert pressure(FREEZING, modified_klm(FREEZING)) == pytest.approx(COEXISTENCE, rel=1e-3)
    assert pressure(MELTING, speedy_fcc(MELTING)) == pytest.approx(COEXISTENCE, rel=1e-3)


def test_crystal_is_free_volume_like_near_close_packing():
    phi = CLOSE_PACKING * (1.0 - 1e-7)
    assert speedy_fcc(phi) * 1e-7 == pytest.approx(3.0, rel=1e-6)


def test_binary_values_of_the_paper():
    factor, contact = bmcsl(0.4, PAPER), bmcsl_contact_values(0.4, PAPER)
    assert factor == pytest.approx(6.564194, rel=1e-6)
    assert pressure(0.4, factor, PAPER) == pytest.approx(10.12792, rel=1e-6)
    assert contact.large_large == pytest.approx(4.26703, rel=2e-6)
    assert contact.large_small == pytest.approx(3.71696, rel=2e-6)
    assert contact.small_small == pytest.approx(3.35589, rel=2e-6)


@pytest.mark.parametrize("mixture", [PAPER, Mixture(0.3, 1, 5), Mixture(0.9, 10, 1)])
@pytest.mark.parametrize("phi", [0.0, 0.1, 0.55])
def test_contact_values_give_the_pressure(mixture, phi):
    """Virial theorem: Z = 1 + (2π/3)ρ Σ xᵢxⱼ σᵢⱼ³ gᵢⱼ, exactly, for this equation."""
    gamma, n = mixture.size_ratio, mixture.n_large + mixture.n_small
    x_large, x_small = mixture.n_large / n, mixture.n_small / n
    contact = bmcsl_contact_values(phi, mixture)
    density = phi / (math.pi / 6.0 * (x_large + x_small * gamma**3))
    pairs = (
        x_large**2 * contact.large_large
        + 2.0 * x_large * x_small * (0.5 * (1.0 + gamma)) ** 3 * contact.large_small
        + x_small**2 * gamma**3 * contact.small_small
    )
    exact = 1.0 + 2.0 * math.pi / 3.0 * density * pairs
    assert bmcsl(phi, mixture) == pytest.approx(exact, rel=1e-13)


@pytest.mark.parametrize("mixture", [Mixture(1.0, 3, 4), Mixture(0.5, 2, 0), Mixture(0.5, 0, 2)])
def test_binary_fluid_of_one_size_is_carnahan_starling(mixture):
    assert bmcsl(0.45, mixture) == pytest.approx(carnahan_starling(0.45), rel=1e-13)


@pytest.mark.parametrize("beta_pressure", [0.0, 1e-3, 1.0, 11.0])
def test_fluid_pressure_is_inverted(beta_pressure):
    phi = fluid_packing_fraction(beta_pressure)
    assert pressure(phi, modified_klm(phi)) == pytest.approx(beta_pressure, abs=1e-10)


@pytest.mark.parametrize("beta_pressure", [11.57, 1e2, 1e4, 1e6])
def test_crystal_pressure_is_inverted(beta_pressure):
    phi = fcc_packing_fraction(beta_pressure)
    assert pressure(phi, speedy_fcc(phi)) == pytest.approx(beta_pressure, rel=1e-7)


@pytest.mark.parametrize("beta_pressure", [0.0, 10.12792, 1e6])
def test_binary_pressure_is_inverted(beta_pressure):
    phi = binary_packing_fraction(beta_pressure, PAPER)
    assert pressure(phi, bmcsl(phi, PAPER), PAPER) == pytest.approx(beta_pressure, rel=1e-7)


def test_pressures_rise_with_density():
    """Otherwise an inversion would have several answers."""
    fluid = [pressure(phi, modified_klm(phi)) for phi in np.linspace(0.0, 0.5399, 500)]
    crystal = [pressure(phi, speedy_fcc(phi)) for phi in np.linspace(0.5, 0.7404, 500)]
    assert np.all(np.diff(fluid) > 0.0)
    assert np.all(np.diff(crystal) > 0.0)


@pytest.mark.parametrize(
    ("function", "phi", "words"),
    [
        (modified_klm, 0.54, r"is 0\.54, needs 0 ≤ φ < 0\.54"),
        (modified_klm, -0.1, r"is -0\.1, needs 0"),
        (carnahan_starling, 1.0, r"is 1, needs 0 ≤ φ < 1"),
        (speedy_fcc, 0.49, r"is 0\.49, needs 0\.5 ≤ φ < 0\.7405"),
        (speedy_fcc, 0.741, r"is 0\.741"),
        (lambda phi: bmcsl(phi, PAPER), math.nan, "is nan"),
        (lambda phi: bmcsl_contact_values(phi, PAPER), 1.2, r"is 1\.2"),
    ],
)
def test_impossible_packing_fraction_is_refused(function, phi, words):
    with pytest.raises(InputError, match=words):
        function(phi)


@pytest.mark.parametrize(
    ("function", "beta_pressure", "words"),
    [
        (fluid_packing_fraction, 50.0, r"is 50, needs 0 to 17\.84"),
        (fcc_packing_fraction, 5.0, r"is 5, needs 9\.065"),
        (lambda p: binary_packing_fraction(p, PAPER), -1.0, "is -1, needs 0"),
        (fluid_packing_fraction, math.nan, "is nan"),
    ],
)
def test_pressure_out_of_reach_is_refused(function, beta_pressure, words):
    with pytest.raises(InputError, match=words):
        function(beta_pressure)
