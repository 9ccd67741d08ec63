"""A task on its worker: from a checkpoint, from damage, and when it fails."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hsmc.compression import compress
from hsmc.results import read_result, write_result
from hsmc.sweep import worker
from hsmc.sweep.folder import Folder
from hsmc.sweep.worker import run_task
from tests.sweep.support import busy, files, tasks_of, write_study
from tests.test_driver import StopAfter
from tests.test_storage import small_disk

ROOT = Path("results")


@pytest.fixture
def task(in_tmp):
    """A task, and its folder made."""
    del in_tmp
    Folder(ROOT).prepare()
    return tasks_of(write_study())[0]


def run(task, token="test"):
    return run_task(task, str(ROOT), token)


def stored(task):
    return read_result(Folder(ROOT).result(task.id))


def checkpoint(task, **changes):
    """Put a checkpoint where an earlier attempt would have left it."""
    path = Folder(ROOT).unfinished(task.id)
    result = compress(path, StopAfter(5), **{**task.options, **changes})
    assert result.status == "unfinished"
    return path


def test_result_is_that_of_the_command(task):
    """All bits, by its public function; the checkpoint and the locks are gone."""
    outcome = run(task)
    direct = compress(**task.options)
    assert (outcome.state, outcome.task) == ("done", task.id)
    assert outcome.packing_fraction == direct.final.packing_fraction
    assert np.array_equal(stored(task).final.positions, direct.final.positions)
    assert files(ROOT, "running") == []
    assert busy(ROOT) == []


def test_finished_result_is_not_computed_again(task):
    """Fails if the function is called though the result is there (tried)."""
    run(task)
    path = Folder(ROOT).result(task.id)
    before = path.stat().st_mtime_ns
    assert run(task).state == "done"
    assert path.stat().st_mtime_ns == before


def test_task_goes_on_from_its_checkpoint(task):
    """A mark in the checkpoint's history is in the result; the final state has the same bits.

    Fails if the task begins anew (tried).
    """
    path = checkpoint(task)
    left = read_result(path)
    left.series["beta_pressure"][0] = 123.0
    write_result(path, replace(left, series=left.series))
    assert run(task).state == "done"
    assert stored(task).series["beta_pressure"][0] == 123.0
    assert np.array_equal(stored(task).final.positions, compress(**task.options).final.positions)


@pytest.mark.parametrize("damage", ["bit", "truncated", "empty", "other"])
def test_unusable_checkpoints_are_kept_aside(task, damage):
    """Damaged ones, and those of other parameters (of a start file that has moved)."""
    path = checkpoint(task, **({"cycles": 3000} if damage == "other" else {}))
    content = bytearray(path.read_bytes())
    if damage == "bit":
        content[len(content) // 2] ^= 1
    if damage != "other":
        path.write_bytes({"bit": content, "truncated": content[:5000], "empty": b""}[damage])
    assert run(task).state == "done"
    assert files(ROOT, "damaged") == [f"{task.id}.1.h5"]
    assert np.array_equal(stored(task).final.positions, compress(**task.options).final.positions)


def test_killed_between_result_and_rename(task):
    """The finished file is taken as it is. Fails if it is computed anew (tried)."""
    path = Folder(ROOT).unfinished(task.id)
    compress(path, **task.options)
    number = path.stat().st_ino
    assert run(task).state == "done"
    assert Folder(ROOT).result(task.id).stat().st_ino == number


def test_failing_task_is_quarantined(task, monkeypatch):
    """With the traceback, and what it was; a bug in one task stops no other."""

    def broken(*_args, **_options):
        message = "as it happens"
        raise ZeroDivisionError(message)

    monkeypatch.setattr(worker, "compress", broken)
    outcome = run(task)
    assert (outcome.state, outcome.words) == ("failed", "ZeroDivisionError: as it happens")
    words = Folder(ROOT).failure(task.id).read_text()
    assert words.startswith(f"compress {task.id}: ratio 0.61, box isotropic, seed 5, run 0\n")
    assert "cycles = 2000\n" in words
    assert "Traceback (most recent call last)" in words
    assert "in broken" in words


def test_full_disk_is_no_failure_of_the_task(task):
    """Nothing is quarantined, though there is room for that.

    Fails if a StorageError counts as any other error (tried).
    """
    with small_disk(10_000):
        outcome = run(task)
    assert outcome.state == "storage"
    assert outcome.words.startswith("cannot write ")
    assert files(ROOT, "failed") == []
    assert run(task).state == "done"


def test_worker_of_another_version_refuses(task, monkeypatch):
    """Its id would not be that of what it computes."""
    monkeypatch.setattr("hsmc.sweep.tasks.ALGORITHM", {"compress": 99, "floppy": 99})
    outcome = run(task)
    assert outcome.state == "failed"
    assert "another version of hsmc" in outcome.words


def test_stopped_sweep(task, monkeypatch):
    """No new task begins; a running one leaves a checkpoint. Others' tasks go on."""
    monkeypatch.setattr(worker, "_stopped", {"stopped"})
    assert run(task, "stopped").state == "stopped"
    assert files(ROOT, "running") == []
    watch = worker.Watch("stopped")
    assert compress("a.h5", watch, **task.options).status == "unfinished"
    assert run(task, "other").state == "done"


def test_floppy_task(in_tmp):
    """One run of the search, with its certificate."""
    del in_tmp
    Folder(ROOT).prepare()
    text = 'command = "floppy"\nruns = 2\noptions = { cycles = 100 }\naxes = { ratio = [0.7] }'
    task = tasks_of(write_study(text))[1]
    assert run(task).state == "done"
    assert stored(task).summary["best_run"] == 1
    assert stored(task).summary["best_verdict"] == "strict"
