"""Time and size of ``hsmc report`` on a study of 1200 floppy-box runs of 6 + 19 spheres.

The runs are made up (A6B19, every sphere displaced at random), which a report does not mind.
Usage: python benchmarks/report.py [--runs 100] [--detail 2]
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.fit import at_packing
from hsmc.floppy_table import VERDICTS
from hsmc.results import Frame, Result, write_result
from hsmc.sweep.folder import Folder
from hsmc.sweep.study import read_study
from hsmc.sweep.tasks import Task, plan

STUDY = """
command = "floppy"
runs = {runs}
axes = {{ ratio = {{ first = 0.61, last = 0.72, step = 0.01 }} }}
"""


def made_up(task: Task, random: np.random.Generator) -> Result:
    """Return what a task might have found."""
    fraction = random.normal(0.665, 0.006)
    state = at_packing(crystal("a6b19").configuration(task.values["ratio"]), fraction)
    moved = state.positions + 0.1 * random.standard_normal((len(state), 3))
    state = Configuration(state.box, moved, state.diameters, state.types)
    run = task.options["first_run"]
    series = {
        "cycle": np.array([run]),
        "packing_fraction": np.array([state.packing_fraction]),
        "verdict": np.array([float(VERDICTS.index("strict"))]),
    }
    summary = {"packing_fraction": state.packing_fraction, "best_verdict": "strict"}
    options = {"protocol": "default", **task.options}
    return Result("floppy", "finished", options, (Frame(run, state),), series, summary, {})


def write_study(folder: Path, runs: int) -> Path:
    """Write a study and all its results; return its file."""
    path = folder / "study.toml"
    path.write_text(STUDY.format(runs=runs), encoding="utf-8")
    study, random = read_study(path), np.random.default_rng(1)
    results = Folder(study.results)
    results.prepare()
    for task in plan(study):
        target = results.result(task.id)
        target.parent.mkdir(exist_ok=True)
        write_result(target, made_up(task, random))
    return path


def main() -> None:
    """Print wall time, CPU time and size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="at each of 12 ratios")
    parser.add_argument("--detail", type=int, default=2)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        study, page = write_study(Path(folder), chosen.runs), Path(folder) / "page.html"
        words = ["report", str(study), "--out", str(page), "--detail", str(chosen.detail), "-q"]
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "hsmc", *words], check=True, capture_output=True)
        wall = time.perf_counter() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        size = page.stat().st_size / 1e6
    cpu = used.ru_utime + used.ru_stime
    print(f"{12 * chosen.runs} runs: {wall:.1f} s ({cpu:.1f} s of CPU), {size:.2f} MB")


if __name__ == "__main__":
    main()
