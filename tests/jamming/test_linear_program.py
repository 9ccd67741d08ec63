"""The linear-program layer against SciPy, from any basis and by any method."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

from hsmc.jamming.linear_program import Basis, LinearProgram, Rows, solve

METHODS = ("primal", "dual", "centre")
ROOT = Path(__file__).parents[2]


def random_program(seed, columns=12, rows=30):
    """Return a feasible bounded program with x = 0 allowed, and its dense matrix."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, columns)) * (rng.random((rows, columns)) < 0.4)
    kept = matrix != 0.0
    start = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
    sparse = Rows(start, np.nonzero(kept)[1], matrix[kept])
    bound = np.ones(columns)
    program = LinearProgram(
        rng.normal(size=columns), -bound, bound, sparse, -rng.random(rows), np.full(rows, np.inf)
    )
    return program, matrix


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(5))
def test_optimum_is_that_of_scipy(seed, method):
    program, matrix = random_program(seed)
    known = linprog(program.cost, A_ub=-matrix, b_ub=-program.row_lower, bounds=(-1.0, 1.0))
    found = solve(program, None, method)
    assert found.optimal
    assert found.status == "Optimal"
    assert found.value == pytest.approx(known.fun, abs=1e-6)


def test_centre_is_the_middle_of_the_optima():
    """What is free stays off its bounds, and rows off theirs. Fails with presolve (tried)."""
    one = Rows(np.array([0, 3]), np.arange(1, 4), np.ones(3))
    program = LinearProgram(
        np.array([1.0, 0.0, 0.0, 0.0]), np.full(4, -1.0), np.ones(4), one, np.zeros(1),
        np.full(1, np.inf),
    )  # fmt: skip
    found = solve(program, None, "centre")
    assert found.x[0] == pytest.approx(-1.0, abs=1e-6)
    assert np.abs(found.x[1:]).max() < 0.9
    assert found.x[1:].sum() > 0.1


def test_any_basis_leads_to_the_same_optimum():
    """That of another program, with the wrong number of basic rows, among them."""
    program, _ = random_program(1)
    cold = solve(program)
    other = solve(random_program(2)[0])
    mixed = Basis(other.basis.columns, cold.basis.rows[::-1].copy())
    for basis in (cold.basis, other.basis, mixed):
        assert solve(program, basis).value == pytest.approx(cold.value, abs=1e-9)


def test_infeasible_programs_say_so():
    program, _ = random_program(3)
    impossible = LinearProgram(
        program.cost, program.lower, program.upper, program.rows,
        np.full(len(program.rows), 1e3), program.row_upper,
    )  # fmt: skip
    found = solve(impossible)
    assert not found.optimal
    assert "nfeasible" in found.status


def test_nothing_is_printed():
    """Not even HiGHS's name. Fails if the output is set off once the solver is made (tried)."""
    words = "from tests.jamming.test_linear_program import random_program, solve"
    solves = [f"solve(random_program(1)[0], None, {name!r})" for name in METHODS]
    script = "\n".join(
        [words, *solves]
    )  # a process of its own: HiGHS's output is written at its end
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, cwd=ROOT)
    assert (done.stdout, done.stderr) == (b"", b"")
