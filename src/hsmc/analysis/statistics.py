"""Means of correlated series, with error bars and where to start."""

import math
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import ArrayLike

from hsmc.box import Floats
from hsmc.errors import InputError

WINDOW = 2.5
"""Correlations are summed up to this many τ: Sokal's 5, as his τ = ½ + Σ ρ(t) is half of ours."""

LONG_ENOUGH = 50.0
"""Autocorrelation times that a series must span for its error to be trusted."""

FEWEST_BLOCKS = 16
"""Fewer blocks say nothing useful about an error: theirs would be uncertain by a fifth."""

DISAGREEMENT = 3.0
"""Standard errors by which a blocked error must be larger to throw doubt on the estimate."""

STARTS = 100
"""Number of starting points tried when a transient is to be cut off."""


@dataclass(frozen=True, slots=True)
class MeanEstimate:
    """The mean of a correlated series.

    Attributes:
        mean: Average of the series, in its unit.
        standard_error: Standard error of the mean; infinite for a single value.
        effective_samples: Number of independent samples worth as much, n/τ.
        autocorrelation_time: Integrated, τ = 1 + 2 Σ ρ(t), in steps of the series: 1 for
            independent samples, (1 + ρ)/(1 − ρ) for a first-order autoregressive series.
        reliable: Whether the series is longer than 50 τ and its block averages do not show
            larger errors, as they would if there were slow motion that τ missed.
    """

    mean: float
    standard_error: float
    effective_samples: float
    autocorrelation_time: float
    reliable: bool


def with_error(mean: float, error: float) -> str:
    """Return mean ± standard error, to two digits of the error; of equal values it is not known."""
    if not (math.isfinite(error) and error > 0.0):
        return f"{mean:.4f} (error not known)"
    decimals = max(0, 1 - math.floor(math.log10(error)))
    return f"{mean:.{decimals}f} ± {error:.{decimals}f}"


def estimate_mean(series: ArrayLike) -> MeanEstimate:
    """Estimate the mean of a stationary series and its standard error.

    An anticorrelated series is treated as an uncorrelated one, which overstates its error.

    Args:
        series: Successive values; shape (n,).

    Raises:
        InputError: The series is empty, not one-dimensional, or not finite.

    Source:
        Sokal, in Functional Integration (1997), p. 131, doi:10.1007/978-1-4899-0319-8_6
        (automatic window); Wolff, Comput. Phys. Commun. 156, 143 (2004),
        doi:10.1016/S0010-4655(03)00467-3 (correction for the mean being estimated).
    """
    values = _checked(series)
    n = len(values)
    if n == 1:
        return MeanEstimate(float(values[0]), math.inf, 1.0, 1.0, reliable=False)
    if np.ptp(values) == 0.0:
        return MeanEstimate(float(values[0]), 0.0, float(n), 1.0, reliable=n >= LONG_ENOUGH)
    tau, variance = _autocorrelation_time(values)
    error = math.sqrt(variance * tau / n)
    levels, uncertainties = blocked_errors(values)
    doubtful = bool(np.any(levels - DISAGREEMENT * uncertainties > error))
    return MeanEstimate(
        float(values.mean()), error, n / tau, tau, reliable=n >= LONG_ENOUGH * tau and not doubtful
    )


def blocked_errors(series: ArrayLike) -> tuple[Floats, Floats]:
    """Return the standard error of the mean from averages over ever longer blocks.

    The error grows with the block until blocks are longer than the correlations.

    Args:
        series: Successive values; shape (n,).

    Returns:
        Standard errors from blocks of 1, 2, 4, ... values, as long as there are at least 16
        blocks, and the uncertainty of each; shapes (L,).

    Raises:
        InputError: The series is empty, not one-dimensional, or not finite.

    Source:
        Flyvbjerg & Petersen, J. Chem. Phys. 91, 461 (1989), doi:10.1063/1.457480.
    """
    blocks = _checked(series)
    errors, uncertainties = [], []
    while len(blocks) >= FEWEST_BLOCKS:
        errors.append(float(blocks.std(ddof=1)) / math.sqrt(len(blocks)))
        uncertainties.append(errors[-1] / math.sqrt(2.0 * (len(blocks) - 1)))
        even = len(blocks) // 2 * 2
        blocks = 0.5 * (blocks[0:even:2] + blocks[1:even:2])
    return np.array(errors), np.array(uncertainties)


def equilibrated_start(series: ArrayLike) -> int:
    """Return the index at which to start, so that most independent samples remain.

    Whatever precedes it relaxes from the starting state and would bias a mean.

    Args:
        series: Successive values; shape (n,).

    Returns:
        Index of the first value to keep, one of at most 100 evenly spaced candidates.

    Raises:
        InputError: The series is empty, not one-dimensional, or not finite.

    Source:
        Chodera, J. Chem. Theory Comput. 12, 1799 (2016), doi:10.1021/acs.jctc.5b00784.
    """
    values = _checked(series)
    step = -(-len(values) // STARTS)
    starts = range(0, len(values), step)
    return max(starts, key=lambda start: _effective_samples(values[start:]))


def _effective_samples(values: Floats) -> float:
    if np.ptp(values) == 0.0:
        return float(len(values))
    return len(values) / _autocorrelation_time(values)[0]


def _autocorrelation_time(values: Floats) -> tuple[float, float]:
    """Return the integrated autocorrelation time and the variance of a varying series."""
    n = len(values)
    covariance = _autocovariance(values)
    sums = covariance[0] + 2.0 * np.cumsum(covariance[1:])
    lags = np.arange(1, len(covariance))
    long_enough = lags * covariance[0] >= WINDOW * np.maximum(sums, covariance[0])
    # Without such a window τ exceeds n/10, and the estimate is flagged in any case.
    window = int(np.argmax(long_enough)) if long_enough.any() else len(lags) - 1
    # Every covariance is too small by the variance of the mean, which was estimated too.
    total = float(sums[window]) * (1.0 + (2.0 * (window + 1) + 1.0) / n)
    variance = float(covariance[0]) * n / (n - 1.0)
    variance = max(variance, float(covariance[0]) + total / n)
    return max(total / variance, 1.0), variance


def _autocovariance(values: Floats) -> Floats:
    """Return the covariance of values t apart, for t = 0 to half the series."""
    n = len(values)
    size = scipy.fft.next_fast_len(2 * n, real=True)
    spectrum = scipy.fft.rfft(values - values.mean(), size)
    products = scipy.fft.irfft(np.abs(spectrum) ** 2, size)[: n // 2 + 1]
    return np.asarray(products / (n - np.arange(n // 2 + 1)))


def _checked(series: ArrayLike) -> Floats:
    values = np.asarray(series, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        message = f"series has shape {values.shape}, needs (n,) with n ≥ 1"
        raise InputError(message)
    if not np.isfinite(values).all():
        first = int(np.flatnonzero(~np.isfinite(values))[0])
        message = f"value {first} of the series is {values[first]}, needs to be finite"
        raise InputError(message)
    return values
