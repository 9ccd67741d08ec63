"""What is simulated: fluids and crystals of any number of spheres, made anew from a seed."""

from collections.abc import Iterator

import numpy as np

from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.fit import dilate, expand_to, random_fluid
from hsmc.mixture import Mixture
from hsmc.simulation import Moves, Simulation

RATIO = 0.695
"""Size ratio γ of every mixture."""

LARGEST_FLUID = 2000
"""Spheres placed at random; larger fluids are copies of such a one, mixed afterwards."""


def fluid(spheres: int, packing_fraction: float, *, mixed: bool = False) -> Configuration:
    """Return a fluid of one component, or of 6 large to 19 small spheres."""
    copies = next(
        k for k in range(1, 100) if spheres <= LARGEST_FLUID * k**3 and not spheres % k**3
    )
    base = spheres // copies**3
    large = base * 6 // 25 if mixed else base
    part = random_fluid(Mixture(RATIO, large, base - large), packing_fraction, 1)
    return part.replicated(copies, copies, copies)


def fcc(copies: int, packing_fraction: float) -> Configuration:
    """Return an fcc crystal of 4·copies³ spheres."""
    cell = expand_to(dilate(crystal("fcc").configuration(1.0)), packing_fraction)
    return cell.replicated(copies, copies, copies)


def a6b19(copies: int) -> Configuration:
    """Return the A6B19 seed of 25·copies³ spheres, as dense as it comes without overlaps."""
    cell = dilate(crystal("a6b19").configuration(RATIO))
    return cell.replicated(copies, copies, copies)


def prepared(
    start: Configuration, moves: Moves, pressure: float = 1.0, trials: float = 1e7
) -> Simulation:
    """Return a simulation whose steps are tuned, after some mixing."""
    simulation = Simulation(start, moves, seed=1)
    left = max(30, min(2000, round(trials / len(start))))
    for cycles in blocks(left, simulation.block_cycles):
        simulation.advance(np.full(cycles, pressure), tuning=True)
    return simulation


def blocks(cycles: int, longest: int) -> Iterator[int]:
    """Cut cycles into blocks as long as a run's."""
    for first in range(0, cycles, longest):
        yield min(longest, cycles - first)
