"""How far a deformation may go, from one pass over all near pairs, cell by cell.

Looking about one sphere after the other pays where few are to be looked about. After a cycle of
event chains most are, and in a shear of a small box: then each cell is compared with itself and
with half of the cells about it, so that every pair is met once. A packet stays in the
processor's registers while the spheres of another, those within reach of it, are compared with
it, and nothing else is done unless one of them is near enough to matter.
"""

import math

from hsmc.kernels.cells import RADIUS, Floats, System, X, Y, Z
from hsmc.kernels.deformations import FROM, HIGH, LOW, MATTERS, TO, Deformation, note_what_matters, tighten
from hsmc.kernels.jit import inlined
from hsmc.kernels.packets import NEAR, beyond, limiting, lowest, near_image
from hsmc.kernels.search import WIDER


@inlined
def covered(system: System) -> float:
    """Return the r²/σ² below which ``every_pair`` meets all pairs, own images included.

    Spheres whose cells are not next to each other are a layer apart at least.
    """
    shape, per_face = system.cells.shape, system.per_face
    steepest = max(shape[0] * per_face[0], shape[1] * per_face[1], shape[2] * per_face[2])
    return 1.0 / (WIDER * steepest * system.diameter) ** 2


@inlined
def packet_pair(
    packets: Floats, one: int, within: int, other: int, own: int, x: float, y: float, z: float,
    deformation: Deformation, limits: Floats,
) -> None:  # fmt: skip
    """Narrow what is free by the pairs of two packets.

    Args:
        packets: Of all cells; shape (P, 4, 8).
        one: The one packet.
        within: Which of its spheres may be near one of the other, a mask.
        other: The other packet.
        own: 1 if it is the same, of which each pair counts once; else 0.
        x: From the other packet to its image beside the one (likewise y, z).
        y: See x.
        z: See x.
        deformation: Along which line.
        limits: What is free and what matters, changed; shape (5,).
    """
    matters, found, left = limits[MATTERS], 0, within
    while left != 0:
        k = lowest(left)
        left &= left - 1
        near = near_image(packets, other, x, y, z, one, k, matters)
        found |= near & (NEAR << own * (k + 1))
    if found == 0:
        return
    xx, xy, xz, yy, yz, zz, stretch = deformation
    while within != 0:
        k = lowest(within)
        within &= within - 1
        mask = limiting(
            packets, other, x, y, z, one, k, xx, xy, xz, yy, yz, zz,
            max(limits[LOW], limits[FROM]), min(limits[HIGH], limits[TO]),
        ) & (NEAR << own * (k + 1))  # fmt: skip
        while mask != 0:
            j = lowest(mask)
            mask &= mask - 1
            dx = packets[other, X, j] + x - packets[one, X, k]
            dy = packets[other, Y, j] + y - packets[one, Y, k]
            dz = packets[other, Z, j] + z - packets[one, Z, k]
            contact2 = (packets[other, RADIUS, j] + packets[one, RADIUS, k]) ** 2
            if tighten(deformation, dx, dy, dz, contact2, limits):
                note_what_matters(limits, stretch)


@inlined
def reaching(
    system: System, packet: int, axis: int, layer: int, reach: float
) -> tuple[int, int, int]:
    """Return which spheres of a packet may be near others a layer lower, anywhere, or higher.

    Args:
        system: Spheres in their box.
        packet: The packet.
        axis: Along which box vector.
        layer: Its layer of cells.
        reach: How near over contact is near.
    """
    packets, inverse, count = system.cells.packets, system.inverse, system.cells.shape[axis]
    x, y, z = count * inverse[axis, 0], count * inverse[axis, 1], count * inverse[axis, 2]
    per_radius = WIDER * reach * count * system.per_face[axis]
    others = 0.5 * system.diameter * per_radius
    filled = beyond(packets, packet, 0.0, 0.0, 0.0, 1.0, -1.0)
    below = beyond(packets, packet, -x, -y, -z, per_radius, -layer - others)
    above = beyond(packets, packet, x, y, z, per_radius, layer + 1.0 - others)
    return below, filled, above


@inlined
def one_packet(
    system: System, packet: int, a: int, b: int, c: int, deformation: Deformation
) -> None:
    """Narrow what is free by the pairs of a packet with those of half of the cells about it.

    Args:
        system: Spheres in their box.
        packet: The packet.
        a: Its layer along the first box vector (likewise b, c).
        b: See a.
        c: See a.
        deformation: Along which line.
    """
    cells, box, limits = system.cells, system.box, system.limits
    nx, ny, nz = int(cells.shape[0]), int(cells.shape[1]), int(cells.shape[2])
    reach = math.sqrt(limits[MATTERS])
    towards_a = reaching(system, packet, 0, a, reach)
    towards_b = reaching(system, packet, 1, b, reach)
    towards_c = reaching(system, packet, 2, c, reach)
    for step_c in range(2):
        turns_c = (c + step_c) // nz
        layer = (c + step_c - turns_c * nz) * ny
        for step_b in range(-step_c, 2):
            turns_b = (b + step_b) // ny
            row = (layer + b + step_b - turns_b * ny) * nx
            x_b = turns_c * box[0, 2] + turns_b * box[0, 1]
            y = turns_c * box[1, 2] + turns_b * box[1, 1]
            z = turns_c * box[2, 2]
            beside = step_c != 0 or step_b != 0
            within_b = towards_c[step_c + 1] & towards_b[step_b + 1]
            for step_a in range(-1 if beside else 0, 2):
                within = within_b & towards_a[step_a + 1]
                if within == 0:
                    continue
                turns_a = (a + step_a) // nx
                x = x_b + turns_a * box[0, 0]
                own = 0 if beside or step_a != 0 else 1
                other = packet if own == 1 else row + a + step_a - turns_a * nx
                while other >= 0:
                    packet_pair(
                        cells.packets, packet, within, other, own, x, y, z, deformation, limits
                    )
                    other, own = int(cells.following[other]), 0


@inlined
def every_pair(system: System, deformation: Deformation) -> None:
    """Narrow what is free by all pairs with r²/σ² below ``covered``."""
    cells = system.cells
    packet = 0
    for c in range(cells.shape[2]):
        for b in range(cells.shape[1]):
            for a in range(cells.shape[0]):
                one = packet
                while one >= 0:
                    one_packet(system, one, a, b, c, deformation)
                    one = int(cells.following[one])
                packet += 1
