"""Tables of docs/event-chains.md: which moves compress best in equal CPU time.

Usage: python analysis/compression_moves.py [--seeds 6] [--case NAME] [--level 0|1]

Compressions of A6B19 at γ = 0.695 (``hsmc compress``: 400 spheres, 25 spheres), and ramps in a
floppy box from random starts, driven to jamming (``hsmc floppy``). A short run tells the CPU time
of a cycle, so that all kinds of moves get about the same time; what they took is in the table.
"""

import argparse
import csv
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass

from batch import ROOT, mean_and_error, write_table

from hsmc.compression import compress
from hsmc.ensemble import MOTIONS, Motion
from hsmc.fit import random_fluid
from hsmc.floppy_box import START_PACKING
from hsmc.jamming import jam
from hsmc.mixture import Mixture
from hsmc.schedule import PressureRamp
from hsmc.simulation import Moves, Simulation

TABLE = ROOT / "analysis" / "compression_moves.csv"

HEADER = ("case", "budget", "moves", "seed", "cycles", "cpu_seconds", "packing_fraction")

TRIAL = 2000
"""Cycles of the run that tells the CPU time of a cycle."""

Run = Callable[[Motion, int, int], tuple[float, float]]
"""Motion, cycles and seed in; CPU seconds and packing fraction out."""


def compressed(cells: tuple[int, int, int]) -> Run:
    """Return what compresses so many cells of A6B19."""

    def run(motion: Motion, cycles: int, seed: int) -> tuple[float, float]:
        began = time.process_time()
        result = compress(
            None, ratio=0.695, replicate=cells, cycles=cycles, moves=motion, seed=seed, frames=0
        )
        return time.process_time() - began, result.final.packing_fraction

    return run


def floppy(motion: Motion, cycles: int, seed: int) -> tuple[float, float]:
    """Compress 6 + 19 spheres in a floppy box as ``hsmc floppy`` does; the time is the ramp's."""
    start = random_fluid(Mixture(0.695, 6, 19), START_PACKING, seed)
    simulation = Simulation(start, Moves("floppy", motion=motion), seed)
    ramp = PressureRamp(final=200.0, cycles=cycles, start=20.0, fraction=1.0)
    began = time.process_time()
    while simulation.cycle < cycles:
        length = min(simulation.block_cycles, cycles - simulation.cycle)
        simulation.advance(ramp.pressures(simulation.cycle, length), tuning=True)
    spent = time.process_time() - began
    return spent, jam(simulation.configuration).configuration.packing_fraction


@dataclass(frozen=True)
class Case:
    """A kind of compression, and the CPU seconds that its runs get."""

    run: Run
    budgets: tuple[float, ...]


CASES = {
    "A6B19, 1600 spheres": Case(compressed((4, 4, 4)), (15.0, 60.0)),
    "A6B19, 400 spheres": Case(compressed((2, 2, 4)), (4.0, 12.0)),
    "A6B19, 25 spheres": Case(compressed((1, 1, 1)), (1.0, 4.0)),
    "6 + 19, floppy box": Case(floppy, (1.0, 3.0)),
}


LEVELS = 2
"""Budgets of each."""


def main() -> None:
    """Run what is missing, seed by seed, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--case", choices=CASES, help="only this one")
    parser.add_argument("--level", type=int, choices=range(LEVELS), help="only this budget")
    chosen = parser.parse_args()
    cases = [item for item in CASES.items() if chosen.case in (None, item[0])]
    levels = [level for level in range(LEVELS) if chosen.level in (None, level)]
    rows: list[tuple[object, ...]] = []
    if TABLE.exists():
        with TABLE.open(encoding="utf-8") as file:
            rows = [tuple(row) for row in csv.reader(file)][1:]
    done = {(row[0], float(str(row[1])), row[2], int(str(row[3]))) for row in rows}
    jobs = itertools.product(levels, range(1, chosen.seeds + 1), cases, MOTIONS)
    for level, seed, (name, case), motion in jobs:
        budget = case.budgets[level]
        if (name, budget, motion, seed) not in done:
            rows.append(row_of(name, case, budget, motion, seed))
            write_table(TABLE, HEADER, rows)
    show(rows)


def row_of(name: str, case: Case, budget: float, motion: Motion, seed: int) -> tuple[object, ...]:
    """Run once and return the row."""
    if (name, motion) not in CYCLE_SECONDS:
        case.run(motion, TRIAL, 1)  # loads what is compiled
        CYCLE_SECONDS[name, motion] = case.run(motion, TRIAL, 1)[0] / TRIAL
    cycles = round(budget / CYCLE_SECONDS[name, motion])
    spent, phi = case.run(motion, cycles, seed)
    return name, budget, motion, seed, cycles, f"{spent:.3f}", f"{phi:.5f}"


CYCLE_SECONDS: dict[tuple[str, Motion], float] = {}
"""CPU time of a cycle, by case and motion, as the short runs told."""


def show(rows: list[tuple[object, ...]]) -> None:
    """Print means and standard errors."""
    print("| runs | moves | CPU s per run | cycles | φ | runs |")
    print("| --- | --- | --- | --- | --- | --- |")
    groups: dict[tuple[str, float, str], list[tuple[object, ...]]] = {}
    for row in rows:
        groups.setdefault((str(row[0]), float(str(row[1])), str(row[2])), []).append(row)
    for (name, _, motion), group in sorted(groups.items(), key=lambda item: item[0][:2]):
        if len(group) < 2:
            continue
        mean, error = mean_and_error([float(str(row[6])) for row in group])
        seconds = mean_and_error([float(str(row[5])) for row in group])[0]
        cycles = mean_and_error([float(str(row[4])) for row in group])[0]
        print(
            f"| {name} | {motion} | {seconds:.1f} | {cycles / 1000.0:.0f} 000 | "
            f"{mean:.4f} ± {error:.4f} | {len(group)} |"
        )


if __name__ == "__main__":
    main()
