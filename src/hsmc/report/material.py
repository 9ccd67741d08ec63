"""What a report is made of: result files, and studies grouped by state point."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hsmc.errors import InputError
from hsmc.report.entry import Entry
from hsmc.report.study_plot import Runs
from hsmc.results import read_result
from hsmc.sweep.folder import Folder
from hsmc.sweep.study import StudyFile, read_study
from hsmc.sweep.table import collect
from hsmc.sweep.tasks import Task, plan, text


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
