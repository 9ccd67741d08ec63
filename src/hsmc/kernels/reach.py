"""How far lists of neighbours reach in a box that changes.

With F the deformation of the box since a list was made and n ≥ |F - 1|, unlisted anchors are at
least (1 - n)(contact + 2 margin) apart, and no sphere is farther than (1 + n) times what it may
stray from its anchor. A list may be made at any time since all were: if the box was never
farther than w from what it was then, n = 2 w / (1 - w).
"""

import math

from hsmc.kernels.cells import Floats, System
from hsmc.kernels.jit import lean, merged
from hsmc.kernels.lists import MARGIN, STRAY, WORST, Lists

CHANGE = 0.02
"""Deformation of the box that the margin is made for, relative."""

CLOSEST = 1.02
"""How near unlisted pairs may come, over contact, before lists are made anew."""


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


@lean
def seen_beyond(lists: Lists, system: System) -> float:
    """Return how far all pairs are listed: a distance over contact, or more."""
    distances = lists.distances
    distances[WORST] = max(distances[WORST], change_of_box(system.box, lists.made))
    change = 2.0 * distances[WORST] / max(1.0 - distances[WORST], 1e-3)
    unlisted = (1.0 - change) * (system.diameter + 2.0 * distances[MARGIN])
    return float((unlisted - 2.0 * (1.0 + change) * distances[STRAY]) / system.diameter)


@merged
def change_of_box(box: Floats, made: Floats) -> float:
    """Return a bound on |F - 1|, the most that a box changed any vector, over its length.

    Args:
        box: Box vectors as columns, upper triangular; shape (3, 3).
        made: Inverse of what they were; shape (3, 3).
    """
    xx = abs(box[0, 0] * made[0, 0] - 1.0)
    yy = abs(box[1, 1] * made[1, 1] - 1.0)
    zz = abs(box[2, 2] * made[2, 2] - 1.0)
    xy = abs(box[0, 0] * made[0, 1] + box[0, 1] * made[1, 1])
    yz = abs(box[1, 1] * made[1, 2] + box[1, 2] * made[2, 2])
    xz = abs(box[0, 0] * made[0, 2] + box[0, 1] * made[1, 2] + box[0, 2] * made[2, 2])
    rows = max(xx + xy + xz, yy + yz, zz)
    columns = max(xx, xy + yy, xz + yz + zz)
    return math.sqrt(rows * columns)  # the 2-norm is at most that
