"""Partial pair-correlation functions g(r) in any box, and their values at contact."""

from dataclasses import dataclass

import numpy as np

from hsmc.box import Floats
from hsmc.configuration import LARGE, SMALL, Configuration
from hsmc.errors import InputError
from hsmc.kernels.distances import count_distances
from hsmc.neighbors import points_with_images

PAIRS = ("LL", "LS", "SS")
"""Pairs of species, large and small, in the order of all arrays."""

ON_EDGE = 1e-7
"""Relative shift of the edges of bins, so that spheres in contact at an edge lie above it."""

CONTACT_SHELLS, CONTACT_RANGE, CONTACT_DEGREE = 12, 0.12, 2
"""Shells, their extent relative to σ, and the degree of the polynomial through them."""


@dataclass(frozen=True, slots=True, eq=False)
class PairCorrelation:
    """Partial g(r), normalised so that an ideal gas has 1 (apart from 1/N).

    All images count, own ones too, so a unit cell and its supercells have the same g(r), and r
    may exceed the box.

    Attributes:
        r: Middle of each bin, in σ_L; shape (B,).
        g: Of the pairs LL, LS, SS; NaN for a species that is not there; shape (3, B).
    """

    r: Floats
    g: Floats


def pair_correlation(
    configuration: Configuration, r_max: float = 4.0, width: float = 0.02
) -> PairCorrelation:
    """Count pairs by distance and divide by what an ideal gas would have.

    Args:
        configuration: Spheres in a box of any shape and size.
        r_max: Largest distance, in σ_L.
        width: Width of the bins, in σ_L.

    Raises:
        InputError: The range or the width is not > 0, or there is not a whole bin.
    """
    if not (0.0 < width <= r_max < np.inf):
        message = f"r_max is {r_max:g} with bins of {width:g}, needs 0 < bin ≤ r_max"
        raise InputError(message)
    bins = round(r_max / width)
    edges = np.tile(width * np.arange(bins + 1), (3, 1))
    return PairCorrelation(0.5 * (edges[0, 1:] + edges[0, :-1]), _normalised(configuration, edges))


def contact_values(configuration: Configuration) -> Floats:
    """Extrapolate g(r) of one configuration to contact, r → σ_ij from above.

    A parabola through the shells up to 1.12 σ_ij is linear in the counts, so the average over
    configurations is the extrapolation of their average.

    Returns:
        Values for LL, LS and SS; NaN for a species that is not there; shape (3,).
    """
    scale = np.linspace(0.0, CONTACT_RANGE, CONTACT_SHELLS + 1)
    middle = 0.5 * (scale[1:] + scale[:-1])
    weights = np.linalg.pinv(np.vander(middle, CONTACT_DEGREE + 1))[-1]  # of the constant term
    edges = _contacts(configuration)[:, None] * (1.0 + scale)
    return np.asarray(_normalised(configuration, edges) @ weights)


def _normalised(configuration: Configuration, edges: Floats) -> Floats:
    """Return pairs in even shells over N_a ρ_b times their volume; edges have shape (3, B + 1)."""
    counts = np.zeros((3, edges.shape[1] - 1), dtype=np.int64)
    bounds = edges * (1.0 - ON_EDGE)
    reach = float(bounds[:, -1].max())
    points, owner = points_with_images(configuration, reach)
    low, width = bounds[:, 0].copy(), (bounds[:, -1] - bounds[:, 0]) / counts.shape[1]
    kinds = configuration.types[owner]
    count_distances(points, kinds, len(configuration), reach, low, width, counts)
    n_large = int(np.sum(configuration.types == LARGE))
    n_small = len(configuration) - n_large
    # Mixed pairs are counted from both ends.
    ordered = np.array([n_large**2, 2 * n_large * n_small, n_small**2], dtype=np.float64)
    shells = 4.0 / 3.0 * np.pi * np.diff(edges**3, axis=1)
    ordered[ordered == 0.0] = np.nan
    return np.asarray(counts / (ordered[:, None] / configuration.box.volume * shells))


def _contacts(configuration: Configuration) -> Floats:
    """Return the distances at which LL, LS and SS touch; of a missing species, as if large."""
    sigma = [
        float(own[0])
        if (own := configuration.diameters[configuration.types == species]).size
        else float(configuration.diameters.max())
        for species in (LARGE, SMALL)
    ]
    return np.array([sigma[0], 0.5 * (sigma[0] + sigma[1]), sigma[1]])
