"""Large systems on several threads: speed, growth to φ = 0.50, and ghosts of a domain.

Usage: python benchmarks/large.py speed [--spheres 10976 97556 1000188] [--threads 2] [--repeats 9]
       python benchmarks/large.py grow [--spheres 1000000] [--threads 2]
       python benchmarks/large.py ghosts [--spheres 10000 100000 1000000]

``speed``: million trial moves a second of wall time on one thread and on several, in turns, the
best of each; one component at φ = 0.45, with one box move a cycle and without. ``grow``: random
spheres at φ = 0.15 brought to 0.50, with time, memory and the independent overlap check.
``ghosts``: spheres of other domains within one diameter of a domain of so many spheres, φ = 0.50.
"""

import argparse
import os
import resource
import time

import numpy as np

from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.fit import at_packing, dilate, expand_to, random_fluid
from hsmc.mixture import Mixture
from hsmc.neighbors import points_with_images, smallest_gap
from hsmc.simulation import Moves, Simulation
from hsmc.squeeze import squeeze
from hsmc.threads import on_threads

PRESSURE = 7.7
"""βPσ³ of the fluid at φ = 0.45, about."""

MELTING = 60
"""Cycles after which the crystal at φ = 0.45 is a fluid."""


def fluid(spheres: int, threads: int) -> Configuration:
    """Return a fluid of about so many spheres at φ = 0.45, from an fcc crystal."""
    cell = expand_to(dilate(crystal("fcc").configuration(1.0)), 0.45)
    copies = round((spheres / 4) ** (1 / 3))
    simulation = Simulation(cell.replicated(copies, copies, copies), Moves("fixed"), seed=1)
    with on_threads(threads):
        simulation.advance(np.ones(MELTING), tuning=True)
    return simulation.configuration


def speed(sizes: list[int], threads: int, repeats: int) -> None:
    """Print the speed of one thread and of several."""
    print(f"load {os.getloadavg()[0]:.1f}")
    print(f"| spheres | box moves | 1 thread | {threads} threads | ratio |")
    print("| --- | --- | --- | --- | --- |")
    for size in sizes:
        start = fluid(size, threads)
        for box in ("fixed", "isotropic"):
            simulation = Simulation(start, Moves(box, particle_target=0.25), seed=1)
            pressures = np.full(simulation.block_cycles, PRESSURE)
            simulation.advance(pressures, tuning=True)
            best = {1: 0.0, threads: 0.0}
            for _ in range(repeats):
                for number in best:
                    with on_threads(number):
                        began = time.perf_counter()
                        simulation.advance(pressures, tuning=False)
                    rate = len(pressures) * len(start) / (time.perf_counter() - began) / 1e6
                    best[number] = max(best[number], rate)
            kind = "none" if box == "fixed" else "one a cycle"
            print(
                f"| {len(start)} | {kind} | {best[1]:.2f} | {best[threads]:.2f} "
                f"| {best[threads] / best[1]:.2f} |",
                flush=True,
            )
    print(f"load {os.getloadavg()[0]:.1f}")


def peak() -> int:
    """Return the largest memory of the process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def grow(spheres: int, threads: int) -> None:
    """Print what bringing spheres from φ = 0.15 to 0.50 takes."""
    print(f"load {os.getloadavg()[0]:.1f}")
    squeeze(at_packing(random_fluid(Mixture(1.0, 4200, 0), 0.02, 1), 0.15), 0.2, 1)  # compiles
    before = peak()
    with on_threads(threads):
        began, cpu = time.perf_counter(), time.process_time()
        dilute = random_fluid(Mixture(1.0, spheres, 0), 0.15, 1)
        placed, cpu_placed = time.perf_counter(), time.process_time()
        dense = squeeze(dilute, 0.50, 1)
        grown, cpu_grown = time.perf_counter(), time.process_time()
    memory = peak()
    print(f"{spheres} spheres, {threads} threads")
    for density, seconds, of_cpu in (
        (dilute.packing_fraction, placed - began, cpu_placed - cpu),
        (dense.packing_fraction, grown - placed, cpu_grown - cpu_placed),
    ):
        print(f"to φ = {density:.4f}: {seconds:.0f} s, {of_cpu:.0f} s of CPU")
    print(f"peak memory: {memory / spheres:.0f} bytes a sphere; without the {before / 1e6:.0f} MB "
          f"that Python and compiled code take, {(memory - before) / spheres:.0f}")  # fmt: skip
    began = time.perf_counter()
    gap = smallest_gap(dense).gap
    print(f"smallest gap {gap:.2g} ({time.perf_counter() - began:.0f} s; "
          f"{(peak() - before) / spheres:.0f} bytes a sphere)")  # fmt: skip
    print(f"load {os.getloadavg()[0]:.1f}")


def ghosts(sizes: list[int], threads: int) -> None:
    """Print how many ghosts a cubic domain has."""
    print("| spheres of a domain | ghosts | ghosts / spheres | kB a cycle |")
    print("| --- | --- | --- | --- |")
    for size in sizes:
        with on_threads(threads):
            dense = random_fluid(Mixture(1.0, size, 0), 0.50, 1)
        number = len(points_with_images(dense, 1.0)[0]) - size
        print(f"| {size} | {number} | {number / size:.3f} | {number * 32 / 1e3:.0f} |", flush=True)


def main() -> None:
    """Print one of the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["speed", "grow", "ghosts"])
    parser.add_argument("--spheres", type=int, nargs="+")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=9)
    chosen = parser.parse_args()
    if chosen.what == "speed":
        sizes = chosen.spheres or [10_976, 97_556, 1_000_188]
        speed(sizes, chosen.threads, chosen.repeats)
    elif chosen.what == "grow":
        grow((chosen.spheres or [1_000_000])[0], chosen.threads)
    else:
        ghosts(chosen.spheres or [10_000, 100_000, 1_000_000], chosen.threads)


if __name__ == "__main__":
    main()
