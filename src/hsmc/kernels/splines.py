"""Points on a grid by cubic B-splines: spread values out, and read values and slopes back.

The two are transposes of each other, so a model made by the one is fitted by the other without
loss of consistency.
"""

import math

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.jit import kernel, lean

Floats = NDArray[np.float64]
Single = NDArray[np.float32]


@lean
def weights(t: float, value: Floats, slope: Floats, bend: Floats) -> None:
    """Write the four weights of a cubic B-spline at ``t`` in [0, 1), their slopes and bends."""
    s = 1.0 - t
    value[0] = s * s * s / 6.0
    value[1] = (4.0 - 6.0 * t * t + 3.0 * t * t * t) / 6.0
    value[2] = (4.0 - 6.0 * s * s + 3.0 * s * s * s) / 6.0
    value[3] = t * t * t / 6.0
    slope[0] = -0.5 * s * s
    slope[1] = -2.0 * t + 1.5 * t * t
    slope[2] = 2.0 * s - 1.5 * s * s
    slope[3] = 0.5 * t * t
    bend[0] = s
    bend[1] = 3.0 * t - 2.0
    bend[2] = 3.0 * s - 2.0
    bend[3] = t


@kernel
def spread(places: Floats, values: Floats, grid: Single) -> None:
    """Add values to a periodic grid around their places.

    Args:
        places: In voxels along the axes of the grid; shape (N, 3).
        values: What is spread; shape (N,).
        grid: Changed; shape (n0, n1, n2).
    """
    n0, n1, n2 = grid.shape
    w, unused = np.empty((3, 4)), np.empty((2, 4))
    for k in range(len(places)):
        first = (math.floor(places[k, 0]), math.floor(places[k, 1]), math.floor(places[k, 2]))
        for axis in range(3):
            weights(places[k, axis] - first[axis], w[axis], unused[0], unused[1])
        for i in range(4):
            for j in range(4):
                ij = values[k] * w[0, i] * w[1, j]
                for m in range(4):
                    a, b, c = first[0] - 1 + i, first[1] - 1 + j, first[2] - 1 + m
                    grid[a % n0, b % n1, c % n2] += np.float32(ij * w[2, m])


@kernel
def read(places: Floats, grid: Single, out: Floats) -> None:
    """Read a spline and its derivatives; its coefficients are a periodic grid.

    Args:
        places: In voxels along the axes of the grid; shape (N, 3).
        grid: Coefficients; shape (n0, n1, n2).
        out: Written: the value, the slopes along axes 0, 1, 2 and the second derivatives 00, 11,
            22, 01, 02, 12, per voxel; shape (N, 10).
    """
    n0, n1, n2 = grid.shape
    w, d, b = np.empty((3, 4)), np.empty((3, 4)), np.empty((3, 4))
    for k in range(len(places)):
        first = (math.floor(places[k, 0]), math.floor(places[k, 1]), math.floor(places[k, 2]))
        for axis in range(3):
            weights(places[k, axis] - first[axis], w[axis], d[axis], b[axis])
        for q in range(10):
            out[k, q] = 0.0
        for i in range(4):
            for j in range(4):
                r0 = r1 = r2 = 0.0
                for m in range(4):
                    g = float(
                        grid[
                            (first[0] - 1 + i) % n0,
                            (first[1] - 1 + j) % n1,
                            (first[2] - 1 + m) % n2,
                        ]
                    )
                    r0 += w[2, m] * g
                    r1 += d[2, m] * g
                    r2 += b[2, m] * g
                out[k, 0] += w[0, i] * w[1, j] * r0
                out[k, 1] += d[0, i] * w[1, j] * r0
                out[k, 2] += w[0, i] * d[1, j] * r0
                out[k, 3] += w[0, i] * w[1, j] * r1
                out[k, 4] += b[0, i] * w[1, j] * r0
                out[k, 5] += w[0, i] * b[1, j] * r0
                out[k, 6] += w[0, i] * w[1, j] * r2
                out[k, 7] += d[0, i] * d[1, j] * r0
                out[k, 8] += d[0, i] * w[1, j] * r1
                out[k, 9] += w[0, i] * d[1, j] * r1
