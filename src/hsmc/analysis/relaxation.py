"""How fast a simulation forgets: displacements, and the decay of correlations, against time."""

import math

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from hsmc.box import Floats
from hsmc.errors import InputError

WINDOW = 5.0
"""Correlations are summed up to this many τ (Sokal's automatic window)."""


def relaxation_time(series: NDArray[np.complex128], step: float) -> float:
    """Return ∫ C(t) dt of fluctuations about zero, C averaged over equivalent series.

    C(t) = Re⟨a(t) a*(0)⟩ / ⟨|a|²⟩, by the trapezoidal rule, so that white noise gives half a step
    and exp(−t/τ) gives τ.

    Args:
        series: Successive values of M equivalent quantities of mean zero; shape (n, M).
        step: Time between two values; the result is in its unit.

    Raises:
        InputError: There are fewer than two values, or all are zero.

    Source:
        Sokal, in Functional Integration (1997), p. 131, doi:10.1007/978-1-4899-0319-8_6.
    """
    n = len(series)
    power = float(np.mean(np.abs(series) ** 2)) if n > 1 else 0.0
    if power == 0.0:
        message = f"series has {n} values of mean square {power:g}, needs two or more that vary"
        raise InputError(message)
    size = scipy.fft.next_fast_len(2 * n)
    spectrum = np.mean(np.abs(scipy.fft.fft(series, size, axis=0)) ** 2, axis=1)
    products = scipy.fft.ifft(spectrum).real[: n // 2 + 1]
    sums = np.cumsum(products / (n - np.arange(n // 2 + 1))) / power - 0.5
    within = np.arange(len(sums)) >= WINDOW * sums
    last = int(np.argmax(within)) if within.any() else len(sums) - 1
    return float(sums[last]) * step


def mean_squared_displacement(paths: Floats, lag: int) -> float:
    """Return ⟨|r(t + lag) − r(t)|²⟩ over spheres and starting times.

    Args:
        paths: Unwrapped positions, the centre of mass at rest; shape (n, N, 3).
        lag: In steps of the paths, 0 < lag < n.
    """
    moved = paths[lag:] - paths[:-lag]
    return float(np.mean(np.sum(moved**2, axis=2)))


def diffusion(paths: Floats, step: float, distance: float = 1.0) -> float:
    """Return D, from the slope of the mean squared displacement about ``distance``².

    The slope is taken between the lags at which the root of it passes ``distance``/√2 and
    ``distance``, where neither the rattling in the cage nor the noise of few starts matters.

    Args:
        paths: Unwrapped positions, the centre of mass at rest; shape (n, N, 3).
        step: Time between two of them.
        distance: In σ_L.

    Returns:
        D in σ_L² over the unit of ``step``; NaN if the spheres did not get so far.
    """
    far = _lag_of(paths, distance**2)
    near = _lag_of(paths, 0.5 * distance**2)
    if far is None or near is None or near == far:
        return math.nan
    rise = mean_squared_displacement(paths, far) - mean_squared_displacement(paths, near)
    return rise / (6.0 * (far - near) * step)


def _lag_of(paths: Floats, square: float) -> int | None:
    """Return the smallest lag whose mean squared displacement is at least ``square``."""
    low, high = 0, len(paths) // 2
    if high < 1 or mean_squared_displacement(paths, high) < square:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if mean_squared_displacement(paths, middle) < square:
            low = middle
        else:
            high = middle
    return high
