"""Runs a study: what is missing is handed to Dask, what comes back is counted."""

import time
import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hsmc.errors import StorageError
from hsmc.sweep.cluster import connected
from hsmc.sweep.folder import Folder
from hsmc.sweep.progress import Silent, StudyMonitor, StudyProgress
from hsmc.sweep.study import StudyFile, read_study
from hsmc.sweep.tasks import Task, plan, share
from hsmc.sweep.worker import Outcome, run_task, stop_sweep

if TYPE_CHECKING:
    from distributed import Client

WINDOW = 1000
"""Tasks that Dask knows at a time."""

POLL_SECONDS = 0.05
"""How often a waiting sweep looks for what is done, and asks whether it has to stop."""

STOP_SECONDS = 1.0
"""How long a stopped sweep waits for the checkpoints of running tasks."""

LOOK_SECONDS = 2.0
"""How often the workers are counted."""

LOST = "the scheduler is gone"


def run_study(
    study: StudyFile | Path | str,
    results: Path | str | None = None,
    *,
    monitor: StudyMonitor | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    shard: str | None = None,
    retry_failed: bool = False,
) -> StudyProgress:
    """Run the tasks of a study that have no result yet.

    Args:
        study: The study, or its TOML file.
        results: Folder of its results; None: ``results/NAME`` beside the file.
        monitor: Who watches the study and may stop it.
        workers: Processes; None takes one a core. Results do not depend on it.
        scheduler: Address or scheduler file of a running Dask cluster to use instead.
        shard: "i/n": only every n-th task, from the i-th.
        retry_failed: Try failed tasks again.

    Returns:
        How far the study got.

    Raises:
        InputError: The study is not usable, or no scheduler answers.
        StorageError: Results cannot be written, a full disk included.
    """
    file = study if isinstance(study, StudyFile) else read_study(Path(study))
    tasks = plan(file)
    return run_tasks(
        tasks if shard is None else share(tasks, shard),
        Path(results or file.results),
        monitor=monitor,
        workers=workers,
        scheduler=scheduler,
        retry_failed=retry_failed,
    )


def run_tasks(
    tasks: Sequence[Task],
    results: Path,
    *,
    monitor: StudyMonitor | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    retry_failed: bool = False,
) -> StudyProgress:
    """Run planned tasks that have no result yet; see ``run_study``."""
    folder = Folder(results.absolute())
    folder.prepare()
    sweep = _Sweep(folder, len(tasks), monitor or Silent())
    missing = sweep.look(tasks, retry_failed=retry_failed)
    if missing:
        with connected(workers, scheduler) as client:
            sweep.run(client, missing)
    return sweep.progress()


@dataclass(slots=True)
class _Sweep:
    """A sweep under way."""

    folder: Folder
    tasks: int
    monitor: StudyMonitor
    done: int = 0
    failed: int = 0
    best: float | None = None
    stopped: str = ""
    workers: int = 0
    flying: dict[str, Task] = field(default_factory=dict)
    computed: int = 0
    began: float = 0.0
    last_look: float = float("-inf")
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def look(self, tasks: Iterable[Task], *, retry_failed: bool) -> list[Task]:
        """Return the tasks to do; results that are there are checked, each whole."""
        missing = []
        for task in tasks:
            seal = self.folder.verified(task.id)
            if seal is not None:
                self.count(seal.packing_fraction)
            elif not self.folder.failure(task.id).exists():
                missing.append(task)
            elif retry_failed:
                self.folder.release(task.id)
                missing.append(task)
            else:
                self.failed += 1
        return missing

    def count(self, packing_fraction: float) -> None:
        """Count a result."""
        self.done += 1
        self.best = max(packing_fraction, self.best or 0.0)

    def halted(self) -> bool:
        """Tell whether the monitor wants an end."""
        self.stopped = self.stopped or self.monitor.stop()
        return bool(self.stopped)

    def progress(self) -> StudyProgress:
        """Return how far the sweep is."""
        left = self.tasks - self.done - self.failed
        seconds = (time.monotonic() - self.began) * left / self.computed if self.computed else None
        running = min(len(self.flying), self.workers)
        return StudyProgress(
            self.tasks, self.done, running, self.failed, self.best, seconds, self.stopped
        )

    def run(self, client: "Client", missing: list[Task]) -> None:
        """Have tasks computed until all are done or the monitor wants an end.

        Raises:
            StorageError: Files cannot be written; the other tasks are stopped.
        """
        from distributed import as_completed

        self.began = time.monotonic()
        waiting, ready = iter(missing), as_completed(loop=client.loop, with_results=True)
        try:
            self._submit(client, ready, islice(waiting, WINDOW))
            while self.flying and not self.halted():
                batch = ready.next_batch(block=False)
                for future, result in batch:
                    self._take(future, result)
                self._submit(client, ready, islice(waiting, len(batch)))
                self._count_workers(client)
                self.monitor.update(self.progress())
                if not batch:
                    time.sleep(POLL_SECONDS)
        finally:
            if self.flying:
                self._stop(client, ready)
        if self.stopped:
            self.monitor.stopped(self.progress())

    def _submit(self, client: "Client", ready: Any, tasks: Iterable[Task]) -> None:
        chosen = list(tasks)
        if not chosen:
            return
        self.flying.update({task.id: task for task in chosen})
        futures = client.map(
            run_task,
            chosen,
            root=str(self.folder.root),
            token=self.token,
            key=[(f"hsmc-{self.token}", task.id) for task in chosen],
            pure=False,
        )
        ready.update(futures)

    def _take(self, future: Any, result: Any) -> None:
        """Count what became of a task."""
        from distributed import KilledWorker

        task = self.flying.pop(future.key[1])
        if isinstance(result, Outcome):
            self._take_outcome(task, result)
        elif isinstance(result, CancelledError):
            self.stopped = LOST
        elif isinstance(result[1], KilledWorker):
            self._fail(task, "its worker process died each time (crashed, or out of memory)")
            self.folder.quarantine(task, f"Every worker process that ran it died.\n{result[1]}")
        else:  # of Dask: the cluster cannot run any task
            raise result[1]

    def _take_outcome(self, task: Task, outcome: Outcome) -> None:
        if outcome.state == "storage":
            raise StorageError(outcome.words)
        if outcome.state == "failed":
            self._fail(task, outcome.words)
        elif outcome.state == "done":
            self.computed += 1
            self.count(outcome.packing_fraction)

    def _fail(self, task: Task, words: str) -> None:
        self.failed += 1
        self.monitor.note(f"failed: {task.describe()}: {words} ({self.folder.failure(task.id)})")

    def _count_workers(self, client: "Client") -> None:
        now = time.monotonic()
        if now - self.last_look > LOOK_SECONDS:
            self.last_look = now
            try:
                self.workers = sum(client.nthreads().values())
            except (OSError, TimeoutError):
                self.stopped = LOST

    def _stop(self, client: "Client", ready: Any) -> None:
        """Let running tasks write checkpoints, and take back the others."""
        if self.stopped == LOST:
            return
        deadline = time.monotonic() + STOP_SECONDS
        with suppress(OSError, TimeoutError):
            client.run(stop_sweep, self.token, wait=False)
            running = {key[1] for keys in client.processing().values() for key in keys}
            client.cancel([future for future in ready.futures if future.key[1] not in running])
            while running & self.flying.keys() and time.monotonic() < deadline:
                for future, result in ready.next_batch(block=False):
                    if isinstance(result, Outcome):
                        self._take(future, result)
                time.sleep(POLL_SECONDS)
