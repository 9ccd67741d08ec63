"""Floppy-box search: many independent runs, on all cores, kept in one file."""

import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hsmc.configuration import LARGE, Configuration
from hsmc.errors import InputError
from hsmc.first_run import compiling_told
from hsmc.floppy_box import Packing, Search, compile_first, search_once
from hsmc.floppy_table import Row, result_of, row_of, stored_rows
from hsmc.mixture import Mixture
from hsmc.monitor import Monitor, Silent
from hsmc.options import FloppyOptions, StartOptions
from hsmc.results import Result, write_result
from hsmc.start import DEFAULT_RATIO, build_start
from hsmc.storage import check_folder, sole_writer
from hsmc.threads import usable_cores

POLL_SECONDS = 0.2
"""How often a waiting search asks whether it has to stop."""


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """How far a search is.

    Attributes:
        done: Runs done.
        runs: Runs to do.
        best: Highest packing fraction so far.
        mean: Mean packing fraction.
        deviation: Standard deviation of the packing fraction.
        found: Number of runs that found the best structure.
        certified: Number of runs certified strictly jammed.
    """

    done: int
    runs: int
    best: float
    mean: float
    deviation: float
    found: int
    certified: int


def floppy(
    out: Path | str | None = None,
    monitor: Monitor[SearchProgress] | None = None,
    workers: int | None = None,
    **options: Any,
) -> Result:
    """Search for dense packings in a floppy box by many independent runs.

    Args:
        out: Result file; rewritten after every run, and resumed if unfinished.
        monitor: Who watches the search and may stop it.
        workers: Processes; None takes one a core. The result does not depend on it.
        **options: Fields of ``FloppyOptions``: ``ratio``, ``runs``, ``large``, ``small`` ...

    Returns:
        The result: frames are the runs' final states, the densest last; ``Frame.cycle`` and
        the series "cycle" are the numbers of the runs.

    Raises:
        InputError: An option is not usable.
        OutputError: The file exists and is not to be resumed.
        StorageError: The file cannot be written.
    """
    chosen = FloppyOptions.build(options)
    watch = monitor or Silent()
    search = _search(chosen, watch)
    count = workers or usable_cores()
    if out is None:
        return _run(chosen, search, [], None, watch, count)
    path = Path(out)
    check_folder(path)
    with sole_writer(path):
        return _run(chosen, search, stored_rows(path, chosen), path, watch, count)


def _search(chosen: FloppyOptions, monitor: Monitor[SearchProgress]) -> Search:
    ratio = DEFAULT_RATIO if chosen.ratio is None else chosen.ratio
    random = chosen.start == "random"
    return Search(
        start=Mixture(ratio, chosen.large, chosen.small) if random else _given(chosen, monitor),
        moves=chosen.moves,
        cycles=chosen.cycles,
        ramp_start=chosen.ramp_start,
        pressure=chosen.pressure,
        published=chosen.protocol == "paper",
        jam=chosen.jam,
        seed=chosen.seed,
    )


def _given(chosen: FloppyOptions, monitor: Monitor[SearchProgress]) -> Configuration:
    """Return one unit cell of a crystal or a file, as dense as its shape allows."""
    wanted = {"ratio": chosen.ratio, "start": chosen.start, "replicate": (1, 1, 1), "fit": "dilate"}
    start = build_start(StartOptions.build(wanted))
    for note in start.notes:
        monitor.note(note)
    large = int(np.count_nonzero(start.configuration.types == LARGE))
    small = len(start.configuration) - large
    if (large, small) != (chosen.large, chosen.small):
        message = (
            f"start {chosen.start} has {large} large and {small} small spheres, "
            f"needs {chosen.large} and {chosen.small}; set large and small to match"
        )
        raise InputError(message)
    return start.configuration


def _run(
    chosen: FloppyOptions,
    search: Search,
    rows: list[Row],
    out: Path | None,
    monitor: Monitor[SearchProgress],
    workers: int,
) -> Result:
    if rows:
        monitor.note(f"resuming {out} with {len(rows)} of {chosen.runs} runs done")
    done = {row.frame.cycle for row in rows}
    last = chosen.first_run + chosen.runs
    left = [run for run in range(chosen.first_run, last) if run not in done]
    if left:
        with compiling_told(monitor.note):
            compile_first(search)
    for packing in _packings(search, left, min(workers, max(len(left), 1)), monitor):
        rows.append(row_of(packing))
        if packing.note:
            monitor.note(f"run {packing.run}: {packing.note}")
        finished = len(rows) == chosen.runs
        result = result_of(chosen, rows, "finished" if finished else "unfinished")
        if out is not None:
            write_result(out, result)
        monitor.update(_progress(result, chosen.runs))
    if not rows:
        message = "stopped before the first run was done; nothing is written"
        raise InputError(message)
    return result_of(chosen, rows, "finished" if len(rows) == chosen.runs else "unfinished")


def _packings(
    search: Search, runs: list[int], workers: int, monitor: Monitor[SearchProgress]
) -> Iterator[Packing]:
    """Yield packings as they are found, until the monitor says stop."""
    if workers == 1:
        for run in runs:
            if monitor.stop():
                return
            yield search_once(search, run)
        return
    with _pool(workers, search) as pool:
        waiting: set[Future[Packing]] = {pool.submit(search_once, search, run) for run in runs}
        while waiting:
            ready, waiting = wait(waiting, POLL_SECONDS, FIRST_COMPLETED)
            for future in sorted(ready, key=lambda each: each.result().run):
                yield future.result()
            if monitor.stop():
                return


@contextmanager
def _pool(workers: int, search: Search) -> Iterator[ProcessPoolExecutor]:
    """A pool for one search, whose processes are ended at once when it is left early."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_prepare, initargs=(search,))
    try:
        yield pool
    finally:
        processes = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()


def _prepare(search: Search) -> None:
    """Leave Ctrl-C to the parent, which ends its workers; load what no run is to be charged for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    compile_first(search)


def _progress(result: Result, runs: int) -> SearchProgress:
    summary = result.summary
    return SearchProgress(
        summary["runs"],
        runs,
        summary["packing_fraction"],
        summary["mean"],
        summary["standard_deviation"],
        summary["best_found"],
        summary["certified"],
    )
