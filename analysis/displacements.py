"""Do jammed states that start from A6B19 keep its sites, as the paper's main text says?

The text has "large sphere positions mostly preserved, small shift". Final states are matched to
the A6B19 crystal; what is left after the best lattice, rotation, affine strain, origin and
labels is the displacement. Random starts, matched as freely, are the null model.

Run it as ``python analysis/displacements.py``; about a minute and a half.
"""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from batch import RESULTS, ROOT, mean_and_error, write_table

from hsmc.analysis.matching import Match, match
from hsmc.checked_options import differences
from hsmc.configuration import LARGE, SMALL, Configuration
from hsmc.crystal import crystal
from hsmc.floppy_search import floppy
from hsmc.jam_start import jam
from hsmc.options import FloppyOptions, JamOptions
from hsmc.results import Result, read_result

RATIO, RUNS, FOLDER = 0.695, 30, RESULTS / "displacements"

NOISE = 1e-3
"""Random displacements (σ_L) and strains that tell the runs of a jam from each other."""

GROUPS: dict[str, dict[str, Any]] = {
    "null": {"start": "random", "cycles": 6000},
    "ramp": {"start": "a6b19", "cycles": 6000},
    "fast": {"start": "a6b19", "cycles": 3000, "ramp_start": 100.0, "pressure": 1e4},
    "dilated": {"fit": "dilate"},
    "relaxed": {"fit": "relax", "packing": 0.55},
    "stretched": {"fit": "stretch"},
}
"""Options of ``hsmc floppy``, or of ``hsmc jam`` where ``fit`` says how overlaps are removed."""

WORDS = {
    "null": "random starts, 6000 cycles, pressure 20 to 200",
    "ramp": "A6B19 dilated, 6000 cycles, pressure 20 to 200",
    "fast": "A6B19 dilated, 3000 cycles, pressure 100 to 1e4",
    "dilated": "A6B19 dilated, jammed without Monte Carlo",
    "relaxed": "A6B19 at 0.55, overlaps relaxed, then jammed",
    "stretched": "A6B19 stretched along xy and z, then jammed",
}

KEPT, SURE = 0.5, 5.0
"""Sites count as kept if displacements are below this part of the null model's; any difference
counts from this many standard errors."""


def main() -> None:
    """Run what is missing, match, print the table and write it."""
    reference = crystal("a6b19").configuration(RATIO)
    rows: list[list[Any]] = []
    null: dict[int, tuple[float, float]] = {}
    print(f"{'start':49}{'φ':6}{'rms of large, small (σ_L)':32}{'strain':8}verdict")
    for name, options in GROUPS.items():
        states, strict = final_states(name, options)
        matches = [match(state, reference) for state in states]
        moves = {k: mean_and_error([each.rms(k) for each in matches]) for k in (LARGE, SMALL)}
        null = null or moves
        row = described(states, matches, moves, verdict(moves, null) if name != "null" else "")
        rows.append([WORDS[name], RUNS, strict, *row])
        print(line(rows[-1]))
    write_table(ROOT / "analysis" / "displacements.csv", HEADER, rows)


HEADER = (
    "start", "runs", "certified", "packing_fraction", "rms_large", "rms_large_error", "rms_small",
    "rms_small_error", "largest_large", "largest_small", "strain", "verdict",
)  # fmt: skip
"""Means over runs, lengths in σ_L; the strain is the norm of the traceless logarithmic one."""


def described(
    states: Sequence[Configuration],
    matches: Sequence[Match],
    moves: dict[int, tuple[float, float]],
    words: str,
) -> list[Any]:
    """Return the figures of a group in the order of the header, from the fourth on."""
    figures = [
        statistics.fmean(state.packing_fraction for state in states),
        *moves[LARGE],
        *moves[SMALL],
        statistics.fmean(each.largest(LARGE) for each in matches),
        statistics.fmean(each.largest(SMALL) for each in matches),
        statistics.fmean(float(np.linalg.norm(each.strain)) for each in matches),
    ]
    return [*(f"{figure:.4f}" for figure in figures), words]


def verdict(moves: dict[int, tuple[float, float]], null: dict[int, tuple[float, float]]) -> str:
    """Say in words how the displacements of both species compare with the null model's."""
    parts = []
    for species, name in ((LARGE, "large"), (SMALL, "small")):
        (mean, error), (other, other_error) = moves[species], null[species]
        errors = (other - mean) / np.hypot(error, other_error)
        kept = "kept" if mean < KEPT * other else "nearer than by chance"
        parts.append(f"{name} {kept if errors > SURE else 'as by chance'} ({mean / other:.0%})")
    return ", ".join(parts)


def line(row: Sequence[Any]) -> str:
    """Return a row of the table for the screen."""
    start, _, _, fraction, *rms, _, _, strain, words = row
    large, large_error, small, small_error = (f"{float(each):.3f}" for each in rms)
    moves = f"{large} ± {large_error}, {small} ± {small_error}"
    return f"{start:49}{float(fraction):<6.3f}{moves:32}{float(strain):<8.2f}{words}"


def final_states(name: str, options: dict[str, Any]) -> tuple[list[Configuration], int]:
    """Return the final states of a group, and how many are certified strictly jammed."""
    if "fit" not in options:
        chosen = {"ratio": RATIO, "runs": RUNS, **options}
        result = searched(FOLDER / f"{name}.h5", chosen)
        return [frame.configuration for frame in result.frames], result.summary["certified"]
    results = [
        jammed(FOLDER / f"{name}-{seed}.h5", {"seed": seed, **options})
        for seed in range(1, RUNS + 1)
    ]
    strict = sum(result.summary["verdict"] == "strict" for result in results)
    return [result.final for result in results], strict


def searched(path: Path, options: dict[str, Any]) -> Result:
    """Return a finished floppy-box search, run if it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or read_result(path).status != "finished":
        return floppy(path, workers=1, **options)
    return same(path, FloppyOptions.build(options).model_dump(mode="json"))


def jammed(path: Path, options: dict[str, Any]) -> Result:
    """Return one jammed unit cell of A6B19, run if it is not there."""
    chosen = {"ratio": RATIO, "replicate": (1, 1, 1), "noise": NOISE, **options}
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        return jam(path, **chosen)
    return same(path, JamOptions.build(chosen).model_dump(mode="json"))


def same(path: Path, wanted: dict[str, Any]) -> Result:
    """Read a result; stop if it is of other parameters."""
    result = read_result(path)
    if other := differences(result.parameters, wanted):
        raise SystemExit(f"{path} is a run of other parameters ({other}); remove it first")
    return result


if __name__ == "__main__":
    main()
