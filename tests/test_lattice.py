"""Bases for planes and the shortest vectors in them."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hsmc.lattice import plane_basis, shortest_pair

WHOLE = st.integers(-7, 7)


@given(st.tuples(WHOLE, WHOLE, WHOLE))
def test_plane_basis(miller):
    """In the plane, one repeat away, and a basis of all lattice vectors. Fails if the sign of
    the last column is left to chance, or if only one multiple is taken off (tried).
    """
    assume(any(miller))
    basis = plane_basis(miller)
    assert (np.array(miller) @ basis).tolist() == [0, 0, math.gcd(*miller)]
    assert round(float(np.linalg.det(basis))) == 1


@given(st.tuples(*[st.floats(-5.0, 5.0)] * 4))
def test_shortest_pair(numbers):
    """No combination with small multiples is shorter than the two found, but for the first."""
    vectors = np.array(numbers).reshape(2, 2)
    assume(abs(np.linalg.det(vectors)) > 0.05)
    change = shortest_pair(vectors)
    assert round(float(np.linalg.det(change))) == 1
    short, other = np.linalg.norm(vectors @ change, axis=0)
    for n in range(-4, 5):
        for m in range(-4, 5):
            length = float(np.linalg.norm(vectors @ [n, m]))
            if (n, m) != (0, 0):
                assert length > short * (1.0 - 1e-9)
            first = vectors @ change[:, 0]
            parallel = abs(np.linalg.det(np.column_stack([first, vectors @ [n, m]]))) < 1e-9
            assert parallel or length > other * (1.0 - 1e-9)


def test_three_dimensions():
    """Vectors in a plane of space: a rhombus of 120° from a skewed description."""
    plane = np.array([[1.0, 0.0], [0.0, 0.6], [0.0, 0.8]]) @ [[1.0, -0.5], [0.0, math.sqrt(0.75)]]
    change = shortest_pair(plane @ [[1, 5], [0, 1]])
    lengths = np.linalg.norm(plane @ [[1, 5], [0, 1]] @ change, axis=0)
    assert lengths == pytest.approx([1.0, 1.0], abs=1e-12)


@pytest.mark.parametrize("angle", [0.09, 0.33, 0.35])
def test_ties_end(angle):
    """A hexagonal lattice at angles where half-way is rounded up, then down, then up.

    Runs for ever if every rounded multiple is taken off (as it was at first; tried).
    """
    rotation = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    vectors = 7.3 * rotation @ [[1.0, 2.5], [0.0, math.sqrt(0.75)]]
    lengths = np.linalg.norm(vectors @ shortest_pair(vectors), axis=0)
    assert lengths == pytest.approx([7.3, 7.3])
