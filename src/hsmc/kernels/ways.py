"""The ways in which spheres move in a cycle: which one, the type of ``Plan.moves`` says.

It is chosen when compiling, so a block waits for its own way alone to be compiled.
"""

from typing import Any

import numpy as np
from numba.extending import overload
from numpy.typing import NDArray

from hsmc.kernels.cells import Floats, System
from hsmc.kernels.chains_in_regions import move_chains_in_regions
from hsmc.kernels.event_chains import KEPT, Chains, draw_velocities, move_chains
from hsmc.kernels.jit import merged
from hsmc.kernels.particle_moves import Trials, move_regions, move_spheres
from hsmc.kernels.plan import (
    EventChains,
    EventChainsInRegions,
    LocalMoves,
    LocalMovesInRegions,
    Plan,
    Tally,
    kind_of,
)
from hsmc.kernels.random import uniform


def move(system: System, velocities: Floats, plan: Plan, tally: Tally) -> None:
    """Move the spheres, as a cycle does.

    Args:
        system: Spheres in their box; moved, and their cells kept up to date.
        velocities: Those of event chains, in the order of the system; changed; shape (N, 3),
            else (1, 3).
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


# Numba wants the arguments of all by the same names.
def local(system: System, velocities: Floats, plan: Plan, tally: Tally) -> None:  # noqa: ARG001
    """See ``LocalMoves``."""
    move_spheres(system, trials_of(plan, tally), tally.counts, tally.state)


def local_in_regions(system: System, velocities: Floats, plan: Plan, tally: Tally) -> None:  # noqa: ARG001
    """See ``LocalMovesInRegions``."""
    move_regions(system, trials_of(plan, tally), tally.counts, tally.state)


def chains(system: System, velocities: Floats, plan: Plan, tally: Tally) -> None:
    """See ``EventChains``."""
    renew(velocities, plan.mask, tally.state)
    move_chains(system, chains_of(velocities, plan, tally), tally.counts, tally.state)


def chains_in_regions(system: System, velocities: Floats, plan: Plan, tally: Tally) -> None:
    """See ``EventChainsInRegions``."""
    renew(velocities, plan.mask, tally.state)
    move_chains_in_regions(system, chains_of(velocities, plan, tally), tally.counts, tally.state)


WAYS: dict[type, Any] = {
    LocalMoves: local,
    LocalMovesInRegions: local_in_regions,
    EventChains: chains,
    EventChainsInRegions: chains_in_regions,
}


@overload(move, strict=False, inline="always")
def choose(system: System, velocities: Floats, plan: Any, tally: Tally) -> Any:  # noqa: ARG001
    """Return how spheres move by a plan, from its type."""
    return WAYS[kind_of(plan, "moves")]
