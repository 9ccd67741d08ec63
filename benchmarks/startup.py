"""Start-up times: import, ``hsmc --help``, first progress of a warm run, and compiling.

Usage: python benchmarks/startup.py [--repeats 7]
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

from timing import Row, Table, run

HSMC = [sys.executable, "-m", "hsmc"]
SHORT = [*HSMC, "compress", "--cycles", "1", "--quiet"]


def seconds_of(command: list[str]) -> float:
    """Return the wall time of a command."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
        return time.perf_counter() - began


def seconds_to_progress() -> float:
    """Return the wall time until ``hsmc compress`` prints its first progress line."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with subprocess.Popen(
            [*HSMC, "compress"], cwd=folder, stderr=subprocess.PIPE, text=True
        ) as running:
            for line in running.stderr or ():
                if line.startswith("compress: cycle"):
                    break
            passed = time.perf_counter() - began
            running.terminate()
    return passed


def seconds_of_compiling() -> float:
    """Return the CPU time of the shortest run with an empty cache of kernels."""
    with tempfile.TemporaryDirectory() as folder:
        place = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            SHORT,
            check=True,
            capture_output=True,
            cwd=folder,
            env={**place, "XDG_CACHE_HOME": folder},
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def rows(repeats: int) -> Iterator[Row]:
    """Wall times of what a user waits for, and the CPU time of a first run."""
    seconds_to_progress()  # compiles, if need be
    measures: dict[str, Callable[[], float]] = {
        "import hsmc": lambda: seconds_of([sys.executable, "-c", "import hsmc"]),
        "import hsmc.simulation": lambda: seconds_of(
            [sys.executable, "-c", "import hsmc.simulation"]
        ),
        "hsmc --help": lambda: seconds_of([*HSMC, "--help"]),
        "warm hsmc compress to its first progress line": seconds_to_progress,
        "shortest hsmc compress, warm": lambda: seconds_of(SHORT),
    }
    for name, measure in measures.items():
        times = [measure() for _ in range(repeats)]
        yield {"what": name, "median": statistics.median(times), "best": min(times)}
    first = [seconds_of_compiling() for _ in range(min(repeats, 3))]
    name = "shortest hsmc compress, nothing compiled yet (CPU)"
    yield {"what": name, "median": statistics.median(first), "best": min(first)}


def main() -> None:
    """Print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    run({"startup": Table("start-up, seconds", rows)}, parser.parse_args().repeats, None)


if __name__ == "__main__":
    main()
