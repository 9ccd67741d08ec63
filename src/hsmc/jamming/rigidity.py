"""Motions that contacts allow, and forces that they can carry: two sides of one question.

The motions (ε, u) with A·(ε, u) ≥ 0 and tr ε ≤ 0 are translations alone if and only if the
rows of A, one a contact, have full rank apart from translations and some forces λ > 0 on all
contacts balance: Aᵀλ = p·(1, 1, 1, 0, …), zero on every sphere and an isotropic pressure.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import svdvals
from scipy.sparse import csr_array, hstack, vstack

from hsmc.box import Floats
from hsmc.errors import SolverError
from hsmc.jamming.linear_program import Basis, LinearProgram, Method, Optimum, Rows, solve
from hsmc.jamming.rows import STRAINS, opening_rows
from hsmc.neighbors import Pairs

FLEX = 1e-9
"""Singular value, relative to the largest, below which a motion opens no contact."""

CARRIED = 0.5
"""A contact carries if its force, which could be 1 wherever any is possible, exceeds this."""


@dataclass(frozen=True, slots=True, eq=False)
class Forces:
    """Forces on the contacts that balance on every sphere, with an isotropic pressure.

    Attributes:
        values: Force on each contact, ≥ 0, of mean 1, or all 0 if none balance; shape (M,).
        residual: Largest net force on a sphere.
        anisotropy: Largest element of P − p·1, over p.
    """

    values: Floats
    residual: float
    anisotropy: float


def largest_motions(
    contacts: Pairs, spheres: int, *, strained: bool, directions: Floats
) -> Iterator[float]:
    """Yield the largest b·(ε, u), and b·(−ε, −u), that the contacts allow, for random b.

    The unknowns lie in [−1, 1], the first sphere stays. Values are relative to what would be
    reached without contacts, so they lie in [0, 1].

    Args:
        contacts: Touching pairs.
        spheres: Number of spheres.
        strained: Whether the box may deform, tr ε ≤ 0.
        directions: The b; shape (K, 6 + 3N).

    Raises:
        SolverError: HiGHS failed.

    Source:
        Donev, Torquato, Stillinger & Connelly, J. Comput. Phys. 197, 139 (2004),
        doi:10.1016/j.jcp.2003.11.022.
    """
    rows = _with_compression(opening_rows(contacts))
    limit = np.ones(STRAINS + 3 * spheres)
    limit[STRAINS : STRAINS + 3] = 0.0
    limit[:STRAINS] = float(strained)
    lower, upper = np.zeros(len(rows)), np.full(len(rows), np.inf)
    basis: Basis | None = None
    for direction in directions:
        most = float(np.abs(direction) @ limit)
        for cost in (-direction, direction):
            program = LinearProgram(cost, -limit, limit, rows, lower, upper)
            optimum = _solved(program, "primal", basis)
            basis = optimum.basis
            yield max(-optimum.value, 0.0) / most if most > 0.0 else 0.0


def flexes(contacts: Pairs, spheres: int) -> int:
    """Return how many independent motions, translations apart, open or close no contact."""
    matrix = np.delete(_matrix(contacts, spheres).toarray(), np.s_[STRAINS : STRAINS + 3], axis=1)
    values = svdvals(matrix)
    rank = int(np.count_nonzero(values > FLEX * values.max(initial=0.0)))
    return int(matrix.shape[1]) - rank


def balanced_forces(contacts: Pairs, spheres: int) -> Forces:
    """Find balanced forces on as many contacts as possible, and as even as possible.

    If all contacts can carry at once, the smallest force is the largest possible one for a
    mean of 1. Isostatic packings leave no choice.

    Raises:
        SolverError: HiGHS failed.
    """
    balance = _balance(contacts, spheres)
    values = _widest_forces(balance)
    if not values.any():
        return Forces(values, 0.0, 0.0)
    if values.min() > CARRIED:
        values = _evenest_forces(balance)
    values = values / values.mean()
    return _checked(values, balance[:, : len(values)] @ values)


def _widest_forces(balance: csr_array) -> Floats:
    """Return balanced forces of at least 1 wherever any is possible, and 0 elsewhere."""
    count = balance.shape[1] - 1
    matrix = csr_array(hstack([balance[:, :count], balance]))
    # λ = s + w with 0 ≤ s ≤ 1, w ≥ 0: the largest Σ s has s = 1 wherever λ > 0 is possible.
    cost = np.concatenate([-np.ones(count), np.zeros(count + 1)])
    upper = np.concatenate([np.ones(count), np.full(count + 1, np.inf)])
    none = np.zeros(matrix.shape[0])
    program = LinearProgram(cost, np.zeros(len(cost)), upper, _rows(matrix), none, none)
    found = _solved(program, "dual").x
    carried = found[:count] > CARRIED
    return np.where(carried, found[:count] + found[count:-1], 0.0)


def _evenest_forces(balance: csr_array) -> Floats:
    """Return the balanced forces of mean 1 whose smallest is the largest possible."""
    count = balance.shape[1] - 1
    total = csr_array((balance[:, :count] @ np.ones(count))[:, None])
    mean = csr_array(np.concatenate([np.ones(count), [0.0, count]])[None, :])
    matrix = csr_array(vstack([hstack([balance, total]), mean]))  # s, p, t with λ = s + t, s ≥ 0
    cost = np.zeros(count + 2)
    cost[-1] = -1.0
    needed = np.zeros(matrix.shape[0])
    needed[-1] = count
    free = np.full(count + 2, np.inf)
    program = LinearProgram(cost, np.zeros(count + 2), free, _rows(matrix), needed, needed)
    found = _solved(program, "dual").x
    return np.asarray(found[:count] + found[-1])


def _checked(values: Floats, net: Floats) -> Forces:
    """Weigh forces by what is left over on spheres (net force) and box (stress)."""
    pressure = float(net[:3].mean())
    stress = net[:STRAINS] - pressure * np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    residual = float(np.linalg.norm(net[STRAINS:].reshape(-1, 3), axis=1).max())
    return Forces(values, residual, float(np.abs(stress).max()) / pressure)


def _balance(contacts: Pairs, spheres: int) -> csr_array:
    """Return [Aᵀ, −(1, 1, 1, 0, …)]: net force and stress of λ, less those of a pressure p."""
    pressure = np.zeros((STRAINS + 3 * spheres, 1))
    pressure[:3] = -1.0
    return csr_array(hstack([_matrix(contacts, spheres).T, csr_array(pressure)]))


def _matrix(contacts: Pairs, spheres: int) -> csr_array:
    rows = opening_rows(contacts)
    shape = (len(contacts), STRAINS + 3 * spheres)
    return csr_array((rows.value, rows.column, rows.start), shape=shape)


def _rows(matrix: csr_array) -> Rows:
    return Rows(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data)


def _with_compression(rows: Rows) -> Rows:
    """Add the row −tr ε, which must not be negative either."""
    return Rows(
        np.append(rows.start, rows.start[-1] + 3),
        np.append(rows.column, [0, 1, 2]),
        np.append(rows.value, [-1.0, -1.0, -1.0]),
    )


def _solved(program: LinearProgram, method: Method, basis: Basis | None = None) -> Optimum:
    optimum = solve(program, basis, method)
    if not optimum.optimal:
        message = f"HiGHS ended a linear program of the jamming test with: {optimum.status}"
        raise SolverError(message)
    return optimum
