"""What a report is made of: result files, and studies grouped by state point."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Floats
from hsmc.configuration import LARGE
from hsmc.errors import InputError
from hsmc.floppy_search import VERDICTS
from hsmc.report.run_plot import is_search
from hsmc.report.study_plot import Runs
from hsmc.results import Frame, Result, read_result
from hsmc.sweep.folder import Folder
from hsmc.sweep.study import StudyFile, read_study
from hsmc.sweep.table import collect
from hsmc.sweep.tasks import Task, plan, text

STRICT = VERDICTS.index("strict")


@dataclass(frozen=True, eq=False)
class Entry:
    """A result file, or the runs of a study at one state point.

    Attributes:
        name: What it is called in the report.
        files: The result files, as many as results.
        results: What they hold; at least one.
    """

    name: str
    files: tuple[Path, ...]
    results: tuple[Result, ...]

    @cached_property
    def place(self) -> int:
        """Index of the result with the densest final state."""
        return int(np.argmax([result.final.packing_fraction for result in self.results]))

    @property
    def best(self) -> Result:
        """The result with the densest final state."""
        return self.results[self.place]

    @property
    def best_file(self) -> Path:
        """Its file."""
        return self.files[self.place]

    @property
    def kind(self) -> str:
        """The command that made the results."""
        return self.results[0].kind

    @property
    def is_search(self) -> bool:
        """Whether frames are ends of many runs, not states of one."""
        return is_search(self.results[0])

    @property
    def packing_fractions(self) -> Floats:
        """Of the final state of every run; shape (runs,)."""
        if self.is_search:
            return np.concatenate([result.series["packing_fraction"] for result in self.results])
        return np.array([result.final.packing_fraction for result in self.results])

    @property
    def strict(self) -> NDArray[np.bool_]:
        """Whether each run is certified strictly jammed; shape (runs,)."""
        if self.is_search:
            verdicts = [result.series["verdict"] for result in self.results]
            return np.asarray(np.concatenate(verdicts) == STRICT)
        return np.array([result.summary.get("verdict") == "strict" for result in self.results])

    @property
    def composition(self) -> tuple[int, int]:
        """Numbers of large and small spheres."""
        final = self.best.final
        large = int(np.sum(final.types == LARGE))
        return large, len(final) - large

    @property
    def ratio(self) -> float:
        """Size ratio γ."""
        return self.best.final.size_ratio

    @property
    def commands(self) -> tuple[str, ...]:
        """The command lines that made the results, each once."""
        made = (str(result.provenance.get("command", "not known")) for result in self.results)
        return tuple(dict.fromkeys(made))

    @property
    def course(self) -> Result:
        """One result with the frames and the course of all: of a search, its runs by rank."""
        if not self.is_search:
            return self.best
        frames = self.frames()
        fractions = [frame.configuration.packing_fraction for frame in frames]
        cycles = np.array([frame.cycle for frame in frames])
        series = {"cycle": cycles, "packing_fraction": np.array(fractions)}
        return replace(self.best, frames=frames, series=series)

    def frames(self) -> tuple[Frame, ...]:
        """Return the ends of all runs of a search, the densest last; else the best run's frames."""
        if not self.is_search:
            return self.best.frames
        every = [frame for result in self.results for frame in result.frames]
        return tuple(sorted(every, key=lambda frame: frame.configuration.packing_fraction))


