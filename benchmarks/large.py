"""Large systems: speed on several threads, dense starts, growth to φ = 0.50, ghosts of a domain.

Usage: python benchmarks/large.py speed [--spheres 10976 97556 1000188] [--threads 2] [--repeats 9]
                                        [--moves newtonian]
       python benchmarks/large.py grow [--spheres 1000000] [--threads 2]
       python benchmarks/large.py starts [--spheres 5000 20000 100000] [--threads 1]
       python benchmarks/large.py ghosts [--spheres 10000 100000 1000000]

``speed``: million trial moves, or collisions, a second of wall time on one thread and on several,
in turns, the best of each; one component at φ = 0.45, with one box move a cycle and without.
``grow``: random spheres at φ = 0.15 brought to 0.50, with time, memory and the overlap check.
``starts``: random fluids of 6:19, γ = 0.695, relaxed and squeezed, CPU seconds and bytes a sphere.
``ghosts``: spheres of other domains within one diameter of a domain of so many spheres, φ = 0.50.
"""

import argparse
import multiprocessing
import os
import resource
import time

import numpy as np

from hsmc import fit
from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.ensemble import MOTIONS, Motion
from hsmc.errors import InputError
from hsmc.fit import at_packing, dilate, expand_to, random_fluid
from hsmc.mixture import Mixture
from hsmc.neighbors import points_with_images, smallest_gap
from hsmc.simulation import Moves, Simulation
from hsmc.squeeze import squeeze
from hsmc.threads import on_threads

PRESSURE = 7.7
"""βPσ³ of the fluid at φ = 0.45, about."""

RATIO = 0.695
"""Size ratio γ of mixtures."""

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


def speed(sizes: list[int], threads: int, repeats: int, moves: Motion) -> None:
    """Print the speed of one thread and of several."""
    print(f"load {os.getloadavg()[0]:.1f}")
    print(f"| spheres | box moves | 1 thread | {threads} threads | ratio |")
    print("| --- | --- | --- | --- | --- |")
    for size in sizes:
        start = fluid(size, threads)
        for box in ("fixed", "isotropic"):
            simulation = Simulation(start, Moves(box, "xyz", moves, particle_target=0.25), seed=1)
            pressures = np.full(simulation.block_cycles, PRESSURE)
            simulation.advance(pressures, tuning=True)
            best = {1: 0.0, threads: 0.0}
            for _ in range(repeats):
                for number in best:
                    before = simulation.counts[:2, 0].sum()
                    with on_threads(number):
                        began = time.perf_counter()
                        simulation.advance(pressures, tuning=False)
                    made = simulation.counts[:2, 0].sum() - before
                    rate = made / (time.perf_counter() - began) / 1e6
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
    print("| spheres per domain | ghosts | ghosts / spheres | kB per cycle |")
    print("| --- | --- | --- | --- |")
    for size in sizes:
        with on_threads(threads):
            dense = random_fluid(Mixture(1.0, size, 0), 0.50, 1)
        number = len(points_with_images(dense, 1.0)[0]) - size
        print(f"| {size} | {number} | {number / size:.3f} | {number * 32 / 1e3:.0f} |", flush=True)


def starts(sizes: list[int], threads: int) -> None:
    """Print what random fluids cost, made in either way, each in a process of its own."""
    print("| spheres | φ | relaxed, CPU s | B per sphere | squeezed, CPU s | B per sphere |")
    print("| --- | --- | --- | --- | --- | --- |")
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for spheres in sizes:
            for packing in (0.50, 0.54, 0.58, 0.62):
                costs = [pool.apply(_start, (spheres, packing, way, threads)) for way in (1, 0)]
                print(f"| {spheres} | {packing} | {costs[0]} | {costs[1]} |", flush=True)


def _start(spheres: int, packing_fraction: float, relaxed: int, threads: int) -> str:
    """Return CPU seconds and bytes a sphere of a random fluid."""
    fit.MOST_RELAXED, fit.DENSEST_SQUEEZED = spheres if relaxed else 0, 1.0
    random_fluid(Mixture(RATIO, 60, 190), 0.3, 1)  # the kernels are loaded then
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    large = round(0.24 * spheres)
    try:
        with on_threads(threads):
            random_fluid(Mixture(RATIO, large, spheres - large), packing_fraction, 1)
    except InputError:
        return "refused | "
    seconds = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    return f"{seconds:.1f} | {1024 * memory / spheres:.0f}"


def main() -> None:
    """Print one of the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["speed", "grow", "starts", "ghosts"])
    parser.add_argument("--spheres", type=int, nargs="+")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--moves", choices=MOTIONS, default="local")
    chosen = parser.parse_args()
    if chosen.what == "speed":
        sizes = chosen.spheres or [10_976, 97_556, 1_000_188]
        speed(sizes, chosen.threads, chosen.repeats, chosen.moves)
    elif chosen.what == "grow":
        grow((chosen.spheres or [1_000_000])[0], chosen.threads)
    elif chosen.what == "starts":
        starts(chosen.spheres or [5000, 20_000, 100_000], chosen.threads)
    else:
        ghosts(chosen.spheres or [10_000, 100_000, 1_000_000], chosen.threads)


if __name__ == "__main__":
    main()
