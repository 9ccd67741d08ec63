"""The walk over what is near: cells, as many images of the box as it takes, or a sphere's list."""

from typing import Any

import numpy as np

from hsmc.kernels.cells import RADIUS, System, X, Y, Z
from hsmc.kernels.jit import answers, inlined
from hsmc.kernels.lists import Lists, packets_of
from hsmc.kernels.packets import BITS, IMAGE, IMAGE_BITS, LANES, wide

WIDER = 1.0 + 1e-9
"""Widens every reach, so that rounding of a cell's edge hides nothing."""

NO_SLOT = -LANES
"""In place of a sphere's place: it is not among those that are looked at."""

Reach = tuple[float, float, float]
Layers = tuple[int, int]


@inlined
def around(system: System, reach: float) -> Reach:
    """Return a distance, in σ_L, as fractions along the three box vectors."""
    wide = WIDER * reach
    per_face = system.per_face
    return wide * per_face[0], wide * per_face[1], wide * per_face[2]


def look(
    packets: Any, packet: int, x: float, y: float, z: float, query: Any, carry: float
) -> float:
    """Compare a packet with what a search is about; which way, the type of ``query`` says.

    Packets are those of cells, or eight entries of ``kernels.lists.Lists`` each.
    """
    raise NotImplementedError


def separation(
    packets: Any, packet: int, k: int, x: float, y: float, z: float
) -> tuple[float, float, float, float]:
    """Return the separation of a packet's sphere from a place, and its radius, in σ_L."""
    raise NotImplementedError


@answers(separation, packets=np.ndarray)
@inlined
def separation_in_cell(
    packets: Any, packet: int, k: int, x: float, y: float, z: float
) -> tuple[float, float, float, float]:
    """See ``separation``."""
    dx, dy = packets[packet, X, k] - x, packets[packet, Y, k] - y
    return dx, dy, packets[packet, Z, k] - z, packets[packet, RADIUS, k]


@answers(separation, packets=Lists)
@inlined
def separation_of_entry(
    packets: Any, packet: int, k: int, x: float, y: float, z: float
) -> tuple[float, float, float, float]:
    """See ``separation``."""
    entry = wide(packets.entries[packet * LANES + k])
    j, image = entry >> IMAGE_BITS, entry & IMAGE
    records, shifts = packets.records, packets.shifts
    dx, dy = records[j, 0] + shifts[image, 0] - x, records[j, 1] + shifts[image, 1] - y
    return dx, dy, records[j, 2] + shifts[image, 2] - z, records[j, 3]


@inlined
def layers(
    system: System, x: float, y: float, z: float, below: Reach, above: Reach
) -> tuple[Layers, Layers, Layers]:
    """Return the first and the last layer of cells that a search meets, along each box vector.

    They go on beyond the box: layer -1 is the last one's image.
    """
    inverse, shape = system.inverse, system.cells.shape
    nx, ny, nz = int(shape[0]), int(shape[1]), int(shape[2])
    sa = inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2] * z
    sb = inverse[1, 1] * y + inverse[1, 2] * z
    sc = inverse[2, 2] * z
    return (
        (int(np.floor((sa - below[0]) * nx)), int(np.floor((sa + above[0]) * nx))),
        (int(np.floor((sb - below[1]) * ny)), int(np.floor((sb + above[1]) * ny))),
        (int(np.floor((sc - below[2]) * nz)), int(np.floor((sc + above[2]) * nz))),
    )


@inlined
def search(
    system: System,
    x: float,
    y: float,
    z: float,
    below: Reach,
    above: Reach,
    query: Any,
    carry: float,
) -> float:
    """Hand every packet near a place to ``look``, the place's own cell first.

    Args:
        system: Spheres in their box.
        x: Position, wrapped, in σ_L (likewise y, z).
        y: See x.
        z: See x.
        below: How far to look towards smaller fractions, along each box vector.
        above: How far towards larger ones.
        query: Handed through; its type says which function answers (``look``). That takes
            the packets, one of them, the place as seen from the packet's image, the query and what
            was carried so far; it returns what to carry on, and 0 to end the search.
        carry: What it starts from.

    Returns:
        What ``look`` returned last.
    """
    box, inverse, cells = system.box, system.inverse, system.cells
    nx, ny, nz = int(cells.shape[0]), int(cells.shape[1]), int(cells.shape[2])
    sa = inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2] * z
    sb = inverse[1, 1] * y + inverse[1, 2] * z
    sc = inverse[2, 2] * z
    a, b, c = int(np.floor(sa * nx)), int(np.floor(sb * ny)), int(np.floor(sc * nz))
    a, b, c = min(max(a, 0), nx - 1), min(max(b, 0), ny - 1), min(max(c, 0), nz - 1)
    packet = (c * ny + b) * nx + a
    while packet >= 0:
        carry = look(cells.packets, packet, x, y, z, query, carry)
        if carry == 0.0:
            return carry
        packet = int(cells.following[packet])
    (low_a, high_a), (low_b, high_b), (low_c, high_c) = layers(system, x, y, z, below, above)
    for ic in range(low_c, high_c + 1):
        kc, x_c, y_c, z_c = ic, x, y, z
        if kc < 0 or kc >= nz:
            turns = kc // nz
            kc -= turns * nz
            x_c, y_c, z_c = x - turns * box[0, 2], y - turns * box[1, 2], z - turns * box[2, 2]
        for ib in range(low_b, high_b + 1):
            kb, x_b, y_b = ib, x_c, y_c
            if kb < 0 or kb >= ny:
                turns = kb // ny
                kb -= turns * ny
                x_b, y_b = x_c - turns * box[0, 1], y_c - turns * box[1, 1]
            row = (kc * ny + kb) * nx
            for ia in range(low_a, high_a + 1):
                if ia == a and ib == b and ic == c:
                    continue
                ka, x_a = ia, x_b
                if ka < 0 or ka >= nx:
                    turns = ka // nx
                    ka -= turns * nx
                    x_a = x_b - turns * box[0, 0]
                packet = row + ka
                while packet >= 0:
                    carry = look(cells.packets, packet, x_a, y_b, z_c, query, carry)
                    if carry == 0.0:
                        return carry
                    packet = int(cells.following[packet])
    return carry


@inlined
def walk(lists: Lists, i: int, x: float, y: float, z: float, query: Any, carry: float) -> float:
    """Hand every packet of a sphere's list to ``look``, as ``search`` does those of cells."""
    first = i * lists.room >> BITS
    for packet in range(first, first + packets_of(int(lists.counts[i]))):
        carry = look(lists, packet, x, y, z, query, carry)
        if carry == 0.0:
            break
    return carry
