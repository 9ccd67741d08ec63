"""Faults of every kind: real processes, signals and disks; nothing lost, nothing doubled.

Each test runs a study of 24 tasks under a fault, then compares parameters, seeds, packing
fractions and the bits of all final states with those of a study that was left in peace.
"""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hsmc.results import read_result
from hsmc.storage import sole_writer
from tests.sweep.support import (
    FAULTS,
    TASKS,
    busy,
    files,
    rows,
    started,
    sweep,
    tasks_of,
    wait_until,
    workers_of,
    write_study,
)

STOP_SECONDS = 2.0
"""From a signal to the end of the process, at most."""


@pytest.fixture(scope="module")
def peace(tmp_path_factory):
    """The folder of a study that one worker computed in peace."""
    folder = tmp_path_factory.mktemp("peace")
    before = Path.cwd()
    os.chdir(folder)
    try:
        code, out, err = sweep(write_study(), "--workers", 1)
    finally:
        os.chdir(before)
    assert (code, out.splitlines()[0][:17]) == (0, "24 of 24 tasks do"), err
    return folder


@pytest.fixture
def study(in_tmp):
    """A study file in an empty folder; its results go into results/study."""
    del in_tmp
    return write_study()


RESULTS = Path("results/study")


def check(study, peace, results=RESULTS):
    """Compare with peace: all 24 results, once each, and no bit changed."""
    ids = sorted(f"{task.id}.h5" for task in tasks_of(study))
    assert files(results) == ids
    assert [name for name in files(results, "running") if not name.endswith(".lock")] == []
    expected = rows(peace / "study.toml", peace / RESULTS)
    assert len(expected["task"]) == TASKS
    assert rows(study, results) == expected


def done(results=RESULTS):
    """Return the number of results."""
    return len(files(results))


def faults(folder, task, number, times=1):
    """Return the environment in which a task's writer sends itself a signal."""
    counts = Path(folder, "faults").absolute()
    counts.mkdir()
    return {
        "PYTHONPATH": os.pathsep.join([str(FAULTS), os.environ.get("PYTHONPATH", "")]),
        "FAULT_TASK": task.id,
        "FAULT_SIGNAL": str(int(number)),
        "FAULT_TIMES": str(times),
        "FAULT_FOLDER": str(counts),
    }


def finish(study):
    """Run the same command again, to the end."""
    code, out, err = sweep(study, "--workers", 1)
    assert code == 0, err
    assert out.startswith("24 of 24 tasks done")


# Workers


