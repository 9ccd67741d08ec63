"""Start-up times: ``hsmc --help``, and a warm ``hsmc compress`` to its first progress line.

Usage: python benchmarks/startup.py [--repeats 7]
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time

HSMC = [sys.executable, "-m", "hsmc"]


def seconds_of_help() -> float:
    """Return the wall time of ``hsmc --help``."""
    began = time.perf_counter()
    subprocess.run([*HSMC, "--help"], check=True, capture_output=True)
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


def main() -> None:
    """Print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    seconds_to_progress()  # compiles, if need be
    for words, measure in (
        ("hsmc --help", seconds_of_help),
        ("warm hsmc compress to its first progress line", seconds_to_progress),
    ):
        print(f"{words}: {statistics.median(measure() for _ in range(repeats)):.2f} s")


if __name__ == "__main__":
    main()
