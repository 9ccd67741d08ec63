"""The paper's Fig. S5: the A6B19 crystal, compressed, and compressed by moves in xy alone.

Run it as ``python analysis/figure_s5.py``: 20 runs of a second each. Results are kept in
runs/results; a second call only draws.
"""

import argparse
from pathlib import Path

from batch import FIGURES, ROOT, Job, mean_and_error, run_all, write_table

from hsmc.checked_options import read_config
from hsmc.report import paper, style
from hsmc.report.paper_figures import states_figure
from hsmc.results import Result

PAPER = {"compress-0.695": paper.COMPRESSED["xyz"], "compress-0.695-xy": paper.COMPRESSED["xy"]}

TITLES = {"compress-0.695": "compressed", "compress-0.695-xy": "moves in xy only"}


def jobs_of(config: str, seeds: int) -> list[Job]:
    """Return a run for each seed of the options in runs/."""
    options = read_config(ROOT / "runs" / f"{config}.toml")
    return [Job(f"{config}-s{seed}", {**options, "seed": seed}) for seed in range(1, seeds + 1)]


def packing(result: Result) -> float:
    """Return the packing fraction of the final state."""
    return result.final.packing_fraction


def print_table(results: dict[str, list[Result]]) -> None:
    """Print mean ± standard error and range beside the paper's figures."""
    print(f"{'runs of':<24}{'φ, mean ± s.e.':<22}{'lowest to highest':<20}paper")
    for config, runs in results.items():
        phi = [packing(run) for run in runs]
        mean = "{:.4f} ± {:.4f}".format(*mean_and_error(phi))
        spread = f"{min(phi):.4f} to {max(phi):.4f}"
        print(f"{config:<24}{mean:<22}{spread:<20}{PAPER[config]}")


def draw(results: dict[str, list[Result]], path: Path) -> None:
    """Draw the start and the densest final states from the top, coloured by height."""
    densest = {config: max(runs, key=packing) for config, runs in results.items()}
    start = densest["compress-0.695"].frames[0].configuration
    states = {"start": start, **{TITLES[name]: run.final for name, run in densest.items()}}
    figure = states_figure(states)
    style.write_figure(figure, path, overwrite=True)


def main() -> None:
    """Run, print the table, write the CSV and the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="runs of each kind, at least 2")
    seeds = max(2, parser.parse_args().seeds)
    jobs = {config: jobs_of(config, seeds) for config in PAPER}
    done = iter(run_all([job for group in jobs.values() for job in group]))
    results = {config: [next(done) for _ in group] for config, group in jobs.items()}
    print_table(results)
    rows = [
        (config, run.parameters["seed"], f"{packing(run):.6f}", run.parameters["cycles"])
        for config, runs in results.items()
        for run in runs
    ]
    header = ("config", "seed", "packing_fraction", "cycles")
    write_table(ROOT / "analysis" / "figure_s5.csv", header, rows)
    FIGURES.mkdir(parents=True, exist_ok=True)
    draw(results, FIGURES / "figure-s5.png")


if __name__ == "__main__":
    main()
