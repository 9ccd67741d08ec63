"""Random numbers inside kernels: xoshiro256++ on a state of four 64-bit words.

The state is an ordinary array, so it is saved in a checkpoint as it is; `hsmc.rng.kernel_state`
makes the starting one, ``open_stream`` those of streams that run beside one another.

Source:
    Blackman & Vigna, ACM Trans. Math. Softw. 47, 36 (2021), doi:10.1145/3460772; SplitMix64:
    Steele, Lea & Flood, OOPSLA 2014, 453, doi:10.1145/2660193.2660195.
"""

import math

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.jit import inlined, lean

SPACING = 2.0**-53
"""Distance between neighbouring uniform numbers: a double keeps 53 bits."""

# A plain literal beside a uint64 would make numba go over to float64.
_SHIFT = np.uint64(17)
_OUTPUT_LEFT, _OUTPUT_RIGHT = np.uint64(23), np.uint64(41)  # rotate left by 23
_STATE_LEFT, _STATE_RIGHT = np.uint64(45), np.uint64(19)  # rotate left by 45
_DROPPED = np.uint64(11)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_FIRST, _MIX_SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_MIX_30, _MIX_27, _MIX_31 = np.uint64(30), np.uint64(27), np.uint64(31)


@inlined
def next_bits(state: NDArray[np.uint64]) -> np.uint64:
    """Return 64 random bits and advance the generator.

    Args:
        state: State of the generator, not all 0, changed in place; shape (4,).
    """
    s0, s1, s2, s3 = state[0], state[1], state[2], state[3]
    total = s0 + s3
    bits: np.uint64 = ((total << _OUTPUT_LEFT) | (total >> _OUTPUT_RIGHT)) + s0
    shifted = s1 << _SHIFT
    s2 ^= s0
    s3 ^= s1
    state[0] = s0 ^ s3
    state[1] = s1 ^ s2
    state[2] = s2 ^ shifted
    state[3] = (s3 << _STATE_LEFT) | (s3 >> _STATE_RIGHT)
    return bits


@lean
def uniform(state: NDArray[np.uint64]) -> float:
    """Return a number spread evenly over [0, 1): a multiple of 2⁻⁵³.

    Args:
        state: State of the generator, changed in place; shape (4,).
    """
    return (next_bits(state) >> _DROPPED) * SPACING


@lean
def uniform_open(state: NDArray[np.uint64]) -> float:
    """Return a number spread evenly over (0, 1], whose logarithm is finite.

    Args:
        state: State of the generator, changed in place; shape (4,).
    """
    return 1.0 - uniform(state)


@lean
def open_stream(key: np.uint64, number: int, state: NDArray[np.uint64]) -> None:
    """Start one of many streams that belong to a key.

    SplitMix64 begun at the key fills the states of streams 0, 1, 2 ... one after another, four
    words each: no two streams of a key share a word of their states.

    Args:
        key: 64 random bits.
        number: Which stream.
        state: State of the generator, written; shape (4,).
    """
    for word in range(4):
        z = key + _GOLDEN * np.uint64(4 * number + word + 1)
        z = (z ^ (z >> _MIX_30)) * _MIX_FIRST
        z = (z ^ (z >> _MIX_27)) * _MIX_SECOND
        state[word] = z ^ (z >> _MIX_31)


@lean
def normal(state: NDArray[np.uint64]) -> float:
    """Return a number from the normal distribution of mean 0 and variance 1.

    Args:
        state: State of the generator, changed in place; shape (4,).
    """
    radius = math.sqrt(-2.0 * math.log(uniform_open(state)))  # Box & Muller, one of the two
    return radius * math.cos(2.0 * math.pi * uniform(state))
