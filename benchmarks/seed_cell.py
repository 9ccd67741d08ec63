"""Does a measured cell compress as the published one does?

    hsmc tomo simulate a6b19 --copies 3 3 3 --underfocus 1000 --shifts 0.5 --dose 1000 --out s.mrc
    hsmc tomo run s.mrc --underfocus 1000 --kind bright-field --out seed.cif
    python benchmarks/seed_cell.py seed.cif

One cell of each is compressed at γ = 0.695 with spheres that move in xy alone, with the same seeds;
φ is the mean over them with its standard error. The last line is the difference over its own.
"""

import argparse
import math

import numpy as np

from hsmc.compression import compress


def packings(start: str, seeds: int, cycles: int) -> np.ndarray:
    """Return φ at the end of compressions of one cell; shape (seeds,)."""
    options = {"start": start, "ratio": 0.695, "axes": "xy", "replicate": (1, 1, 1)}
    found = [
        compress(None, None, seed=seed, cycles=cycles, frames=0, **options).final
        for seed in range(1, seeds + 1)
    ]
    return np.array([final.packing_fraction for final in found])


def main() -> None:
    """Compress both and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cell", help="CIF of hsmc tomo run.")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--cycles", type=int, default=30_000)
    told = parser.parse_args()
    means, errors = [], []
    for start in (told.cell, "a6b19"):
        values = packings(start, told.seeds, told.cycles)
        means.append(values.mean())
        errors.append(values.std(ddof=1) / math.sqrt(len(values)))
        print(f"{start}: φ = {means[-1]:.4f} ± {errors[-1]:.4f} ({told.seeds} seeds)", flush=True)
    print(f"difference {(means[0] - means[1]) / math.hypot(*errors):+.2f} standard errors")


if __name__ == "__main__":
    main()
