"""Walls of a region: what flies in it comes back from them.

They are the faces between layers of cells, so a sphere that stays between them stays in the cells
of its region.
"""

import math
from typing import NamedTuple

import numpy as np

from hsmc.kernels.cells import Cells, Floats, System
from hsmc.kernels.jit import inlined, part
from hsmc.kernels.packets import BITS
from hsmc.kernels.regions import Regions, first_layer, number_of_region

MARGIN = 1e-13
"""Kept from a wall, in fractions of a box vector: places are rounded."""

HAIR = 1e-9
"""Spheres that rounding puts a little below a wall are there, not one turn of the box above."""

NONE = -1
"""In place of an axis: no wall."""


class Walls(NamedTuple):
    """Where a region ends.

    Attributes:
        region: Number of the region.
        low: Where it starts, in fractions of each box vector; shape (3,).
        width: How wide it is, likewise; 1 if it goes all around; shape (3,).
    """

    region: int
    low: Floats
    width: Floats


@part
def walls_of(cells: Cells, regions: Regions, region: tuple[int, int, int]) -> Walls:
    """Return the walls of a region."""
    low, width = np.empty(3), np.empty(3)
    for axis in range(3):
        first = first_layer(cells, regions, axis, region[axis])
        last = first_layer(cells, regions, axis, region[axis] + 1)
        low[axis] = (first + regions.offset[axis]) / cells.shape[axis]
        width[axis] = (last - first) / cells.shape[axis]
    return Walls(number_of_region(regions, region[0], region[1], region[2]), low, width)


@inlined
def within(system: System, walls: Walls, x: float, y: float, z: float) -> bool:
    """Tell whether a place is in the region."""
    inverse = system.inverse
    for axis in range(3):
        place = inverse[axis, 0] * x + inverse[axis, 1] * y + inverse[axis, 2] * z
        place -= walls.low[axis]
        if walls.width[axis] < 1.0 and place - math.floor(place) >= walls.width[axis]:
            return False
    return True


@inlined
def inside(system: System, walls: Walls, slot: int) -> bool:
    """Tell whether what is in a place, 8·packet + place, belongs to the region."""
    cells = system.cells
    return bool(cells.region[cells.cell_of[slot >> BITS]] == walls.region)


@inlined
def wall_ahead(
    system: System, walls: Walls, x: float, y: float, z: float, ux: float, uy: float, uz: float,
    path: float,
) -> tuple[int, float]:  # fmt: skip
    """Return the first wall met from a place along u within ``path``, and how far it is."""
    inverse, found = system.inverse, NONE
    for axis in range(3):
        slope = inverse[axis, 0] * ux + inverse[axis, 1] * uy + inverse[axis, 2] * uz
        place = inverse[axis, 0] * x + inverse[axis, 1] * y + inverse[axis, 2] * z
        place -= walls.low[axis]
        place -= math.floor(place + HAIR)
        room = (walls.width[axis] - place if slope > 0.0 else place) - MARGIN
        if slope != 0.0 and walls.width[axis] < 1.0 and room < path * abs(slope):
            path = max(room, 0.0) / abs(slope)
            found = axis
    return found, path


@inlined
def reflect(velocities: Floats, i: int, nx: float, ny: float, nz: float) -> None:
    """Turn a velocity's part along n round."""
    part = velocities[i, 0] * nx + velocities[i, 1] * ny + velocities[i, 2] * nz
    part *= 2.0 / (nx * nx + ny * ny + nz * nz)
    velocities[i, 0] -= part * nx
    velocities[i, 1] -= part * ny
    velocities[i, 2] -= part * nz
