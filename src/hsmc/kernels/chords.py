"""Spheres projected onto a plane."""

import math

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.jit import kernel

Floats = NDArray[np.float64]


@kernel
def add_chords(image: Floats, pixel: float, places: Floats, radii: Floats, weights: Floats) -> None:
    """Add to every pixel the lengths of spheres above its centre, times their weights.

    Args:
        image: To be added to; rows along the second axis; shape (R, C).
        pixel: Edge of a pixel.
        places: Centres of spheres, from the corner of the first pixel; shape (M, 2).
        radii: Their radii; shape (M,).
        weights: Their weights; shape (M,).
    """
    rows, columns = image.shape
    for sphere in range(len(radii)):
        x, y, radius = places[sphere, 0], places[sphere, 1], radii[sphere]
        first = max(math.ceil((y - radius) / pixel - 0.5), 0)
        last = min(math.floor((y + radius) / pixel - 0.5), rows - 1)
        for row in range(first, last + 1):
            rest = radius * radius - ((row + 0.5) * pixel - y) ** 2
            half = math.sqrt(max(rest, 0.0))
            left = max(math.ceil((x - half) / pixel - 0.5), 0)
            right = min(math.floor((x + half) / pixel - 0.5), columns - 1)
            for column in range(left, right + 1):
                square = rest - ((column + 0.5) * pixel - x) ** 2
                image[row, column] += weights[sphere] * 2.0 * math.sqrt(max(square, 0.0))
