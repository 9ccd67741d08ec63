"""The same work with HOOMD-blue (4 or newer) and with this engine, in turns; ratios of speeds.

Usage: python benchmarks/compare_hoomd.py [--only trials ...] [--repeats 7] [--json FILE]

HOOMD-blue comes from conda-forge (``conda install -c conda-forge hoomd``), not from PyPI; without
it this prints one line and ends. Its times are CPU times of one thread, as ours are. A ratio
above 1 means that this engine does more in the same time.
"""

import argparse
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from efficiency import Schedule, time_to
from speed import block
from systems import fcc, fluid, prepared
from timing import Row, Table, cpu_seconds, in_turns, rates, run

from hsmc.analysis.statistics import estimate_mean
from hsmc.configuration import Configuration
from hsmc.simulation import Moves

NEWEST_TRIED = "4.8"
"""Version whose sources the calls below were written from."""


def both(row: Row, amounts: tuple[float, float], works: list[Callable[[], object]], n: int) -> Row:
    """Return a row with both speeds and their ratio, from calls in turns."""
    ours, theirs = (
        rates(amount, times) for amount, times in zip(amounts, in_turns(works, n), strict=True)
    )
    return row | {
        "here": ours["median"],
        "HOOMD-blue": theirs["median"],
        "ratio": ours["median"] / theirs["median"],
    }


def trial_moves(repeats: int) -> Iterator[Row]:
    """Million trial moves a CPU second, steps tuned to the same acceptance of 25 %."""
    from hoomd_side import local

    for spheres in (25, 500, 4000, 32_000, 100_000):
        yield _trials("one component, φ = 0.45", fluid(spheres, 0.45), repeats, local)
    for spheres in (25, 2000, 12_800):
        yield _trials("6:19, φ = 0.50", fluid(spheres, 0.50, mixed=True), repeats, local)


def _trials(system: str, start: Configuration, repeats: int, local: Callable[..., object]) -> Row:
    ours = prepared(start, Moves("fixed", particle_target=0.25))
    theirs = local(start, acceptance=0.25)
    cycles = ours.block_cycles
    amount = cycles * len(start) / 1e6
    works: list[Callable[[], object]] = [lambda: block(ours), lambda: theirs.run(cycles)]
    return both({"system": system, "N": len(start)}, (amount, amount), works, repeats)


def cycles(repeats: int) -> Iterator[Row]:
    """Cycles a CPU second with one box move each (6:19, N = 2000, βPσ_L³ = 30, isotropic)."""
    from hoomd_side import local, with_box_moves

    start = prepared(fluid(2000, 0.50, mixed=True), Moves(), 30.0).configuration
    ours = prepared(start, Moves(), 30.0)
    theirs = with_box_moves(local(start, acceptance=0.3), 30.0)
    amount = float(ours.block_cycles)
    works: list[Callable[[], object]] = [
        lambda: block(ours, 30.0),
        lambda: theirs.run(ours.block_cycles),
    ]
    yield both({"N": 2000}, (amount, amount), works, repeats)


def volumes(repeats: int) -> Iterator[Row]:
    """Effective samples of V a CPU second, N = 500, βPσ³ = 4 (integrated autocorrelation)."""
    from hoomd_side import local, volume_series, with_box_moves

    ours = prepared(fluid(500, 0.35), Moves(), 4.0)
    theirs = with_box_moves(local(ours.configuration, acceptance=0.3), 4.0)
    kept = volume_series(theirs)
    series: list[np.ndarray] = []
    pressures = np.full(20 * ours.block_cycles, 4.0)
    works: list[Callable[[], object]] = [
        lambda: series.append(ours.advance(pressures, tuning=False)),
        lambda: theirs.run(len(pressures)),
    ]
    spent = [sum(times) for times in in_turns(works, repeats)]
    estimates = [estimate_mean(np.concatenate(series)), estimate_mean(np.array(kept))]
    speeds = [e.effective_samples / seconds for e, seconds in zip(estimates, spent, strict=True)]
    yield {
        "here": speeds[0],
        "HOOMD-blue": speeds[1],
        "ratio": speeds[0] / speeds[1],
        "long enough": all(estimate.reliable for estimate in estimates),
        "mean V here": estimates[0].mean,
        "HOOMD-blue, mean V": estimates[1].mean,
        "standard error": float(np.hypot(*(e.standard_error for e in estimates))),
    }


def collisions(repeats: int) -> Iterator[Row]:
    """Million collisions a CPU second in Newtonian event chains of about 20 collisions there.

    HOOMD-blue advises 20 spheres a chain; chains here are of 100 (``kernels.event_chains``).
    """
    from hoomd_side import newtonian

    systems = (("fluid, φ = 0.49", fluid(4000, 0.49)), ("fcc, φ = 0.55", fcc(10, 0.55)),
               ("6:19, φ = 0.55", fluid(2000, 0.55, mixed=True)))  # fmt: skip
    for system, start in systems:
        ours = prepared(start, Moves("fixed", motion="newtonian"), trials=2e6)
        theirs, counted = newtonian(start)
        done = [0.0, 0.0]

        def fly(ours=ours, done=done) -> None:  # noqa: ANN001 - bound here, not given
            before = ours.counts
            block(ours)
            done[0] += float((ours.counts - before)[:2, 0].sum())

        def fly_there(theirs=theirs, counted=counted, done=done) -> None:  # noqa: ANN001
            theirs.run(100)
            done[1] += counted()

        spent = [sum(times) for times in in_turns([fly, fly_there], repeats)]
        here, there = (number / seconds / 1e6 for number, seconds in zip(done, spent, strict=True))
        yield {"system": system, "N": len(start), "here": here, "HOOMD-blue": there,
               "ratio": here / there}  # fmt: skip


def compression(_repeats: int) -> Iterator[Row]:
    """CPU seconds from φ = 0.30 (6:19, N = 2000): a ramp here, QuickCompress there."""
    from hoomd_side import compressed

    start = fluid(2000, 0.30, mixed=True)
    for target, cycles in ((0.58, 1000), (0.62, 4000), (0.64, 16_000)):
        schedule = Schedule("geometric from 10", "geometric", 10.0, cycles)
        here = time_to(start, schedule, (target,), stop=True)[f"s to {target}"]
        there = cpu_seconds(lambda target=target: compressed(start, target))
        ratio = there / here if here else None
        yield {"to φ": target, "here, s": here, "HOOMD-blue, s": there, "ratio": ratio}


TABLES = {
    "trials": Table("million trial moves a CPU second", trial_moves),
    "cycles": Table("cycles a CPU second with a box move each", cycles),
    "volumes": Table("effective samples of V a CPU second", volumes),
    "collisions": Table("million collisions a CPU second, Newtonian chains", collisions),
    "compression": Table("6:19, N = 2000, from φ = 0.30", compression),
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
