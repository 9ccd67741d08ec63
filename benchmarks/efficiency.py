"""What moves achieve: independent volumes a CPU second, and density after so much CPU time."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from systems import a6b19, fluid, prepared
from timing import Row

from hsmc.analysis.statistics import estimate_mean
from hsmc.configuration import Configuration
from hsmc.options import PROTOCOLS
from hsmc.schedule import PressureRamp
from hsmc.simulation import Moves, Simulation

ISOTROPIC = Moves("isotropic")

SAMPLED = {
    "local, heat bath": ISOTROPIC,
    "local, Metropolis": Moves("isotropic", heat_bath=False),
    "straight chains, heat bath": Moves("isotropic", motion="chain"),
    "Newtonian chains, heat bath": Moves("isotropic", motion="newtonian"),
}

SAMPLED_SECONDS = 30.0
"""CPU seconds of sampling for each kind of moves."""

FINAL = 1e6
"""βPσ_L³ at the end of every compression."""

PAPER_CYCLES = PROTOCOLS["paper"]["cycles"]


def volumes(_repeats: int) -> Iterator[Row]:
    """Effective samples of V a CPU second: N = 500, βPσ³ = 4, integrated autocorrelation time."""
    for name, moves in SAMPLED.items():
        run = prepared(fluid(500, 0.35), moves, 4.0)
        pressures = np.full(run.block_cycles, 4.0)
        for _ in range(10):
            run.advance(pressures, tuning=False)
        series, spent = [], 0.0
        while spent < SAMPLED_SECONDS:
            began = time.process_time()
            series.append(run.advance(pressures, tuning=False))
            spent += time.process_time() - began
        estimate = estimate_mean(np.concatenate(series))
        number = estimate.effective_samples
        yield {
            "moves": name,
            "samples / CPU s": number / spent,
            "τ, cycles": estimate.autocorrelation_time,
            "cycles / CPU s": len(pressures) * len(series) / spent,
            "effective samples": number,
            "long enough": estimate.reliable,
            "mean φ": float(run.sphere_volume / estimate.mean),
            "± φ": float(run.sphere_volume / estimate.mean**2 * estimate.standard_error),
        }


@dataclass(frozen=True, slots=True)
class Schedule:
    """A law of the pressure and the moves under it.

    Attributes:
        name: As a table shows it.
        shape: Law of ``PressureRamp``.
        start: βPσ_L³ of the first cycle.
        cycles: Length.
        moves: What a cycle does.
    """

    name: str
    shape: str
    start: float
    cycles: int
    moves: Moves = ISOTROPIC

    @property
    def ramp(self) -> PressureRamp:
        """The pressure over the run."""
        return PressureRamp(FINAL, self.cycles, self.start, self.shape)  # type: ignore[arg-type]


def time_to(
    start: Configuration, schedule: Schedule, targets: Sequence[float], *, stop: bool = False
) -> Row:
    """Return CPU seconds until each packing fraction is passed, and what comes at the end.

    Args:
        start: Where the run starts.
        schedule: How it is compressed.
        targets: Packing fractions.
        stop: End the run when it has passed the last of them.
    """
    run = Simulation(start, schedule.moves, seed=1)
    ramp, spent = schedule.ramp, 0.0
    passed: dict[float, float] = {}
    # Short blocks: the time of passing is known to a fiftieth of the run.
    longest = max(1, min(run.block_cycles, schedule.cycles // 50))
    while run.cycle < schedule.cycles:
        pressures = ramp.pressures(run.cycle, min(longest, schedule.cycles - run.cycle))
        began = time.process_time()
        run.advance(pressures, tuning=True)
        spent += time.process_time() - began
        for target in targets:
            if run.packing_fraction >= target:
                passed.setdefault(target, spent)
        if stop and targets[-1] in passed:
            break
    row: Row = {"schedule": schedule.name, "cycles": run.cycle}
    row |= {f"s to {target}": passed.get(target) for target in targets}
    return row | {"φ at the end": run.packing_fraction, "s in all": spent}


def _schedules(lengths: Sequence[int]) -> Iterator[Schedule]:
    for cycles in lengths:
        yield Schedule("geometric from 10", "geometric", 10.0, cycles)
        yield Schedule("geometric from 100", "geometric", 100.0, cycles)
        yield Schedule("constant", "none", FINAL, cycles)


def compression(_repeats: int) -> Iterator[Row]:
    """Fluid of 6:19, N = 2000, from φ = 0.30: CPU seconds until φ is passed."""
    start = fluid(2000, 0.30, mixed=True)
    for schedule in _schedules((4000, 16_000, 64_000)):
        yield time_to(start, schedule, (0.58, 0.62, 0.64))
    for motion in ("chain", "newtonian"):
        for cycles in (4000, 16_000):
            moves = Moves("isotropic", motion=motion)  # type: ignore[arg-type]
            name = f"geometric from 10, {motion}"
            schedule = Schedule(name, "geometric", 10.0, cycles, moves)
            yield time_to(start, schedule, (0.58, 0.62, 0.64))
    dense = fluid(2000, 0.55, mixed=True)
    for cycles in (4000, 16_000, 32_000):
        schedule = Schedule("from φ = 0.55, geometric from 100", "geometric", 100.0, cycles)
        yield time_to(dense, schedule, (0.58, 0.62, 0.64))


def seed(_repeats: int) -> Iterator[Row]:
    """A6B19 seed, γ = 0.695, scaled until nothing overlaps: CPU seconds until φ = 0.62."""
    for copies, lengths in (
        (1, (4000, 64_000)),
        (2, (4000, 32_000)),
        (4, (16_000, 64_000)),
        (8, (16_000,)),
    ):
        start = a6b19(copies)
        for schedule in _schedules(lengths):
            yield {"N": len(start), **time_to(start, schedule, (0.62,))}


def paper(_repeats: int) -> Iterator[Row]:
    """The paper's protocol from 1600 spheres of the A6B19 seed, until φ = 0.62."""
    moves = Moves("isotropic", heat_bath=False)
    schedule = Schedule("paper (Metropolis)", "geometric", 10.0, PAPER_CYCLES, moves)
    yield {"N": 1600, **time_to(a6b19(4), schedule, (0.62,), stop=True)}
