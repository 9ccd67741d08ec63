"""Spheres in cells of a triclinic box of any size and skew.

The cells cut the fractions of the box into equal parts, so box moves leave every sphere in its
cell. Each cell keeps its spheres in a packet of eight places, and in further packets of a pool
where they do not fit: a search compares a packet at once (``kernels.packets``), and what lies
near in space lies near in memory.

A search visits the cells that its reach touches, computed from the box as it is now. Where the
box is smaller than the reach, cells come round again as periodic images of themselves: with
one cell along each axis the cells **are** the image list, and no other code is needed for small
boxes.

Source: Allen & Tildesley, Computer Simulation of Liquids, 2nd ed., Sec. 5.3.2; for small
skewed boxes de Graaf et al., J. Chem. Phys. 137, 214101 (2012), doi:10.1063/1.4767529.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.jit import inlined, lean, merged
from hsmc.kernels.lists import Lists
from hsmc.kernels.lock import acquire, release
from hsmc.kernels.packets import BITS, LANES, PLACE, put

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Indices = NDArray[np.int32]

OCCUPANCY = 5.5
"""Spheres in a cell on average: packets are two thirds full, and few overflow."""

FEWEST = 4.5
"""Spheres in a cell on average, at least, in small boxes that cannot be cut as evenly."""

X, Y, Z, RADIUS = 0, 1, 2, 3
"""Rows of a packet."""

USED, BACK, LOCK = 0, 1, 2
"""Places in ``Cells.pool``."""


class Cells(NamedTuple):
    """Cells and what is in them.

    Attributes:
        shape: Number of cells along each box vector; shape (3,).
        packets: x, y, z, radius of eight spheres each, in σ_L; cell c starts with packet c;
            shape (P, 4, 8).
        following: Next packet of the same cell, -1 at the end; shape (P,).
        cell_of: Cell of each packet; shape (P,).
        owner: Which sphere is in each place of a packet; shape (P, 8).
        place_of: Packet and place of each sphere, 8·packet + place; shape (N,).
        filled: Number of spheres in each cell; shape (C,).
        pool: Packets ever used, the first of those given back or -1, and a lock; shape (3,).
        region: Which region each cell is in, where spheres move region by region; shape (C,).
        everyone: All spheres; shape (N,).
    """

    shape: Ints
    packets: Floats
    following: Indices
    cell_of: Indices
    owner: Indices
    place_of: Indices
    filled: Indices
    pool: Ints
    region: Indices
    everyone: Indices


class System(NamedTuple):
    """Spheres in their box, as the kernels hold them.

    Attributes:
        cells: Where the spheres are.
        species: Species of each sphere; shape (N,).
        box: Box vectors as columns, upper triangular, in σ_L; shape (3, 3).
        inverse: Its inverse; shape (3, 3).
        per_face: 1 over the distance between the faces that each box vector joins; shape (3,).
        diameter: The largest diameter, in σ_L.
        sphere_volume: Volume of all spheres, in σ_L³.
        clearance: Bound on the smallest r²/σ² of each sphere's pairs, as in
            ``kernels.clearance``; shape (N,).
        bounds: What all clearances share, and how the box has changed; shape (14,).
        limits: How far a deformation may go, as in ``kernels.free_range``; scratch; shape (5,).
        few: Packets of few spheres, as in ``kernels.few_spheres``; scratch; shape (2F, 4, 8); None
            for many.
        lists: As in ``kernels.lists``, of many spheres that move all at once; else None.
    """

    cells: Cells
    species: NDArray[np.int8]
    box: Floats
    inverse: Floats
    per_face: Floats
    diameter: float
    sphere_volume: float
    clearance: Floats
    bounds: Floats
    limits: Floats
    few: Floats | None
    lists: Lists | None


@lean
def invert(box: Floats, inverse: Floats, per_face: Floats) -> None:
    """Write the inverse of an upper triangular box, and 1 over the distances of its faces.

    Args:
        box: Box vectors as columns; shape (3, 3).
        inverse: Written; shape (3, 3).
        per_face: Written; shape (3,).
    """
    inverse[1, 0] = inverse[2, 0] = inverse[2, 1] = 0.0
    inverse[0, 0] = 1.0 / box[0, 0]
    inverse[1, 1] = 1.0 / box[1, 1]
    inverse[2, 2] = 1.0 / box[2, 2]
    inverse[0, 1] = -box[0, 1] * inverse[0, 0] * inverse[1, 1]
    inverse[1, 2] = -box[1, 2] * inverse[1, 1] * inverse[2, 2]
    inverse[0, 2] = -(box[0, 1] * inverse[1, 2] + box[0, 2] * inverse[2, 2]) * inverse[0, 0]
    for axis in range(3):
        x, y, z = inverse[axis, 0], inverse[axis, 1], inverse[axis, 2]
        per_face[axis] = math.sqrt(x * x + y * y + z * z)


@merged
def thinnest_axis(cells: Cells, per_face: Floats) -> int:
    """Return the axis along which cells are thinnest, the first of such."""
    thinnest = 0
    for axis in range(1, 3):
        if cells.shape[axis] * per_face[axis] > cells.shape[thinnest] * per_face[thinnest]:
            thinnest = axis
    return thinnest


@merged
def choose_shape(cells: Cells, box: Floats, per_face: Floats) -> None:
    """Choose the number of cells along each axis for cells that are about cubes."""
    n, most = cells.place_of.shape[0], cells.filled.shape[0]
    edge = (OCCUPANCY * box[0, 0] * box[1, 1] * box[2, 2] / n) ** (1.0 / 3.0)
    while True:
        total = 1
        for axis in range(3):
            layers = int(1.0 / (per_face[axis] * edge) + 0.5)
            cells.shape[axis] = max(layers, 1)
            total *= cells.shape[axis]
        if total <= most:
            break
        edge *= 1.1
    thinnest = thinnest_axis(cells, per_face)
    while n < FEWEST * total and cells.shape[thinnest] > 1:
        cells.shape[thinnest] -= 1
        total = cells.shape[0] * cells.shape[1] * cells.shape[2]
        thinnest = thinnest_axis(cells, per_face)


@inlined
def wide(index: int) -> int:
    """Return an index of 32 bits as one of 64; what takes both would be compiled for both."""
    return index + 0


@lean
def cell_index(cells: Cells, inverse: Floats, x: float, y: float, z: float) -> int:
    """Return the cell of a wrapped Cartesian position."""
    nx, ny, nz = int(cells.shape[0]), int(cells.shape[1]), int(cells.shape[2])
    a = int((inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2] * z) * nx)
    b = int((inverse[1, 1] * y + inverse[1, 2] * z) * ny)
    c = int(inverse[2, 2] * z * nz)
    # Rounding may put a fraction at 1 or a hair below 0; int() truncates the latter to 0.
    return (min(c, nz - 1) * ny + min(b, ny - 1)) * nx + min(a, nx - 1)


def new_cells(n: int) -> Cells:
    """Return room for ``n`` spheres in at most n/2 cells and a few."""
    most = n // 2 + 8
    packets = most + (n >> BITS)  # as many as can overflow
    return Cells(
        np.ones(3, np.int64),
        np.empty((packets, 4, LANES)),
        np.empty(packets, np.int32),
        np.empty(packets, np.int32),
        np.empty((packets, LANES), np.int32),
        np.empty(n, np.int32),
        np.empty(most, np.int32),
        np.empty(3, np.int64),
        np.zeros(most, np.int32),
        np.arange(n, dtype=np.int32),
    )


@lean
def empty_packet(cells: Cells, packet: int, cell: int) -> None:
    """Make a packet ready for spheres of a cell."""
    cells.following[packet] = -1
    cells.cell_of[packet] = cell
    for place in range(LANES):
        cells.packets[packet, X, place] = np.nan
        cells.packets[packet, Y, place] = 0.0
        cells.packets[packet, Z, place] = 0.0
        cells.packets[packet, RADIUS, place] = 0.0


@merged
def clear(cells: Cells) -> None:
    """Make all cells empty."""
    total = cells.shape[0] * cells.shape[1] * cells.shape[2]
    for cell in range(total):
        empty_packet(cells, cell, cell)
        cells.filled[cell] = 0
    cells.pool[USED], cells.pool[BACK], cells.pool[LOCK] = total, -1, 0


@inlined
def packet_of(cells: Cells, cell: int, rank: int) -> int:
    """Return the packet that holds, or will hold, sphere number ``rank`` of a cell."""
    packet = cell
    for _ in range(rank >> BITS):
        if cells.following[packet] < 0:
            chain_packet(cells, packet)
        packet = int(cells.following[packet])
    return packet


@lean
def chain_packet(cells: Cells, packet: int) -> None:
    """Let another packet of the pool follow: one given back, or the next that was never used.

    Threads share the pool. Which packet it is decides nothing.
    """
    acquire(cells.pool, LOCK)
    another = cells.pool[BACK]
    if another >= 0:
        cells.pool[BACK] = cells.following[another]
    else:
        another = cells.pool[USED]
        cells.pool[USED] += 1
    release(cells.pool, LOCK)
    cells.following[packet] = another
    empty_packet(cells, another, wide(cells.cell_of[packet]))


@lean
def give_back(cells: Cells, cell: int, rank: int) -> None:
    """Give the last packet of a cell, now empty, back to the pool."""
    before = packet_of(cells, cell, rank - 1)
    last = cells.following[before]
    cells.following[before] = -1
    acquire(cells.pool, LOCK)
    cells.following[last] = cells.pool[BACK]
    cells.pool[BACK] = last
    release(cells.pool, LOCK)


@inlined
def place_in(cells: Cells, i: int, cell: int, x: float, y: float, z: float, radius: float) -> None:
    """Put sphere ``i`` into a cell."""
    rank = wide(cells.filled[cell])
    packet, place = packet_of(cells, cell, rank), rank & PLACE
    write(cells, packet * LANES + place, x, y, z)
    cells.packets[packet, RADIUS, place] = radius
    cells.owner[packet, place] = i
    cells.place_of[i] = packet * LANES + place
    cells.filled[cell] = rank + 1


@inlined
def take_out(cells: Cells, i: int) -> None:
    """Take sphere ``i`` out of its cell; the cell's last sphere takes its place."""
    packet, place = cells.place_of[i] >> BITS, cells.place_of[i] & PLACE
    cell = wide(cells.cell_of[packet])
    cells.filled[cell] -= 1
    rank = wide(cells.filled[cell])
    last, k = packet_of(cells, cell, rank), rank & PLACE
    other = cells.owner[last, k]
    for row in range(4):
        cells.packets[packet, row, place] = cells.packets[last, row, k]
    cells.owner[packet, place] = other
    cells.place_of[other] = packet * LANES + place
    cells.packets[last, X, k] = np.nan
    if rank > 0 and (rank & PLACE) == 0:
        give_back(cells, cell, rank)


