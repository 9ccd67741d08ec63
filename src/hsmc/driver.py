"""Runs phases of a simulation, keeps what they give, and never loses it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hsmc.first_run import compiling_told
from hsmc.monitor import Monitor, Progress, Silent
from hsmc.neighbors import check_overlap_free, smallest_gap
from hsmc.options import RunOptions
from hsmc.provenance import provenance, written
from hsmc.recording import FRAME_NUMBERS, SERIES_LENGTH, Recorder
from hsmc.results import Frame, Result, write_result
from hsmc.resuming import read_unfinished
from hsmc.schedule import PressureRamp
from hsmc.simulation import Moves, Simulation
from hsmc.start import build_start
from hsmc.storage import check_folder, sole_writer
from hsmc.threads import on_threads

LEAST_BLOCKS = 200
"""Blocks of a run, at least: a short one, too, has a smooth time series."""

CHECKPOINT_SECONDS = 20.0
"""Time between checkpoints, at least; more where writing takes long."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a run.

    Attributes:
        name: What it is for, in one word.
        cycles: Its length.
        tuning: Whether step sizes follow the acceptances.
        ramp: Pressure over its course.
        every: Cycles averaged into one value of the time series, a divisor of ``cycles``; 0
            stores momentary values, a thousand of them at most.
    """

    name: str
    cycles: int
    tuning: bool
    ramp: PressureRamp
    every: int = 0


@dataclass(slots=True)
class _Run:
    """A run under way."""

    kind: str
    parameters: dict[str, Any]
    phases: list[Phase]
    simulation: Simulation
    recorder: Recorder
    frames: int
    out: Path | None
    start: dict[str, Any]
    cpu_before: float = 0.0
    started: float = field(default_factory=time.process_time)
    compiling: float = 0.0
    provenance: dict[str, Any] = field(default_factory=provenance)

    @property
    def cycles(self) -> int:
        return sum(phase.cycles for phase in self.phases)

    @property
    def longest_block(self) -> int:
        blocks = max(LEAST_BLOCKS, self.frames + 1)
        return max(1, min(self.simulation.block_cycles, self.cycles // blocks))

    @property
    def cpu_seconds(self) -> float:
        """CPU time of the run itself: what compiling took is the same once for any run."""
        return self.cpu_before + time.process_time() - self.started - self.compiling


def run_phases(
    kind: str,
    options: RunOptions,
    phases: list[Phase],
    frames: int,
    summarise: Callable[[Result], dict[str, Any]],
    out: Path | None = None,
    monitor: Monitor[Progress] | None = None,
) -> Result:
    """Run phases from the start that the options describe, or resume them from a file.

    Args:
        kind: The command, for the file.
        options: Options of the run.
        phases: What to do, in order.
        frames: Configurations to store on the way.
        summarise: Figures of the finished run, added to its summary.
        out: Result file; None keeps the result in memory only.
        monitor: Who watches.

    Returns:
        The result, "finished", or "unfinished" if the monitor stopped it.

    Raises:
        InputError: There are not as many cores as threads are asked for.
        OutputError: The file holds a finished run or one of other options, or is in use.
        OverlapError: Spheres overlap in the start or, by a bug, at the end.
        StorageError: A file cannot be written.
    """
    monitor = monitor or Silent()
    with on_threads(options.threads):
        if out is None:
            run = _new_run(kind, options, phases, frames, None, monitor)
            return _work(run, summarise, monitor)
        check_folder(out)
        with sole_writer(out):
            run = _new_or_resumed(kind, options, phases, frames, out, monitor)
            return _work(run, summarise, monitor)


def _parameters(options: RunOptions) -> dict[str, Any]:
    found = options.model_dump(mode="json")
    return {**found, "pressure": None} if options.box == "fixed" else found


def _moves(options: RunOptions) -> Moves:
    heat_bath = options.box_moves == "heat-bath"
    return Moves(options.box, options.axes, options.moves, heat_bath=heat_bath)


def _new_run(
    kind: str,
    options: RunOptions,
    phases: list[Phase],
    frames: int,
    out: Path | None,
    monitor: Monitor[Progress],
) -> _Run:
    start = build_start(options)
    simulation = Simulation(start.configuration, _moves(options), options.seed)
    for words in start.notes:
        monitor.note(words)
    recorder = Recorder(simulation.counts, simulation.flights)
    recorder.store_frame(simulation)
    recorder.store_row(simulation, float(phases[0].ramp.pressures(0, 1)[0]))
    parameters, facts = _parameters(options), start.facts
    return _Run(kind, parameters, phases, simulation, recorder, frames, out, facts)


def _new_or_resumed(
    kind: str,
    options: RunOptions,
    phases: list[Phase],
    frames: int,
    out: Path,
    monitor: Monitor[Progress],
) -> _Run:
    parameters = _parameters(options)
    wanted = dict(parameters)
    del wanted["threads"]  # no number depends on it
    if "seed" not in options.model_fields_set:
        del wanted["seed"]  # that of the file counts
    stored = read_unfinished(out, kind, wanted)
    if stored is None:
        return _new_run(kind, options, phases, frames, out, monitor)
    parameters["seed"] = stored.parameters.get("seed")
    simulation = Simulation.restored(_moves(options), stored.checkpoint)
    recorder, facts = Recorder.resumed(stored), stored.summary["start"]
    monitor.note(f"resuming {out} at cycle {simulation.cycle}")
    run = _Run(kind, parameters, phases, simulation, recorder, frames, out, facts)
    run.cpu_before = stored.summary["cpu_seconds"]
    return run


def _blocks(phases: list[Phase], done: int, longest: int) -> Iterator[tuple[Phase, int, int]]:
    """Yield phase, first cycle within it, and length of each block still to do.

    Blocks end at fixed cycles, whatever has been done: a resumed run repeats the same ones.
    """
    for phase in phases:
        lengths = (longest, phase.every) if phase.every else (longest,)
        first = min(done, phase.cycles)
        done -= first
        while first < phase.cycles:
            end = min(phase.cycles, *((first // length + 1) * length for length in lengths))
            yield phase, first, end - first
            first = end


def _work(
    run: _Run, summarise: Callable[[Result], dict[str, Any]], monitor: Monitor[Progress]
) -> Result:
    simulation, last_write = run.simulation, time.monotonic()
    patience = CHECKPOINT_SECONDS
    for phase, first, length in _blocks(run.phases, simulation.cycle, run.longest_block):
        pressures = phase.ramp.pressures(first, length)
        with compiling_told(monitor.note) as compiling:
            volumes = simulation.advance(pressures, tuning=phase.tuning)
        run.compiling += compiling.seconds
        _record(run, phase, first + length, float(pressures[-1]), volumes)
        monitor.update(_progress(run, phase, float(pressures[-1])))
        if simulation.cycle == run.cycles:
            break
        if monitor.stop():
            return _save(run, "unfinished", {})
        if run.out is not None and time.monotonic() - last_write > patience:
            began = time.monotonic()
            _save(run, "unfinished", {})
            last_write = time.monotonic()
            patience = max(CHECKPOINT_SECONDS, 50.0 * (last_write - began))
    return _finish(run, summarise)


def _record(run: _Run, phase: Phase, done: int, pressure: float, volumes: np.ndarray) -> None:
    """Store a row and a frame where they are due."""
    simulation, recorder = run.simulation, run.recorder
    if phase.every:
        recorder.add(simulation.sphere_volume / volumes)
    stride = phase.every or max(1, phase.cycles // SERIES_LENGTH)
    if done // stride > (done - len(volumes)) // stride or done == phase.cycles:
        recorder.store_row(simulation, pressure)
    spheres = len(run.recorder.frames[0].configuration)
    frames = min(run.frames, FRAME_NUMBERS // (3 * spheres))
    cycle, before = simulation.cycle, simulation.cycle - len(volumes)
    if frames and cycle * (frames + 1) // run.cycles > before * (frames + 1) // run.cycles:
        recorder.store_frame(simulation)


def _progress(run: _Run, phase: Phase, pressure: float) -> Progress:
    counts = run.simulation.counts
    large, small, box = counts[:, 1] / np.maximum(counts[:, 0], 1)
    paths = run.recorder.rows.get("mean_free_path")
    return Progress(
        phase.name,
        run.simulation.cycle,
        run.cycles,
        run.simulation.packing_fraction,
        None if run.simulation.moves.box == "fixed" else pressure,
        (float(large), float(small), float(box)),
        None if paths is None else float(paths[-1]),
        len(run.recorder.frames[0].configuration),
    )


def _result(run: _Run, status: str, summary: dict[str, Any]) -> Result:
    """Return what the run has so far; the last frame is the state of the moment."""
    checkpoint, frames = {}, tuple(run.recorder.frames)
    if status != "finished":
        checkpoint = {**run.simulation.state(), **run.recorder.state()}
    if frames[-1].cycle != run.simulation.cycle:
        frames += (Frame(run.simulation.cycle, run.simulation.configuration),)
    own = {"cycles": run.simulation.cycle, "cpu_seconds": run.cpu_seconds, "start": run.start}
    return Result(
        run.kind,
        status,
        run.parameters,
        frames,
        run.recorder.series,
        {**own, **summary},
        {**run.provenance, **written()},
        checkpoint,
    )


def _save(run: _Run, status: str, summary: dict[str, Any]) -> Result:
    result = _result(run, status, summary)
    if run.out is not None:
        write_result(run.out, result)
    return result


def _finish(run: _Run, summarise: Callable[[Result], dict[str, Any]]) -> Result:
    final = run.simulation.configuration
    check_overlap_free(final, "this is a bug of hsmc: please report it with the command")
    closest = smallest_gap(final)
    summary = {
        "packing_fraction": final.packing_fraction,
        "smallest_gap": closest.gap,
        "smallest_gap_pair": [closest.i, closest.j],
    }
    summary.update(summarise(_result(run, "finished", summary)))
    return _save(run, "finished", summary)
