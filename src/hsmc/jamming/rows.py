"""The linearised distance between two spheres, as rows of a linear program.

The unknowns are a symmetric strain ε and a displacement u of each sphere, in this order:
ε_xx, ε_yy, ε_zz, ε_yz, ε_xz, ε_xy, u_0x, u_0y, u_0z, u_1x, …: 6 + 3N numbers. A pair image at
separation d along the unit vector n comes apart, to first order, by n·ε·d + n·(u_j − u_i).
"""

import numpy as np

from hsmc.box import Floats
from hsmc.jamming.linear_program import Rows
from hsmc.neighbors import Pairs

STRAINS = 6
"""Number of unknowns before the displacements."""


def opening_rows(pairs: Pairs) -> Rows:
    """Return the rows of all pairs: what comes apart, for ε and u; 6 + 3N columns."""
    separation = pairs.separation
    unit = separation / pairs.distance[:, None]
    shear = 2.0 * unit[:, [1, 0, 0]] * separation[:, [2, 2, 1]]
    value = np.concatenate([unit * separation, shear, unit, -unit], axis=1)
    axes = np.arange(3)
    column = np.empty((len(pairs), STRAINS + 6), dtype=np.int64)
    column[:, :STRAINS] = np.arange(STRAINS)
    column[:, STRAINS : STRAINS + 3] = STRAINS + 3 * pairs.j[:, None] + axes
    column[:, STRAINS + 3 :] = STRAINS + 3 * pairs.i[:, None] + axes
    kept = np.ones(column.shape, dtype=np.bool_)
    kept[pairs.i == pairs.j, STRAINS:] = False  # an own image moves with the box alone
    start = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
    return Rows(start, column[kept], value[kept])


def symmetric(elements: Floats) -> Floats:
    """Return the matrix of the elements xx, yy, zz, yz, xz, xy; shape (3, 3)."""
    xx, yy, zz, yz, xz, xy = elements
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])


def displacements(unknowns: Floats) -> Floats:
    """Return u of a solution; shape (N, 3)."""
    return np.reshape(unknowns[STRAINS:], (-1, 3))