@dataclass(frozen=True, slots=True, eq=False)
class StudyRuns:
    """A study and its finished runs.

    Attributes:
        file: The study.
        runs: Value on each axis and packing fraction, a run each.
        commands: The command lines that made the results.
    """

    file: StudyFile
    runs: Runs
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What a report shows.

    Attributes:
        entries: Results, in the order given.
        studies: Studies among the sources, with what has been run of them.
        notes: What is not finished or not whole, a line each.
    """

    entries: tuple[Entry, ...]
    studies: tuple[StudyRuns, ...]
    notes: tuple[str, ...]

    def densest(self, count: int) -> list[Entry]:
        """Return the entries with the highest packing fractions."""
        ranked = sorted(self.entries, key=lambda entry: -entry.best.final.packing_fraction)
        return ranked[:count]


def read_material(sources: Sequence[Path]) -> Material:
    """Read result files and studies.

    Args:
        sources: Result files, study files (TOML), or folders of studies' results.

    Raises:
        InputError: There is no source, one is given twice, or one is not readable or empty.
    """
    if not sources:
        message = "there is nothing to report: give result files or studies"
        raise InputError(message)
    entries: list[Entry] = []
    studies: list[StudyRuns] = []
    notes: list[str] = []
    for source in _once(sources):
        if source.suffix == ".toml" or source.is_dir():
            study, folder = _find_study(source)
            found, said = _read_study(study, folder)
            studies.append(_runs_of(study, found))
            entries += [entry for entry, _ in found]
            notes += said
        else:
            entry = Entry(source.name, (source,), (read_result(source),))
            entries.append(entry)
            notes += _unfinished(entry)
    return Material(tuple(_named_apart(entries)), tuple(studies), tuple(notes))


def _once(sources: Sequence[Path]) -> Sequence[Path]:
    seen: set[Path] = set()
    for source in sources:
        if source.resolve() in seen:
            message = f"{source} is given twice; give each file or study once"
            raise InputError(message)
        seen.add(source.resolve())
    return sources


def _find_study(source: Path) -> tuple[StudyFile, Path]:
    """Return a study and the folder of its results, given either."""
    if not source.is_dir():
        study = read_study(source)
        return study, study.results
    path = source.resolve().parent.parent / f"{source.resolve().name}.toml"
    if (source / "results").is_dir() and path.is_file():
        return read_study(path), source
    message = (
        f"{source} is a folder and not results/NAME of a study NAME.toml; "
        "give the study file, or result files"
    )
    raise InputError(message)


Point = tuple[Entry, dict[str, Any]]
"""A state point of a study: its results, and its values by axis."""


def _read_study(study: StudyFile, folder: Path) -> tuple[list[Point], list[str]]:
    """Return the state points that have results, and what is amiss."""
    tasks = plan(study)
    table = collect(tasks, folder)
    if not len(table):
        message = f"study {study.path.name} has no results in {folder}; run hsmc sweep first"
        raise InputError(message)
    files = dict(zip(table.columns["task"], table.columns["file"], strict=True))
    points: dict[str, list[Task]] = {}
    for task in tasks:
        if task.id in files:
            values = ", ".join(f"{name} {text(value)}" for name, value in task.values.items())
            points.setdefault(values, []).append(task)
    found = []
    for values, members in points.items():
        paths = tuple(folder / files[task.id] for task in members)
        name = f"{study.path.stem}: {values}" if values else study.path.stem
        results = tuple(read_result(path) for path in paths)
        found.append((Entry(name, paths, results), members[0].values))
    return found, _shortfall(study, tasks, folder, len(table), len(table.damaged))


def _runs_of(file: StudyFile, points: Sequence[Point]) -> StudyRuns:
    values: dict[str, list[Any]] = {name: [] for name in file.study.axes}
    fractions: list[float] = []
    for entry, point in points:
        fractions += entry.packing_fractions.tolist()
        for name, column in values.items():
            column += [point[name]] * len(entry.packing_fractions)
    commands = dict.fromkeys(command for entry, _ in points for command in entry.commands)
    return StudyRuns(file, Runs(file.study, values, fractions), tuple(commands))


def _shortfall(
    study: StudyFile, tasks: Sequence[Task], folder: Path, done: int, damaged: int
) -> list[str]:
    if done == len(tasks):
        return []
    failed = len(Folder(folder.absolute()).survey(tasks).failed)
    parts = [f"study {study.path.name} is not finished: {done} of {len(tasks)} runs are done"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{damaged} damaged"] if damaged else []
    return [", ".join(parts) + "; this report shows those that are done"]


def _unfinished(entry: Entry) -> list[str]:
    result = entry.best
    if result.status == "finished":
        return []
    done = (
        f"{len(result.frames)} of {result.parameters.get('runs', '?')} runs"
        if entry.is_search
        else f"cycle {result.frames[-1].cycle}"
    )
    return [f"{entry.name} is {result.status}: it holds {done}"]


def _named_apart(entries: Iterable[Entry]) -> list[Entry]:
    """Name files of one name in different folders by their paths."""
    listed = list(entries)
    names = [entry.name for entry in listed]
    return [
        Entry(str(entry.files[0]), entry.files, entry.results)
        if names.count(entry.name) > 1
        else entry
        for entry in listed
    ]
