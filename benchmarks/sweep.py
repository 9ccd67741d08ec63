"""What a study costs beside its tasks: planning, resuming, collecting, and what Dask takes.

Usage: python benchmarks/sweep.py [--tasks 100000] [--only files | engine]

Results of the large study are made from one real result, its seed changed and sealed anew.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hsmc.seal import Seal, check_seal
from hsmc.sweep.folder import Folder
from hsmc.sweep.study import read_study
from hsmc.sweep.table import collect
from hsmc.sweep.tasks import plan
from hsmc.sweep.worker import run_task

HSMC = [sys.executable, "-m", "hsmc"]

FIRST_SEED = 100_000
"""All seeds have six figures, so that a file keeps its length."""

LARGE = """
command = "compress"
seed = {seed}
runs = {runs}
options = {{ start = "fluid", composition = [6, 19], cycles = 100, frames = 0 }}
"""

SECONDS = """
command = "compress"
runs = {runs}
options = {{ start = "a6b19", replicate = [1, 1, 1], cycles = {cycles}, frames = 0 }}
"""


def timed(words: str, work: Callable[[], Any]) -> Any:
    """Print the wall and CPU time of some work, and the memory of this process."""
    began, cpu = time.perf_counter(), time.process_time()
    result = work()
    wall, used = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"{words}: {wall:.1f} s ({used:.1f} s of CPU); peak memory {peak:.0f} MB", flush=True)
    return result


def make_results(folder: Folder, tasks: list[Any]) -> None:
    """Give every task a result."""
    folder.prepare()
    run_task(tasks[0], str(folder.root), "benchmark")
    content = folder.result(tasks[0].id).read_bytes()
    seal = check_seal(content)
    assert isinstance(seal, Seal)
    image = content[: content.rfind(b"\nhsmc-seal ")]
    old = b'"seed": %d' % FIRST_SEED
    assert image.count(old) == 1
    for task in tasks[1:]:
        body = image.replace(old, b'"seed": %d' % task.options["seed"])
        path = folder.result(task.id)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(body + seal.line(body))


def files(number: int) -> None:
    """Time what grows with the number of tasks."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "study.toml")
        path.write_text(LARGE.format(seed=FIRST_SEED, runs=number), encoding="utf-8")
        study = read_study(path)
        axes = f"ratio = {{ first = 0.61, last = 0.72, points = {number} }}\n"
        grid = Path(name, "grid.toml")
        grid.write_text(LARGE.format(seed=1, runs=1) + "[axes]\n" + axes, encoding="utf-8")
        timed(f"plan {number} tasks, one run each", lambda: plan(read_study(grid)))
        tasks = timed(f"plan {number} tasks, many runs each", lambda: plan(study))
        folder = Folder(study.results)
        timed("(make their results)", lambda: make_results(folder, tasks))
        command([*HSMC, "sweep", str(path)], f"hsmc sweep of {number} tasks that are done")
        command([*HSMC, "sweep", str(path), "--status"], "hsmc sweep --status")
        table = Path(name, "table.csv")
        command([*HSMC, "sweep", str(path), "--collect", str(table)], "hsmc sweep --collect")
        rows = sum(1 for _ in table.open(encoding="utf-8")) - 1
        print(f"{rows} rows of {number}")
        assert len(collect(tasks[:10], study.results)) == 10


def command(words: list[str], name: str) -> None:
    """Print wall time, CPU time and peak memory of a command."""
    began = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    cpu, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e3
    assert status == 0
    print(f"{name}: {wall:.1f} s ({cpu:.1f} s of CPU); peak memory {peak:.0f} MB", flush=True)


def engine(runs: int, cycles: int) -> None:
    """Time what a task costs beside itself, and how much two workers gain.

    Both from the difference of a long and a short study: what starts and ends is in both.
    """
    rates: dict[int, float] = {}
    for workers in (1, 2):
        few, many = (once(workers, number, cycles) for number in (runs // 4, runs))
        wall, cpu = many[0] - few[0], many[1] - few[1]
        tasks = sum(many[2]) - sum(few[2])
        rates[workers] = (runs - runs // 4) / wall
        print(
            f"{workers} workers, tasks of {statistics.median(many[2]):.2f} s of CPU: "
            f"first result after {many[3]:.1f} s; {cpu / tasks - 1:.1%} of CPU beside the tasks, "
            f"and {few[1] - sum(few[2]):.1f} s once; {rates[workers]:.2f} tasks a second",
            flush=True,
        )
    print(f"from 1 to 2 workers: {rates[2] / rates[1]:.2f} times as fast")


def once(workers: int, runs: int, cycles: int) -> tuple[float, float, list[float], float]:
    """Run a study of its own; see ``run_engine``."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "study.toml")
        path.write_text(SECONDS.format(runs=runs, cycles=cycles), encoding="utf-8")
        return run_engine(path, workers)


def run_engine(path: Path, workers: int) -> tuple[float, float, list[float], float]:
    """Run a study; return wall time, CPU, CPU of each task, and when the first result came."""
    began, start = time.perf_counter(), time.time()
    words = [*HSMC, "sweep", str(path), "--workers", str(workers), "-q"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    assert status == 0
    study = read_study(path)
    table = collect(plan(study), study.results)
    first = min((study.results / name).stat().st_mtime for name in table.columns["file"])
    cpu = usage.ru_utime + usage.ru_stime
    return wall, cpu, table.columns["cpu_seconds"], first - start


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--cycles", type=int, default=100_000)
    parser.add_argument("--only", choices=["files", "engine"])
    chosen = parser.parse_args()
    if chosen.only != "engine":
        files(chosen.tasks)
    if chosen.only != "files":
        engine(chosen.runs, chosen.cycles)


if __name__ == "__main__":
    main()
