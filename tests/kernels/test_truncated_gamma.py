"""Draws from the cut gamma density against scipy where it is stable, quadrature elsewhere.

Mutations tried, each of which fails the tests named: the centre tangent's slope in place of an
outer one, the height of an outer piece left out, acceptance with exponent + 1, acceptance below
the wrong tangent, the crossing taken at the tangent point (all: the two distributions); no
limit at half the interval (lower end at 0).
"""

import math

import numba
import numpy as np
import pytest
from scipy import integrate, stats

from hsmc.kernels.random import next_bits
from hsmc.kernels.truncated_gamma import draw_truncated_gamma
from hsmc.rng import kernel_state

DRAWS = 40_000
UNIFORMS_A_TRIAL = 3
INF = math.inf


# Not cached: what is cached here would depend on the name pytest imports this file by.
@numba.njit
def fill(out, exponent, rate, low, high, state):
    for i in range(out.shape[0]):
        out[i] = draw_truncated_gamma(exponent, rate, low, high, state)


@numba.njit
def count_calls(before, after):
    calls = 0
    while np.any(before != after):
        next_bits(before)
        calls += 1
    return calls


def draws(exponent, rate, low, high, *, count=DRAWS, seed=5):
    out = np.empty(count)
    fill(out, float(exponent), float(rate), float(low), float(high), kernel_state(seed, "test"))
    assert low <= out.min()
    assert out.max() <= high
    return out


def quadrature_cdf(exponent, rate, low, high):
    """Return the distribution of x − top, with the top of the density, by Simpson's rule."""
    top = float(np.clip(exponent / rate if rate else INF, low, high))
    slope = abs(exponent / top - rate)
    scale = 1.0 / max(slope, math.sqrt(abs(exponent)) / top)
    ends = max(low - top, -60.0 * scale), min(high - top, 60.0 * scale)
    y = np.linspace(*ends, 200_001)
    with np.errstate(divide="ignore"):  # log 0 at the lower end
        weight = np.exp(exponent * np.log1p(y / top) - rate * y)
    total = integrate.cumulative_simpson(weight, x=y, initial=0.0)
    return top, lambda at: np.interp(at, y, total / total[-1])


@pytest.mark.parametrize(
    ("exponent", "rate", "low", "high"),
    [
        (0.5, 2.0, 0.0, INF),  # no other limit than 0
        (1.0, 3.0, 0.0, INF),
        (25.0, 1e6, 0.0, INF),
        (1e4, 1.0, 0.0, INF),
        (25.0, 1.0, 20.0, 32.0),  # about the mode
        (25.0, 1.0, 15.0, 26.0),
        (25.0, 1.0, 24.9, 50.0),
        (25.0, 1.0, 3.0, 15.0),  # left of the mode
        (25.0, 1.0, 33.0, 60.0),  # right of the mode
        (2.0, 1.0, 0.0, 0.1),
        (0.0, 2.0, 0.0, INF),  # plain exponential
        (0.0, 2.0, 0.3, 0.5),
    ],
)
def test_bulk_matches_scipy(exponent, rate, low, high):
    exact = stats.gamma(exponent + 1.0, scale=1.0 / rate)
    floor, ceiling = exact.cdf(low), exact.cdf(high)
    x = draws(exponent, rate, low, high)
    result = stats.kstest(x, lambda at: (exact.cdf(at) - floor) / (ceiling - floor))
    assert result.pvalue > 1e-3


@pytest.mark.parametrize(
    ("exponent", "rate", "low", "high"),
    [
        (25.0, 1e6, 10.0, INF),  # βP = 10⁶, jammed: tail 10⁷ spreads beyond the mode
        (1e6 + 1.0, 1e6, 1e3, INF),  # r·low = 10⁹, relative width 10⁻⁹
        (1e6 + 1.0, 1e6, 1.002, 1.0031),
        (1e6 + 1.0, 1e6, 0.5, 1.0005),
        (1e6 + 1.0, 1e6, 0.5, 0.9),  # far left of the mode
        (1e6 + 1.0, 1.0, 1.0, 2.0),
        (26.0, 10.0, 2.0, 2.0 + 1e-9),  # narrow
        (1e6, 1e6, 1.0 - 1e-9, 1.0 + 1e-9),
        (26.0, 0.0, 0.0, 3.0),  # no pressure
        (1.0, 0.0, 0.0, 1.0),
        (3.0, 0.5, 0.0, 1.0),
        (-1.0, 2.0, 1.0, 3.0),  # one sphere, flat in the cell matrix
        (-2.0, 0.5, 1.0, INF),
        (-2.0, 1e6, 1.0, 4.0),
        (-1.0, 0.0, 1.0, 3.0),
    ],
)
def test_hard_regimes_match_quadrature(exponent, rate, low, high):
    top, cdf = quadrature_cdf(exponent, rate, low, high)
    x = draws(exponent, rate, low, high)
    assert stats.kstest(x - top, cdf).pvalue > 1e-3


