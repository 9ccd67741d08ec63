"""Exact draws from a gamma density cut to an interval, p(x) ∝ xⁿ exp(−rx) on [low, high].

A box deformation that is linear in the volume has this density, with n spheres' worth of
volume factors and the pressure as the rate, on the interval that hard contacts allow.

Method: rejection below tangents of the log-density, which is concave for n ≥ 0. There are
three, at the highest point m of the interval and a spread on either side of it. Everything is
measured from m, and the distance of the log-density below its tangent at p is
n (log(x/p) − x/p + 1), free of the rate: no term of size r·x is ever subtracted from another,
so a tail at r·x = 10⁹ is as exact as the bulk.

Source:
    Devroye, Non-Uniform Random Variate Generation, Springer (1986), ch. VII,
    doi:10.1007/978-1-4613-8643-8; Gilks & Wild, J. R. Stat. Soc. C 41, 337 (1992),
    doi:10.2307/2347565 (tangent envelope).
"""

import math

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.jit import lean
from hsmc.kernels.random import uniform, uniform_open

SPREAD = math.sqrt(2.0)
"""Tangent points lie this many standard deviations from m: the best three for a Gaussian."""

FLAT = 1e-16
"""Fall of a logarithm over a piece below which the piece is flat in double precision."""


@lean
def draw_truncated_gamma(
    exponent: float, rate: float, low: float, high: float, state: NDArray[np.uint64]
) -> float:
    """Draw x with density ∝ x^exponent exp(−rate·x) on [low, high].

    For exponent ≥ 0 at least half of the trials are accepted, whatever the arguments; below
    0 the share falls with rate·low, so it is meant for one or two spheres only.

    Args:
        exponent: Power of x, ≥ −2.
        rate: Rate of the exponential, ≥ 0, in 1/x.
        low: Lower end, ≥ 0; > 0 if the exponent is negative.
        high: Upper end; may be infinite if the rate is > 0.
        state: State of the generator, changed in place; shape (4,).

    Returns:
        x in [low, high]; low if the interval is empty; NaN if no such density exists.
    """
    if not low < high:
        return low
    if exponent <= 0.0:
        return _draw_falling(exponent, rate, low, high, state)
    return _draw_concave(exponent, rate, low, high, state)


@lean
def _draw_falling(
    exponent: float, rate: float, low: float, high: float, state: NDArray[np.uint64]
) -> float:
    """Draw the exponential cut to [low, high]; accept with (x/low)^exponent ≤ 1."""
    length = high - low
    if not _area(rate, length) < math.inf or (exponent < 0.0 and low <= 0.0):
        return math.nan
    while True:
        depth = _depth(rate, length, uniform(state))
        if exponent == 0.0 or math.log(uniform_open(state)) <= exponent * math.log1p(depth / low):
            return min(low + depth, high)


@lean
def _draw_concave(
    exponent: float, rate: float, low: float, high: float, state: NDArray[np.uint64]
) -> float:
    """Draw by rejection below three tangents of the log-density; exponent > 0."""
    top = _highest_point(exponent, rate, low, high)
    slope = exponent / top - rate
    spread = SPREAD * top / math.sqrt(exponent)
    # Half-way at most: at 0 the logarithm has no tangent, and a narrow interval needs none.
    left = -min(spread, 0.5 * (top - low))
    right = min(spread, 0.5 * (high - top))
    left_slope = exponent / (top + left) - rate
    right_slope = exponent / (top + right) - rate
    # Going out from the top, the envelope follows its tangent, then the one at left or right.
    left_inner, right_inner = _crossing(top, left), _crossing(top, right)
    left_outer, right_outer = (top - low) - left_inner, (high - top) - right_inner

    # Running sums of the areas of the four pieces, heights in units of the density at the top.
    to_left_inner = _area(slope, left_inner)
    to_left = to_left_inner + math.exp(-slope * left_inner) * _area(left_slope, left_outer)
    to_right_inner = to_left + _area(-slope, right_inner)
    total = to_right_inner + math.exp(slope * right_inner) * _area(-right_slope, right_outer)
    if not total < math.inf:  # would be rejected for ever
        return math.nan

    while True:
        piece = total * uniform(state)
        share = uniform(state)
        tangent = 0.0
        if piece < to_left_inner:
            y = -_depth(slope, left_inner, share)
        elif piece < to_left:
            y = -left_inner - _depth(left_slope, left_outer, share)
            tangent = left
        elif piece < to_right_inner:
            y = _depth(-slope, right_inner, share)
        else:
            y = right_inner + _depth(-right_slope, right_outer, share)
            tangent = right
        away = (y - tangent) / (top + tangent)
        if math.log(uniform_open(state)) <= exponent * (math.log1p(away) - away):
            return min(max(top + y, low), high)


@lean
def _highest_point(exponent: float, rate: float, low: float, high: float) -> float:
    """Return where on [low, high] the density is largest."""
    if exponent >= rate * high:
        return high
    if exponent <= rate * low:
        return low
    return exponent / rate


@lean
def _crossing(top: float, offset: float) -> float:
    """Return how far from the top its tangent meets the one at top + offset.

    For tiny t = offset/top rounding moves the result, harmlessly: over the whole inner piece
    the two tangents then differ by exponent·t² at most.
    """
    if offset == 0.0:
        return 0.0
    t = offset / top
    distance = top * abs(((1.0 + t) * math.log1p(t) - t) / t)
    return min(distance, abs(offset))


@lean
def _area(decay: float, length: float) -> float:
    """Return ∫ exp(−decay·u) du over [0, length]; the length may be infinite."""
    if abs(decay) * length < FLAT:
        return length
    return -math.expm1(-decay * length) / decay


@lean
def _depth(decay: float, length: float, share: float) -> float:
    """Return the depth u above which lies the given share, in [0, 1), of that area."""
    if abs(decay) * length < FLAT:
        return share * length
    return -math.log1p(share * math.expm1(-decay * length)) / decay
