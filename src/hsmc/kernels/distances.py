"""Histogram of distances between many points."""

import math

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.jit import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SPAN = 2
"""Cells to either side that hold all points within reach."""


@kernel
def count_distances(
    points: Floats, kinds: Ints, inside: int, reach: float, low: Floats, width: Floats, counts: Ints
) -> None:
    """Count ordered pairs by distance: from each of the first points to all others.

    Points are sorted into cells of half the reach; those of the 5³ cells around are looked at.

    Args:
        points: Centres in the box, then those of images around it; shape (M, 3).
        kinds: Species of each, 0 or 1; the sum of two tells the kind of pair; shape (M,).
        inside: Number of points in the box.
        reach: Largest distance.
        low: Lower edge of the first bin, for each kind of pair; shape (3,).
        width: Width of the bins; shape (3,).
        counts: Pairs in each bin, to be added to; shape (3, B).
    """
    n, bins = len(points), counts.shape[1]
    origin, cells = np.empty(3), np.empty(3, dtype=np.int64)
    for axis in range(3):
        origin[axis] = points[:, axis].min()
        extent = points[:, axis].max() - origin[axis]
        cells[axis] = int(extent * SPAN / reach) + 1
    cell, begins = np.empty((n, 3), dtype=np.int64), np.zeros(cells.prod() + 1, dtype=np.int64)
    flat = np.empty(n, dtype=np.int64)
    for p in range(n):
        for axis in range(3):
            cell[p, axis] = int((points[p, axis] - origin[axis]) * SPAN / reach)
        flat[p] = (cell[p, 0] * cells[1] + cell[p, 1]) * cells[2] + cell[p, 2]
        begins[flat[p] + 1] += 1
    for c in range(cells.prod()):
        begins[c + 1] += begins[c]
    order = np.argsort(flat, kind="mergesort")
    for place in range(n):
        i = order[place]
        if i >= inside:
            continue
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        for a in range(max(cell[i, 0] - SPAN, 0), min(cell[i, 0] + SPAN + 1, cells[0])):
            for b in range(max(cell[i, 1] - SPAN, 0), min(cell[i, 1] + SPAN + 1, cells[1])):
                row = (a * cells[1] + b) * cells[2]
                first = begins[row + max(cell[i, 2] - SPAN, 0)]
                last = begins[row + min(cell[i, 2] + SPAN, cells[2] - 1) + 1]
                for other in range(first, last):
                    j = order[other]
                    dx, dy, dz = points[j, 0] - x, points[j, 1] - y, points[j, 2] - z
                    square = dx * dx + dy * dy + dz * dz
                    if square < reach * reach and j != i:
                        kind = kinds[i] + kinds[j]
                        bin_ = math.floor((math.sqrt(square) - low[kind]) / width[kind])
                        if 0 <= bin_ < bins:
                            counts[kind, bin_] += 1
