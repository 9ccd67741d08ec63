"""The paper's Fig. S6: densest packings of 6 + 19 spheres against the size ratio.

Run it as ``python analysis/figure_s6.py``. Searches are kept in runs/results, resumed if they
were cut short, and not repeated.
"""

import argparse
from pathlib import Path

from batch import FIGURES, RESULTS, ROOT, write_table
from tqdm import tqdm

from hsmc.checked_options import read_config
from hsmc.errors import OutputError
from hsmc.floppy_search import floppy
from hsmc.report import paper, style
from hsmc.report.entry import STRICT
from hsmc.report.paper_figures import PROTOCOLS, Search, ratio_figure, separated
from hsmc.results import Result, read_result

RATIOS = tuple(round(0.61 + 0.01 * step, 2) for step in range(12))
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
    searches = [
        Search(ratio, protocol, series["packing_fraction"], series["verdict"] == STRICT)
        for (protocol, ratio), series in ((key, each.series) for key, each in results.items())
    ]
    style.write_figure(ratio_figure(searches, paper.SEARCHED), path, overwrite=True)


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
