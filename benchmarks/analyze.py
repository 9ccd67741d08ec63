"""Time and memory of ``hsmc analyze``: 25 spheres, and 100 800 with random displacements.

Usage: python benchmarks/analyze.py [--repeats 3]
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.fit import at_packing
from hsmc.results import Frame, Result, write_result

SIZES = {"25": (1, 1, 1), "100 800": (12, 12, 28)}


def write_state(path: Path, copies: tuple[int, int, int]) -> None:
    """Write a result of A6B19 at packing fraction 0.6, every sphere displaced by 0.03 σ_L."""
    cell = at_packing(crystal("a6b19").configuration(0.695), 0.6).replicated(*copies)
    moves = 0.03 * np.random.default_rng(1).standard_normal(cell.positions.shape)
    state = Configuration(cell.box, cell.positions + moves, cell.diameters, cell.types)
    series = {"cycle": np.array([0]), "packing_fraction": np.array([0.6])}
    write_result(path, Result("compress", "finished", {}, (Frame(0, state),), series, {}, {}))


def seconds(path: Path) -> tuple[float, float]:
    """Return the wall time and the CPU time of the command."""
    command = [sys.executable, "-m", "hsmc", "analyze", str(path), "--overwrite", "--quiet"]
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return time.perf_counter() - began, cpu


def main() -> None:
    """Print medians, after one call that may compile."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as folder:
        for words, copies in SIZES.items():
            path = Path(folder) / "a.h5"
            write_state(path, copies)
            if words == "25":
                seconds(path)
            runs = [seconds(path) for _ in range(repeats)]
            wall, cpu = (statistics.median(each) for each in zip(*runs, strict=True))
            memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
            print(
                f"hsmc analyze, {words} spheres: {wall:.1f} s ({cpu:.1f} s of CPU), {memory:.2f} GB"
            )


if __name__ == "__main__":
    main()
