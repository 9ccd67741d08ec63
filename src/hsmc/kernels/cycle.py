"""How a cycle ends: the box moves, steps are tuned."""

import numpy as np

from hsmc.kernels.box_moves import move_box
from hsmc.kernels.cells import Floats, System
from hsmc.kernels.deformations import volume_of
from hsmc.kernels.event_chains import tune_duration
from hsmc.kernels.jit import lean, merged
from hsmc.kernels.plan import Plan, Tally
from hsmc.kernels.tuning import tune

PARTICLE_TRIALS = 500
"""Trials of a species between two changes of its step."""


@lean
def tune_steps(spheres: int, per_face: Floats, plan: Plan, tally: Tally) -> None:
    """Let the steps follow the acceptances; spheres move at most half across the box."""
    half = np.inf
    for axis in range(3):
        half = min(half, 0.5 / per_face[axis])
    # Steps of what is not tried, or does not fly, stay as they are.
    tune(tally.steps, tally.recent, PARTICLE_TRIALS, plan.particle_target, half)
    tune_duration(spheres, tally.chain, tally.chain_recent)


@merged
def end_cycle(system: System, plan: Plan, tally: Tally, beta_pressure: float) -> float:
    """Move the box, tune the steps, and return the volume of the box, in σ_L³."""
    move_box(system, plan.box_way, plan, tally, beta_pressure)
    volume = volume_of(system.box)
    if plan.tuning:
        tune_steps(system.species.shape[0], system.per_face, plan, tally)
    return volume
