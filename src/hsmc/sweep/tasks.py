"""Tasks: what a study has to compute, each with an id that says what it is.

The id is a digest of the physics: command, options that differ from their defaults, seed, number
of the run, content of a start file, and the version of the algorithm. It does not depend on host,
path, or the rest of the study: a task means the same in every study.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hsmc.crystal import CRYSTALS, crystal
from hsmc.errors import InputError
from hsmc.start import FLUID
from hsmc.sweep.study import MODELS, Study, StudyFile

ALGORITHM = {"compress": 9, "floppy": 10}
"""Version of what a command computes: raised whenever its numbers move (a test notices).

Raised, too, if a default changes, as ids leave defaults out: an option more makes no results old.
"""

ID_LENGTH = 20
"""Hexadecimal figures of an id: among 10⁶ tasks, two are alike with a chance below 10⁻¹²."""

NO_FILES = (FLUID, "random", *CRYSTALS)
"""Starts that are no files."""


@dataclass(frozen=True, slots=True)
class Task:
    """One call of a command's public function.

    Attributes:
        id: Digest of what it computes.
        command: "compress" or "floppy".
        options: What the function is given.
        values: Its value on each axis of the study.
        run: Number of the run among those of the same values.
    """

    id: str
    command: str
    options: dict[str, Any]
    values: dict[str, Any]
    run: int

    def describe(self) -> str:
        """Return the values, run and seed in words."""
        parts = [f"{name} {text(value)}" for name, value in self.values.items()]
        if "seed" not in self.values:
            parts.append(f"seed {self.options['seed']}")
        return ", ".join([*parts, f"run {self.run}"])


def plan(file: StudyFile) -> list[Task]:
    """Return the tasks of a study, in a fixed order.

    Raises:
        InputError: Options are not usable, or two tasks are the same.
    """
    study, folder = file.study, file.path.parent
    tasks: list[Task] = []
    for values in study.points():
        try:
            tasks.extend(_runs(study, values, folder))
        except InputError as error:
            message = f"study {file.path.name}: {error}"
            raise InputError(message) from None
    _check_different(tasks, file.path.name)
    return tasks


def identify(command: str, options: Mapping[str, Any]) -> str:
    """Return the id of a call of a command's public function.

    Raises:
        InputError: An option is not usable.
    """
    return _digest(_physics(command, options))


def share(tasks: list[Task], shard: str) -> list[Task]:
    """Return the tasks of one shard, every n-th.

    Args:
        tasks: All tasks of a study.
        shard: "i/n", the i-th of n shards; i from 1 to n.

    Raises:
        InputError: The text is no shard.
    """
    which, _, number = shard.partition("/")
    if not (which.isdecimal() and number.isdecimal() and 1 <= int(which) <= int(number)):
        message = f"shard is {shard}, needs to be i/n with i from 1 to n, such as 1/16"
        raise InputError(message)
    return tasks[int(which) - 1 :: int(number)]


def text(value: object) -> str:
    """Return a value of an axis as text."""
    if isinstance(value, list):
        return " ".join(text(each) for each in value)
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _runs(study: Study, values: dict[str, Any], folder: Path) -> Iterator[Task]:
    options = {**study.options, **values}
    if "start" in options:
        options["start"] = _start(options["start"], folder)
    root = options.pop("seed", study.seed)
    if study.command == "floppy":
        options["runs"] = 1
    physics = _physics(study.command, {**options, "seed": root})
    for run in range(study.runs):
        own = {"seed": root + run}
        if study.command == "floppy":
            own = {"seed": root, "first_run": run}
        task = _digest({**physics, "options": {**physics["options"], **own}})
        yield Task(task, study.command, {**options, **own}, values, run)


def _physics(command: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a task's result depends on; the number of a search's run is always there."""
    chosen = MODELS[command].build(options)
    physics = chosen.model_dump(mode="json", exclude_defaults=True)
    physics["seed"] = options["seed"]
    physics.pop("threads", None)  # no number depends on it
    if command == "floppy":
        physics["first_run"] = options.get("first_run", 0)
    start = physics.get("start")
    if start is not None and start.lower() not in NO_FILES:
        physics["start"] = _content(start)
    return {"command": command, "algorithm": ALGORITHM[command], "options": physics}


def _digest(physics: dict[str, Any]) -> str:
    words = json.dumps(physics, sort_keys=True, allow_nan=False)
    return hashlib.sha256(words.encode()).hexdigest()[:ID_LENGTH]


def _start(start: object, folder: Path) -> object:
    """Return a start; a file's path is seen from the study's folder and made absolute."""
    if not isinstance(start, str) or start.lower() in NO_FILES:
        return start
    path = folder / start
    if path.is_file():
        return str(path.resolve())
    if path.suffix:
        message = f"start file {path} does not exist; give it as seen from the study's folder"
        raise InputError(message)
    crystal(start)  # raises, with the nearest name
    raise AssertionError


@cache
def _content(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        message = f"start file {path} cannot be read ({error.strerror})"
        raise InputError(message) from None


def _check_different(tasks: list[Task], name: str) -> None:
    seen: dict[str, Task] = {}
    for task in tasks:
        other = seen.setdefault(task.id, task)
        if other is not task:
            message = (
                f"study {name}: two tasks are the same ({other.describe()}; {task.describe()}); "
                "change values, seeds or runs"
            )
            raise InputError(message)
