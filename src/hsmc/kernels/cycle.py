"""How a cycle ends: the box moves, steps are tuned."""

import numpy as np

from hsmc.kernels.box_moves import heat_bath, metropolis, volume_of
from hsmc.kernels.cells import System
from hsmc.kernels.event_chains import tune_duration
from hsmc.kernels.jit import lean, merged
from hsmc.kernels.plan import Plan, Tally
from hsmc.kernels.random import uniform
from hsmc.kernels.tuning import tune

PARTICLE_TRIALS = 500
"""Trials of a species between two changes of its step."""

BOX_TRIALS = 50
"""Trials of a Metropolis box move between two changes of its step."""

LARGEST_BOX_STEP = 0.4
"""Largest relative step of a Metropolis box move."""


@lean
def move_box(system: System, plan: Plan, tally: Tally, beta_pressure: float) -> None:
    """Make one box move, chosen at random from the plan."""
    kinds = plan.box_moves.shape[0]
    kind = min(int(uniform(tally.state) * kinds), kinds - 1) if kinds > 1 else 0
    accepted = True
    if plan.heat_bath:
        heat_bath(system, plan.box_moves[kind], beta_pressure, tally.state)
    else:
        step = tally.box_steps[kind]
        accepted = metropolis(system, plan.box_moves[kind], beta_pressure, step, tally.state)
    tally.box_counts[kind, 0] += 1
    tally.box_recent[kind, 0] += 1
    if accepted:
        tally.box_counts[kind, 1] += 1
        tally.box_recent[kind, 1] += 1


@merged
def tune_steps(system: System, plan: Plan, tally: Tally) -> None:
    """Let the steps follow the acceptances; spheres move at most half across the box."""
    half = np.inf
    for axis in range(3):
        half = min(half, 0.5 / system.per_face[axis])
    # Steps of what is not tried, or does not fly, stay as they are.
    tune(tally.steps, tally.recent, PARTICLE_TRIALS, plan.particle_target, half)
    tune_duration(system.species.shape[0], tally.chain, tally.chain_recent)
    if not plan.heat_bath:
        target, largest = plan.box_target, LARGEST_BOX_STEP
        tune(tally.box_steps, tally.box_recent, BOX_TRIALS, target, largest)


@merged
def end_cycle(system: System, plan: Plan, tally: Tally, beta_pressure: float) -> float:
    """Move the box, tune the steps, and return the volume of the box, in σ_L³."""
    if plan.box_moves.shape[0] > 0:
        move_box(system, plan, tally, beta_pressure)
    volume = volume_of(system.box)
    if plan.tuning:
        tune_steps(system, plan, tally)
    return volume
