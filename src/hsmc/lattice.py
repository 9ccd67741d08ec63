"""Choice of lattice vectors."""

import math
import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Box, Floats
from hsmc.configuration import Configuration

SKEWED = 1.6
"""An edge over its face distance above which a box is described by other vectors."""

TIE = 1e-9
"""Relative difference below which two lattice vectors count as equally long."""


def is_skewed(vectors: Floats) -> bool:
    """Tell whether shorter lattice vectors are worth finding.

    In plain numbers: it is asked after every block of a run, which may last less than a ms.

    Args:
        vectors: Box vectors as columns, upper triangular; shape (3, 3).
    """
    rows: list[list[float]] = vectors.tolist()
    (ax, bx, cx), (_, by, cy), (_, _, cz) = rows
    a, b, c = ax, math.hypot(bx, by), math.hypot(cx, cy, cz)
    across_a = math.hypot(by * cz, bx * cz, bx * cy - by * cx)
    across_b, across_c = ax * math.hypot(cy, cz), ax * by
    return max(a * across_a, b * across_b, c * across_c) > SKEWED * ax * by * cz


def reduction(vectors: Floats) -> Floats:
    """Return the change to the Niggli-reduced vectors of a lattice: whole numbers, determinant 1.

    Args:
        vectors: Lattice vectors as columns; ``vectors @ reduction(vectors)`` are reduced; (3, 3).

    Returns:
        The change of vectors; the identity if the reduction fails. Shape (3, 3).

    Source:
        Grosse-Kunstleve, Sauter & Adams, Acta Cryst. A60, 1 (2004),
        doi:10.1107/S010876730302186X, as carried out by spglib.
    """
    import spglib  # imported where used: most runs never reduce a lattice

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of spglib's way to say no
        reduced = spglib.niggli_reduce(vectors.T, eps=1e-5)
    if reduced is None:
        return np.eye(3)
    change = np.rint(np.linalg.solve(vectors, reduced.T))
    sign = round(float(np.linalg.det(change)))
    return np.asarray(sign * change) if sign in (-1, 1) else np.eye(3)


def reduce_lattice(configuration: Configuration) -> Configuration:
    """Describe the same spheres by the Niggli-reduced vectors of the same lattice.

    Volume and all distances stay as they are, to rounding; orientation does not.

    Args:
        configuration: Spheres in a box.
    """
    change = reduction(configuration.box.vectors)
    fractions = configuration.box.scale(configuration.positions) @ np.linalg.inv(change).T
    return Configuration.from_scaled(
        Box.from_vectors(configuration.box.vectors @ change),
        fractions - np.floor(fractions),
        configuration.diameters,
        configuration.types,
    )


def plane_basis(miller: Sequence[int]) -> NDArray[np.int64]:
    """Return whole-number lattice vectors that fit the planes (hkl).

    Args:
        miller: h, k, l, not all 0; with g their greatest common divisor.

    Returns:
        Columns m₁, m₂ (in the plane: h·m = 0) and m₃ (one repeat away: h·m₃ = g), of
        determinant 1; shape (3, 3).
    """
    h, change = np.array(miller, dtype=np.int64), np.eye(3, dtype=np.int64)
    while np.count_nonzero(h) > 1:  # Euclid's algorithm, by column operations
        nonzero = np.flatnonzero(h)
        smallest = nonzero[np.abs(h[nonzero]).argmin()]
        for other in nonzero[nonzero != smallest]:
            times = h[other] // h[smallest]
            h[other] -= times * h[smallest]
            change[:, other] -= times * change[:, smallest]
    last = int(np.flatnonzero(h)[0])
    order = [axis for axis in range(3) if axis != last] + [last]
    change = change[:, order]
    if h[last] < 0:
        change[:, 2] *= -1
    if np.linalg.det(change) < 0.0:
        change[:, 0] *= -1
    return change


def shortest_pair(vectors: Floats) -> NDArray[np.int64]:
    """Return the change of two lattice vectors into the two shortest (Lagrange's reduction).

    Args:
        vectors: Two vectors as columns, in any number of dimensions; shape (D, 2).

    Returns:
        Whole numbers of determinant 1, so that ``vectors @ change`` are the shortest; (2, 2).
    """
    change = np.eye(2, dtype=np.int64)
    while True:
        short, other = (vectors @ change).T
        if other @ other < (1.0 - TIE) * (short @ short):
            change = np.column_stack([-change[:, 1], change[:, 0]])
            continue
        times = short @ other / (short @ short)
        if abs(times) <= 0.5 + TIE:  # else a tie would be turned round and round
            return change
        change[:, 1] -= int(np.rint(times)) * change[:, 0]
