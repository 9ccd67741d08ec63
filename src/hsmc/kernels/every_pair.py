"""How far a deformation may go, from one pass over all near pairs, cell by cell.

Looking about one sphere after the other pays where few are to be looked about. After a cycle of
event chains most are, and in a shear of a small box: then each cell is compared with itself and
with half of the cells about it, so that every pair is met once. A packet stays in the
processor's registers while the spheres of another, those within reach of it, are compared with
it, and nothing else is done unless one of them is near enough to matter.
"""

import math

from hsmc.kernels.cells import RADIUS, Floats, System, X, Y, Z
from hsmc.kernels.deformations import (
    MATTERS,
    Deformation,
    farthest,
    note_what_matters,
    tighten,
)
from hsmc.kernels.jit import merged
from hsmc.kernels.packet_images import beyond, limiting, near_image
from hsmc.kernels.packets import LANES, NEAR, lowest
from hsmc.kernels.search import WIDER

MOST_STEPS = 3
"""Layers to either side of a cell that are met, at most: masks of seven are one number."""


@merged
def layers_met(system: System, axis: int, reach: float) -> int:
    """Return how many layers to either side may hold spheres near a layer's, near over contact."""
    layers = system.cells.shape[axis] * system.per_face[axis]
    return 1 + int(WIDER * reach * system.diameter * layers)


@merged
def meets_all(system: System, matters: float) -> bool:
    """Tell if ``every_pair`` meets all pairs with r²/σ² below ``matters``."""
    reach = math.sqrt(matters)
    steps = max(layers_met(system, 0, reach), layers_met(system, 1, reach))
    return max(steps, layers_met(system, 2, reach)) <= MOST_STEPS


@merged
def packet_pair(
    packets: Floats, one: int, ones: int, other: int, own: int, x: float, y: float, z: float,
    deformation: Deformation, limits: Floats,
) -> None:  # fmt: skip
    """Narrow what is free by the pairs of two packets.

    Args:
        packets: Of all cells; shape (P, 4, 8).
        one: The one packet.
        ones: Which of its spheres may be near one of the other, a mask.
        other: The other packet.
        own: 1 if it is the same, of which each pair counts once; else 0.
        x: From the other packet to its image beside the one (likewise y, z).
        y: See x.
        z: See x.
        deformation: Along which line.
        limits: What is free and what matters, changed; shape (5,).
    """
    matters, found, left = limits[MATTERS], 0, ones
    while left != 0:
        k = lowest(left)
        left &= left - 1
        near = near_image(packets, other, x, y, z, one, k, matters)
        found |= near & (NEAR << own * (k + 1))
    if found == 0:
        return
    xx, xy, xz, yy, yz, zz, stretch = deformation
    while ones != 0:
        k = lowest(ones)
        ones &= ones - 1
        mask = limiting(
            packets, other, x, y, z, one, k, xx, xy, xz, yy, yz, zz, farthest(limits)
        ) & (NEAR << own * (k + 1))  # fmt: skip
        while mask != 0:
            j = lowest(mask)
            mask &= mask - 1
            dx = packets[other, X, j] + x - packets[one, X, k]
            dy = packets[other, Y, j] + y - packets[one, Y, k]
            dz = packets[other, Z, j] + z - packets[one, Z, k]
            contact2 = (packets[other, RADIUS, j] + packets[one, RADIUS, k]) ** 2
            tighten(deformation, dx, dy, dz, contact2, limits)
            note_what_matters(limits, stretch)


@merged
def reaching(system: System, packet: int, axis: int, layer: int, reach: float, steps: int) -> int:
    """Return which spheres of a packet may be near others of each layer about their own.

    Args:
        system: Spheres in their box.
        packet: The packet.
        axis: Along which box vector.
        layer: Its layer of cells.
        reach: How near over contact is near.
        steps: How many layers to either side.

    Returns:
        Their masks in one number, for ``within``.
    """
    packets, inverse, count = system.cells.packets, system.inverse, system.cells.shape[axis]
    x, y, z = count * inverse[axis, 0], count * inverse[axis, 1], count * inverse[axis, 2]
    per_radius = WIDER * reach * count * system.per_face[axis]
    others = 0.5 * system.diameter * per_radius
    masks = beyond(packets, packet, 0.0, 0.0, 0.0, 1.0, -1.0) << LANES * MOST_STEPS
    for step in range(1, steps + 1):
        below = beyond(packets, packet, -x, -y, -z, per_radius, step - 1.0 - layer - others)
        above = beyond(packets, packet, x, y, z, per_radius, step + layer - others)
        masks |= below << LANES * (MOST_STEPS - step) | above << LANES * (MOST_STEPS + step)
    return int(masks)


@merged
def within(masks: int, step: int) -> int:
    """Return the mask of a layer, so many steps from a sphere's own."""
    return int((masks >> LANES * (MOST_STEPS + step)) & NEAR)


@merged
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
    steps_a, steps_b = layers_met(system, 0, reach), layers_met(system, 1, reach)
    steps_c = layers_met(system, 2, reach)
    masks_a = reaching(system, packet, 0, a, reach, steps_a)
    masks_b = reaching(system, packet, 1, b, reach, steps_b)
    masks_c = reaching(system, packet, 2, c, reach, steps_c)
    for step_c in range(steps_c + 1):
        turns_c = (c + step_c) // nz
        layer = (c + step_c - turns_c * nz) * ny
        for step_b in range(-steps_b if step_c > 0 else 0, steps_b + 1):
            mask = within(masks_c, step_c) & within(masks_b, step_b)
            if mask == 0:
                continue
            turns_b = (b + step_b) // ny
            row = (layer + b + step_b - turns_b * ny) * nx
            x_b = turns_c * box[0, 2] + turns_b * box[0, 1]
            y = turns_c * box[1, 2] + turns_b * box[1, 1]
            z = turns_c * box[2, 2]
            beside = step_c != 0 or step_b != 0
            for step_a in range(-steps_a if beside else 0, steps_a + 1):
                ones = mask & within(masks_a, step_a)
                if ones == 0:
                    continue
                turns_a = (a + step_a) // nx
                x = x_b + turns_a * box[0, 0]
                own = 0 if beside or step_a != 0 else 1
                other = packet if own == 1 else row + a + step_a - turns_a * nx
                while other >= 0:
                    packet_pair(
                        cells.packets, packet, ones, other, own, x, y, z, deformation, limits
                    )
                    other, own = int(cells.following[other]), 0


@merged
def every_pair(system: System, deformation: Deformation) -> None:
    """Narrow what is free by all pairs that matter: ``meets_all`` has to be true."""
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
