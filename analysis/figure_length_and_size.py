"""What the paper's packing fractions depend on: length of the run and size of the system.

Run it as ``python analysis/figure_length_and_size.py``: 144 runs, about 3 minutes of CPU.
Results are kept in runs/results; a second call only draws.
"""

import argparse
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from batch import FIGURES, ROOT, Job, mean_and_error, run_all, write_table
from matplotlib.axes import Axes

from hsmc.report import style

CYCLES = (3_000, 10_000, 30_000, 100_000, 300_000)
CELLS = ((1, 1, 1), (1, 1, 2), (2, 2, 2), (2, 2, 4))
SHORT = 30_000
"""Cycles of the runs that differ in size."""

SPHERES_A_CELL = 25

PROTOCOLS: dict[str, dict[str, Any]] = {
    "paper": {"protocol": "paper"},
    "default": {"protocol": "default"},
    "paper, xy moves": {"protocol": "paper", "axes": "xy"},
}

PAPER = {"xyz": (0.641, "0.641"), "xy": (0.575, "0.575, xy moves only")}
"""Packing fractions of the Supporting Information, section V: one cell, 300000 cycles."""

MARKS = {
    "paper": (style.LARGE_COLOUR, "o", "paper's protocol", 1 / 1.04),
    "default": (style.SMALL_COLOUR, "s", "hsmc default", 1.04),
    "paper, xy moves": (style.OTHER_COLOUR, "^", "paper's, xy moves only", 1.0),
}

Point = tuple[str, int, tuple[int, int, int]]
Table = dict[Point, tuple[float, float]]
"""Mean and standard error of each point."""


def points() -> list[Point]:
    """Return every protocol, length and size of the figure, once."""
    lengths = itertools.product(PROTOCOLS, CYCLES, CELLS[:1])
    sizes = itertools.product(PROTOCOLS, [SHORT], CELLS[1:])
    return [*lengths, *sizes]


def job_of(point: Point, seed: int) -> Job:
    """Return the compression of a point and a seed."""
    protocol, cycles, cells = point
    name = protocol.replace(", ", "-").replace(" ", "-")
    size = "x".join(map(str, cells))
    options = {**PROTOCOLS[protocol], "ratio": 0.695, "cycles": cycles, "replicate": cells}
    return Job(
        f"length-and-size/{name}-{size}-{cycles}-s{seed}", {**options, "seed": seed, "frames": 0}
    )


def draw(table: Table, path: Path) -> None:
    """Draw φ against length on the left, against size on the right."""
    sizes = [spheres(cells) for cells in CELLS]
    with style.look():
        figure = style.new_figure(style.PAGE, 2.6)
        left, right = figure.subplots(1, 2, sharey=True)
        for protocol in PROTOCOLS:
            _plot(left, table, CYCLES, [(protocol, cycles, CELLS[0]) for cycles in CYCLES])
            _plot(right, table, sizes, [(protocol, SHORT, cells) for cells in CELLS])
        _dress(left, "a", "one cell, 25 spheres", "cycles")
        _dress(right, "b", "30\u2009000 cycles", "spheres")
        left.set_ylabel("packing fraction φ")
        right.set_xticks(sizes, labels=map(str, sizes))
        right.minorticks_off()
        for phi, words in PAPER.values():
            place = (0.4, phi + 0.002)
            right.text(*place, words, transform=right.get_yaxis_transform(), fontsize=6.5)
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    style.write_figure(figure, path, overwrite=True)


def _plot(axes: Axes, table: Table, x: Sequence[int], chosen: Sequence[Point]) -> None:
    """Plot means and errors of a protocol, moved aside a little so that none hides another."""
    colour, mark, label, aside = MARKS[chosen[0][0]]
    means, errors = zip(*(table[point] for point in chosen), strict=True)
    axes.errorbar(
        [aside * value for value in x], means, errors,
        color=colour, marker=mark, linewidth=0.8, label=label,
    )  # fmt: skip


def _dress(axes: Axes, letter: str, title: str, quantity: str) -> None:
    style.letter(axes, letter, title)
    axes.set_xscale("log")
    axes.set_xlabel(quantity)
    for label, (phi, _) in zip(("reported in the paper", None), PAPER.values(), strict=True):
        axes.axhline(phi, color=style.FAINT, lw=0.8, linestyle="--", zorder=0, label=label)


def spheres(cells: tuple[int, int, int]) -> int:
    """Return the number of spheres in so many cells."""
    return SPHERES_A_CELL * cells[0] * cells[1] * cells[2]


def main() -> None:
    """Run, print the table, write the CSV and the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6, help="runs of each kind, at least 2")
    seeds = max(2, parser.parse_args().seeds)
    jobs = [job_of(point, seed) for point in points() for seed in range(1, seeds + 1)]
    phi = [result.final.packing_fraction for result in run_all(jobs)]
    table = {
        point: mean_and_error(phi[i * seeds : (i + 1) * seeds]) for i, point in enumerate(points())
    }
    rows = [
        (protocol, cycles, spheres(cells), seeds, f"{mean:.5f}", f"{error:.5f}")
        for (protocol, cycles, cells), (mean, error) in table.items()
    ]
    header = ("protocol", "cycles", "spheres", "runs", "packing_fraction", "standard_error")
    for row in (header, *rows):
        print("{:<17}{:>8}{:>9}{:>6}{:>18}{:>16}".format(*row))
    write_table(ROOT / "analysis" / "length_and_size.csv", header, rows)
    FIGURES.mkdir(parents=True, exist_ok=True)
    draw(table, FIGURES / "length-and-size.png")


if __name__ == "__main__":
    main()
