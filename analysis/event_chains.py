"""Figure and tables of docs/event-chains.md: event chains against local moves, a CPU second.

Usage: python analysis/event_chains.py [--rounds N] [--study moves|settings]

Each round starts all kinds of moves from the same state in equilibrium, one after the other, and
compares them with each other, so that what the machine does meanwhile hardly matters. Only what
``Simulation.advance`` takes counts as time. Rounds start from independent states: the errors are
standard errors over them.
"""

import argparse
import csv
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from batch import ROOT, write_table
from slow_modes import Complex, Floats, bond_order, density_modes, unwrapped, wave_vectors

from hsmc.analysis.relaxation import diffusion, relaxation_time
from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.ensemble import Motion
from hsmc.fit import dilate, expand_to, random_fluid
from hsmc.kernels.event_chains import COLLISIONS, DURATION
from hsmc.mixture import Mixture
from hsmc.simulation import Moves, Simulation

ANY_PRESSURE = 1.0
"""The box does not move."""


@dataclass(frozen=True)
class System:
    """Spheres in equilibrium in a cube.

    Attributes:
        build: A start, by seed.
        equilibrate: CPU seconds of Newtonian chains before a round.
        seconds: CPU seconds of a run for the modes, and of one for the diffusion; 0: none.
        step: CPU seconds between two observations of the modes.
        distance: How far spheres get for the diffusion to be measured, in σ_L.
        crystal: Cells along an edge, of an fcc crystal; 0 of a fluid.
    """

    build: Callable[[int], Configuration]
    equilibrate: float
    seconds: tuple[float, float]
    step: float = 0.0
    distance: float = 0.7
    crystal: int = 0


@dataclass(frozen=True)
class Kind:
    """How spheres move.

    Attributes:
        motion: As ``Moves`` has it.
        target: Acceptance of local moves.
        length: Collisions of a chain.
        kept: Collisions of a sphere between two draws of all velocities, where the spacing of
            the observations does not decide.
    """

    motion: Motion
    target: float = 0.3
    length: float = COLLISIONS
    kept: float = 30.0


def fluid(spheres: int, phi: float) -> Callable[[int], Configuration]:
    """Return what makes a fluid of one size."""
    return lambda seed: random_fluid(Mixture(1.0, spheres, 0), phi, seed)


def fcc(copies: int, phi: float) -> Callable[[int], Configuration]:
    """Return what makes an fcc crystal."""
    cell = expand_to(dilate(crystal("fcc").configuration(1.0)), phi)
    return lambda _: cell.replicated(copies, copies, copies)


def mixture(large: int, small: int, phi: float) -> Callable[[int], Configuration]:
    """Return what makes the 6:19 fluid."""
    return lambda seed: random_fluid(Mixture(0.695, large, small), phi, seed)


SYSTEMS = {
    "fluid, φ = 0.45, N = 500": System(fluid(500, 0.45), 1.0, (0.8, 0.8), 0.0025),
    "fluid, φ = 0.49, N = 500": System(fluid(500, 0.49), 1.5, (1.2, 1.5), 0.004),
    "fluid, φ = 0.45, N = 4000": System(fluid(4000, 0.45), 4.0, (0.0, 3.0)),
    "fcc, φ = 0.55, N = 500": System(fcc(5, 0.55), 0.5, (0.8, 0.0), 0.002, crystal=5),
    "fcc, φ = 0.55, N = 2048": System(fcc(8, 0.55), 2.0, (2.0, 0.0), 0.012, crystal=8),
    "6:19, φ = 0.55, N = 400": System(mixture(96, 304, 0.55), 4.0, (5.0, 4.0), 0.02, 0.4),
}
"""γ = 0.695 of the mixture. Times were chosen by the relaxation times found in a first trial."""

KINDS = {
    "local, 15 %": Kind("local", target=0.15),
    "local, 30 %": Kind("local", target=0.30),
    "straight": Kind("chain"),
    "Newtonian": Kind("newtonian"),
}

LENGTHS = (10, 30, 100, 300, 1000)
"""Collisions of a chain."""

KEPT = (1, 3, 10, 30)
"""Collisions of a sphere for which it keeps its velocity."""

SETTINGS = {
    **{
        f"{name}, chains of {length}": Kind(motion, length=length)
        for name, motion in (("straight", "chain"), ("Newtonian", "newtonian"))
        for length in LENGTHS
    },
    **{f"Newtonian, velocities kept for {kept}": Kind("newtonian", kept=kept) for kept in KEPT},
    **{
        f"local, {100 * target:.0f} %": Kind("local", target=target)
        for target in (0.08, 0.15, 0.3, 0.5)
    },
}

STUDIES = {
    "moves": (SYSTEMS, KINDS),
    "settings": (
        {
            name: replace(SYSTEMS[name], seconds=(0.0, SYSTEMS[name].seconds[1]))
            for name in ("fluid, φ = 0.45, N = 500", "fluid, φ = 0.49, N = 500")
        },
        SETTINGS,
    ),
}
"""What is compared, by name: which kinds of moves; how long chains are, velocities are kept."""

