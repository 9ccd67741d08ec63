"""Densest packings that keep the symmetry of a crystal.

Mutations tried, each of which fails the tests named: displacements not turned by the operation
(motions, A6B19), strain left out of a step (AlB2 at 0.61, A6B19, step), the sphere that an
operation maps onto taken the other way round (motions, A6B19, step), pairs in the program only up
to a surface distance of 0.01 (A6B19, step).
"""

import numpy as np
import pytest

from hsmc.analysis import densest_symmetric as densest_symmetric_module
from hsmc.analysis.densest import aluminium_diboride, sodium_chloride
from hsmc.analysis.densest_symmetric import densest_symmetric, invariant_motions
from hsmc.crystal import crystal
from hsmc.errors import SolverError
from hsmc.neighbors import smallest_gap


@pytest.mark.parametrize(
    ("name", "motions"),
    [("sc", 1), ("fcc", 1), ("alb2", 2), ("a6b19-symmetric", 10)],
)
def test_number_of_motions(name, motions):
    """A cubic crystal can only grow; hexagonal ones have a and c, A6B19 eight coordinates more."""
    assert invariant_motions(crystal(name).configuration(0.5)).shape[1] == motions


@pytest.mark.parametrize(
    ("name", "ratio", "known"),
    [
        ("fcc", 1.0, np.pi / np.sqrt(18.0)),
        ("nacl", 0.35, sodium_chloride(0.35)),
        ("alb2", np.sqrt(7.0 / 3.0) - 1.0, aluminium_diboride(np.sqrt(7.0 / 3.0) - 1.0)),
        ("alb2", 0.61, aluminium_diboride(0.61)),
    ],
)
def test_crystals_with_known_densest_packings(name, ratio, known):
    """The formulas of the contacts come out."""
    packed = densest_symmetric(crystal(name).configuration(ratio))
    assert packed.packing_fraction == pytest.approx(known, abs=1e-8)


@pytest.mark.parametrize(("ratio", "known"), [(0.61, 0.530), (0.67, 0.566), (0.695, 0.584)])
def test_a6b19(ratio, known):
    """The figures of an independent calculation; the space group is kept, nothing overlaps."""
    packed = densest_symmetric(crystal("a6b19-symmetric").configuration(ratio))
    assert packed.packing_fraction == pytest.approx(known, abs=5e-4)
    assert smallest_gap(packed).gap > -1e-12
    assert invariant_motions(packed).shape[1] == 10


def test_end_does_not_depend_on_the_step():
    """Three step lengths, one packing."""
    start = crystal("a6b19-symmetric").configuration(0.65)
    ends = [densest_symmetric(start, step).packing_fraction for step in (0.02, 0.01, 0.005)]
    assert ends == pytest.approx([ends[0]] * 3, abs=1e-8)


def test_no_end_within_the_limit(monkeypatch):
    """What ran out is said, with the number of programs."""
    monkeypatch.setattr(densest_symmetric_module, "PROGRAMS", 1)
    with pytest.raises(SolverError, match="still falls after 1 linear programs"):
        densest_symmetric(crystal("a6b19-symmetric").configuration(0.65))


def test_program_without_a_solution():
    """A step below 0 leaves no motion at all: the solver's own words are passed on."""
    with pytest.raises(SolverError, match="HiGHS ended the linear program of a symmetric crystal"):
        densest_symmetric(crystal("fcc").configuration(1.0), step=-1.0)
