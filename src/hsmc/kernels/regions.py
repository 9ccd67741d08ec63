"""Regions of a large system: blocks of cells whose spheres are moved together."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.cells import Cells, Indices, Ints, System
from hsmc.kernels.jit import inlined, lean, part
from hsmc.kernels.packets import LANES, ROWS, fetch
from hsmc.kernels.random import uniform
from hsmc.kernels.search import WIDER

Thickness = tuple[int, int, int]


class Regions(NamedTuple):
    """How the cells are cut.

    Attributes:
        number: Regions along each box vector, 1 or even; shape (3,).
        offset: Layer of cells that the first one starts with; shape (3,).
    """

    number: Ints
    offset: Ints


@part
def cut(system: System, thickness: Thickness, reach: float, state: NDArray[np.uint64]) -> Regions:
    """Cut the box into regions at a random offset.

    Their number along an axis is even, or 1: coloured like a chessboard, no two of one colour
    touch, all around the periodic box: none is thinner than the reach of what moves in another.

    Args:
        system: Spheres in their box; the cells' ``region`` is written.
        thickness: Layers of cells of a region along each box vector, about.
        reach: How far outside its region a moving sphere looks at others, in σ_L.
        state: State of the generator; shape (4,).
    """
    cells = system.cells
    nx, ny, nz = cells.shape[0], cells.shape[1], cells.shape[2]
    regions = Regions(np.ones(3, np.int64), np.zeros(3, np.int64))
    for axis in range(3):
        layers = cells.shape[axis]
        seen = math.ceil(WIDER * reach * system.per_face[axis] * layers)
        thick = max(thickness[axis], 2 * seen)  # none is thinner than half of this
        regions.number[axis] = max(1, 2 * ((layers + thick) // (2 * thick)))
        regions.offset[axis] = int(uniform(state) * layers)
    of_a, of_b = of_layers(cells, regions, 0), of_layers(cells, regions, 1)
    of_c = of_layers(cells, regions, 2)
    for c in range(nz):
        for b in range(ny):
            row = (c * ny + b) * nx
            first = number_of_region(regions, 0, of_b[b], of_c[c])
            for a in range(nx):
                cells.region[row + a] = first + of_a[a]
    return regions


@part
def of_layers(cells: Cells, regions: Regions, axis: int) -> Ints:
    """Return which region along an axis each layer of cells is in; shape (L,)."""
    layers, number = cells.shape[axis], regions.number[axis]
    found = np.empty(layers, np.int64)
    for layer in range(layers):
        found[(layer + regions.offset[axis]) % layers] = layer * number // layers
    return found


@lean
def number_of_region(regions: Regions, ra: int, rb: int, rc: int) -> int:
    """Return the number of a region from its places along the box vectors."""
    return int((rc * regions.number[1] + rb) * regions.number[0] + ra)


@lean
def first_layer(cells: Cells, regions: Regions, axis: int, region: int) -> int:
    """Return the layer, counted from the offset, that a region starts with."""
    return int(-(-region * cells.shape[axis] // regions.number[axis]))


@part
def layers_of(cells: Cells, regions: Regions, axis: int, region: int, beyond: int) -> Ints:
    """Return the layers of cells of a region, and so many beyond either end."""
    first = first_layer(cells, regions, axis, region) - beyond
    last = first_layer(cells, regions, axis, region + 1) + beyond
    found = np.arange(first, last)
    for k in range(found.shape[0]):
        found[k] = (found[k] + regions.offset[axis]) % cells.shape[axis]
    return found


@part
def packets_about(cells: Cells, regions: Regions, region: tuple[int, int, int]) -> Indices:
    """List the first packet of each cell of a region and of a layer of cells around it."""
    nx, ny = cells.shape[0], cells.shape[1]
    along_a = layers_of(cells, regions, 0, region[0], 1)
    along_b = layers_of(cells, regions, 1, region[1], 1)
    along_c = layers_of(cells, regions, 2, region[2], 1)
    packets = np.empty(along_a.shape[0] * along_b.shape[0] * along_c.shape[0], np.int32)
    count = 0
    for c in along_c:
        for b in along_b:
            for a in along_a:
                packets[count] = (c * ny + b) * nx + a
                count += 1
    return packets


@inlined
def fetch_packet(cells: Cells, packet: int) -> None:
    """Ask the cache for a packet, and for who is in it."""
    fetch(cells.owner, packet * LANES)
    for row in range(ROWS):
        fetch(cells.packets, (packet * ROWS + row) * LANES)


@part
def fetch_region(cells: Cells, regions: Regions, region: tuple[int, int, int]) -> None:
    """Ask the cache for a region and what is around it, all at once."""
    for packet in packets_about(cells, regions, region):
        fetch_packet(cells, packet)


@part
def packets_ahead(cells: Cells, regions: Regions, region: tuple[int, int, int]) -> Indices:
    """List the packets of the region after this one; none where this is its colour's only one."""
    after = next_of_colour(regions, region)
    if after == region:
        return cells.everyone[:0]
    return packets_about(cells, regions, after)


@inlined
def fetch_ahead(system: System, packets: Indices, turn: int) -> None:
    """Ask the cache for one packet each turn, then for what is known of the spheres in them.

    Spheres of a cell began side by side in memory: the first stands for all. Turns are the
    trials of the region before, so that memory takes its time while they are made.
    """
    cells, number = system.cells, packets.shape[0]
    if turn < number:
        fetch_packet(cells, packets[turn])
    elif turn < 2 * number:
        first = cells.owner[packets[turn - number], 0]
        fetch(cells.place_of, first)
        fetch(system.species, first)
        fetch(system.clearance, first)


@lean
def number_of_colour(regions: Regions) -> int:
    """Return how many regions each colour has."""
    number = 1
    for axis in range(3):
        number *= (regions.number[axis] + 1) // 2
    return number


@lean
def region_of_colour(
    regions: Regions, colour: tuple[int, int, int], place: int
) -> tuple[int, int, int]:
    """Return one of the regions of a colour, which do not touch.

    Args:
        regions: How the cells are cut.
        colour: First region of the colour along each box vector, 0 or 1.
        place: Which of them.
    """
    half_a, half_b = (regions.number[0] + 1) // 2, (regions.number[1] + 1) // 2
    ra = colour[0] + 2 * (place % half_a)
    rb = colour[1] + 2 * (place // half_a % half_b)
    rc = colour[2] + 2 * (place // (half_a * half_b))
    return ra, rb, rc


@lean
def next_of_colour(regions: Regions, region: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return the region that comes after another in ``region_of_colour``, or the first."""
    ra, rb, rc = region[0] + 2, region[1], region[2]
    if ra >= regions.number[0]:
        ra, rb = region[0] % 2, rb + 2
    if rb >= regions.number[1]:
        rb, rc = region[1] % 2, rc + 2
    if rc >= regions.number[2]:
        rc = region[2] % 2
    return ra, rb, rc
