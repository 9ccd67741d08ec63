"""Error bars of correlated series, against series whose correlations are known."""

import json
import math
from dataclasses import asdict

import numpy as np
import pytest
from scipy import signal

from hsmc.analysis.statistics import (
    _autocovariance,
    blocked_errors,
    equilibrated_start,
    estimate_mean,
)
from hsmc.errors import InputError


def autoregressive(rho, shape, seed):
    """Return stationary series x(t) = ρ x(t − 1) + noise of mean 0 and variance 1."""
    noise = np.random.default_rng(seed).normal(size=shape)
    noise[..., 1:] *= math.sqrt(1.0 - rho**2)
    return signal.lfilter([1.0], [1.0, -rho], noise, axis=-1)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9, 0.99])
def test_autocorrelation_time_of_a_known_series(rho):
    """τ = (1 + ρ)/(1 − ρ); its relative error is √(2(2M + 1)/n) ≤ 4.5 % here, for M = 2.5 τ.

    Fails if the sum over lags is not doubled, or stops at M ≥ τ/2 (tried: 37 % low).
    """
    n, tau = 1_000_000, (1.0 + rho) / (1.0 - rho)
    estimate = estimate_mean(5.0 + autoregressive(rho, n, seed=1))
    assert estimate.autocorrelation_time == pytest.approx(tau, rel=4 * math.sqrt(10.0 * tau / n))
    assert estimate.effective_samples == pytest.approx(n / estimate.autocorrelation_time)
    assert estimate.standard_error == pytest.approx(math.sqrt(tau / n), rel=0.15)
    assert abs(estimate.mean - 5.0) < 4.0 * estimate.standard_error
    assert estimate.reliable


@pytest.mark.parametrize("n", [2, 3, 30])
def test_covariances_match_plain_sums(n):
    """Fails if the transform is not padded, or divides by n (tried)."""
    series = autoregressive(0.8, n, seed=12)
    x = series - series.mean()
    exact = [np.mean(x[: n - t] * x[t:]) for t in range(n // 2 + 1)]
    np.testing.assert_allclose(_autocovariance(series), exact, rtol=0.0, atol=1e-14)


@pytest.mark.parametrize(("rho", "n"), [(0.0, 1000), (0.5, 1000), (0.9, 4000)])
def test_two_standard_errors_hold_the_mean_in_95_percent(rho, n):
    """Fails at ρ = .5 and .9 if the error takes the samples for independent (tried)."""
    hits = []
    for series in autoregressive(rho, (2000, n), seed=2):
        estimate = estimate_mean(series)
        hits.append(abs(estimate.mean) < 2.0 * estimate.standard_error)
    assert 0.93 < np.mean(hits) < 0.97


def test_estimated_mean_is_corrected_for():
    """In a series of 60 τ each variance is short of (2M + 1)/n = 8 % if not corrected.

    The estimates are skewed, so their median is compared, itself known to 1 %: 0.96 of the
    exact variance, and 0.89 without Wolff's factor (tried).
    """
    rho, n = 0.9, 1140
    tau = (1.0 + rho) / (1.0 - rho)
    squares = [estimate_mean(s).standard_error ** 2 for s in autoregressive(rho, (2000, n), 3)]
    assert 0.93 < np.median(squares) * n / tau < 1.0


def test_blocked_errors_level_off_at_the_same_error():
    estimate = estimate_mean(series := autoregressive(0.9, 400_000, seed=4))
    errors, uncertainties = blocked_errors(series)
    assert errors[0] == pytest.approx(1.0 / math.sqrt(len(series)), rel=0.02)
    level = int(np.log2(20.0 * estimate.autocorrelation_time))
    assert abs(errors[level] - estimate.standard_error) < 4.0 * uncertainties[level]


def test_slow_motion_under_noise_is_flagged():
    """The window closes on the noise; block averages see the rest.

    Fails if the two are not compared (tried).
    """
    noise = autoregressive(0.0, 20_000, seed=5)
    assert estimate_mean(noise).reliable
    assert not estimate_mean(noise + 0.1 * autoregressive(0.999, 20_000, seed=6)).reliable


def test_good_series_are_seldom_flagged():
    flagged = [not estimate_mean(s).reliable for s in autoregressive(0.5, (500, 2000), seed=7)]
    assert np.mean(flagged) < 0.02


def test_short_series_is_flagged():
    assert not estimate_mean(autoregressive(0.99, 2000, seed=8)).reliable
    assert not estimate_mean(np.linspace(0.0, 1.0, 1000)).reliable
    assert not estimate_mean([1.0, 2.0]).reliable


def test_constant_series_has_no_error():
    """Fails if the variance is computed: the mean of 0.1s is not quite 0.1 (tried)."""
    estimate = estimate_mean(np.full(1000, 0.1))
    assert (estimate.mean, estimate.standard_error) == (0.1, 0.0)
    assert (estimate.effective_samples, estimate.autocorrelation_time) == (1000.0, 1.0)
    assert estimate.reliable


def test_fields_are_plain_numbers():
    """Numpy scalars would print as np.float64(...) and fail in JSON (tried)."""
    estimate = estimate_mean([1.0, 2.0, 4.0])
    assert json.loads(json.dumps(asdict(estimate))) == asdict(estimate)


def test_single_value_has_an_unknown_error():
    estimate = estimate_mean([3.0])
    assert (estimate.mean, estimate.standard_error) == (3.0, math.inf)
    assert not estimate.reliable


def test_anticorrelated_series_is_taken_for_independent():
    estimate = estimate_mean(autoregressive(-0.9, 10_000, seed=9))
    assert estimate.autocorrelation_time == 1.0
    assert estimate.standard_error == pytest.approx(0.01, rel=0.1)


@pytest.mark.parametrize("relaxation", [10.0, 100.0, 500.0])
def test_transient_is_cut_off(relaxation):
    """Fails if the whole series or its last half is always taken (tried)."""
    n = 10_000
    noise = autoregressive(0.8, n, seed=10)
    start = equilibrated_start(noise + 20.0 * np.exp(-np.arange(n) / relaxation))
    assert 20.0 * math.exp(-start / relaxation) < 1.0
    assert start < 10.0 * relaxation + n / 10


def test_stationary_series_is_kept():
    for series in autoregressive(0.8, (20, 5000), seed=11):
        assert equilibrated_start(series) < 1500
    assert equilibrated_start([1.0, 1.0, 1.0]) == 0
    assert equilibrated_start([1.0]) == 0


@pytest.mark.parametrize(
    ("series", "words"),
    [
        ([], r"shape \(0,\)"),
        ([[1.0, 2.0]], r"shape \(1, 2\)"),
        ([1.0, math.nan], "value 1 of the series is nan"),
    ],
)
def test_unusable_series_is_refused(series, words):
    for function in (estimate_mean, blocked_errors, equilibrated_start):
        with pytest.raises(InputError, match=words):
            function(series)
