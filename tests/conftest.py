"""Shared pieces of the tests."""

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.kernels.packets import BITS, PLACE

settings.register_profile("exact", deadline=None, derandomize=True, print_blob=False)
settings.load_profile("exact")


def points(n, box, diameter=0.0, seed=0):
    """Return n spheres at random places, overlapping or not."""
    rng = np.random.default_rng(seed)
    return Configuration.from_scaled(
        box, rng.random((n, 3)), np.full(n, diameter), np.zeros(n, dtype=np.int64)
    )


def records_of(cells):
    """Return x, y, z, radius of every sphere in cells; shape (N, 4)."""
    return cells.packets[cells.place_of >> BITS, :, cells.place_of & PLACE]


@st.composite
def sheared_boxes(draw, shortest=0.9, longest=6.0):
    """Canonical boxes, skewed by up to one and a half edges."""
    edges = [draw(st.floats(shortest, longest)) for _ in range(3)]
    shears = [draw(st.floats(-1.5, 1.5)) for _ in range(3)]
    vectors = np.diag(edges)
    vectors[0, 1] = shears[0] * edges[0]
    vectors[0, 2] = shears[1] * edges[0]
    vectors[1, 2] = shears[2] * edges[1]
    return Box(vectors)


@pytest.fixture
def in_tmp(tmp_path, monkeypatch):
    """Run a test in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
