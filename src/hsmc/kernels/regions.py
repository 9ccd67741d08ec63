"""Regions of a large system: blocks of cells whose spheres are moved together."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.cell_list import Grid, Indices, Ints
from hsmc.kernels.jit import kernel
from hsmc.kernels.random import uniform

REGION = 7
"""Cells along the edge of a region, about: few enough to stay in the processor's cache."""


class Regions(NamedTuple):
    """How the grid is cut.

    Attributes:
        number: Regions along each box vector, 1 or even; shape (3,).
        offset: Layer of cells that the first one starts with; shape (3,).
    """

    number: Ints
    offset: Ints


@kernel
def cut(grid: Grid, state: NDArray[np.uint64]) -> Regions:
    """Cut the grid into regions at a random offset.

    Their number along an axis is even, or 1: coloured like a chessboard, no two of one colour
    touch, all around the periodic box. None is thinner than half of ``REGION``, and a search
    visits two layers to either side at most.

    Args:
        grid: ``region`` is written.
        state: State of the generator; shape (4,).
    """
    regions = Regions(np.ones(3, np.int64), np.zeros(3, np.int64))
    for axis in range(3):
        layers = grid.shape[axis]
        number = max(1, 2 * ((layers + REGION) // (2 * REGION)))
        regions.number[axis] = number
        regions.offset[axis] = int(uniform(state) * layers)
        for layer in range(layers):
            grid.region[axis, (layer + regions.offset[axis]) % layers] = layer * number // layers
    return regions


@kernel
def first_layer(grid: Grid, regions: Regions, axis: int, region: int) -> int:
    """Return the layer, counted from the offset, that a region starts with."""
    return int(-(-region * grid.shape[axis] // regions.number[axis]))


@kernel
def members_of(grid: Grid, regions: Regions, ra: int, rb: int, rc: int) -> Indices:
    """List the spheres of a region, cell by cell.

    Args:
        grid: Linked cells.
        regions: How it is cut.
        ra: Region along the first box vector (likewise rb, rc).
        rb: See ra.
        rc: See ra.
    """
    nx, ny, nz = grid.shape[0], grid.shape[1], grid.shape[2]
    members, count = np.empty(64, np.int32), 0
    for step_c in range(first_layer(grid, regions, 2, rc), first_layer(grid, regions, 2, rc + 1)):
        c = (step_c + regions.offset[2]) % nz
        for step_b in range(
            first_layer(grid, regions, 1, rb), first_layer(grid, regions, 1, rb + 1)
        ):
            b = (step_b + regions.offset[1]) % ny
            for step_a in range(
                first_layer(grid, regions, 0, ra), first_layer(grid, regions, 0, ra + 1)
            ):
                a = (step_a + regions.offset[0]) % nx
                k = grid.head[(c * ny + b) * nx + a]
                while k >= 0:
                    if count == members.shape[0]:
                        longer = np.empty(2 * count, np.int32)
                        longer[:count] = members
                        members = longer
                    members[count] = k
                    count += 1
                    k = grid.following[k]
    return members[:count]


@kernel
def number_of_colour(regions: Regions) -> int:
    """Return how many regions each colour has."""
    number = 1
    for axis in range(3):
        number *= (regions.number[axis] + 1) // 2
    return number


@kernel
def region_of_colour(
    regions: Regions, colour: tuple[int, int, int], place: int
) -> tuple[int, int, int]:
    """Return one of the regions of a colour, which do not touch.

    Args:
        regions: How the grid is cut.
        colour: First region of the colour along each box vector, 0 or 1.
        place: Which of them.
    """
    half_a, half_b = (regions.number[0] + 1) // 2, (regions.number[1] + 1) // 2
    ra = colour[0] + 2 * (place % half_a)
    rb = colour[1] + 2 * (place // half_a % half_b)
    rc = colour[2] + 2 * (place // (half_a * half_b))
    return ra, rb, rc