@inlined
def write(cells: Cells, slot: int, x: float, y: float, z: float) -> None:
    """Write the position of the sphere in a place, 8·packet + place."""
    put(cells.packets, slot >> BITS, slot & PLACE, x, y, z)


@inlined
def read(cells: Cells, slot: int) -> tuple[float, float, float, float]:
    """Return x, y, z, radius of the sphere in a place, 8·packet + place."""
    packet, place = slot >> BITS, slot & PLACE
    packets = cells.packets
    x, y, z = packets[packet, X, place], packets[packet, Y, place], packets[packet, Z, place]
    return x, y, z, packets[packet, RADIUS, place]


@inlined
def number_of(cells: Cells, a: int, b: int, c: int) -> int:
    """Return the number of the cell in layers a, b, c along the box vectors."""
    return int((c * cells.shape[1] + b) * cells.shape[0] + a)


@inlined
def move_to(system: System, i: int, cell: int, x: float, y: float, z: float) -> None:
    """Put sphere ``i`` at a wrapped place in a cell."""
    cells = system.cells
    packet, place = cells.place_of[i] >> BITS, cells.place_of[i] & PLACE
    if cells.cell_of[packet] == cell:
        write(cells, packet * LANES + place, x, y, z)
        return
    radius = cells.packets[packet, RADIUS, place]
    take_out(cells, i)
    place_in(cells, i, cell, x, y, z, radius)


