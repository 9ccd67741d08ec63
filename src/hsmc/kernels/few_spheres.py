"""How far a deformation may go in a system of few spheres: all pairs, without cells.

With few spheres most cells are beside each other, and choosing which to compare takes longer than
comparing. So places are taken as fractions of the box vectors, of which each pair's nearest image
follows at once, and every sphere is compared with eight others at a time.

Which image that is: a separation by a fraction s of a box vector is at least s face distances long.
Along a box vector with a face distance of twice the reach, only the image from -1/2 to 1/2 matters;
along a thinner box, those from -1 to 0 and from 0 to 1 do. Large spheres come first, so that few
packets reach far.
"""

import math

import numpy as np

from hsmc.kernels.cells import RADIUS, Floats, Ints, System, X, Y, Z, read
from hsmc.kernels.deformations import (
    FROM,
    HIGH,
    LOW,
    MATTERS,
    TO,
    Deformation,
    note_what_matters,
    tighten,
)
from hsmc.kernels.jit import merged
from hsmc.kernels.packet_images import limiting_nearest
from hsmc.kernels.packets import BITS, LANES, PLACE, lowest
from hsmc.kernels.search import WIDER

FEW = (16, 50)
"""Spheres from and up to which this takes less time than cells do."""


@merged
def size_order(radii: Floats, order: Ints) -> None:
    """Order spheres from the largest to the smallest, equal ones as they come; shape (N,)."""
    for i in range(radii.shape[0]):
        k = i
        while k > 0 and radii[order[k - 1]] < radii[i]:
            order[k] = order[k - 1]
            k -= 1
        order[k] = i


def few_packets(n: int) -> Floats | None:
    """Return packets for few spheres, those of their fractions, then of their places, or None.

    Whether there are any, their type tells kernels when compiling.
    """
    if not FEW[0] <= n <= FEW[1]:
        return None
    return np.full((2 * ((n + LANES - 1) >> BITS), 4, LANES), np.nan)


@merged
def note_radii(few: Floats, radii: Floats, order: Ints) -> None:
    """Write down the radii of spheres in an order."""
    for i in range(order.shape[0]):
        few[i >> BITS, RADIUS, i & PLACE] = radii[order[i]]


@merged
def note_places(few: Floats, system: System) -> None:
    """Write down where the spheres are, as fractions of the box vectors and in σ_L."""
    cells, inverse = system.cells, system.inverse
    places = few.shape[0] >> 1
    for i in range(cells.place_of.shape[0]):
        x, y, z, _ = read(cells, cells.place_of[i])
        one, k = i >> BITS, i & PLACE
        few[one, X, k] = inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2] * z
        few[one, Y, k] = inverse[1, 1] * y + inverse[1, 2] * z
        few[one, Z, k] = inverse[2, 2] * z
        few[places + one, X, k] = x
        few[places + one, Y, k] = y
        few[places + one, Z, k] = z


@merged
def two_images_matter(system: System, matters: float) -> bool:
    """Tell if ``all_pairs`` meets all pairs with r²/σ² below ``matters``.

    They are two images of a pair at most along each box vector, and no sphere's own.
    """
    per_face = system.per_face
    across = 1.0 / max(per_face[0], per_face[1], per_face[2])
    return bool(WIDER * math.sqrt(matters) * system.diameter < across)


@merged
def tighten_by(
    few: Floats, box: Floats, limits: Floats, found: int, one: int, other: int,
    low: tuple[float, float, float], less: tuple[float, float, float], deformation: Deformation,
) -> None:  # fmt: skip
    """Narrow what is free by one image of pairs that were found, a mask; see ``packet_pair``."""
    places = few.shape[0] >> 1
    while found != 0:
        pair = lowest(found)
        found &= found - 1
        k, m = pair >> BITS, pair & PLACE
        a = np.floor(few[other, X, m] - few[one, X, k] + low[0]) + less[0]
        b = np.floor(few[other, Y, m] - few[one, Y, k] + low[1]) + less[1]
        c = np.floor(few[other, Z, m] - few[one, Z, k] + low[2]) + less[2]
        contact2 = (few[other, RADIUS, m] + few[one, RADIUS, k]) ** 2
        p, q = one + places, other + places
        dx = few[q, X, m] - few[p, X, k] - (a * box[0, 0] + b * box[0, 1] + c * box[0, 2])
        dy = few[q, Y, m] - few[p, Y, k] - (b * box[1, 1] + c * box[1, 2])
        dz = few[q, Z, m] - few[p, Z, k] - c * box[2, 2]
        tighten(deformation, dx, dy, dz, contact2, limits)
    note_what_matters(limits, deformation.stretch)


@merged
def thin_axes(system: System, near2: float) -> int:
    """Return, as a mask, the box vectors along which two images of a pair may be near."""
    per_face = system.per_face
    thin = 1 if near2 * per_face[0] ** 2 > 0.25 else 0
    thin |= 2 if near2 * per_face[1] ** 2 > 0.25 else 0
    thin |= 4 if near2 * per_face[2] ** 2 > 0.25 else 0
    return thin


@merged
def packet_pair(
    few: Floats, system: System, one: int, other: int, low: tuple[float, float, float],
    less: tuple[float, float, float], deformation: Deformation,
) -> None:  # fmt: skip
    """Narrow what is free by one image of all pairs of two packets.

    All that may matter are found before the first is looked at: that leaves few branches.

    Args:
        few: Their packets.
        system: Spheres in their box.
        one: The one packet.
        other: The other packet, or the same, of which each pair counts once.
        low: Which image, along each box vector, as in ``limiting_nearest``.
        less: See low.
        deformation: Along which line.
    """
    box, limits = system.box, system.limits
    xx, xy, xz, yy, yz, zz, _ = deformation
    first, last = max(limits[LOW], limits[FROM]), min(limits[HIGH], limits[TO])
    own = 1 if one == other else 0
    found = 0
    for k in range(own, min(LANES, system.species.shape[0] - LANES * one)):
        mask = limiting_nearest(
            few, other, few[one, X, k], few[one, Y, k], few[one, Z, k],
            few[one, RADIUS, k], low[0], low[1], low[2], less[0], less[1], less[2],
            box[0, 0], box[0, 1], box[0, 2], box[1, 1], box[1, 2], box[2, 2],
            xx, xy, xz, yy, yz, zz, first, last,
        )  # fmt: skip
        found |= (mask & ((1 << LANES - own * (LANES - k)) - 1)) << LANES * k
    if found != 0:
        tighten_by(few, box, limits, found, one, other, low, less, deformation)


@merged
def all_pairs(few: Floats, system: System, deformation: Deformation) -> None:
    """Narrow what is free by all pairs: ``two_images_matter`` has to be true."""
    limits = system.limits
    note_places(few, system)
    for one in range((few.shape[0] >> 1) - 1, -1, -1):
        for other in range(one, -1, -1):
            contact = WIDER * (few[one, RADIUS, 0] + few[other, RADIUS, 0])
            thin = thin_axes(system, limits[MATTERS] * contact**2)
            low = 0.0 if thin & 1 else 0.5, 0.0 if thin & 2 else 0.5, 0.0 if thin & 4 else 0.5
            for image in range(thin + 1):
                if image & ~thin:
                    continue
                less = float(image & 1), float(image >> 1 & 1), float(image >> 2)
                packet_pair(few, system, one, other, low, less, deformation)
