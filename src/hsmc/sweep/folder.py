"""The folder of a study's results, which alone says what is done.

In it are::

    results/ab/ab12….h5   finished results, one a task
    running/ab12….h5      checkpoints of unfinished tasks; locks of those that run
    failed/ab12….txt      tasks that failed: what they were, and the traceback
    damaged/ab12….h5      files whose checksum did not fit, kept aside
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hsmc.errors import OutputError, StorageError
from hsmc.seal import Seal, check_seal, read_seal
from hsmc.storage import sole_writer, storage_faults, write_whole
from hsmc.sweep.tasks import Task

PARTS = ("results", "running", "failed", "damaged")


@dataclass(frozen=True, slots=True)
class Survey:
    """What a folder says of a study's tasks, by id.

    Attributes:
        done: Seals of finished results.
        running: Tasks that some process is at, in this study or another of the same folder.
        interrupted: Tasks with a checkpoint that nobody is at.
        failed: Quarantined tasks.
        damaged: Number of files kept aside.
    """

    done: dict[str, Seal]
    running: frozenset[str]
    interrupted: frozenset[str]
    failed: frozenset[str]
    damaged: int


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of a study's results.

    Attributes:
        root: Its absolute path.
    """

    root: Path

    def result(self, task: str) -> Path:
        """Return the file of a finished result."""
        return self.root / "results" / task[:2] / f"{task}.h5"

    def unfinished(self, task: str) -> Path:
        """Return the file of a task under way."""
        return self.root / "running" / f"{task}.h5"

    def claim(self, task: str) -> Path:
        """Return the name whose lock a process holds while it is at a task."""
        return self.root / "running" / task

    def failure(self, task: str) -> Path:
        """Return the file that quarantines a task."""
        return self.root / "failed" / f"{task}.txt"

    def prepare(self) -> None:
        """Make the folders.

        Raises:
            StorageError: They cannot be made.
        """
        with storage_faults(self.root):
            for part in PARTS:
                (self.root / part).mkdir(parents=True, exist_ok=True)

    def verified(self, task: str) -> Seal | None:
        """Return the seal of a finished result, if it is there and whole.

        A damaged file is kept aside.

        Raises:
            StorageError: It cannot be read, or kept aside.
        """
        path = self.result(task)
        if not path.exists():
            return None
        seal = _whole(path)
        if seal is None:
            self.set_aside(path)
        return seal

    def set_aside(self, path: Path) -> None:
        """Keep a file that is of no use, under a new name, in ``damaged``.

        Raises:
            StorageError: It cannot be renamed.
        """
        with storage_faults(path), suppress(FileNotFoundError):
            for number in range(1, 1000):
                kept = self.root / "damaged" / f"{path.stem}.{number}{path.suffix}"
                if not kept.exists():
                    path.rename(kept)
                    return

    def quarantine(self, task: Task, why: str) -> None:
        """Write down a task that failed; it is left alone until it is asked for again.

        Raises:
            StorageError: The file cannot be written.
        """
        call = "\n".join(f"{name} = {value}" for name, value in task.options.items())
        words = f"{task.command} {task.id}: {task.describe()}\n\n{call}\n\n{why.rstrip()}\n"
        write_whole(self.failure(task.id), words.encode())

    def release(self, task: str) -> None:
        """Take a task out of quarantine."""
        with storage_faults(self.failure(task)):
            self.failure(task).unlink(missing_ok=True)

    def survey(self, tasks: Iterable[Task]) -> Survey:
        """Tell the state of tasks from the folder, at any time, without checking results whole."""
        there = {path.stem for path in self.root.glob("results/??/*.h5")}
        waiting = {path.stem for path in self.root.glob("running/*.h5")}
        locks = {path.stem[1:] for path in self.root.glob("running/.*.lock")}
        failed = {path.stem for path in self.root.glob("failed/*.txt")}
        done: dict[str, Seal] = {}
        ids = {task.id for task in tasks}
        for task in ids & there:
            seal = read_seal(self.result(task))
            if seal is not None and seal.status == "finished":
                done[task] = seal
        left = ids - done.keys()
        running = frozenset(task for task in left & locks if self._held(task))
        return Survey(
            done,
            running,
            frozenset(left & waiting) - running,
            frozenset(left & failed) - running,
            sum(1 for _ in self.root.glob("damaged/*")),
        )

    def _held(self, task: str) -> bool:
        """Tell whether a process is at a task; one that was killed has let go of the lock."""
        try:
            with sole_writer(self.claim(task)):
                return False
        except (OutputError, StorageError):
            return True


def is_finished(path: Path) -> bool:
    """Tell whether a file is there, whole, and the result of a finished task.

    Raises:
        StorageError: It cannot be read.
    """
    return _whole(path) is not None


def _whole(path: Path) -> Seal | None:
    with storage_faults(path):
        try:
            seal = check_seal(path.read_bytes())
        except (FileNotFoundError, ValueError):
            return None
    return seal if seal is not None and seal.status == "finished" else None