@pytest.mark.parametrize(
    ("number", "victims"), [(signal.SIGKILL, 1), (signal.SIGTERM, 1), (signal.SIGKILL, 2)]
)
def test_killed_workers(study, peace, number, victims):
    """Dask hands their tasks to others and starts new processes."""
    with started("sweep", study, "--workers", 2) as process:
        wait_until(lambda: done() >= 4, process)
        pids = [worker.pid for worker in workers_of(process)]
        assert len(pids) == 2
        for pid in pids[:victims]:
            os.kill(pid, number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert out.startswith("24 of 24 tasks done")
    check(study, peace)


def test_worker_killed_while_it_writes_its_result(study, peace):
    """The file has another name until it is whole, and the next one at the task removes it."""
    victim = tasks_of(study)[7]
    code, out, err = sweep(study, "--workers", 1, **faults(".", victim, signal.SIGKILL))
    assert files("faults", ".") == ["0"]
    assert (code, out[:8]) == (0, "24 of 24"), err
    check(study, peace)


def test_task_that_crashes_its_worker_each_time(study, peace):
    """It is quarantined, the others are done; once the cause is gone, it is tried again."""
    victim = tasks_of(study)[3]
    hurt = faults(".", victim, signal.SIGSEGV, times=100)
    code, out, err = sweep(study, "--workers", 2, **hurt)
    assert code == 3
    assert out.startswith("23 of 24 tasks done, 1 failed")
    assert f"failed: {victim.describe()}: its worker process died each time" in err
    assert files(RESULTS, "failed") == [f"{victim.id}.txt"]
    assert done() == TASKS - 1
    code, out, _ = sweep(study)
    assert (code, out[:27]) == (3, "23 of 24 tasks done, 1 fail")
    code, out, err = sweep(study, "--retry-failed", "--workers", 1)
    assert code == 0, err
    assert files(RESULTS, "failed") == []
    check(study, peace)


# The driver


def test_killed_driver(study, peace):
    """Its workers end with it; the same command goes on."""
    with started("sweep", study, "--workers", 2) as process:
        wait_until(lambda: done() >= 4, process)
        workers = workers_of(process)
        process.kill()
        process.wait()
    wait_until(lambda: not any(worker.is_running() for worker in workers))
    assert 4 <= done() < TASKS
    finish(study)
    check(study, peace)


def test_terminated_driver(study, peace):
    """As a batch system does it: 75 within two seconds, and resumable.

    Fails if the driver waits for its workers to end by themselves (tried).
    """
    with started("sweep", study, "--workers", 2) as process:
        wait_until(lambda: done() >= 4, process)
        began = time.monotonic()
        process.terminate()
        assert process.wait(60) == 75
        assert time.monotonic() - began < STOP_SECONDS
        last = process.stderr.read().splitlines()[-1]
    assert last.startswith("hsmc: stopped (SIGTERM) after ")
    assert last.endswith(f"of 24 tasks; the same command resumes {RESULTS.absolute()}")
    assert 4 <= done() < TASKS
    finish(study)
    check(study, peace)


LONG = """
command = "compress"
options = { start = "a6b19", replicate = [1, 1, 1], cycles = 300_000, frames = 0 }
axes = { seed = [3, 4] }
"""


def test_stop_leaves_checkpoints(in_tmp):
    """Ctrl-C, which the terminal sends to the workers too: tasks stop at their next block.

    Fails if the workers are not told to stop, or if they take the signal themselves (tried). That
    tasks go on from there with the same bits is tested in test_worker.py.
    """
    del in_tmp
    study = write_study(LONG)
    with started("sweep", study, "--workers", 2) as process:
        wait_until(lambda: len(busy(RESULTS)) >= 4, process)  # two tasks, two files
        _, out, _ = sweep(study, "--status")
        assert out.startswith("tasks 2  done 0  running 2  interrupted 0  failed 0  waiting 0")
        began = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(60) == 75
        assert time.monotonic() - began < STOP_SECONDS
        assert process.stderr.read().splitlines()[-1].startswith("hsmc: stopped (SIGINT) after 0 ")
    stored = {path.name for path in (RESULTS / "running").glob("*.h5")}
    assert stored == {f"{task.id}.h5" for task in tasks_of(study)}
    cycles = [read_result(RESULTS / "running" / name).summary["cycles"] for name in stored]
    assert all(0 < cycle < 300_000 for cycle in cycles)
    _, out, _ = sweep(study, "--status")
    assert out.startswith("tasks 2  done 0  running 0  interrupted 2  failed 0  waiting 0")


# Disks and files


def test_file_size_limit(study, peace):
    """As a full disk: 74 in one line, nothing quarantined, and resumable."""
    with started("sweep", study, "--workers", 1) as process:
        wait_until(lambda: done() >= 4, process)
        for worker in workers_of(process):
            resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (1000, 1000))
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (74, ""), err
    assert err.splitlines()[-1].startswith("hsmc: cannot write ")
    assert files(RESULTS, "failed") == []
    assert 4 <= done() < TASKS
    finish(study)
    check(study, peace)


ON_A_SMALL_DISK = """
mkdir -p results/study && mount -t tmpfs -o size=200k tmpfs results/study || exit 99
"$0" -m hsmc sweep study.toml --workers 1; echo "first: $?"
find results/study/results -name "*.h5" | wc -l
mount -o remount,size=50m results/study || exit 99
"$0" -m hsmc sweep study.toml --workers 1; echo "second: $?"
cp -r results/study copy
"""


def may_mount():
    """Tell whether the system lets us mount a small disk of our own."""
    if shutil.which("unshare") is None:
        return False
    test = "mount -t tmpfs -o size=1m tmpfs /mnt"
    return not subprocess.run(["unshare", "-rm", "sh", "-c", test], capture_output=True).returncode


