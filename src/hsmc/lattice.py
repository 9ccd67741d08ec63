"""Choice of lattice vectors."""

import warnings

import numpy as np

from hsmc.box import Box
from hsmc.configuration import Configuration

SKEWED = 1.6
"""An edge over its face distance above which a box is described by other vectors."""


def is_skewed(box: Box) -> bool:
    """Tell whether shorter lattice vectors are worth finding."""
    return bool(np.max(box.lengths / box.face_distances) > SKEWED)


def reduce_lattice(configuration: Configuration) -> Configuration:
    """Describe the same spheres by the Niggli-reduced vectors of the same lattice.

    Volume and all distances stay as they are, to rounding; orientation does not.

    Args:
        configuration: Spheres in a box.

    Source:
        Grosse-Kunstleve, Sauter & Adams, Acta Cryst. A60, 1 (2004),
        doi:10.1107/S010876730302186X, as carried out by spglib.
    """
    import spglib  # imported where used: most runs never reduce a lattice

    vectors = configuration.box.vectors
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of spglib's way to say no
        reduced = spglib.niggli_reduce(vectors.T, eps=1e-5)
    if reduced is None:
        return configuration
    change = np.rint(np.linalg.solve(vectors, reduced.T))
    if round(float(np.linalg.det(change))) not in (-1, 1):
        return configuration
    change *= np.sign(np.linalg.det(change))
    fractions = configuration.box.scale(configuration.positions) @ np.linalg.inv(change).T
    return Configuration.from_scaled(
        Box.from_vectors(vectors @ change),
        fractions - np.floor(fractions),
        configuration.diameters,
        configuration.types,
    )
