"""The table of a study: one row a run, read from the results themselves."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hsmc.errors import InputError
from hsmc.results import read_summary
from hsmc.storage import check_folder, write_whole
from hsmc.sweep.folder import Folder
from hsmc.sweep.tasks import Task

NOT_COMPARED = ("cpu_seconds", "file")
"""Columns that may differ between two sweeps of the same study; all others may not."""

MEASURED = {
    "packing_fraction": "packing_fraction",
    "certificate": "best_verdict",
    "smallest_gap": "smallest_gap",
    "cpu_seconds": "cpu_seconds",
}
"""Columns from a result's summary, and their names there."""

FORMATS = (".csv", ".parquet", ".h5", ".hdf5")


@dataclass(frozen=True, slots=True)
class Table:
    """Results of a study.

    Attributes:
        columns: Values by name, of one length, in the order of the tasks.
        tasks: Number of tasks of the study; those without a result have no row.
        damaged: Names of files that are of no use.
    """

    columns: dict[str, list[Any]]
    tasks: int
    damaged: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.columns["task"])

    @property
    def digest(self) -> str:
        """Digest of all columns but those that may differ between two sweeps."""
        kept = {name: v for name, v in self.columns.items() if name not in NOT_COMPARED}
        words = json.dumps(kept, sort_keys=True)
        return hashlib.sha256(words.encode()).hexdigest()[:16]


def collect(tasks: Iterable[Task], root: Path) -> Table:
    """Read the results of tasks; each file is checked whole.

    Args:
        tasks: Tasks of a study.
        root: Folder of its results.
    """
    folder, columns, damaged, number = Folder(root.absolute()), _empty(), [], 0
    for task in tasks:
        number += 1
        path = folder.result(task.id)
        if not path.exists():
            continue
        try:
            row = _row(task, path, root)
        except InputError:
            damaged.append(path.name)
            continue
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    return Table(columns, number, tuple(damaged))


def check_table_name(path: Path) -> None:
    """Refuse a table that could not be written, before any work is done.

    Raises:
        InputError: The extension is none of a table, or its library is missing.
        OutputError: The folder is missing.
        StorageError: The folder is not writable.
    """
    if path.suffix not in FORMATS:
        message = f"table {path} has extension {path.suffix!r}, needs one of {', '.join(FORMATS)}"
        raise InputError(message)
    if path.suffix == ".parquet":
        _pyarrow()
    check_folder(path)


def write_table(table: Table, path: Path) -> None:
    """Write a table as CSV, Parquet or HDF5, by its extension; an older one is replaced.

    Raises:
        InputError: The extension is none of a table, or its library is missing.
        StorageError: The file cannot be written.
    """
    check_table_name(path)
    write = {".csv": _csv, ".parquet": _parquet}.get(path.suffix, _hdf5)
    write_whole(path, write(table.columns))


def _empty() -> dict[str, list[Any]]:
    return {"task": []}


def _row(task: Task, path: Path, root: Path) -> dict[str, Any]:
    seal, parameters, summary = read_summary(path)
    _check_own(task, parameters)
    own = {"run": task.run, "seed": task.options["seed"], "command": task.command}
    options = {name: _cell(value) for name, value in task.options.items() if name not in own}
    return {
        "task": task.id,
        **own,
        **{name: value for name, value in options.items() if name not in ("runs", "first_run")},
        **{name: summary.get(key) for name, key in MEASURED.items() if key in summary},
        "final_state": seal.final_state,
        "file": str(path.relative_to(root.absolute())),
    }


def _check_own(task: Task, parameters: dict[str, Any]) -> None:
    """Refuse a result that is another task's: its file was renamed by somebody."""
    for name, value in task.options.items():
        if name != "start" and parameters.get(name) != value:
            message = f"it is of another task: {name} is {parameters.get(name)}, needs {value}"
            raise InputError(message)


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict) else value


def _csv(columns: dict[str, list[Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue().encode()


def _parquet(columns: dict[str, list[Any]]) -> bytes:
    arrow, parquet = _pyarrow()
    sink = arrow.BufferOutputStream()
    parquet.write_table(arrow.table(columns), sink)
    return bytes(sink.getvalue())


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        message = "Parquet needs pyarrow: pip install 'hsmc[parquet]', or choose .csv or .h5"
        raise InputError(message) from None
    return pa, parquet


def _hdf5(columns: dict[str, list[Any]]) -> bytes:
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, values in columns.items():
            texts = any(isinstance(value, str) for value in values)
            array = np.array(values, dtype=h5py.string_dtype() if texts else None)
            file.create_dataset(name, data=array)
    return buffer.getvalue()
