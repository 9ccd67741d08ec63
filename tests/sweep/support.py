"""Studies in processes of their own, and what the tests look at from outside."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from hsmc.sweep.study import read_study
from hsmc.sweep.table import NOT_COMPARED, collect
from hsmc.sweep.tasks import plan

STUDY = """
command = "compress"
seed = 5
runs = 3

[options]
start = "a6b19"
replicate = [1, 1, 1]
cycles = 2000
frames = 0

[axes]
ratio = [0.61, 0.63, 0.65, 0.67]
box = ["isotropic", "floppy"]
"""
"""24 tasks of about a tenth of a second."""

TASKS = 24

FAULTS = Path(__file__).parent / "faults"
"""Folder of a ``sitecustomize`` that hurts processes from within, if the environment says so."""

PATIENCE = 60.0
"""Seconds after which a test that waits for something gives up."""


def write_study(text=STUDY, name="study.toml"):
    """Write a study into the current folder and return its path."""
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    return path.absolute()


def tasks_of(study):
    """Return the tasks of a study file."""
    return plan(read_study(study))


def rows(study, results):
    """Return what may not differ between two sweeps of a study, in columns."""
    table = collect(tasks_of(study), Path(results))
    return {name: v for name, v in table.columns.items() if name not in NOT_COMPARED}


def files(results, part="results"):
    """Return the names of a study's files of one kind, hidden ones too."""
    return sorted(path.name for path in (Path(results) / part).rglob("*") if path.is_file())


@contextlib.contextmanager
def started(*words, module="hsmc", cwd=None, **environment):
    """Start a command in a process group of its own, which is killed at the end."""
    with subprocess.Popen(
        [sys.executable, "-m", module, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
        cwd=cwd,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def sweep(*words, **environment):
    """Run a sweep to its end; return exit code, stdout and stderr."""
    with started("sweep", *words, **environment) as process:
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out, err


def wait_until(condition, process=None):
    """Wait for something to be seen; fail if the process ends before."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "nothing was seen"
        time.sleep(0.002)


def workers_of(process):
    """Return the worker processes that a sweep has started and that live."""
    found = []
    for child in psutil.Process(process.pid).children():
        with contextlib.suppress(psutil.Error):
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def busy(results):
    """Return the ids of the tasks that have a lock."""
    return [path.name[1:-5] for path in (Path(results) / "running").glob(".*.lock")]
