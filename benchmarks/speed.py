"""How fast moves are: trials, collisions and cycles a CPU second, and what box moves cost."""

from collections.abc import Iterator

import numpy as np
from systems import fcc, fluid, prepared
from timing import Row, cpu_seconds, in_turns, rates

from hsmc.configuration import Configuration
from hsmc.ensemble import MOTIONS, BoxMode, Motion
from hsmc.simulation import Moves, Simulation

CHAINS: tuple[Motion, ...] = ("chain", "newtonian")
SHARING: tuple[Motion, ...] = ("local", "newtonian")
REPEAT_TRIALS = 500_000
"""Trials of a repeat, at least: with few spheres a block is too short to be timed."""

MODES: tuple[BoxMode, ...] = ("isotropic", "floppy")


def block(simulation: Simulation, pressure: float = 1.0) -> None:
    """Run one block of cycles, as a run does between two returns to Python."""
    simulation.advance(np.full(simulation.block_cycles, pressure), tuning=False)


def trial_moves(repeats: int) -> Iterator[Row]:
    """Million trial moves a CPU second without box moves."""
    for spheres in (25, 500, 4000, 32_000, 100_000):
        yield _trials("one component, φ = 0.45", fluid(spheres, 0.45), repeats)
    for spheres in (25, 2000, 12_800):
        yield _trials("6:19, γ = 0.695, φ = 0.50", fluid(spheres, 0.50, mixed=True), repeats)


def _trials(system: str, start: Configuration, repeats: int) -> Row:
    simulation = prepared(start, Moves("fixed", particle_target=0.25))
    before = simulation.counts
    times = [cpu_seconds(lambda: block(simulation)) for _ in range(repeats)]
    tried, accepted = (simulation.counts - before)[:2].sum(axis=0)
    speed = rates(simulation.block_cycles * len(start) / 1e6, times)
    return {"system": system, "N": len(start), **speed, "accepted": float(accepted / tried)}


def collisions(repeats: int) -> Iterator[Row]:
    """Million collisions a CPU second in event chains, without box moves."""
    for spheres in (500, 4000, 32_000, 100_000):
        for packing in (0.45, 0.49):
            yield _collisions(f"fluid, φ = {packing}", fluid(spheres, packing), repeats)
        copies = round((spheres / 4) ** (1 / 3))
        yield _collisions("fcc, φ = 0.55", fcc(copies, 0.55), repeats)
        mixture = fluid(spheres, 0.55, mixed=True)
        yield _collisions("6:19, γ = 0.695, φ = 0.55", mixture, repeats)


def _collisions(system: str, start: Configuration, repeats: int) -> Row:
    row: Row = {"system": system, "N": len(start)}
    runs = [prepared(start, Moves("fixed", motion=motion), trials=2e6) for motion in CHAINS]
    before = [run.counts for run in runs]
    times = in_turns([lambda run=run: block(run) for run in runs], repeats)
    for motion, run, start_counts, seconds in zip(CHAINS, runs, before, times, strict=True):
        made = (run.counts - start_counts)[:2, 0].sum()
        speed = rates(float(made) / repeats / 1e6, seconds)
        row |= {f"{motion}, {name}": value for name, value in speed.items()}
    return row


def box_share(repeats: int) -> Iterator[Row]:
    """Part of the time that one box move a cycle takes: with it less without, over with (best).

    Both go on from one state, with one step or duration. Times are those of N trials or flights:
    chains of a given duration collide the more often the denser it gets, which is no cost of box
    moves.
    """
    for spheres in (25, 50, 100, 400, 2000, 8000, 100_000):
        dense = fluid(spheres, 0.50, mixed=True)
        for motion in SHARING:
            for pressure in (30.0, 1000.0):
                row: Row = {"N": spheres, "moves": motion, "βPσ_L³": pressure}
                for mode in MODES:
                    run = prepared(dense, Moves(mode, motion=motion), pressure)
                    still = Moves("fixed", motion=motion)
                    fixed = Simulation.restored(still, run.state())
                    row[f"{mode}, φ"] = run.packing_fraction
                    row[mode] = _share(fixed, run, pressure, repeats)
                yield row


def _share(fixed: Simulation, run: Simulation, pressure: float, repeats: int) -> float:
    """Return what part of the time of ``run`` its box moves take; both run in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for simulation, seconds in zip((fixed, run), times, strict=True):
            seconds.append(_seconds_a_move(simulation, pressure))
    return 1.0 - min(times[0]) / min(times[1])


def _seconds_a_move(simulation: Simulation, pressure: float) -> float:
    """Return the CPU time of a trial or flight, box moves included."""
    before = simulation.counts
    trials = simulation.block_cycles * simulation.spheres
    blocks = max(1, REPEAT_TRIALS // trials)
    seconds = cpu_seconds(lambda: [block(simulation, pressure) for _ in range(blocks)])
    return seconds / float((simulation.counts - before)[:2, 0].sum())


def cycles(repeats: int) -> Iterator[Row]:
    """Cycles a CPU second with one box move each (6:19, N = 2000, βPσ_L³ = 30)."""
    start = fluid(2000, 0.50, mixed=True)
    for motion in MOTIONS:
        for mode in MODES:
            run = prepared(start, Moves(mode, motion=motion), 30.0)
            times = [cpu_seconds(lambda run=run: block(run, 30.0)) for _ in range(repeats)]
            speed = rates(run.block_cycles, times)
            yield {"moves": motion, "box": mode, **speed, "φ": run.packing_fraction}
