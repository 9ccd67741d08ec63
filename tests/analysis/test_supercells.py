"""Supercells that have the shape of a box."""

import numpy as np
import pytest

from hsmc.analysis.supercells import _sublattices, fitting_supercells
from hsmc.lattice import reduction

DIVISOR_SUMS = {1: 1, 2: 7, 3: 13, 4: 35, 6: 91, 16: 651}
"""Sublattices of index n in three dimensions, OEIS A001001."""


@pytest.mark.parametrize("copies", DIVISOR_SUMS)
def test_every_sublattice_is_there_once(copies):
    """Fails if an entry above the diagonal runs too far or not far enough (tried)."""
    forms = _sublattices(copies)
    assert len(forms) == DIVISOR_SUMS[copies]
    assert {round(np.linalg.det(form)) for form in forms} == {copies}
    for k, form in enumerate(forms[:100]):  # two forms of one lattice would differ by whole numbers
        for other in forms[k + 1 : 100]:
            change = np.linalg.solve(form, other)
            assert np.abs(change - np.rint(change)).max() > 1e-9


def test_the_least_strained_supercell_comes_first():
    """A box of 1 × 2 × 1 cells, strained; the fit says how box and supercell correspond."""
    reference = np.array([[2.3, 0.2, -0.3], [0.0, 2.0, 0.4], [0.0, 0.0, 1.7]])
    strain = np.array([[1.02, 0.01, 0.0], [0.0, 0.99, 0.0], [0.0, 0.0, 1.0]])
    box = strain @ reference @ np.diag([1.0, 2.0, 1.0])
    vectors = box @ reduction(box)
    fits = fitting_supercells(vectors, reference, 2, 10)
    assert len(fits) == 10
    assert fits[0].form.tolist() == [[1, 0, 0], [0, 2, 0], [0, 0, 1]]
    supercell = reference @ fits[0].form @ fits[0].reduction
    assert vectors @ fits[0].change @ np.linalg.inv(supercell) == pytest.approx(strain, abs=1e-12)
    assert len(fitting_supercells(vectors, reference, 2, 10, slack=1e-6)) == 1
