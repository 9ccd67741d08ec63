"""How fast correlations decay and spheres spread, where it is known."""

import math

import numpy as np
import pytest

from hsmc.analysis.relaxation import diffusion, mean_squared_displacement, relaxation_time
from hsmc.errors import InputError

DECAY = 0.9
"""Correlation of one value with the next."""

SERIES = 200


def autoregressive(length: int) -> np.ndarray:
    """Return series with C(t) = 0.9^t, each from its stationary state; shape (n, M), complex."""
    rng = np.random.default_rng(5)
    noise = rng.normal(size=(2, length, SERIES)) * math.sqrt(1.0 - DECAY**2)
    values = np.empty_like(noise)
    values[:, 0] = rng.normal(size=(2, SERIES))
    for t in range(1, length):
        values[:, t] = DECAY * values[:, t - 1] + noise[:, t]
    return values[0] + 1j * values[1]


def test_relaxation_time_of_an_autoregressive_series():
    """½ + Σ 0.9^t = 9.5 steps, less the 5 τ window's e⁻⁵; the error is that of 10 groups.

    Fails if the half of the trapezoidal rule is left out, or the step (both tried).
    """
    series = autoregressive(4000)
    exact = 0.02 * (0.5 + DECAY / (1.0 - DECAY))
    groups = [relaxation_time(part, 0.02) for part in np.split(series, 10, axis=1)]
    error = np.std(groups, ddof=1) / math.sqrt(10)
    assert error < 0.01 * exact
    assert abs(np.mean(groups) - exact) < 3.0 * error + math.exp(-5.0) * exact


def test_relaxation_time_of_white_noise_is_half_a_step():
    """Each value stands for itself: 0.5, within the noise of 2·10⁵ values."""
    noise = np.random.default_rng(3).normal(size=(1000, 200)) + 0j
    assert relaxation_time(noise, 1.0) == pytest.approx(0.5, abs=0.03)


def test_relaxation_time_needs_something_that_varies():
    with pytest.raises(InputError, match="10 values of mean square 0"):
        relaxation_time(np.zeros((10, 2), complex), 1.0)


def test_diffusion_of_random_walks():
    """Steps of variance s² along each axis: 6 D t = 3 s² n, so D = s²/2 a step.

    Fails if the slope is divided by 2 in place of 6, or taken from the origin of a path with
    rattling on top (both tried).
    """
    rng = np.random.default_rng(11)
    walks = np.cumsum(rng.normal(scale=0.1, size=(2000, 300, 3)), axis=0)
    rattling = rng.normal(scale=0.3, size=walks.shape)
    groups = [diffusion(part, 0.5, 1.0) for part in np.split(walks + rattling, 10, axis=1)]
    error = np.std(groups, ddof=1) / math.sqrt(10)
    assert error < 0.0005
    assert abs(np.mean(groups) - 0.01) < 3.0 * error


def test_diffusion_is_unknown_if_the_spheres_stay():
    paths = np.random.default_rng(2).normal(scale=0.01, size=(100, 10, 3))
    assert math.isnan(diffusion(paths, 1.0))


def test_mean_squared_displacement_of_a_straight_flight():
    """(v t)² for all starts."""
    paths = np.arange(10.0)[:, None, None] * np.array([[[1.0, 2.0, 2.0]]])
    assert mean_squared_displacement(paths, 3) == pytest.approx(81.0)
