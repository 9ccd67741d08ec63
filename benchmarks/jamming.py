"""Jamming: how often known packings are found, and how CPU time grows with N.

Usage: python benchmarks/jamming.py [--starts 40] [--repeats 3] [--largest 400]

The first table starts from fluids at φ = 0.2 in boxes of random shape. The second is the whole
way of `hsmc floppy` at γ = 0.695, from a random start to a certified packing, for some lengths of
its ramp. The third compresses 6:19 mixtures at γ = 0.695 by Monte Carlo, isotropically, to
φ = 0.62 and then jams them.
"""

import argparse
import statistics
import time
from collections.abc import Iterable

import numpy as np

from hsmc.configuration import Configuration
from hsmc.fit import expand_to, random_fluid
from hsmc.floppy_box import Search, search_once
from hsmc.jamming import Certificate, JamResult, certify, jam
from hsmc.mixture import Mixture
from hsmc.neighbors import smallest_gap
from hsmc.simulation import Moves, Simulation

KNOWN = (
    (Mixture(1.0, 1, 0), np.pi / np.sqrt(18.0)),
    (Mixture(1.0, 2, 0), np.pi / np.sqrt(18.0)),
    (Mixture(1.0, 3, 0), np.pi / np.sqrt(18.0)),
    (Mixture(1.0, 4, 0), np.pi / np.sqrt(18.0)),
    (Mixture(np.sqrt(2.0) - 1.0, 1, 1), 0.793105),
    (Mixture(np.sqrt(7.0 / 3.0) - 1.0, 1, 2), 0.782112),
    (Mixture(0.61, 1, 2), 0.749574),
    (Mixture(0.61, 2, 6), 0.7436),
    (Mixture(0.64, 2, 6), 0.7457),
    (Mixture(0.645, 2, 6), 0.7470),
    (Mixture(0.655, 2, 6), 0.7434),
    (Mixture(0.61, 6, 19), np.nan),
    (Mixture(0.65, 6, 19), np.nan),
    (Mixture(0.695, 6, 19), np.nan),
)
CYCLES = (3_000, 10_000, 60_000)
SIZES = (25, 50, 100, 200, 400)
COMPRESSED = 0.62


def timed(start: Configuration, **options: float) -> tuple[JamResult, Certificate, float, float]:
    """Jam and certify a state; return both answers and both CPU times."""
    began = time.process_time()
    result = jam(start, **options)
    jammed = time.process_time()
    certificate = certify(result.configuration)
    return result, certificate, jammed - began, time.process_time() - jammed


def from_fluids(mixture: Mixture, starts: int) -> list[tuple[JamResult, Certificate, float, float]]:
    """Jam fluids of low density in boxes of random shape."""
    return [timed(random_fluid(mixture, 0.2, seed), noise=0.1, seed=seed) for seed in range(starts)]


def compressed(spheres: int, seed: int) -> Configuration:
    """Return a 6:19 mixture at φ = 0.62, where the compression went beyond it, or at its end."""
    large = 6 * spheres // 25
    fluid = random_fluid(Mixture(0.695, large, spheres - large), 0.5, seed)
    simulation = Simulation(fluid, Moves("isotropic"), seed=seed)
    pressures = np.geomspace(10.0, 1e5, 4000)
    for block in np.array_split(pressures, 20):
        simulation.advance(block, tuning=True)
        if simulation.configuration.packing_fraction > COMPRESSED:
            return expand_to(simulation.configuration, COMPRESSED)
    return simulation.configuration


def found(outcomes: Iterable[tuple[JamResult, Certificate, float, float]], known: float) -> str:
    """Return one line on outcomes from random starts."""
    results, certificates, jamming, certifying = zip(*outcomes, strict=True)
    packing = np.array([result.configuration.packing_fraction for result in results])
    close = 1e-8 if known == np.pi / np.sqrt(18.0) else 1e-4
    share = np.mean(np.abs(packing - known) < close) if np.isfinite(known) else np.nan
    strict = np.mean([each.verdict == "strict" for each in certificates])
    excess = [len(each.contacts) - each.isostatic_count for each in certificates]
    free = np.mean([smallest_gap(result.configuration).gap >= -1e-12 for result in results])
    return (
        f"{share:6.0%} {packing.max():.6f} {packing.mean():.4f} {packing.std():.4f} {strict:6.0%} "
        f"{free:6.0%} {np.mean(np.equal(excess, 0)):6.0%} {statistics.median(jamming):8.3f} "
        f"{statistics.median(certifying):8.3f}"
    )


def searched(cycles: int, runs: int) -> str:
    """Return one line on runs of a search: how dense, how many certified, how long."""
    search = Search(
        Mixture(0.695, 6, 19), "newtonian", cycles, ramp_start=20.0, pressure=200.0,
        published=False, jam=True, seed=1,
    )  # fmt: skip
    packings = [search_once(search, run) for run in range(runs)]
    fractions = np.array([each.configuration.packing_fraction for each in packings])
    strict = np.mean([each.verdict == "strict" for each in packings])
    seconds = statistics.median(each.seconds for each in packings)
    error = fractions.std(ddof=1) / np.sqrt(runs)
    return (
        f"{cycles:7d} {runs:5d} {fractions.mean():8.4f} {error:7.4f} "
        f"{fractions.max():8.4f} {strict:7.0%} {seconds:9.3f}"
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--largest", type=int, default=SIZES[-1])
    chosen = parser.parse_args()
    from_fluids(Mixture(1.0, 1, 0), 1)  # compiles the kernels
    print(
        " L  S  ratio  known  found  best     mean   sd     strict   free isostat    jam/s cert/s"
    )
    for mixture, known in KNOWN:
        line = found(from_fluids(mixture, chosen.starts), known)
        name = f"{mixture.n_large:2d} {mixture.n_small:2d} {mixture.size_ratio:.4f} {known:6.4f}"
        print(f"{name} {line}", flush=True)
    print(" cycles  runs   mean φ    s.e.     best  strict  CPU s/run")
    searched(10, 2)  # compiles the rest
    for cycles in CYCLES:
        print(searched(cycles, 3 * chosen.starts), flush=True)
    print("   N  start φ  final φ  programs    jam/s   cert/s  verdict contacts isostatic rattlers")
    for spheres in (size for size in SIZES if size <= chosen.largest):
        for seed in range(chosen.repeats):
            start = compressed(spheres, seed)
            result, certificate, jamming, certifying = timed(start)
            print(
                f"{spheres:4d} {start.packing_fraction:8.4f} "
                f"{result.configuration.packing_fraction:8.5f} {result.programs:9d} "
                f"{jamming:8.3f} {certifying:8.3f} {certificate.verdict:>8} "
                f"{len(certificate.contacts):8d} {certificate.isostatic_count:9d} "
                f"{len(certificate.rattlers):8d}",
                flush=True,
            )


if __name__ == "__main__":
    main()
