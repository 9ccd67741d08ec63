"""Tables of docs/validation.md: simulations against equations of state and against each other.

Usage: python analysis/equations_of_state.py [--table equations|moves|pressure|regions]
                                             [--cycles 300000]

"equations" has φ at fixed pressure; "moves" the same for local moves and both kinds of event
chains; "pressure" what event chains measure in a fixed box; "regions" is φ at fixed pressure of a
system that moves region by region.
"""

import argparse
import math
from concurrent.futures import ProcessPoolExecutor

from hsmc import ways
from hsmc.analysis.equations_of_state import (
    binary_packing_fraction,
    bmcsl,
    fcc_packing_fraction,
    fluid_packing_fraction,
    modified_klm,
)
from hsmc.analysis.equations_of_state import pressure as reference_pressure
from hsmc.ensemble import MOTIONS
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


HEAD = """| system | φ measured | φ reference | deviation / s.e. | effective samples | CPU s |
| --- | --- | --- | --- | --- | --- |"""


def run(case: tuple[str, dict[str, object], float, int]) -> str:
    """Return one row of the table."""
    name, options, reference, cycles = case
    options = {"equilibrate": 40_000, "cycles": cycles, "frames": 0, **options}
    summary = sample(None, **options).summary
    mean, error = summary["mean_packing_fraction"], summary["standard_error"]
    return (
        f"| {name} | {mean:.5f} ± {error:.5f} | {reference:.5f} | "
        f"{(mean - reference) / error:+.1f} | {summary['effective_samples']:.0f} | "
        f"{summary['cpu_seconds']:.0f} |"
    )


PRESSURES = (5.306, 9.0)
"""βPσ³ at which the kinds of moves are compared, in a fluid of 256 spheres."""

PRESSURE_CASES = [
    ("fluid, φ = 0.40", {**ONE, "composition": (2000, 0), "packing": 0.40}, Mixture(1.0, 1, 0)),
    ("fluid, φ = 0.49", {**ONE, "composition": (2000, 0), "packing": 0.49}, Mixture(1.0, 1, 0)),
    ("6:19, φ = 0.40", {"composition": (480, 1520), "packing": 0.40}, Mixture(0.695, 6, 19)),
]
"""Fluids in a fixed box, in which event chains measure the pressure; γ = 0.695 of the mixture."""


IN_REGIONS = 1000
"""Spheres of the fluid that is moved region by region: as few as have two regions.

The time that the volume takes grows as N: where systems move so by default, a dense fluid
gives a sample or two in an hour.
"""


def compare_regions(cycles: int) -> None:
    """Print φ of a fluid, moved region by region, beside the equation of state."""
    ways.ONE_REGION = ways.ONE_CHAIN_REGION = IN_REGIONS - 1
    print(HEAD)
    for pressure in PRESSURES:
        reference = fluid_packing_fraction(pressure)
        fluid = {
            **ONE, "start": "fluid", "composition": (IN_REGIONS, 0), "packing": reference,
            "pressure": pressure,
        }  # fmt: skip
        for motion in ("local", "newtonian"):
            name = f"fluid, βPσ³ = {pressure:g}, N = {IN_REGIONS}, {motion}, in regions"
            print(run((name, {**fluid, "moves": motion}, reference, cycles)), flush=True)


def compare_lists(cycles: int) -> None:
    """Print φ of a fluid, moved with lists throughout, beside the equation of state."""
    ways.SHORT.update(dict.fromkeys(MOTIONS, math.inf))
    print(HEAD)
    for pressure in PRESSURES:
        reference = fluid_packing_fraction(pressure)
        fluid = {
            **ONE, "start": "fluid", "composition": (256, 0), "packing": reference,
            "pressure": pressure,
        }  # fmt: skip
        for motion in MOTIONS:
            name = f"fluid, βPσ³ = {pressure:g}, N = 256, {motion}, with lists"
            print(run((name, {**fluid, "moves": motion}, reference, cycles)), flush=True)


def compare_moves(cycles: int) -> None:
    """Print φ of the same fluid under each kind of moves: all have to agree."""
    print("| βPσ³ | moves | φ measured | deviation / s.e.: reference | local | CPU s |")
    print("| --- | --- | --- | --- | --- | --- |")
    for pressure in PRESSURES:
        reference = fluid_packing_fraction(pressure)
        fluid = {**ONE, "start": "fluid", "composition": (256, 0), "packing": reference}
        found: list[tuple[float, float]] = []
        for motion in MOTIONS:
            summary = sample(
                None, equilibrate=20_000, cycles=cycles, frames=0, pressure=pressure,
                moves=motion, **fluid,
            ).summary  # fmt: skip
            mean, error = summary["mean_packing_fraction"], summary["standard_error"]
            found.append((mean, error))
            apart = (mean - found[0][0]) / math.hypot(error, found[0][1])
            against = "" if motion == "local" else f"{apart:+.1f}"
            print(
                f"| {pressure:g} | {motion} | {mean:.5f} ± {error:.5f} | "
                f"{(mean - reference) / error:+.1f} | {against} | "
                f"{summary['cpu_seconds']:.0f} |",
                flush=True,
            )


def compare_pressures(cycles: int) -> None:
    """Print the pressure that event chains measure in a fixed box."""
    print("| fluid | moves | βPσ_L³ measured | reference | deviation / s.e. | CPU s |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, options, mixture in PRESSURE_CASES:
        phi = float(options["packing"])
        factor = bmcsl(phi, mixture) if mixture.n_small else modified_klm(phi)
        reference = reference_pressure(phi, factor, mixture)
        for motion in MOTIONS[1:]:
            summary = sample(
                None, start="fluid", box="fixed", equilibrate=2000, cycles=cycles, frames=0,
                moves=motion, **options,
            ).summary  # fmt: skip
            mean, error = summary["mean_pressure"], summary["pressure_standard_error"]
            print(
                f"| {name} | {motion} | {mean:.4f} ± {error:.4f} | {reference:.4f} | "
                f"{(mean - reference) / error:+.1f} | {summary['cpu_seconds']:.0f} |",
                flush=True,
            )


def compare_equations(cycles: int) -> None:
    """Print φ of fluids and a crystal beside their equations of state, two at a time."""
    print(HEAD)
    with ProcessPoolExecutor(2) as pool:
        for row in pool.map(run, [(*system, cycles) for system in SYSTEMS]):
            print(row, flush=True)


def main() -> None:
    """Print one of the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", choices=TABLES, default="equations")
    parser.add_argument("--cycles", type=int)
    chosen = parser.parse_args()
    make, cycles = TABLES[chosen.table]
    make(chosen.cycles or cycles)


TABLES = {
    "equations": (compare_equations, 300_000),
    "moves": (compare_moves, 300_000),
    "pressure": (compare_pressures, 10_000),
    "regions": (compare_regions, 300_000),
    "lists": (compare_lists, 300_000),
}
"""What makes each table, and with how many cycles."""


if __name__ == "__main__":
    main()
