"""One small sample, imaged and searched once for all tests of this folder."""

import numpy as np
import pytest

from hsmc.crystal import crystal
from hsmc.tomography.microscope import Microscope, take_series
from hsmc.tomography.slab import SlabOptions, build_slab


def quiet(_what, _part):
    """Show nothing."""


def matched(found, truth, radius):
    """Return pairs (found, truth) within a radius, one to one, the nearest first."""
    away = np.linalg.norm(found[:, None] - truth[None], axis=2)
    pairs = []
    while away.size and away.min() < radius:
        i, j = np.unravel_index(away.argmin(), away.shape)
        pairs.append((i, j))
        away[i], away[:, j] = np.inf, np.inf
    return np.array(pairs).reshape(-1, 2)


@pytest.fixture(scope="session")
def slab():
    """2 × 2 × 2 cells of A6B19: 48 large and 152 small particles."""
    return build_slab(crystal("a6b19"), SlabOptions(copies=(2, 2, 2)))


@pytest.fixture(scope="session")
def series(slab):
    """Its images in focus: ±65° by 2.5°, 0.8 nm a pixel, 10⁴ electrons/nm²."""
    return take_series(slab, Microscope(pixel=0.8, tilts=(-65, 65, 2.5), dose=1e4), quiet).series
