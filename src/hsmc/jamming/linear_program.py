"""Linear programs on HiGHS, solved from the basis of an earlier, similar one."""

from dataclasses import dataclass
from typing import Literal

import highspy
import numpy as np
from highspy import HighsBasisStatus
from numpy.typing import NDArray

from hsmc.box import Floats

Ints = NDArray[np.int64]

BASIC = HighsBasisStatus.kBasic
"""Status of a row or column that is free of its bounds."""

Method = Literal["primal", "dual", "centre"]

OPTIONS: dict[Method, dict[str, str | int]] = {
    "dual": {"solver": "simplex", "simplex_strategy": 1},
    "primal": {"solver": "simplex", "simplex_strategy": 4},
    # Presolve would put at its bounds what is free, and each version of HiGHS at others.
    "centre": {
        "solver": "ipm",
        "run_crossover": "off",
        "presolve": "off",
        "ipm_iteration_limit": 100,
    },
}
"""What HiGHS calls the methods."""

PIVOTS_A_ROW = 50
"""Simplex steps allowed for each row and column; a sound program needs about one."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """A sparse matrix, row by row.

    Attributes:
        start: Where each row starts in the two lists below; shape (M + 1,), int64.
        column: Column of each element; shape (K,), int64.
        value: The elements; shape (K,).
    """

    start: Ints
    column: Ints
    value: Floats

    def __len__(self) -> int:
        return len(self.start) - 1


@dataclass(frozen=True, slots=True, eq=False)
class LinearProgram:
    """Minimise cost·x for lower ≤ x ≤ upper and row_lower ≤ rows·x ≤ row_upper.

    Attributes:
        cost: Shape (n,).
        lower: Shape (n,).
        upper: Shape (n,).
        rows: The matrix; shape (M, n).
        row_lower: Shape (M,).
        row_upper: Shape (M,).
    """

    cost: Floats
    lower: Floats
    upper: Floats
    rows: Rows
    row_lower: Floats
    row_upper: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """Where a simplex solve ended, to start the next one from.

    Attributes:
        columns: Status of each column.
        rows: Status of each row; shape (M,), object.
    """

    columns: list[HighsBasisStatus]
    rows: NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """What HiGHS found.

    Attributes:
        x: The unknowns; shape (n,).
        value: cost·x.
        basis: Where the simplex method ended.
        optimal: Whether this is the optimum, within HiGHS's tolerances.
        status: HiGHS's own words.
    """

    x: Floats
    value: float
    basis: Basis
    optimal: bool
    status: str


def solve(program: LinearProgram, basis: Basis | None = None, method: Method = "primal") -> Optimum:
    """Solve a linear program with HiGHS, on one thread.

    What fails is tried once more with the dual simplex method and no start basis.

    Args:
        program: What to solve.
        basis: Where to start; the nearer the optimum, the fewer steps.
        method: "primal" where x = 0 is allowed: a start from an earlier basis then stays
            cheap. "dual" for the rest. "centre" for the middle of all optima, by an interior
            point method, where there are many; its basis is of no use.

    Source:
        Huangfu & Hall, Math. Prog. Comp. 10, 119 (2018), doi:10.1007/s12532-017-0130-5.
    """
    optimum = _run(program, basis, method)
    return optimum if optimum.optimal else _run(program, None, "dual")


def _run(program: LinearProgram, basis: Basis | None, method: Method) -> Optimum:
    highs = _highs(PIVOTS_A_ROW * (len(program.cost) + len(program.rows)), method)
    highs.passModel(_model(program))
    if basis is not None:
        highs.setBasis(_start(basis))
    highs.run()
    status = highs.getModelStatus()
    end = highs.getBasis()
    return Optimum(
        np.asarray(highs.getSolution().col_value, dtype=np.float64),
        float(highs.getInfo().objective_function_value),
        Basis(end.col_status, np.array(end.row_status, dtype=np.object_)),
        status == highspy.HighsModelStatus.kOptimal,
        highs.modelStatusToString(status),
    )


class _Silent(highspy.Highs):
    """A solver that prints nothing, not even while it is made.

    HiGHS 1.16 prints its name once callbacks are set, which its constructor does: output set off
    afterwards would come too late.
    """

    def enableCallbacks(self) -> None:  # noqa: N802 (HiGHS's name)
        """Set output off first."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


def _highs(pivots: int, method: Method) -> highspy.Highs:
    highs = _Silent()  # type: ignore[no-untyped-call]
    highs.setOptionValue("output_flag", False)  # for versions that set no callbacks by themselves
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("simplex_iteration_limit", pivots)
    for name, value in OPTIONS[method].items():
        highs.setOptionValue(name, value)
    return highs


def _model(program: LinearProgram) -> highspy.HighsLp:
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(program.cost), len(program.rows)
    model.col_cost_ = program.cost
    model.col_lower_, model.col_upper_ = program.lower, program.upper
    model.row_lower_, model.row_upper_ = program.row_lower, program.row_upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = program.rows.start
    model.a_matrix_.index_ = program.rows.column
    model.a_matrix_.value_ = program.rows.value
    return model


def _start(basis: Basis) -> highspy.HighsBasis:
    """Hand over a basis that may have too few or too many basic rows: HiGHS mends it."""
    start = highspy.HighsBasis()
    start.col_status, start.row_status = basis.columns, basis.rows.tolist()
    start.alien, start.valid = True, True
    return start
