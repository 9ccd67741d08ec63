"""Linked cells over a triclinic box of any size and skew.

The grid is laid over fractions of the box, so box moves leave every sphere in its cell. A
search visits, along each axis, ``span`` cells to either side. Where the box is smaller than
that, cells come round again as periodic images of themselves: with one cell along each axis
the cell list **is** the image list, and no other code is needed for small boxes.

Source: Allen & Tildesley, Computer Simulation of Liquids, 2nd ed., Sec. 5.3.2; for small
skewed boxes de Graaf et al., J. Chem. Phys. 137, 214101 (2012), doi:10.1063/1.4767529.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.jit import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Indices = NDArray[np.int32]

SLACK = 1.01
"""Reach of a new grid over the largest diameter: box moves look a little past contact."""

LEAST_SLACK = 1.001
"""Below this a shrinking box gets a new grid."""


MOST_LAYERS = 1000
"""Cells along the longest axis, at most (twice that where the span is two)."""

BUFFER = 2048
"""Near pairs that a box move looks at in one go: bounds its memory at any N."""


class Grid(NamedTuple):
    """Linked cells.

    Attributes:
        shape: Number of cells along each box vector; shape (3,).
        span: How many cells to either side a search visits; shape (3,).
        head: First sphere of each cell, -1 if empty; at least as long as there are cells.
        following: Next sphere in the same cell, -1 at the end; shape (N,).
        cell_of: Cell of each sphere; shape (N,).
        region: Which region each layer of cells is in, along each axis; shape (3, L).
    """

    shape: Ints
    span: Ints
    head: Indices
    following: Indices
    cell_of: Indices
    region: Indices


class System(NamedTuple):
    """Spheres in their box, as the kernels hold them.

    Attributes:
        records: x, y, z, radius of each sphere, wrapped, in σ_L; shape (N, 4).
        species: Species of each sphere; shape (N,).
        box: Box vectors as columns, upper triangular, in σ_L; shape (3, 3).
        inverse: Its inverse; shape (3, 3).
        grid: Linked cells.
        diameter: The largest diameter, in σ_L.
        sphere_volume: Volume of all spheres, in σ_L³.
        pairs: Room for the near pairs that a box move looks at in one go; shape (M, 4).
        clearance: Bound on the smallest r²/σ² of each sphere's pairs, as in
            ``kernels.clearance``; shape (N,).
        bounds: What all clearances share; shape (2,).
    """

    records: Floats
    species: NDArray[np.int8]
    box: Floats
    inverse: Floats
    grid: Grid
    diameter: float
    sphere_volume: float
    pairs: Floats
    clearance: Floats
    bounds: Floats


@kernel
def invert(box: Floats, inverse: Floats) -> None:
    """Write the inverse of an upper triangular box.

    Args:
        box: Box vectors as columns; shape (3, 3).
        inverse: Written; shape (3, 3).
    """
    inverse[1, 0] = inverse[2, 0] = inverse[2, 1] = 0.0
    inverse[0, 0] = 1.0 / box[0, 0]
    inverse[1, 1] = 1.0 / box[1, 1]
    inverse[2, 2] = 1.0 / box[2, 2]
    inverse[0, 1] = -box[0, 1] * inverse[0, 0] * inverse[1, 1]
    inverse[1, 2] = -box[1, 2] * inverse[1, 1] * inverse[2, 2]
    inverse[0, 2] = -(box[0, 1] * inverse[1, 2] + box[0, 2] * inverse[2, 2]) * inverse[0, 0]


@kernel
def face_distance(inverse: Floats, axis: int) -> float:
    """Return the distance between the two faces that box vector ``axis`` joins."""
    x, y, z = inverse[axis, 0], inverse[axis, 1], inverse[axis, 2]
    return 1.0 / math.sqrt(x * x + y * y + z * z)


@kernel
def grid_reach(grid: Grid, inverse: Floats) -> float:
    """Return the distance within which a search is sure to meet every pair, in σ_L."""
    reach = np.inf
    for axis in range(3):
        width = face_distance(inverse, axis) / grid.shape[axis]
        reach = min(reach, width * grid.span[axis])
    return reach


@kernel
def choose_shape(grid: Grid, inverse: Floats, reach: float) -> None:
    """Choose cells and span so that searches reach ``reach`` and visit few spheres.

    One cell to either side is best in large boxes; where that leaves only one or two cells
    along an axis, smaller cells with a span of two visit fewer spheres.

    Args:
        grid: ``shape`` and ``span`` are written; at most ``len(head)`` cells are used.
        inverse: Inverse of the box; shape (3, 3).
        reach: Distance within which every pair must be met, in σ_L.
    """
    most = grid.head.shape[0]
    longest = 0.0
    for axis in range(3):
        longest = max(longest, face_distance(inverse, axis))
    cell = max(reach, longest / MOST_LAYERS)
    while True:
        cells = 1
        for axis in range(3):
            width = face_distance(inverse, axis)
            single = max(1, int(width / cell))
            double = max(1, int(2.0 * width / cell))
            fine = single < 3 and 6 * double > 11 * single  # 5/double well below 3/single
            grid.shape[axis] = double if fine else single
            grid.span[axis] = max(1, math.ceil(reach * grid.shape[axis] / width * (1.0 - 1e-12)))
            cells *= grid.shape[axis]
        if cells <= most:
            return
        cell *= 1.1


@kernel
def cell_index(grid: Grid, inverse: Floats, x: float, y: float, z: float) -> int:
    """Return the cell of a wrapped Cartesian position."""
    nx, ny, nz = int(grid.shape[0]), int(grid.shape[1]), int(grid.shape[2])
    a = int((inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2] * z) * nx)
    b = int((inverse[1, 1] * y + inverse[1, 2] * z) * ny)
    c = int(inverse[2, 2] * z * nz)
    # Rounding may put a fraction at 1 or a hair below 0; int() truncates the latter to 0.
    return (min(c, nz - 1) * ny + min(b, ny - 1)) * nx + min(a, nx - 1)


@kernel
def link(grid: Grid, inverse: Floats, records: Floats) -> None:
    """Put every sphere into its cell.

    Args:
        grid: ``head``, ``following`` and ``cell_of`` are written.
        inverse: Inverse of the box; shape (3, 3).
        records: x, y, z, radius of each sphere, wrapped; shape (N, 4).
    """
    cells = grid.shape[0] * grid.shape[1] * grid.shape[2]
    for cell in range(cells):
        grid.head[cell] = -1
    for i in range(records.shape[0] - 1, -1, -1):
        cell = cell_index(grid, inverse, records[i, 0], records[i, 1], records[i, 2])
        grid.following[i] = grid.head[cell]
        grid.head[cell] = i
        grid.cell_of[i] = cell


@kernel
def relink(grid: Grid, i: int, cell: int) -> None:
    """Move sphere ``i`` to another cell."""
    k = grid.head[grid.cell_of[i]]
    if k == i:
        grid.head[grid.cell_of[i]] = grid.following[i]
    else:
        while grid.following[k] != i:
            k = grid.following[k]
        grid.following[k] = grid.following[i]
    grid.following[i] = grid.head[cell]
    grid.head[cell] = i
    grid.cell_of[i] = cell


@kernel
def wrap(box: Floats, inverse: Floats, positions: Floats) -> None:
    """Bring Cartesian positions into the box, in place; shape (N, 3)."""
    for i in range(positions.shape[0]):
        x, y, z = positions[i, 0], positions[i, 1], positions[i, 2]
        a = np.floor(inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2] * z)
        b = np.floor(inverse[1, 1] * y + inverse[1, 2] * z)
        c = np.floor(inverse[2, 2] * z)
        if a != 0 or b != 0 or c != 0:
            positions[i, 0] = x - (box[0, 0] * a + box[0, 1] * b + box[0, 2] * c)
            positions[i, 1] = y - (box[1, 1] * b + box[1, 2] * c)
            positions[i, 2] = z - box[2, 2] * c


@kernel
def new_grid(n: int) -> Grid:
    """Return an empty grid for ``n`` spheres."""
    return Grid(
        np.ones(3, np.int64),
        np.ones(3, np.int64),
        np.empty(max(125, 2 * n), np.int32),
        np.empty(n, np.int32),
        np.empty(n, np.int32),
        np.zeros((3, 2 * MOST_LAYERS + 2), np.int32),
    )


@kernel
def cell_order(grid: Grid, inverse: Floats, positions: Floats) -> Ints:
    """Return the spheres in the order of their cells, so that neighbours lie close in memory.

    Args:
        grid: Its ``shape`` is used; ``head`` and ``cell_of`` serve as scratch.
        inverse: Inverse of the box; shape (3, 3).
        positions: Wrapped Cartesian positions; shape (N, 3).
    """
    n = positions.shape[0]
    cells = grid.shape[0] * grid.shape[1] * grid.shape[2]
    for cell in range(cells):
        grid.head[cell] = 0
    for i in range(n):
        cell = cell_index(grid, inverse, positions[i, 0], positions[i, 1], positions[i, 2])
        grid.cell_of[i] = cell
        grid.head[cell] += 1
    start = 0
    for cell in range(cells):
        count = grid.head[cell]
        grid.head[cell] = start
        start += count
    order = np.empty(n, np.int64)
    for i in range(n):
        cell = grid.cell_of[i]
        order[grid.head[cell]] = i
        grid.head[cell] += 1
    return order
