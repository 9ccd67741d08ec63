"""Which coordinates move: of the box and of the spheres."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Floats

BoxMode = Literal["isotropic", "in-plane", "per-axis", "floppy", "fixed"]
Axes = Literal["xyz", "xy"]
Motion = Literal["local", "chain", "newtonian"]
MOTIONS: tuple[Motion, ...] = get_args(Motion)

_BOX_MOVES: dict[BoxMode, list[tuple[int, int, int]]] = {
    "isotropic": [(1, 1, 1)],
    "in-plane": [(1, 1, 0)],
    "per-axis": [(1, 0, 0), (0, 1, 0), (0, 0, 1)],
    "floppy": [(row, column, 0) for column in range(3) for row in range(column + 1)],
    "fixed": [],
}


def box_moves(mode: BoxMode) -> NDArray[np.int64]:
    """Return the box moves of a mode, in the form that kernels take; shape (K, 3).

    Args:
        mode: isotropic, all lengths by one factor; in-plane, x and y by one factor, z fixed;
            per-axis, x, y and z each by its own factor; floppy, each of the six elements of
            the triangular box; fixed, none (constant volume).
    """
    return np.array(_BOX_MOVES[mode], dtype=np.int64).reshape(-1, 3)


def axis_mask(axes: Axes) -> Floats:
    """Return 1 for Cartesian axes along which spheres may move, else 0; shape (3,)."""
    return np.array([1.0, 1.0, 1.0 if axes == "xyz" else 0.0])