TABLE = ROOT / "analysis" / "event_chains.csv"

DIFFUSION, SLOWEST, SMALLEST, BONDS = "diffusion", "slowest density", "longest wave", "bond order"

HEADER = ("study", "system", "moves", "round", "quantity", "rate_per_cpu_second")


def start_of(system: System, seed: int) -> Configuration:
    """Return a state in equilibrium."""
    simulation = Simulation(system.build(seed), Moves("fixed", motion="newtonian"), seed)
    began = time.process_time()
    while time.process_time() - began < system.equilibrate:
        simulation.advance(np.full(50, ANY_PRESSURE), tuning=simulation.cycle < 1000)
    return simulation.configuration


def prepared(kind: Kind, start: Configuration, seed: int) -> tuple[Simulation, float]:
    """Return a simulation with its steps tuned and frozen, and the CPU seconds of a cycle."""
    moves = Moves("fixed", motion=kind.motion, particle_target=kind.target)
    simulation = Simulation(start, moves, seed)
    for _ in range(20):
        simulation.advance(np.full(10, ANY_PRESSURE), tuning=True)
    simulation._tally.chain[DURATION] *= kind.length / COLLISIONS
    cycles = max(1, math.ceil(20 * COLLISIONS / kind.length))
    began = time.process_time()
    simulation.advance(np.full(cycles, ANY_PRESSURE), tuning=False)
    return simulation, (time.process_time() - began) / cycles


@dataclass
class Watched:
    """A simulation and what it does between two observations."""

    simulation: Simulation
    cycles: int
    blocks: int
    spent: float = 0.0
    seen: int = 0

    def states(self, seconds: float) -> Iterator[tuple[Configuration, Floats]]:
        """Yield states and unwrapped positions until so many CPU seconds are spent."""
        state = self.simulation.configuration
        place = np.array(state.positions)
        while self.spent < seconds:
            began = time.process_time()
            for _ in range(self.blocks):
                self.simulation.advance(np.full(self.cycles, ANY_PRESSURE), tuning=False)
            self.spent += time.process_time() - began
            self.seen += 1
            new = self.simulation.configuration
            place = place + unwrapped(state, new)
            state = new
            yield state, place

    @property
    def step(self) -> float:
        """CPU seconds between two observations."""
        return self.spent / self.seen


def diffusion_rate(system: System, kind: Kind, start: Configuration, seed: int) -> float:
    """Return D, in σ_L² a CPU second."""
    simulation, _ = prepared(kind, start, seed)
    cycles = max(1, round(kind.kept * COLLISIONS / kind.length))
    watched = Watched(simulation, cycles, 1)
    paths = [place - place.mean(axis=0) for _, place in watched.states(system.seconds[1])]
    return diffusion(np.array(paths), watched.step, system.distance)


def mode_rates(system: System, kind: Kind, start: Configuration, seed: int) -> dict[str, float]:
    """Return 1/τ of density modes and of the bond order, in 1/s of CPU time."""
    simulation, cycle = prepared(kind, start, seed)
    watched = Watched(simulation, max(1, round(system.step / cycle)), 1)
    slow, small = wave_vectors(start, system.crystal)
    seen: dict[str, list[Complex]] = {SLOWEST: [], SMALLEST: [], BONDS: []}
    for state, place in watched.states(system.seconds[0]):
        centre = place.mean(axis=0)
        seen[SLOWEST].append(density_modes(state, slow, centre))
        seen[SMALLEST].append(density_modes(state, small, centre))
        seen[BONDS].append(bond_order(state))
    series = {name: np.array(values) for name, values in seen.items()}
    if system.crystal:  # fluctuates about that of the crystal
        series[BONDS] = series[BONDS] - series[BONDS].mean(axis=0)
    return {name: 1.0 / relaxation_time(each, watched.step) for name, each in series.items()}


def measure(study: str, turn: int) -> Iterator[tuple[str, str, str, int, str, str]]:
    """Yield the rows of one round: all systems, all kinds of moves."""
    systems, kinds = STUDIES[study]
    for name, system in systems.items():
        start = start_of(system, turn)
        for kind_name, kind in kinds.items():
            found = {}
            if system.seconds[0]:
                found.update(mode_rates(system, kind, start, turn))
            if system.seconds[1]:
                found[DIFFUSION] = diffusion_rate(system, kind, start, turn)
            for quantity, rate in found.items():
                yield study, name, kind_name, turn, quantity, f"{rate:.5g}"


def read_rows() -> list[dict[str, str]]:
    """Return what has been measured."""
    if not TABLE.exists():
        return []
    with TABLE.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def main() -> None:
    """Measure what is asked for, print the tables and draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", choices=STUDIES)
    parser.add_argument("--rounds", type=int, default=0, help="rounds to add to the table")
    chosen = parser.parse_args()
    rows = [tuple(row.values()) for row in read_rows()]
    for _ in range(chosen.rounds):
        turn = 1 + max((int(row[3]) for row in rows if row[0] == chosen.study), default=0)
        rows.extend(measure(chosen.study, turn))
        write_table(TABLE, HEADER, rows)


if __name__ == "__main__":
    main()
