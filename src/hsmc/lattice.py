"""Choice of lattice vectors."""

import warnings

import numpy as np

from hsmc.box import Box, Floats
from hsmc.configuration import Configuration

SKEWED = 1.6
"""An edge over its face distance above which a box is described by other vectors."""


def is_skewed(box: Box) -> bool:
    """Tell whether shorter lattice vectors are worth finding."""
    return bool(np.max(box.lengths / box.face_distances) > SKEWED)


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
