"""Images turned and shifted, by cubic B-splines."""

import math

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.jit import kernel
from hsmc.kernels.splines import weights

Floats = NDArray[np.float64]
Single = NDArray[np.float32]


@kernel
def resample(coefficients: Single, turn: Floats, offset: Floats, pad: int, out: Single) -> None:
    """Write an image whose pixel p is that of another at turn · p + offset.

    Args:
        coefficients: Of the spline of the other image; shape (ny + 2 pad, nx + 2 pad).
        turn: Rotation over (rows, columns); shape (2, 2).
        offset: In pixels; shape (2,).
        pad: Pixels added on every side, 3 or more; beyond them the image goes on as at its edge.
        out: Written; shape (ny, nx).
    """
    ny, nx = out.shape
    last_row, last_column = coefficients.shape[0] - 3.0, coefficients.shape[1] - 3.0
    w, unused = np.empty((2, 4)), np.empty((2, 4))
    for i in range(ny):
        for j in range(nx):
            row = turn[0, 0] * i + turn[0, 1] * j + offset[0] + pad
            column = turn[1, 0] * i + turn[1, 1] * j + offset[1] + pad
            row, column = min(max(row, 1.0), last_row), min(max(column, 1.0), last_column)
            a, b = math.floor(row), math.floor(column)
            weights(row - a, w[0], unused[0], unused[1])
            weights(column - b, w[1], unused[0], unused[1])
            total = 0.0
            for k in range(4):
                line = 0.0
                for m in range(4):
                    line += w[1, m] * coefficients[a - 1 + k, b - 1 + m]
                total += w[0, k] * line
            out[i, j] = np.float32(total)
