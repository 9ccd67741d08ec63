"""Sums of plane waves over many points."""

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.jit import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@kernel
def add_amplitudes(scaled: Floats, hkl: Ints, amplitudes: NDArray[np.complex128]) -> None:
    """Add exp(−2πi h·s) of every point to the amplitude of every reflection.

    Powers of three complex numbers a point are tabulated, so that a term costs two products.

    Args:
        scaled: Points as fractions of the box; shape (N, 3).
        hkl: Whole numbers; shape (M, 3).
        amplitudes: To be added to; shape (M,).
    """
    most = np.abs(hkl).max()
    powers = np.empty((3, 2 * most + 1), dtype=np.complex128)
    for p in range(len(scaled)):
        for axis in range(3):
            wave = np.exp(-2j * np.pi * scaled[p, axis])
            powers[axis, most] = 1.0
            for n in range(1, most + 1):
                powers[axis, most + n] = powers[axis, most + n - 1] * wave
                powers[axis, most - n] = np.conj(powers[axis, most + n])
        for m in range(len(hkl)):
            amplitudes[m] += (
                powers[0, most + hkl[m, 0]]
                * powers[1, most + hkl[m, 1]]
                * powers[2, most + hkl[m, 2]]
            )