@inlined
def wrapped(
    system: System, x: float, y: float, z: float
) -> tuple[float, float, float, int, int, int]:
    """Return a place brought into the box, and its cell along each box vector."""
    box, inverse, cells = system.box, system.inverse, system.cells
    sa = inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2] * z
    sb = inverse[1, 1] * y + inverse[1, 2] * z
    sc = inverse[2, 2] * z
    if sa < 0.0 or sa >= 1.0 or sb < 0.0 or sb >= 1.0 or sc < 0.0 or sc >= 1.0:
        qa, qb, qc = np.floor(sa), np.floor(sb), np.floor(sc)
        x -= box[0, 0] * qa + box[0, 1] * qb + box[0, 2] * qc
        y -= box[1, 1] * qb + box[1, 2] * qc
        z -= box[2, 2] * qc
        sa, sb, sc = sa - qa, sb - qb, sc - qc
    nx, ny, nz = int(cells.shape[0]), int(cells.shape[1]), int(cells.shape[2])
    a, b, c = min(int(sa * nx), nx - 1), min(int(sb * ny), ny - 1), min(int(sc * nz), nz - 1)
    return x, y, z, a, b, c


@lean
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


@lean
def cell_order(cells: Cells, inverse: Floats, positions: Floats, order: Ints) -> None:
    """Order spheres by their cells, so that neighbours lie close in memory.

    Args:
        cells: Their shape is used; ``filled`` and ``place_of`` serve as scratch.
        inverse: Inverse of the box; shape (3, 3).
        positions: Wrapped Cartesian positions; shape (N, 3).
        order: Written: which sphere comes where; shape (N,).
    """
    n = positions.shape[0]
    total = cells.shape[0] * cells.shape[1] * cells.shape[2]
    for cell in range(total):
        cells.filled[cell] = 0
    for i in range(n):
        cell = cell_index(cells, inverse, positions[i, 0], positions[i, 1], positions[i, 2])
        cells.place_of[i] = cell
        cells.filled[cell] += 1
    start = 0
    for cell in range(total):
        count = cells.filled[cell]
        cells.filled[cell] = start
        start += count
    for i in range(n):
        cell = cells.place_of[i]
        order[cells.filled[cell]] = i
        cells.filled[cell] += 1
