"""The same crystal described in other ways, which no local quantity may notice."""

import numpy as np
from scipy.spatial.transform import Rotation

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.fit import at_packing


def measured(packing=0.5):
    """Return the raw unit cell of A6B19, without any symmetry."""
    return at_packing(crystal("a6b19-measured").configuration(0.695), packing)


def redescribed(configuration, change):
    """Return the same spheres in other vectors of the same lattice."""
    assert round(float(np.linalg.det(change))) == 1
    box = Box.from_vectors(configuration.box.vectors @ change)
    scaled = configuration.scaled @ np.linalg.inv(change).T
    return Configuration.from_scaled(
        box, scaled - np.floor(scaled), configuration.diameters, configuration.types
    )


def rotated(configuration, seed=0):
    """Return the spheres after a rotation of box and positions, and another origin."""
    rng = np.random.default_rng(seed)
    turn = Rotation.random(rng=rng).as_matrix()
    box = Box.from_vectors(turn @ configuration.box.vectors)
    scaled = configuration.scaled + rng.random(3)
    return Configuration.from_scaled(
        box, scaled - np.floor(scaled), configuration.diameters, configuration.types
    )


def descriptions(configuration):
    """Return replicas, other lattice vectors, a rotation and another order of one state.

    The copies of sphere i come at multiples of N after it.
    """
    skewed = np.array([[1, 1, 0], [0, 1, 2], [0, 0, 1]])
    return {
        "2x2x2": configuration.replicated(2, 2, 2),
        "3x1x2": configuration.replicated(3, 1, 2),
        "3x3x3": configuration.replicated(3, 3, 3),
        "other vectors": redescribed(configuration, skewed),
        "rotated": rotated(configuration),
    }
