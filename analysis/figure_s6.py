"""The paper's Fig. S6: densest packings of 6 + 19 spheres against the size ratio.

Run it as ``python analysis/figure_s6.py``. Searches are kept in runs/results, resumed if they
were cut short, and not repeated.
"""

import argparse
from pathlib import Path

import numpy as np
from batch import FIGURES, RESULTS, ROOT, write_table
from matplotlib.axes import Axes
from tqdm import tqdm

from hsmc.analysis.densest import densest_mixture
from hsmc.analysis.symmetric import densest_symmetric
from hsmc.crystal import crystal
from hsmc.errors import OutputError
from hsmc.floppy_search import VERDICTS, floppy
from hsmc.mixture import Mixture
from hsmc.options import read_config
from hsmc.report import style
from hsmc.results import Result, read_result

RATIOS = tuple(round(0.61 + 0.01 * step, 2) for step in range(12))
PROTOCOLS = {"default": "this work", "paper": "published protocol"}

PAPER = (0.668, 0.686)
"""Range of the densest packings over the ratios (Supporting Information V)."""

HEADER = [
    "protocol",
    "ratio",
    "runs",
    "best",
    "mean",
    "standard_deviation",
    "best_found",
    "certified",
    "smallest_gap",
    "cpu_seconds_per_run",
    "phase_separated",
]


def search(protocol: str, ratio: float, runs: int | None) -> Result:
    """Return a search, run or read from its file."""
    options = read_config(ROOT / "runs" / "figure-s6.toml")
    path = RESULTS / "figure-s6" / f"{protocol}-{ratio:.2f}.h5"
    path.parent.mkdir(parents=True, exist_ok=True)
    if runs is not None:
        options["runs"] = runs
    try:
        return floppy(path, ratio=ratio, protocol=protocol, **options)
    except OutputError:  # finished before
        return read_result(path)


def separated(ratio: float) -> float:
    """Return the highest packing fraction of a mixture of known crystals at 6:19."""
    return densest_mixture(Mixture(ratio, 6, 19)).packing_fraction


def row(protocol: str, ratio: float, result: Result) -> tuple[object, ...]:
    """Return a row of the table."""
    s = result.summary
    return (
        protocol, f"{ratio:.2f}", s["runs"], f"{s['packing_fraction']:.5f}", f"{s['mean']:.5f}",
        f"{s['standard_deviation']:.5f}", s["best_found"], s["certified"],
        f"{s['smallest_gap']:.1e}", f"{s['cpu_seconds_per_run']:.2f}", f"{separated(ratio):.5f}",
    )  # fmt: skip


def draw(results: dict[tuple[str, float], Result], path: Path) -> None:
    """Draw all runs, the best, and what bounds them."""
    with style.look():
        figure = style.new_figure(style.PAGE, 3.4)
        panel = figure.subplots()
        _draw_bounds(panel)
        colours = {"default": style.LARGE_COLOUR, "paper": style.SMALL_COLOUR}
        for (protocol, ratio), result in results.items():
            shift = -0.0015 if protocol == "paper" else 0.0015
            _draw_runs(panel, ratio + shift, result, colours[protocol])
        for protocol, words in PROTOCOLS.items():
            best = [
                result.summary["packing_fraction"]
                for (name, _), result in results.items()
                if name == protocol
            ]
            ratios = [ratio for name, ratio in results if name == protocol]
            panel.plot(ratios, best, "o-", color=colours[protocol], label=f"best, {words}")
        panel.set_xlabel("size ratio γ")
        panel.set_ylabel("packing fraction φ")
        panel.set_ylim(0.51, 0.765)
        panel.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    style.write_figure(figure, path, overwrite=True)


def _draw_runs(panel: Axes, ratio: float, result: Result, colour: str) -> None:
    fractions = result.series["packing_fraction"]
    strict = result.series["verdict"] == VERDICTS.index("strict")
    for chosen, marker in ((strict, "_"), (~strict, "x")):
        panel.plot(
            np.full(chosen.sum(), ratio), fractions[chosen], marker, color=colour, alpha=0.35,
            markersize=3.0, markeredgewidth=0.6,
        )  # fmt: skip


def _draw_bounds(panel: Axes) -> None:
    fine = np.linspace(RATIOS[0], RATIOS[-1], 111)
    phases = [separated(float(ratio)) for ratio in fine]
    panel.plot(fine, phases, color=style.INK, label="best known phase-separated crystals")
    panel.axhspan(*PAPER, color=style.FAINT, alpha=0.3, lw=0, label="paper, best of 100 (Fig. S6)")
    cell = crystal("a6b19-symmetric")
    limit = [densest_symmetric(cell.configuration(ratio)).packing_fraction for ratio in RATIOS]
    panel.plot(RATIOS, limit, "--", color=style.OTHER_COLOUR, label="A6B19 that keeps P-6m2")


def main() -> None:
    """Search, print the table, write the CSV and the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, help="runs at each ratio, instead of the file's")
    parser.add_argument("--ratios", type=float, nargs="+", default=list(RATIOS))
    chosen = parser.parse_args()
    states = [(protocol, ratio) for protocol in PROTOCOLS for ratio in chosen.ratios]
    results = {state: search(*state, chosen.runs) for state in tqdm(states)}
    rows = [row(*state, result) for state, result in results.items()]
    print("| " + " | ".join(HEADER) + " |")
    print("| " + " | ".join("---" for _ in HEADER) + " |")
    for values in rows:
        print("| " + " | ".join(map(str, values)) + " |")
    write_table(ROOT / "analysis" / "figure_s6.csv", HEADER, rows)
    FIGURES.mkdir(parents=True, exist_ok=True)
    draw(results, FIGURES / "figure-s6.png")


if __name__ == "__main__":
    main()
