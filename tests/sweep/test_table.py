"""Tables: one row a run, true to the files, in three formats."""

import csv
import os
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from hsmc.errors import InputError, OutputError
from hsmc.results import read_result
from hsmc.seal import state_digest
from hsmc.sweep.estimate import cpu_seconds
from hsmc.sweep.folder import Folder
from hsmc.sweep.table import collect, write_table
from hsmc.sweep.worker import run_task
from tests.sweep.support import tasks_of, write_study

TEXT = """
command = "floppy"
seed = 2
runs = 2
options = { cycles = 100, large = 2, small = 4 }
axes = { ratio = [0.6, 0.7] }
"""

ROOT = Path("results")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A folder with a study of four tasks, all done."""
    folder, before = tmp_path_factory.mktemp("table"), Path.cwd()
    os.chdir(folder)
    try:
        tasks = tasks_of(write_study(TEXT))
        Folder(ROOT).prepare()
        for task in tasks:
            assert run_task(task, str(ROOT.absolute()), "test").state == "done"
    finally:
        os.chdir(before)
    return folder, tasks


@pytest.fixture
def tasks(study, monkeypatch):
    """The tasks; the current folder is the study's."""
    monkeypatch.chdir(study[0])
    return study[1]


def test_rows_are_true_to_the_files(tasks):
    """Every figure is that of ``read_result``, which reads another way."""
    table = collect(tasks, ROOT)
    assert (len(table), table.tasks, table.damaged) == (4, 4, ())
    columns = table.columns
    assert columns["task"] == [task.id for task in tasks]
    assert columns["run"] == [0, 1, 0, 1]
    assert columns["seed"] == [2, 2, 2, 2]
    assert columns["ratio"] == [0.6, 0.6, 0.7, 0.7]
    assert columns["large"] == [2, 2, 2, 2]
    for row, name in enumerate(columns["file"]):
        result = read_result(ROOT / name)
        assert columns["packing_fraction"][row] == result.final.packing_fraction
        assert columns["certificate"][row] == result.summary["best_verdict"]
        assert columns["smallest_gap"][row] == result.summary["smallest_gap"]
        assert columns["cpu_seconds"][row] == result.summary["cpu_seconds"]
        assert columns["final_state"][row] == state_digest(result.final)
        assert result.parameters["first_run"] == columns["run"][row]


def test_digest_is_of_what_may_not_differ(tasks):
    """CPU times and places may; a last bit of φ may not."""
    table = collect(tasks, ROOT)
    digest = table.digest
    table.columns["cpu_seconds"][0] += 1.0
    table.columns["file"][0] = "elsewhere"
    assert table.digest == digest
    phi = table.columns["packing_fraction"]
    phi[3] = float(np.nextafter(phi[3], 1.0))
    assert table.digest != digest


def test_missing_and_foreign_results(tasks, tmp_path):
    """A result under the name of another task is no result of it.

    Fails if parameters are not compared (tried).
    """
    folder = Folder(tmp_path)
    folder.prepare()
    for source, name in ((0, 0), (1, 2)):
        target = folder.result(tasks[name].id)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(Folder(ROOT).result(tasks[source].id).read_bytes())
    table = collect(tasks, tmp_path)
    assert (len(table), table.tasks) == (1, 4)
    assert table.damaged == (f"{tasks[2].id}.h5",)
    assert len(collect(tasks, tmp_path / "none")) == 0


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in rows[0]}


def test_formats_hold_the_same(tasks, tmp_path):
    """CSV, Parquet and HDF5: floats come back bit for bit from each."""
    columns = collect(tasks, ROOT).columns
    for name in ("a.csv", "a.parquet", "a.h5"):
        if name.endswith("parquet"):
            pytest.importorskip("pyarrow")
        write_table(collect(tasks, ROOT), tmp_path / name)
    read = read_csv(tmp_path / "a.csv")
    assert list(read) == list(columns)
    assert [float(value) for value in read["packing_fraction"]] == columns["packing_fraction"]
    with h5py.File(tmp_path / "a.h5") as file:
        assert sorted(file) == sorted(columns)
        assert file["packing_fraction"][()].tolist() == columns["packing_fraction"]
        assert file["certificate"].asstr()[()].tolist() == columns["certificate"]
    from pyarrow import parquet

    assert parquet.read_table(tmp_path / "a.parquet").to_pydict() == columns


def test_unusable_names_and_missing_library(tasks, tmp_path, monkeypatch):
    table = collect(tasks[:1], ROOT)
    with pytest.raises(InputError, match=r"extension '\.txt', needs one of \.csv, \.parquet"):
        write_table(table, tmp_path / "a.txt")
    with pytest.raises(OutputError, match="does not exist"):
        write_table(table, tmp_path / "none" / "a.csv")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"Parquet needs pyarrow: pip install 'hsmc\[parquet\]'"):
        write_table(table, tmp_path / "a.parquet")


def test_time_is_estimated_from_what_is_done(tasks, tmp_path):
    """From the number of moves before the first result; from the results after it.

    1e8 moves of a compression take about 50 s (docs/performance.md: 2.3 to 3.1 million a second).
    """
    text = 'command = "compress"\noptions = { start = "fluid", cycles = 250_000 }'
    seconds, number = cpu_seconds(tasks_of(write_study(text, tmp_path / "s.toml")), tmp_path)
    assert number == 0
    assert 20.0 < seconds < 100.0
    seconds, number = cpu_seconds(tasks, ROOT)
    measured = collect(tasks, ROOT).columns["cpu_seconds"]
    assert number == 4
    assert min(measured) * 4 <= seconds <= max(measured) * 4
