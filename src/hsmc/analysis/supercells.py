"""Supercells of a crystal that have the shape of a given box, nearly."""

import math
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from numpy.linalg import inv

from hsmc.box import Floats
from hsmc.lattice import reduction

PRESELECTED = 8
"""Candidates looked at in earnest for each one wanted."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A supercell of a reference lattice, and the choice of box vectors that is most like it.

    Attributes:
        form: Whole numbers in Hermite normal form: reference vectors times this are the
            supercell's; shape (3, 3).
        reduction: Whole numbers, determinant 1: the supercell's vectors times this are reduced;
            shape (3, 3).
        change: Whole numbers, determinant 1: box vectors times this correspond to the supercell's
            reduced ones; shape (3, 3).
    """

    form: Floats
    reduction: Floats
    change: Floats


def fitting_supercells(
    vectors: Floats, reference: Floats, copies: int, count: int, slack: float = math.inf
) -> list[Fit]:
    """Return the supercells of a lattice that have to be strained least to become a box.

    Of every lattice of ``copies`` cells all descriptions of the box by vectors of −1, 0 and 1 times
    its own are tried; both lattices are taken in reduced vectors, where that is enough. The change
    of volume does not count.

    Args:
        vectors: Box vectors as columns, Niggli-reduced; shape (3, 3).
        reference: Lattice vectors as columns; shape (3, 3).
        copies: Cells of the reference in the box.
        count: How many to return at most, the one of least strain first.
        slack: By how much the norm of the strain may exceed the least.
    """
    cells = [(form, reduction(reference @ form)) for form in _sublattices(copies)]
    metric = vectors.T @ vectors / np.linalg.det(vectors) ** (2.0 / 3.0)
    boxes = _unimodular().transpose(0, 2, 1) @ metric @ _unimodular()
    inverses = np.array([_inverse_metric(reference @ form @ back) for form, back in cells])
    # The trace of the deformation's square is 3 for no strain and more for any other.
    traces = boxes.reshape(-1, 9) @ inverses.reshape(-1, 9).T
    wanted = min(PRESELECTED * count, traces.size)
    few = np.argpartition(traces, wanted - 1, axis=None)[:wanted]
    changes, chosen = np.unravel_index(np.sort(few), traces.shape)
    pairs = [
        Fit(cells[j][0], cells[j][1], _unimodular()[i])
        for i, j in zip(changes, chosen, strict=True)
    ]
    strains = np.array(
        [_strain(vectors @ each.change, reference @ each.form @ each.reduction) for each in pairs]
    )
    order = np.argsort(strains, kind="stable")[:count]
    return [pairs[k] for k in order if strains[k] <= strains[order[0]] + slack]


def _inverse_metric(vectors: Floats) -> Floats:
    """Return the inverse metric of the lattice at volume 1; shape (3, 3)."""
    inverse = inv(vectors)
    return np.asarray(inverse @ inverse.T * np.linalg.det(vectors) ** (2.0 / 3.0))


def _strain(vectors: Floats, reference: Floats) -> float:
    """Return the norm of the logarithmic strain, the change of volume apart."""
    deformation = vectors @ inv(reference)
    logs = 0.5 * np.log(np.linalg.eigvalsh(deformation.T @ deformation))
    return float(np.linalg.norm(logs - logs.mean()))


@cache
def _unimodular() -> Floats:
    """Return the matrices of −1, 0 and 1 of determinant 1; shape (3480, 3, 3)."""
    matrices = np.array(list(product((-1.0, 0.0, 1.0), repeat=9))).reshape(-1, 3, 3)
    return np.asarray(matrices[np.rint(np.linalg.det(matrices)) == 1])


def _sublattices(copies: int) -> list[Floats]:
    """Return each lattice of ``copies`` cells once, in Hermite normal form."""
    forms = []
    for a in (n for n in range(1, copies + 1) if copies % n == 0):
        for b in (n for n in range(1, copies // a + 1) if (copies // a) % n == 0):
            c = copies // (a * b)
            forms += [
                np.array([[a, i, j], [0.0, b, k], [0.0, 0.0, c]])
                for i, j, k in product(range(a), range(a), range(b))
            ]
    return forms
