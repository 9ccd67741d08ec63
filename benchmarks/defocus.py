"""How well is the defocus of simulated series found? Prints the table of docs/tomography.md.

    python benchmarks/defocus.py [--seeds 3]

3 × 3 × 3 cells of A6B19 (or 6 × 6 × 4 of fcc), ±64° by 2°, shifts of 0.5 px, 1000 e/nm² an image.
"""

import argparse
import time

import numpy as np

from hsmc.crystal import crystal
from hsmc.errors import InputError
from hsmc.tomography.defocus import UnknownLens, fit_lens
from hsmc.tomography.microscope import Microscope, take_series
from hsmc.tomography.preparation import line_integrals
from hsmc.tomography.slab import SlabOptions, build_slab

CASES = (
    ("a6b19", 500.0, 0.45, {}),
    ("a6b19", 800.0, 0.6, {}),
    ("a6b19", 1000.0, 0.7, {}),
    ("a6b19", -1000.0, 0.7, {}),
    ("a6b19", 1500.0, 0.7, {}),
    ("a6b19", 2500.0, 0.7, {}),
    ("a6b19", 1500.0, 0.7, {"film": 10.0}),
    ("fcc", 1000.0, 0.7, {}),
    ("a6b19", 500.0, 0.7, {}),
    ("a6b19", 0.0, 0.7, {}),
)


def measure(name: str, underfocus: float, pixel: float, flaw: dict, seed: int) -> str:
    """Return what is found in one series, in words."""
    copies = (6, 6, 4) if name == "fcc" else (3, 3, 3)
    slab = build_slab(crystal(name), SlabOptions(copies=copies, seed=seed))
    optics = Microscope(
        pixel=pixel, underfocus=underfocus, tilts=(-64.0, 64.0, 2.0), shifts=0.5, dose=1000.0,
        seed=seed, **flaw,
    )  # fmt: skip
    lines = line_integrals(take_series(slab, optics, lambda _what, _part: None).series).series
    start = time.perf_counter()
    try:
        found = fit_lens(lines, lines, UnknownLens())
    except InputError as error:
        return str(error).split(" in the images")[0]
    seconds = time.perf_counter() - start
    return f"{found.lens.underfocus:.0f} ± {found.spread:.0f} ({seconds:.0f} s)"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    seeds = np.arange(1, parser.parse_args().seeds + 1)
    print(f"| sample | underfocus nm | pixel nm | {' | '.join(f'seed {one}' for one in seeds)} |")
    print("| --- " * (3 + len(seeds)) + "|")
    for name, underfocus, pixel, flaw in CASES:
        sample = ", ".join([name, *(f"{what} {much:g} nm" for what, much in flaw.items())])
        found = [measure(name, underfocus, pixel, flaw, int(seed)) for seed in seeds]
        print(f"| {sample} | {underfocus:g} | {pixel:g} | {' | '.join(found)} |", flush=True)


if __name__ == "__main__":
    main()
