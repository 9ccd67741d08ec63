"""How far lists of neighbours reach in a box that changes.

With F the deformation of the box since a list was made and n ≥ |F - 1|, unlisted anchors are at
least (1 - n)(contact + 2 margin) apart, and no sphere is farther than (1 + n) times what it may
stray from its anchor. A list may be made at any time since all were. So for each element of the
box's deformation since then the least and the greatest that it has been are noted: what it was when
the list was made is between them. If the deformation changed by D since, by no more than from the
farther of the two in each element, and was never farther than w from 1, n = |D| / (1 - w).
"""

import math

from hsmc.kernels.cells import Floats, System
from hsmc.kernels.jit import lean, merged
from hsmc.kernels.lists import MARGIN, STRAY, WORST, Lists

CHANGE = 0.02
"""Deformation of the box that the margin is made for, relative."""

CLOSEST = 1.02
"""How near unlisted pairs may come, over contact, before lists are made anew."""

LEAST, MOST = 3, 9
"""Places in ``Lists.distances`` from which on is the least, and the greatest, that each element of
the box's deformation has been, less that of no deformation."""

Six = tuple[float, float, float, float, float, float]


@lean
def begin_reach(lists: Lists, system: System) -> None:
    """Note the box for which all lists are made, and how far spheres may stray."""
    distances, contact = lists.distances, system.diameter
    for row in range(3):
        for column in range(3):
            lists.made[row, column] = system.inverse[row, column]
    kept = (1.0 - CHANGE) * (contact + 2.0 * distances[MARGIN]) - CLOSEST * contact
    distances[STRAY] = 0.5 * kept / (1.0 + CHANGE)
    distances[WORST] = 0.0
    for place in range(LEAST, MOST + 6):
        distances[place] = 0.0


@merged
def change_since_any(lists: Lists, system: System) -> float:
    """Return a bound on |F - 1|, F being the deformation since any time since lists were made."""
    distances = lists.distances
    now = deformation_of(system.box, lists.made)
    distances[WORST] = max(distances[WORST], norm(now))
    for k in range(6):
        distances[LEAST + k] = min(distances[LEAST + k], now[k])
        distances[MOST + k] = max(distances[MOST + k], now[k])
    farther = (
        max(now[0] - distances[LEAST], distances[MOST] - now[0]),
        max(now[1] - distances[LEAST + 1], distances[MOST + 1] - now[1]),
        max(now[2] - distances[LEAST + 2], distances[MOST + 2] - now[2]),
        max(now[3] - distances[LEAST + 3], distances[MOST + 3] - now[3]),
        max(now[4] - distances[LEAST + 4], distances[MOST + 4] - now[4]),
        max(now[5] - distances[LEAST + 5], distances[MOST + 5] - now[5]),
    )
    return float(norm(farther) / max(1.0 - distances[WORST], 1e-3))


@lean
def seen_beyond(lists: Lists, system: System) -> float:
    """Return how far all pairs are listed: a distance over contact, or more."""
    distances, change = lists.distances, change_since_any(lists, system)
    unlisted = (1.0 - change) * (system.diameter + 2.0 * distances[MARGIN])
    return float((unlisted - 2.0 * (1.0 + change) * distances[STRAY]) / system.diameter)


@merged
def deformation_of(box: Floats, made: Floats) -> Six:
    """Return the elements xx, xy, xz, yy, yz, zz of F - 1, F being what a box was deformed by.

    Args:
        box: Box vectors as columns, upper triangular; shape (3, 3).
        made: Inverse of what they were; shape (3, 3).
    """
    return (
        box[0, 0] * made[0, 0] - 1.0,
        box[0, 0] * made[0, 1] + box[0, 1] * made[1, 1],
        box[0, 0] * made[0, 2] + box[0, 1] * made[1, 2] + box[0, 2] * made[2, 2],
        box[1, 1] * made[1, 1] - 1.0,
        box[1, 1] * made[1, 2] + box[1, 2] * made[2, 2],
        box[2, 2] * made[2, 2] - 1.0,
    )


@merged
def norm(elements: Six) -> float:
    """Return a bound on the most that an upper triangular matrix makes of a vector of length 1."""
    xx, xy, xz, yy, yz, zz = elements
    xx, xy, xz, yy, yz, zz = abs(xx), abs(xy), abs(xz), abs(yy), abs(yz), abs(zz)
    rows = max(xx + xy + xz, yy + yz, zz)
    columns = max(xx, xy + yy, xz + yz + zz)
    largest = math.sqrt(rows * columns)  # the 2-norm is at most that, and the root of all squares
    return min(largest, math.sqrt(xx * xx + xy * xy + xz * xz + yy * yy + yz * yz + zz * zz))
