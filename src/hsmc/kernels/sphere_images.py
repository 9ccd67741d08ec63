"""Shadows of spheres, drawn straight into images: no volume, no projector.

Simulated series come from here. Nothing of it is used by reconstruction or detection, so that no
error is shared between the truth and what is to find it.
"""

import math

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.jit import kernel

Floats = NDArray[np.float64]


@kernel
def draw_chords(
    u: Floats, v: Floats, radius: Floats, weights: Floats, fine: int, images: Floats
) -> None:
    """Add the lengths of rays through spheres, averaged over each pixel, to weighted images.

    Args:
        u: Columns of the centres, in pixels; shape (N,).
        v: Rows of the centres, in pixels; shape (N,).
        radius: Radii, in pixels; shape (N,).
        weights: Weight of each sphere in each image; shape (C, N).
        fine: Rays across a pixel, along each side.
        images: Changed; shape (C, ny, nx).
    """
    channels, ny, nx = images.shape
    step = 1.0 / fine
    for k in range(len(u)):
        r = radius[k]
        for row in range(max(0, math.floor(v[k] - r)), min(ny - 1, math.ceil(v[k] + r)) + 1):
            for column in range(max(0, math.floor(u[k] - r)), min(nx, math.ceil(u[k] + r) + 1)):
                chord = 0.0
                for i in range(fine):
                    y = row - 0.5 + (i + 0.5) * step - v[k]
                    for j in range(fine):
                        x = column - 0.5 + (j + 0.5) * step - u[k]
                        rest = r * r - x * x - y * y
                        if rest > 0.0:
                            chord += 2.0 * math.sqrt(rest)
                chord *= step * step
                for c in range(channels):
                    images[c, row, column] += weights[c, k] * chord
