"""``hsmc sweep`` as a user has it, but for what takes a cluster (tests/sweep/test_faults.py)."""

import json
import subprocess
from pathlib import Path

import pytest

from hsmc.sweep.folder import Folder
from hsmc.sweep.worker import run_task
from tests.sweep.support import STUDY, sweep, tasks_of, write_study

FAILING = """
command = "compress"
options = { composition = [3, 9], cycles = 50, frames = 0 }
axes = { start = ["fluid", "fcc"], seed = [1, 2, 3] }
"""
"""A composition is of a fluid: the other three tasks fail."""


@pytest.fixture
def some_done(hsmc):
    """A study with two results and one failure."""
    del hsmc
    tasks = tasks_of(write_study())
    folder = Folder(Path("results/study"))
    folder.prepare()
    for task in tasks[:2]:
        run_task(task, str(folder.root), "test")
    folder.quarantine(tasks[2], "why")
    return tasks


def test_dry_run(hsmc):
    """Tasks, ids and time; nothing is made."""
    write_study()
    outcome = hsmc("sweep", "study.toml", "--dry-run")
    lines = outcome.out.splitlines()
    first = tasks_of(Path("study.toml"))[0]
    assert lines[0] == f"{first.id}  ratio 0.61, box isotropic, seed 5, run 0"
    assert len(lines) == 25
    assert lines[24] == "24 tasks, about 0:01 of CPU, within a factor of 2"
    assert not Path("results").exists()
    assert len(hsmc("sweep", "study.toml", "--dry-run", "--shard", "2/5").out.splitlines()) == 6


def test_status(hsmc, some_done):
    outcome = hsmc("sweep", "study.toml", "--status")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0] == (
        "tasks 24  done 2  running 0  interrupted 0  failed 1  waiting 21  damaged 0"
    )
    assert lines[1].startswith("best φ = 0.")
    assert lines[2].startswith("left: about 0:")
    assert lines[2].endswith(" of CPU, by 2 finished runs")
    assert lines[3].startswith(f"failed: {some_done[2].describe()} (")
    facts = json.loads(hsmc("sweep", "study.toml", "--status", "--json").out)
    assert (facts["done"], facts["failed"], facts["waiting"]) == (2, 1, 21)
    assert 0.2 < facts["packing_fraction"] < 0.7


def test_status_of_a_study_that_was_not_begun(hsmc):
    write_study()
    outcome = hsmc("sweep", "study.toml", "--status")
    assert outcome.out.startswith("tasks 24  done 0  running 0  interrupted 0  failed 0  wait")


@pytest.mark.usefixtures("some_done")
def test_collect(hsmc):
    outcome = hsmc("sweep", "study.toml", "--collect", "a.csv")
    assert outcome.out.startswith("2 rows, digest ")
    assert outcome.err == "22 of 24 tasks have no result\n"
    assert len(Path("a.csv").read_text(encoding="utf-8").splitlines()) == 3
    again = hsmc("sweep", "study.toml", "--collect", "a.csv")
    assert again.out == outcome.out


@pytest.mark.parametrize(
    ("table", "said", "code"),
    [
        ("/proc/a.csv", "/proc/a.csv cannot be written (", 74),
        ("no/a.csv", "no of the output does not exist; create it or choose another one", 2),
        ("d.csv", "d.csv is a folder; the name of a file is needed", 2),
    ],
)
def test_places_that_take_no_table(refused, table, said, code):
    """A sweep has no --out to choose. Fails if it is told to (tried)."""
    write_study()
    Path("d.csv").mkdir()
    message = refused("sweep", "study.toml", "--collect", table, code=code)
    assert said in message
    assert "--out" not in message


def test_slurm_script(hsmc):
    """The shell understands it; each job takes its share, on the cores it was given."""
    write_study()
    script = hsmc("sweep", "study.toml", "--emit", "slurm").out
    assert script.startswith("#!/bin/bash\n#SBATCH --job-name=hsmc-study\n#SBATCH --array=1-1\n")
    fake = 'exec() { printf "%s\\n" "$@"; }\n'
    environment = {
        "SLURM_ARRAY_TASK_ID": "2",
        "SLURM_ARRAY_TASK_COUNT": "8",
        "SLURM_CPUS_PER_TASK": "4",
    }
    done = subprocess.run(
        ["bash", "-c", fake + script], env=environment, capture_output=True, text=True, check=True
    )
    words = done.stdout.splitlines()
    assert words[:3] == ["hsmc", "sweep", str(Path("study.toml").absolute())]
    assert words[3:5] == ["--results", str(Path("results/study").absolute())]
    assert words[5:] == ["--shard", "2/8", "--workers", "4"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--dry-run", "--status"), "give one of --dry-run, --status, --collect and --emit"),
        (("--emit", "pbs"), "emit is pbs, needs to be slurm"),
        (("--shard", "3/2"), "shard is 3/2, needs to be i/n"),
        (("--collect", "a.txt"), "needs one of .csv, .parquet, .h5"),
        (("--scheduler", "a:1", "--scheduler-file", "b"), "give one of --scheduler and"),
        (("--max-hours", "0"), "max-hours is 0, needs to be a number > 0"),
    ],
)
def test_wrong_use(hsmc, refused, words, message):
    """One line, and nothing is made."""
    del hsmc
    write_study()
    assert message in refused("sweep", "study.toml", *words)


def test_missing_study(refused):
    """Fails if it is called a config (tried)."""
    assert refused("sweep", "no.toml") == "study no.toml does not exist; give a TOML file"


def test_unusable_study(refused):
    write_study(STUDY.replace("cycles", "cylces"))
    assert "unknown option cylces; did you mean cycles" in refused("sweep", "study.toml")


def test_some_tasks_fail(in_tmp):
    """The others are done, exit 3; failed ones are left alone until asked for."""
    del in_tmp
    study = write_study(FAILING)
    for words, attempts in (((), 3), ((), 0), (("--retry-failed",), 3)):
        code, out, err = sweep(study, "--workers", 1, *words)
        assert code == 3
        assert out.startswith("3 of 6 tasks done, 3 failed, best φ = 0.")
        assert err.count("failed: start fcc") == attempts
        assert "composition is of a fluid, but start is fcc" in err or not attempts
        assert "--retry-failed runs it again" in err
