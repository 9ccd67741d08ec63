"""What a Dask worker does with one task."""

import signal
import traceback
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from hsmc.compression import compress
from hsmc.errors import HsmcError, InputError, OutputError, StorageError
from hsmc.floppy_search import floppy
from hsmc.results import Result
from hsmc.seal import read_seal
from hsmc.storage import sole_writer, storage_faults
from hsmc.sweep.compiling import compile_once
from hsmc.sweep.folder import Folder, is_finished
from hsmc.sweep.tasks import Task, identify

State = Literal["done", "failed", "stopped", "storage"]

_stopped: set[str] = set()
"""Sweeps, by token, whose tasks are to stop."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task.

    Attributes:
        task: Its id.
        state: "done"; "failed" and quarantined; "stopped" with a checkpoint; or "storage", if
            files could not be written.
        packing_fraction: Of the final state, once done.
        words: What was wrong, in a line.
    """

    task: str
    state: State
    packing_fraction: float = 0.0
    words: str = ""


class Watch:
    """Stops a run when its sweep is stopped."""

    def __init__(self, token: str) -> None:
        self._token = token

    def note(self, words: str) -> None:
        """Hear nothing."""

    def update(self, progress: object) -> None:
        """Hear nothing."""

    def stop(self) -> str:
        """Return why the run has to stop now, or an empty string."""
        return "sweep stopped" if self._token in _stopped else ""


def dask_setup(_worker: Any) -> None:
    """Leave Ctrl-C, which the terminal sends to all, to the sweep: called as a worker starts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


async def stop_sweep(token: str) -> None:
    """Let the tasks of a sweep that run in this process stop after their block of cycles.

    Asynchronous, as the client can only then ask for it without waiting for every worker.
    """
    _stopped.add(token)


def run_task(task: Task, root: str, token: str) -> Outcome:
    """Compute a task, unless its result is there already.

    Args:
        task: What to compute.
        root: Folder of the study's results.
        token: Name of the sweep that asks for it.
    """
    if token in _stopped:
        return Outcome(task.id, "stopped")
    folder = Folder(Path(root))
    try:
        # Who is at the same task already, in another sweep, is waited for.
        with sole_writer(folder.claim(task.id), wait=True):
            return _attempt(task, folder, token)
    except StorageError as error:
        return Outcome(task.id, "storage", words=str(error))


def _attempt(task: Task, folder: Folder, token: str) -> Outcome:
    final = folder.result(task.id)
    if final.exists():
        return _done(task, final)
    try:
        compile_once(task.command, task.options)
        return _compute(task, folder, token)
    except StorageError:
        raise
    except Exception as error:  # whatever it is, the other tasks go on
        if token in _stopped:
            return Outcome(task.id, "stopped")
        folder.quarantine(task, traceback.format_exc())
        return Outcome(task.id, "failed", words=f"{type(error).__name__}: {error}")


def _compute(task: Task, folder: Folder, token: str) -> Outcome:
    if identify(task.command, task.options) != task.id:
        message = "this worker has another version of hsmc than the sweep; install the same"
        raise HsmcError(message)
    out, final = folder.unfinished(task.id), folder.result(task.id)
    if not is_finished(out):  # or else it was killed just before the next lines
        result = _run(task, folder, out, Watch(token))
        if result.status != "finished":
            return Outcome(task.id, "stopped")
    with storage_faults(final):
        final.parent.mkdir(exist_ok=True)
        out.rename(final)
    return _done(task, final)


def _run(task: Task, folder: Folder, out: Path, watch: Watch) -> Result:
    """Call the command's public function, which goes on from a checkpoint if there is one."""
    call = partial(floppy, workers=1) if task.command == "floppy" else compress
    try:
        return call(out, watch, **task.options)
    except (InputError, OutputError):
        if not out.exists():
            raise
        folder.set_aside(out)  # damaged, or of a start file that has moved
        return call(out, watch, **task.options)


def _done(task: Task, final: Path) -> Outcome:
    seal = read_seal(final)
    assert seal is not None
    return Outcome(task.id, "done", seal.packing_fraction)
