"""Trial moves a second on one core, medians of CPU time.

Usage: python benchmarks/trial_moves.py [--million] [--repeats 7]

One component at φ = 0.45 with the step tuned to 25 % acceptance, no box moves; then the 6:19
mixture at γ = 0.695 and φ = 0.50; then cycles with one box move each. Memory of the process is
printed a sphere for the largest system.
"""

import argparse
import resource
import statistics
import time

import numpy as np

from hsmc.crystal import crystal
from hsmc.ensemble import BoxMode
from hsmc.fit import dilate, expand_to, random_fluid
from hsmc.mixture import Mixture
from hsmc.simulation import Moves, Simulation

SIZES = {25: None, 500: 5, 4000: 10, 32000: 20, 97556: 29}
MILLION = {1_000_188: 63}
TRIALS = 1_000_000


def fcc(copies: int | None) -> Simulation:
    """Return spheres at φ = 0.45: an fcc crystal about to melt, or 25 of a fluid."""
    moves = Moves("fixed", particle_target=0.25)
    if copies is None:
        return Simulation(random_fluid(Mixture(1.0, 25, 0), 0.45, 1), moves, seed=1)
    cell = expand_to(dilate(crystal("fcc").configuration(1.0)), 0.45)
    return Simulation(cell.replicated(copies, copies, copies), moves, seed=1)


def rate(simulation: Simulation, repeats: int, pressure: float = 1.0) -> tuple[float, float]:
    """Return million trial moves a second of CPU, and the acceptance, after some mixing."""
    spheres = len(simulation.configuration)
    simulation.advance(np.full(min(2000, max(30, 30_000_000 // spheres)), pressure), tuning=True)
    cycles = max(1, TRIALS // spheres)
    before, rates = simulation.counts, []
    for _ in range(repeats):
        began = time.process_time()
        simulation.advance(np.full(cycles, pressure), tuning=False)
        rates.append(cycles * spheres / (time.process_time() - began) / 1e6)
    tried, accepted = (simulation.counts - before)[:2].sum(axis=0)
    return statistics.median(rates), accepted / tried


def box_share(mode: BoxMode, repeats: int) -> float:
    """Return million trial moves a second with one box move a cycle, 6:19, N = 400, φ ≈ 0.6."""
    start = random_fluid(Mixture(0.695, 96, 304), 0.55, 1)
    simulation = Simulation(start, Moves(mode), seed=1)
    return rate(simulation, repeats, pressure=100.0)[0]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", action="store_true", help="10⁶ spheres too")
    parser.add_argument("--repeats", type=int, default=7)
    chosen = parser.parse_args()
    print("| system | spheres | million trial moves / CPU s | acceptance |")
    print("| --- | --- | --- | --- |")
    for spheres, copies in {**SIZES, **(MILLION if chosen.million else {})}.items():
        speed, accepted = rate(fcc(copies), chosen.repeats)
        print(f"| one component, φ = 0.45 | {spheres} | {speed:.2f} | {accepted:.3f} |", flush=True)
    mixture = random_fluid(Mixture(0.695, 480, 1520), 0.50, 1)
    speed, accepted = rate(
        Simulation(mixture, Moves("fixed", particle_target=0.25), seed=1), chosen.repeats
    )
    print(f"| 6:19, γ = 0.695, φ = 0.50 | 2000 | {speed:.2f} | {accepted:.3f} |")
    for mode in ("isotropic", "floppy"):
        speed = box_share(mode, chosen.repeats)
        print(f"| 6:19 with a box move a cycle, {mode} | 400 | {speed:.2f} | |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"\npeak memory of the process: {peak / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
