"""Deformations of box and spheres along a line: every vector d becomes d + t G d.

A *scaling* multiplies the Cartesian axes of a mask by 1 + t. An *element* change adds t to one
element of the upper triangular box, spheres keeping their fractions. Both are such lines, and
so is all that box moves do: G is upper triangular, its largest stretch is known, and where a pair
touches is the root of one quadratic equation.
"""

import math
from typing import NamedTuple

from hsmc.kernels.anchors import deform_lists
from hsmc.kernels.cells import USED, Cells, Floats, System, invert
from hsmc.kernels.clearance import shorten
from hsmc.kernels.jit import inlined, lean, merged
from hsmc.kernels.packets import deform

LOW, HIGH, FROM, TO, MATTERS = 0, 1, 2, 3, 4
"""Places in ``System.limits``: between which t no pair seen overlaps, the range asked about, and
the r²/σ² below which pairs matter."""

FAR = 1e300
"""Farther than any range."""

LIMITS = 5
"""Length of ``System.limits``."""


class Deformation(NamedTuple):
    """A line of deformations, d + t G d.

    Attributes:
        xx: Elements of G, which is upper triangular (likewise xy, xz, yy, yz, zz).
        xy: See xx.
        xz: See xx.
        yy: See xx.
        yz: See xx.
        zz: See xx.
        stretch: Most that t = ±1 may change a vector, over its length.
    """

    xx: float
    xy: float
    xz: float
    yy: float
    yz: float
    zz: float
    stretch: float


@inlined
def volume_of(box: Floats) -> float:
    """Return the volume of an upper triangular box, in σ_L³."""
    return float(box[0, 0] * box[1, 1] * box[2, 2])


@inlined
def scaling(x: float, y: float, z: float) -> Deformation:
    """Return the scaling of the axes that are marked by 1, the others by 0."""
    return Deformation(x, 0.0, 0.0, y, 0.0, z, 1.0)


@inlined
def element_change(system: System, row: int, column: int) -> Deformation:
    """Return the change of one element of the box, spheres keeping their fractions."""
    a, b, c = system.inverse[column, 0], system.inverse[column, 1], system.inverse[column, 2]
    x = 1.0 if row == 0 else 0.0
    y = 1.0 if row == 1 else 0.0
    z = 1.0 if row == 2 else 0.0
    return Deformation(a * x, b * x, c * x, b * y, c * y, c * z, system.per_face[column])


@inlined
def tighten(
    deformation: Deformation, dx: float, dy: float, dz: float, contact2: float, limits: Floats
) -> None:
    """Narrow what is free about 0 to where a pair does not overlap.

    On which side it touches cannot be foreseen, so no branch tells.

    Args:
        deformation: Along which the separation changes.
        dx: Separation at t = 0, in σ_L (likewise dy, dz).
        dy: See dx.
        dz: See dx.
        contact2: Squared distance of contact.
        limits: What is free, changed; shape (≥ 2,).
    """
    xx, xy, xz, yy, yz, zz, _ = deformation
    vx, vy, vz = xx * dx + xy * dy + xz * dz, yy * dy + yz * dz, zz * dz
    # |d + t v|² = contact²: t² a + 2 t b + c = 0, without taking large from large.
    a = vx * vx + vy * vy + vz * vz
    b = dx * vx + dy * vy + dz * vz
    c = dx * dx + dy * dy + dz * dz - contact2
    crossing = b * b - a * c
    if b == 0.0 or crossing <= 0.0:
        return
    end = -max(c, 0.0) / (b + math.copysign(math.sqrt(crossing), b))
    below = 0.5 + math.copysign(0.5, b)  # 1 if it touches at t < 0, else 0
    limits[LOW] = max(limits[LOW], below * end - (1.0 - below) * FAR)
    limits[HIGH] = min(limits[HIGH], (1.0 - below) * end + below * FAR)


@inlined
def farthest(limits: Floats) -> float:
    """Return how far from 0, to either side, pairs are looked for that touch."""
    return float(max(-max(limits[LOW], limits[FROM]), min(limits[HIGH], limits[TO])))


@inlined
def note_what_matters(limits: Floats, stretch: float) -> None:
    """Note how near pairs have to be to touch within the range asked about.

    A change t shortens a separation by at most the factor 1 - stretch·|t|.
    """
    limits[MATTERS] = 1.0 / (1.0 - stretch * farthest(limits)) ** 2


@lean
def deform_box(
    cells: Cells, box: Floats, inverse: Floats, per_face: Floats,
    xx: float, xy: float, xz: float, yy: float, yz: float, zz: float,
) -> None:  # fmt: skip
    """Deform box and cells: every vector d becomes d + G d.

    Args:
        cells: Of the system, like what follows.
        box: See cells.
        inverse: See cells.
        per_face: See cells.
        xx: Elements of G (likewise xy, xz, yy, yz, zz).
        xy: See xx.
        xz: See xx.
        yy: See xx.
        yz: See xx.
        zz: See xx.
    """
    for column in range(3):
        x, y, z = box[0, column], box[1, column], box[2, column]
        box[0, column] = x + (xx * x + xy * y + xz * z)
        box[1, column] = y + (yy * y + yz * z)
        box[2, column] = z + zz * z
    for packet in range(cells.pool[USED]):
        deform(cells.packets, packet, xx, xy, xz, yy, yz, zz)
    invert(box, inverse, per_face)


@merged
def apply(system: System, deformation: Deformation, t: float, shortest: float) -> None:
    """Deform box and spheres, in place.

    Args:
        system: Spheres in their box, changed.
        deformation: Along which line.
        t: How far.
        shortest: Factor by which separations may get shorter, at most, or have got longer.
    """
    xx, xy, xz = t * deformation.xx, t * deformation.xy, t * deformation.xz
    yy, yz, zz = t * deformation.yy, t * deformation.yz, t * deformation.zz
    deform_box(
        system.cells, system.box, system.inverse, system.per_face, xx, xy, xz, yy, yz, zz
    )  # fmt: skip
    shorten(system, shortest)
    deform_lists(system.lists, system, xx, xy, xz, yy, yz, zz)
