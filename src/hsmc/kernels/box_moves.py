"""Moves of the box: one-parameter deformations drawn exactly, or by Metropolis.

A *scaling* multiplies the Cartesian axes of a mask by one factor; its variable is the volume
(``kernels.scalings``). An *element* move changes one element of the upper triangular box, spheres
keeping their fractions (``kernels.elements``).

Along either, the squared distance of a pair is quadratic in the variable, so one pass over
the near pairs gives the interval around the present state that is free of overlap. On it the
weight is a (truncated) Gamma density, or constant for shears, and is drawn exactly: a
heat-bath move that needs no step size and is never rejected. The interval is the same for
every state on it, which is what balance needs.

Which of them a plan has, the type of ``Plan.box_way`` says.

Sources: Frenkel & Smit, Understanding Molecular Simulation, 2nd ed., Sec. 5.4; Martyna, Tobias
& Klein, J. Chem. Phys. 101, 4177 (1994), doi:10.1063/1.467468 (measure of the full box);
Neal, Ann. Stat. 31, 705 (2003), doi:10.1214/aos/1056562461 (random windows).
"""

# ruff: noqa: ARG001 - all ways take the same

from hsmc.kernels.cells import System
from hsmc.kernels.elements import heat_bath_element, metropolis_element
from hsmc.kernels.jit import answers, lean, merged
from hsmc.kernels.plan import (
    BoxWay,
    DrawnElements,
    DrawnScalings,
    FixedBox,
    Plan,
    Tally,
    TriedElements,
    TriedScalings,
)
from hsmc.kernels.random import uniform
from hsmc.kernels.scalings import heat_bath_scale, metropolis_scale
from hsmc.kernels.tuning import tune

BOX_TRIALS = 50
"""Trials of a Metropolis box move between two changes of its step."""

LARGEST_BOX_STEP = 0.4
"""Largest relative step of a Metropolis box move."""


def move_box(system: System, way: BoxWay, plan: Plan, tally: Tally, beta_pressure: float) -> None:
    """Make one box move, chosen at random from the plan.

    Args:
        system: Spheres in their box, changed.
        way: That of the plan; its type says who answers.
        plan: What a cycle does.
        tally: Changed.
        beta_pressure: βPσ_L³.
    """
    raise NotImplementedError


@merged
def choose(plan: Plan, tally: Tally) -> int:
    """Return the number of a box move, chosen at random; one of several costs a random number."""
    kinds = plan.box_moves.shape[0]
    return min(int(uniform(tally.state) * kinds), kinds - 1) if kinds > 1 else 0


@merged
def note(tally: Tally, kind: int, accepted: bool) -> None:
    """Count a box move."""
    tally.box_counts[kind, 0] += 1
    tally.box_recent[kind, 0] += 1
    if accepted:
        tally.box_counts[kind, 1] += 1
        tally.box_recent[kind, 1] += 1


@merged
def tune_box_steps(plan: Plan, tally: Tally) -> None:
    """Let the steps of Metropolis moves follow their acceptances, if the plan says so."""
    if plan.tuning:
        tune(tally.box_steps, tally.box_recent, BOX_TRIALS, plan.box_target, LARGEST_BOX_STEP)


@answers(move_box, way=DrawnScalings)
@lean
def draw_scaling(
    system: System, way: DrawnScalings, plan: Plan, tally: Tally, beta_pressure: float
) -> None:
    """See ``DrawnScalings``."""
    kind = choose(plan, tally)
    move = plan.box_moves[kind]
    x, y, z = float(move[0]), float(move[1]), float(move[2])
    heat_bath_scale(system, x, y, z, beta_pressure, tally.state)
    note(tally, kind, True)


@answers(move_box, way=DrawnElements)
@lean
def draw_element(
    system: System, way: DrawnElements, plan: Plan, tally: Tally, beta_pressure: float
) -> None:
    """See ``DrawnElements``."""
    kind = choose(plan, tally)
    move = plan.box_moves[kind]
    heat_bath_element(system, move[0], move[1], beta_pressure, tally.state)
    note(tally, kind, True)


@answers(move_box, way=TriedScalings)
@lean
def try_scaling(
    system: System, way: TriedScalings, plan: Plan, tally: Tally, beta_pressure: float
) -> None:
    """See ``TriedScalings``."""
    kind = choose(plan, tally)
    move, step = plan.box_moves[kind], tally.box_steps[kind]
    x, y, z = float(move[0]), float(move[1]), float(move[2])
    note(tally, kind, metropolis_scale(system, x, y, z, beta_pressure, step, tally.state))
    tune_box_steps(plan, tally)


@answers(move_box, way=TriedElements)
@lean
def try_element(
    system: System, way: TriedElements, plan: Plan, tally: Tally, beta_pressure: float
) -> None:
    """See ``TriedElements``."""
    kind = choose(plan, tally)
    move, step = plan.box_moves[kind], tally.box_steps[kind]
    accepted = metropolis_element(system, move[0], move[1], beta_pressure, step, tally.state)
    note(tally, kind, accepted)
    tune_box_steps(plan, tally)


@answers(move_box, way=FixedBox)
@lean
def leave(system: System, way: FixedBox, plan: Plan, tally: Tally, beta_pressure: float) -> None:
    """See ``FixedBox``."""
