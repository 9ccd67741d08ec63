"""Random streams: one root seed, named by purpose and replica."""

import zlib

import numpy as np
from numpy.typing import NDArray


def _sequence(seed: int, purpose: str, replica: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(seed, spawn_key=(zlib.crc32(purpose.encode()), replica))


def stream(seed: int, purpose: str, replica: int = 0) -> np.random.Generator:
    """Return the generator of one purpose ("fluid", "ramp") in one replica.

    Streams do not depend on the order in which they are made, so a new purpose leaves
    the random numbers of the others as they were.

    Args:
        seed: Root seed, ≥ 0, of any width.
        purpose: What the numbers are for.
        replica: Which of several independent runs.
    """
    return np.random.default_rng(_sequence(seed, purpose, replica))


def kernel_state(seed: int, purpose: str, replica: int = 0) -> NDArray[np.uint64]:
    """Return the starting state of a kernel's own generator (xoshiro256++); shape (4,).

    Args:
        seed: Root seed, ≥ 0, of any width.
        purpose: What the numbers are for.
        replica: Which of several independent runs.
    """
    return _sequence(seed, purpose, replica).generate_state(4, np.uint64).astype(np.uint64)
