"""The same work with HOOMD-blue (4 or newer) and with this engine, in turns; ratios of speeds.

Usage: python benchmarks/compare_hoomd.py [--only trials ...] [--repeats 7] [--json FILE]

HOOMD-blue comes from conda-forge (``conda install -c conda-forge hoomd``) or its sources, not from
PyPI; without it this prints one line and ends. Its times are CPU times of one thread, as ours are.
A ratio above 1 means that this engine does more in the same time; beside it is its range over the
rounds. Each engine counts its own work.
"""

import argparse
import importlib.util
import statistics
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from efficiency import Schedule, time_to
from speed import block
from systems import fcc, fluid, prepared
from timing import Row, Table, Work, run, speeds_in_turns

from hsmc.analysis.statistics import estimate_mean
from hsmc.configuration import Configuration
from hsmc.fit import DENSEST_SQUEEZED, at_packing, relax
from hsmc.simulation import Moves, Simulation
from hsmc.squeeze import squeeze

TRIALS = 1_000_000
"""Trial moves or collisions of a round, about."""

SAMPLED = {"here, heat bath": 8.0, "here, Metropolis": 8.0, "HOOMD-blue": 75.0}
"""CPU seconds of a round in which volumes are sampled: the slower, the longer."""

EVERY = 10
"""Cycles between two volumes: τ is thousands, and a call of Python each would take time."""

EQUILIBRATION = 50_000
"""Cycles at N = 500 before volumes are sampled."""


def compared(ours: Work, theirs: Work, repeats: int) -> Row:
    """Return median speeds, their ratio, and the least and largest ratio of a round."""
    speeds = speeds_in_turns([ours, theirs], repeats)
    here, there = (statistics.median(column) for column in speeds.T.tolist())
    ratios = speeds[:, 0] / speeds[:, 1]
    return {
        "here": here,
        "HOOMD-blue": there,
        "ratio": here / there,
        "range": f"{ratios.min():.2f} to {ratios.max():.2f}",
    }


def moving(simulation: Simulation) -> Work:
    """Return what runs blocks and counts trial moves or collisions of spheres, in millions."""
    blocks = max(1, round(TRIALS / (simulation.block_cycles * simulation.spheres)))

    def work() -> float:
        before = simulation.counts
        for _ in range(blocks):
            block(simulation)
        return float((simulation.counts - before)[:2, 0].sum()) / 1e6

    return work


def trial_moves(repeats: int) -> Iterator[Row]:
    """Million trial moves a CPU second, steps tuned to the same acceptance of 25 %."""
    for spheres in (25, 500, 4000, 32_000, 108_000):
        yield _trials("one component, φ = 0.45", fluid(spheres, 0.45), repeats)
    for spheres in (25, 1600, 12_800):
        yield _trials("6:19, γ = 0.695, φ = 0.50", fluid(spheres, 0.50, mixed=True), repeats)


