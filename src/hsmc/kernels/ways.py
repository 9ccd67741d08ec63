"""The ways in which spheres move in a cycle: which one, the type of ``Plan.way`` says."""

# ruff: noqa: ARG001 - all ways take the same

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.cells import Floats, System
from hsmc.kernels.chains_in_regions import move_chains_in_regions
from hsmc.kernels.event_chains import KEPT, Chains, draw_velocities, move_chains
from hsmc.kernels.jit import answers, lean, merged
from hsmc.kernels.local_moves import move_spheres
from hsmc.kernels.particle_moves import Trials, move_regions
from hsmc.kernels.plan import (
    EventChains,
    EventChainsInRegions,
    LocalMoves,
    LocalMovesInRegions,
    Plan,
    Tally,
    Way,
)
from hsmc.kernels.random import uniform


def move(system: System, velocities: Floats, way: Way, plan: Plan, tally: Tally) -> None:
    """Move the spheres, as a cycle does.

    Args:
        system: Spheres in their box; moved, and their cells kept up to date.
        velocities: Those of event chains, in the order of the system; changed; shape (N, 3),
            else (1, 3).
        way: That of the plan; its type says who answers.
        plan: What a cycle does.
        tally: Changed.
    """
    raise NotImplementedError


@merged
def trials_of(plan: Plan, tally: Tally) -> Trials:
    """Return what trial moves need to know."""
    return Trials(tally.steps, plan.mask, tally.recent)


@merged
def chains_of(velocities: Floats, plan: Plan, tally: Tally) -> Chains:
    """Return what event chains need to know."""
    return Chains(velocities, plan.mask, tally.chain, tally.chain_recent)


@merged
def renew(velocities: Floats, mask: Floats, state: NDArray[np.uint64]) -> None:
    """Draw all velocities anew, in one of ``KEPT`` cycles."""
    if velocities.shape[0] > 1 and uniform(state) * KEPT < 1.0:
        draw_velocities(velocities, mask, state)


@answers(move, way=LocalMoves)
@lean
def local(system: System, velocities: Floats, way: LocalMoves, plan: Plan, tally: Tally) -> None:
    """See ``LocalMoves``."""
    move_spheres(system, trials_of(plan, tally), tally.counts, tally.state)


@answers(move, way=LocalMovesInRegions)
@lean
def local_in_regions(
    system: System, velocities: Floats, way: LocalMovesInRegions, plan: Plan, tally: Tally
) -> None:
    """See ``LocalMovesInRegions``."""
    move_regions(system, trials_of(plan, tally), tally.counts, tally.state)


@answers(move, way=EventChains)
@lean
def chains(system: System, velocities: Floats, way: EventChains, plan: Plan, tally: Tally) -> None:
    """See ``EventChains``."""
    renew(velocities, plan.mask, tally.state)
    move_chains(system, chains_of(velocities, plan, tally), tally.counts, tally.state)


@answers(move, way=EventChainsInRegions)
@lean
def chains_in_regions(
    system: System, velocities: Floats, way: EventChainsInRegions, plan: Plan, tally: Tally
) -> None:
    """See ``EventChainsInRegions``."""
    renew(velocities, plan.mask, tally.state)
    move_chains_in_regions(system, chains_of(velocities, plan, tally), tally.counts, tally.state)
