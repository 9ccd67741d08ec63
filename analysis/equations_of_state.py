"""Table of docs/validation.md: φ at fixed pressure against equations of state.

Usage: python analysis/equations_of_state.py [--cycles 300000]
"""

import argparse
from concurrent.futures import ProcessPoolExecutor

from hsmc.analysis.equations_of_state import (
    binary_packing_fraction,
    fcc_packing_fraction,
    fluid_packing_fraction,
)
from hsmc.mixture import Mixture
from hsmc.sampling import sample

ONE = {"ratio": 1.0}
SYSTEMS = [
    (
        "fluid, βPσ³ = 2.28, N = 500",
        {**ONE, "start": "fluid", "composition": (500, 0), "packing": 0.3, "pressure": 2.28},
        fluid_packing_fraction(2.28),
    ),
    (
        "fluid, βPσ³ = 5.306, N = 500",
        {**ONE, "start": "fluid", "composition": (500, 0), "packing": 0.4, "pressure": 5.306},
        fluid_packing_fraction(5.306),
    ),
    (
        "fcc, βPσ³ = 23.4, N = 500",
        {**ONE, "start": "fcc", "replicate": (5, 5, 5), "packing": 0.62, "pressure": 23.4},
        fcc_packing_fraction(23.4),
    ),
    (
        "6:19 fluid, γ = 0.695, βPσ_L³ = 10.128, N = 400",
        {"start": "fluid", "composition": (96, 304), "packing": 0.39, "pressure": 10.12792},
        binary_packing_fraction(10.12792, Mixture(0.695, 6, 19)),
    ),
]


def run(case: tuple[str, dict[str, object], float, int]) -> str:
    """Return one row of the table."""
    name, options, reference, cycles = case
    summary = sample(None, equilibrate=40_000, cycles=cycles, frames=0, **options).summary
    mean, error = summary["mean_packing_fraction"], summary["standard_error"]
    return (
        f"| {name} | {mean:.5f} ± {error:.5f} | {reference:.5f} | "
        f"{(mean - reference) / error:+.1f} | {summary['effective_samples']:.0f} | "
        f"{summary['cpu_seconds']:.0f} |"
    )


def main() -> None:
    """Print the table, two systems at a time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=300_000)
    cycles = parser.parse_args().cycles
    print("| system | φ measured | φ reference | deviation / s.e. | effective samples | CPU s |")
    print("| --- | --- | --- | --- | --- | --- |")
    with ProcessPoolExecutor(2) as pool:
        for row in pool.map(run, [(*system, cycles) for system in SYSTEMS]):
            print(row, flush=True)


if __name__ == "__main__":
    main()