def _trials(system: str, start: Configuration, repeats: int) -> Row:
    from hoomd_side import local

    ours = prepared(start, Moves("fixed", particle_target=0.25))
    theirs = local(ours.configuration, acceptance=0.25)
    steps, mc = max(1, TRIALS // len(start)), theirs.operations.integrator

    def there() -> float:
        theirs.run(steps)
        return float(sum(mc.translate_moves)) / 1e6

    before = ours.counts
    row = {"system": system, "N": len(start), **compared(moving(ours), there, repeats)}
    tried, accepted = (ours.counts - before)[:2].sum(axis=0)
    return row | {
        "accepted here": float(accepted / tried),
        "there": mc.translate_moves[0] / sum(mc.translate_moves),
        "overlaps there": mc.overlaps,
    }


def cycles(repeats: int) -> Iterator[Row]:
    """Cycles a CPU second with one box move each (6:19, N = 2000, βPσ_L³ = 30, isotropic)."""
    from hoomd_side import local, with_box_moves

    start = prepared(fluid(2000, 0.50, mixed=True), Moves(), 30.0).configuration
    for name, moves in (("heat bath", Moves()), ("Metropolis", Moves(heat_bath=False))):
        theirs = with_box_moves(local(start, acceptance=0.3), 30.0)
        works = _cycling(prepared(start, moves, 30.0), theirs, 500)
        row = {"box moves here": name, **compared(*works, repeats)}
        spheres = theirs.operations.integrator.translate_moves
        boxes = theirs.operations.updaters[0].volume_moves
        yield row | {
            "accepted there": spheres[0] / sum(spheres),
            "box moves there": boxes[0] / sum(boxes),
        }


def _cycling(ours: Simulation, theirs: Any, number: int) -> tuple[Work, Work]:
    """Return what runs so many cycles at βPσ_L³ = 30, here and there."""
    pressures = np.full(number, 30.0)

    def here() -> float:
        ours.advance(pressures, tuning=False)
        return float(number)

    def there() -> float:
        theirs.run(number)
        return float(number)

    return here, there


def volumes(repeats: int) -> Iterator[Row]:
    """Effective samples of V a CPU second, N = 500, βPσ³ = 4 (integrated autocorrelation)."""
    from hoomd_side import local, volume_series, with_box_moves

    runs: dict[str, Simulation] = {}
    for name, heat_bath in (("here, heat bath", True), ("here, Metropolis", False)):
        runs[name] = prepared(fluid(500, 0.366), Moves(heat_bath=heat_bath), 4.0)
        runs[name].advance(np.full(EQUILIBRATION, 4.0), tuning=False)
    theirs = with_box_moves(local(runs["here, heat bath"].configuration, acceptance=0.3), 4.0)
    theirs.run(EQUILIBRATION)
    kept = volume_series(theirs, EVERY)
    series: dict[str, list[float]] = {name: [] for name in runs} | {"HOOMD-blue": kept}
    spent, passed = dict.fromkeys(SAMPLED, 0.0), dict.fromkeys(SAMPLED, 0)
    for _ in range(repeats):
        for name, longest in SAMPLED.items():
            began = time.process_time()
            while (now := time.process_time() - began) < longest:
                if name in runs:
                    volumes = runs[name].advance(np.full(500, 4.0), tuning=False)
                    series[name].extend(volumes[::EVERY])
                else:
                    theirs.run(500)
                passed[name] += 500
            spent[name] += now
    there = 0.0
    for name in reversed(SAMPLED):
        estimate = estimate_mean(series[name])
        samples = estimate.effective_samples / spent[name]
        there = there or samples
        yield {
            "engine": name,
            "samples / CPU s": samples,
            "ratio": samples / there,
            "τ, cycles": estimate.autocorrelation_time * EVERY,
            "cycles / CPU s": passed[name] / spent[name],
            "samples": estimate.effective_samples,
            "long enough": estimate.reliable,
            "mean V/N": f"{estimate.mean / 500:.5f} ± {estimate.standard_error / 500:.5f}",
            "mean φ": f"{np.pi / 6 * 500 / estimate.mean:.5f}",
        }


def collisions(repeats: int) -> Iterator[Row]:
    """Million collisions a CPU second in Newtonian event chains, of 100 collisions in both."""
    from hoomd_side import newtonian

    systems = {
        "fluid, φ = 0.49": fluid(4000, 0.49),
        "fcc, φ = 0.55": fcc(10, 0.55),
        "fcc, φ = 0.60": fcc(10, 0.60),
        "6:19, γ = 0.695, φ = 0.55": fluid(4000, 0.55, mixed=True),
    }
    for system, start in systems.items():
        ours = prepared(start, Moves("fixed", motion="newtonian"), trials=4e6)
        theirs, there = newtonian(ours.configuration, TRIALS // 4)
        row = {"system": system, "N": len(start), **compared(moving(ours), there, repeats)}
        mc = theirs.operations.integrator
        yield row | {"a chain there": mc.particles_per_chain, "overlaps there": mc.overlaps}


def compression(repeats: int) -> Iterator[Row]:
    """CPU seconds from φ = 0.30: squeezed or relaxed, or a ramp, here; QuickCompress there."""
    from hoomd_side import compressed

    start = fluid(2000, 0.30, mixed=True)
    for target in (0.50, 0.54, 0.58, 0.60, 0.62):
        here, found = _dense(start, target)
        seconds = 1.0 / speeds_in_turns([here, partial(compressed, start, target)], min(repeats, 3))
        ours, quick = np.median(seconds, axis=0)
        schedule = Schedule("geometric from 10", "geometric", 10.0, 64_000)
        ramp = time_to(start, schedule, (target,), stop=True)[f"s to {target}"]
        way = "squeezed" if target <= DENSEST_SQUEEZED else "relaxed"
        yield {"to φ": target, "way here": way, "here, s": ours, "HOOMD-blue, s": quick,
               "ratio": quick / ours, "φ here, least": f"{min(found):.4f}",
               "ramp here, s": ramp}  # fmt: skip


def _dense(start: Configuration, target: float) -> tuple[Work, list[float]]:
    """Return what brings spheres to a packing fraction, and a list of those reached."""
    found: list[float] = []

    def work() -> float:
        if target <= DENSEST_SQUEEZED:
            dense = squeeze(start, target, len(found))
        else:
            dense = relax(at_packing(start, target), len(found))
        found.append(dense.packing_fraction)
        return 1.0

    return work, found


TABLES = {
    "trials": Table("million trial moves a CPU second", trial_moves),
    "cycles": Table("cycles a CPU second with a box move each", cycles),
    "collisions": Table("million collisions a CPU second, Newtonian chains", collisions),
    "compression": Table("6:19, N = 2000, from φ = 0.30", compression),
    "volumes": Table("effective samples of V a CPU second", volumes),
}


def main() -> None:
    """Print the tables, or that there is nothing to compare with."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", type=Path, metavar="FILE")
    chosen = parser.parse_args()
    if importlib.util.find_spec("hoomd") is None:
        print("HOOMD-blue is not installed (conda-forge: hoomd); nothing to compare with")
        sys.exit(0)
    run({name: TABLES[name] for name in chosen.only}, chosen.repeats, chosen.json)


if __name__ == "__main__":
    main()