@pytest.mark.parametrize("exponent", [1, 5, 40])
def test_moments_of_the_ideal_gas(exponent):
    """V of N points is Gamma(N + 1, 1/βP): mean (N + 1)/βP, variance (N + 1)/(βP)²."""
    rate = 2.0
    x = draws(exponent, rate, 0.0, INF, count=400_000)
    mean, variance = (exponent + 1.0) / rate, (exponent + 1.0) / rate**2
    assert abs(x.mean() - mean) < 4.0 * math.sqrt(variance / x.size)
    # Var(s²) = σ⁴ (2 + excess kurtosis)/n, the excess of a gamma being 6/(n + 1).
    error = variance * math.sqrt((2.0 + 6.0 / (exponent + 1.0)) / x.size)
    assert abs(x.var() - variance) < 4.0 * error


def test_deep_tail_is_resolved():
    """At r·low = 10⁹ the depth is exponential, with the curvature's correction to its mean.

    With s = r − n/low its mean is (1 − n/(low·s)² + ...)/s; the correction is 10⁻¹² here, far
    below the error of the mean.
    """
    exponent, rate, low = 1e6, 1e6, 1e3
    depth = (draws(exponent, rate, low, INF, count=400_000) - low) * (rate - exponent / low)
    assert depth.mean() == pytest.approx(1.0, abs=4.0 / math.sqrt(depth.size))
    assert len(np.unique(depth)) > 1e5


def test_at_least_half_of_the_trials_are_accepted():
    worst = 0.0
    for exponent in (0.01, 0.5, 1.0, 2.0, 26.0, 1e3, 1e6 + 1.0):
        mode, spread = exponent, math.sqrt(exponent + 1.0)
        lows = [0.0, 0.5 * mode, max(0.0, mode - spread), mode, mode + spread, 1e3 * mode, 1e9]
        for low in lows:
            for width in (1e-9 * low, 0.01 * spread, spread, 5.0 * spread, INF):
                before = kernel_state(1, "test")
                state, out = before.copy(), np.empty(500)
                fill(out, exponent, 1.0, low, low + width, state)
                if low + width > low:
                    trials = count_calls(before, state) / (UNIFORMS_A_TRIAL * out.size)
                    worst = max(worst, trials)
    assert 1.0 <= worst < 2.0


@pytest.mark.parametrize("exponent", [-1.0, 0.0, 1.0, 1e6])
def test_empty_interval_gives_its_end(exponent):
    assert np.all(draws(exponent, 1e6, 2.0, 2.0, count=10) == 2.0)


@pytest.mark.parametrize("exponent", [-1.0, 0.0, 1.0, 1e6])
def test_neighbouring_doubles(exponent):
    high = math.nextafter(2.0, 3.0)
    assert set(draws(exponent, 1e6, 2.0, high, count=200)) == {2.0, high}


@pytest.mark.parametrize(
    ("exponent", "rate", "low", "high"),
    [
        (2.0, 0.0, 1.0, INF),
        (0.0, 0.0, 1.0, INF),
        (-1.0, 1.0, 0.0, 1.0),
        (math.nan, 1.0, 0.0, 1.0),
        (2.0, math.nan, 0.0, 1.0),
        (-1.0, math.nan, 1.0, 2.0),
    ],
)
def test_impossible_density_ends_in_nan(exponent, rate, low, high):
    """Fails by never returning if the areas are not checked."""
    assert math.isnan(draw_truncated_gamma(exponent, rate, low, high, kernel_state(1, "test")))
