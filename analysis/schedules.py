"""How dense compression gets in a given time, by how it starts.

Usage: python analysis/schedules.py [--seeds 6]

The A6B19 crystal at γ = 0.695, 400 spheres, is dilated until nothing overlaps (the default), or
put at a packing fraction with overlaps that are relaxed away (``--fit relax``), and compressed for
so many cycles. Then the CPU time in which relaxing alone brings 25 to 12 800 spheres to φ = 0.62,
and a mixed fluid of 2000 from φ = 0.30.
"""

import argparse
import time

import numpy as np

from hsmc.compression import compress
from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.fit import at_packing, random_fluid, relax
from hsmc.mixture import Mixture
from hsmc.neighbors import smallest_gap

RATIO, DENSE = 0.695, 0.62
STARTS = {
    "dilate": {},
    "relax at 0.50": {"fit": "relax", "packing": 0.50},
    "relax at 0.60": {"fit": "relax", "packing": 0.60},
}
CYCLES = (3000, 30_000, 100_000)


def print_schedules(seeds: int) -> None:
    """Print the final packing fraction for each start and length."""
    print("| start | cycles | CPU s | φ |\n| --- | --- | --- | --- |")
    for name, options in STARTS.items():
        for cycles in CYCLES:
            chosen = {"ratio": RATIO, "cycles": cycles, "frames": 0, **options}
            results = [compress(seed=seed, **chosen) for seed in range(1, seeds + 1)]
            dense = np.array([result.final.packing_fraction for result in results])
            cpu = np.median([result.summary["cpu_seconds"] for result in results])
            error = dense.std(ddof=1) / np.sqrt(seeds)
            row = f"| {name} | {cycles} | {cpu:.1f} | {dense.mean():.4f} ± {error:.4f} |"
            print(row, flush=True)


def print_relaxing() -> None:
    """Print the CPU time of relaxing overlaps at one packing fraction."""
    print(f"\n| start | spheres | CPU s to φ = {DENSE} | smallest gap |\n| --- | --- | --- | --- |")
    cell = crystal("a6b19").configuration(RATIO)
    relax(at_packing(cell, 0.5), 1)  # compiles
    for copies in (1, 2, 4, 8):
        print_one("A6B19", cell.replicated(copies, copies, copies))
    print_one("6:19 fluid at φ = 0.30", random_fluid(Mixture(RATIO, 480, 1520), 0.30, 1))


def print_one(name: str, start: Configuration) -> None:
    """Print one row."""
    began = time.process_time()
    dense = relax(at_packing(start, DENSE), 1)
    seconds, gap = time.process_time() - began, smallest_gap(dense).gap
    assert dense.packing_fraction > DENSE - 1e-9
    print(f"| {name} | {len(dense)} | {seconds:.2f} | {gap:.1e} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    chosen = parser.parse_args()
    print_relaxing()
    print_schedules(chosen.seeds)