@pytest.mark.skipif(not may_mount(), reason="no private mounts on this system")
def test_full_disk(study, peace):
    """A disk of 200 kB that is full after a few results, then made larger."""
    process = subprocess.run(
        ["unshare", "-rm", "sh", "-c", ON_A_SMALL_DISK, sys.executable],
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = process.stdout.splitlines()
    assert lines[0] == "first: 74", process.stderr
    assert 0 < int(lines[1]) < TASKS
    assert lines[2].startswith("24 of 24 tasks done")
    assert lines[-1] == "second: 0"
    assert "hsmc: cannot write " in process.stderr
    assert "No space left on device; earlier files are intact" in process.stderr
    check(study, peace, Path("copy"))


def test_damaged_results(study, peace):
    """Truncated, empty, one bit changed: found by the checksum, kept aside, computed anew.

    Fails if only the last line of results is looked at (tried).
    """
    shutil.copytree(peace / RESULTS, RESULTS)
    first, second, third = (RESULTS / "results" / name[:2] / name for name in files(RESULTS)[:3])
    content = first.read_bytes()
    first.write_bytes(content[: len(content) // 2])
    second.write_bytes(b"")
    flipped = bytearray(third.read_bytes())
    flipped[len(flipped) // 2] ^= 4
    third.write_bytes(flipped)
    code, out, err = sweep(study, "--collect", "part.csv")
    assert (code, out[:8], err.count("left out, damaged")) == (0, "21 rows,", 3)
    finish(study)
    kept = sorted(path.name.replace(".h5", ".1.h5") for path in (first, second, third))
    assert files(RESULTS, "damaged") == kept
    assert (RESULTS / "damaged" / f"{third.stem}.1.h5").read_bytes() == flipped
    check(study, peace)


# Several at once


def test_two_sweeps_at_once(study, peace):
    """Both end well, and there are no more results than tasks."""
    with (
        started("sweep", study, "--workers", 1) as one,
        started("sweep", study, "--workers", 1) as other,
    ):
        for process in (one, other):
            out, err = process.communicate(timeout=90)
            assert process.returncode == 0, err
            assert out.startswith("24 of 24 tasks done")
    check(study, peace)


def test_task_of_another_sweep_is_waited_for(study, peace):
    """Here the other one holds the first task until all the rest is done.

    Fails if a task does not wait for its lock (tried).
    """
    first = tasks_of(study)[0]
    (RESULTS / "running").mkdir(parents=True)
    with (
        sole_writer(RESULTS / "running" / first.id),
        started("sweep", study, "--workers", 2) as process,
    ):
        wait_until(lambda: done() == TASKS - 1, process)
        code, out, _ = sweep(study, "--status")
        assert (code, out[:29]) == (0, "tasks 24  done 23  running 1 ")
        assert process.poll() is None
        process.terminate()
        assert process.wait(60) == 75
    finish(study)
    check(study, peace)


def test_shards(study, peace):
    """1/3 + 2/3 + 3/3 are what one run gives; a shard run twice has nothing to do."""
    for shard in ("1/3", "2/3", "2/3", "3/3"):
        code, out, err = sweep(study, "--workers", 1, "--shard", shard)
        assert (code, out[:18]) == (0, "8 of 8 tasks done,"), err
    check(study, peace)


def test_clock_set_back(study, peace):
    """By a day, in all processes, while the study runs; files from the future are no matter."""
    shutil.copytree(peace / RESULTS, RESULTS)
    names = files(RESULTS)
    for name in names[:20]:
        (RESULTS / "results" / name[:2] / name).unlink()
    future = time.time() + 1e7
    os.utime(RESULTS / "results" / names[20][:2] / names[20], (future, future))
    path = os.pathsep.join([str(FAULTS), os.environ.get("PYTHONPATH", "")])
    code, out, err = sweep(study, "--workers", 1, PYTHONPATH=path, FAULT_CLOCK="2.0")
    assert (code, out[:8]) == (0, "24 of 24"), err
    check(study, peace)


# Clusters


@contextlib.contextmanager
def cluster_of(*workers):
    """Start a scheduler and workers, each a process; give the scheduler and its file."""
    place = Path("scheduler.json").absolute()
    common = ("--scheduler-file", place, "--no-dashboard")
    quiet = {"module": "dask", "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "critical"}
    with contextlib.ExitStack() as stack:
        words = ("scheduler", *common, "--host", "127.0.0.1", "--port", 0)
        scheduler = stack.enter_context(started(*words, **quiet))
        wait_until(place.is_file, scheduler)
        for name in workers:
            Path(name).mkdir()
            words = ("worker", *common, "--nthreads", 1, "--memory-limit", 0)
            stack.enter_context(started(*words, "--local-directory", ".", cwd=name, **quiet))
        yield scheduler, place


def test_cluster_of_other_processes(study, peace):
    """A scheduler and two workers, started apart, in folders of their own."""
    with cluster_of("one", "two") as (_, place):
        code, out, err = sweep(study, "--scheduler-file", place)
        assert (code, out[:8]) == (0, "24 of 24"), err
    check(study, peace)


def test_killed_scheduler(study, peace):
    """Of a cluster that is not ours: 75 in one line, and resumable."""
    with (
        cluster_of("one") as (scheduler, place),
        started("sweep", study, "--scheduler-file", place, "-q") as process,
    ):
        wait_until(lambda: done() >= 4, process)
        scheduler.kill()
        assert process.wait(60) == 75
        last = process.stderr.read()
    assert last.startswith("hsmc: stopped (the scheduler is gone) after ")
    assert last.count("\n") == 1
    finish(study)
    check(study, peace)
