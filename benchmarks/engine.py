"""Speed of the engine: every table of docs/performance.md, and a JSON file of them.

Usage: python benchmarks/engine.py [--only trials collisions ...] [--repeats 7] [--json FILE]

Times are CPU times of one core, medians and best. Compared things are run in turns. The machine
and its load stand in the output; on a busy one take ratios more seriously than figures.
"""

import argparse
from pathlib import Path

import efficiency
import speed
import startup
from timing import Table, run

TABLES = {
    "trials": Table("million trial moves a CPU second, no box moves", speed.trial_moves),
    "collisions": Table("million collisions a CPU second in event chains", speed.collisions),
    "box-share": Table("part of the time that box moves take, 6:19 (best of)", speed.box_share),
    "cycles": Table(
        "cycles a CPU s with a box move each, 6:19, N = 2000, βPσ_L³ = 30", speed.cycles
    ),
    "volumes": Table("independent samples of V a CPU s, N = 500, βPσ³ = 4", efficiency.volumes),
    "compression": Table("6:19, N = 2000, from φ = 0.30", efficiency.compression),
    "seed": Table("A6B19 seed, γ = 0.695", efficiency.seed),
    "paper": Table("A6B19 seed, γ = 0.695, the paper's protocol", efficiency.paper),
    "startup": Table("start-up, seconds", startup.rows),
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--repeats", type=int, default=7, help="at least 5 for a median")
    parser.add_argument("--json", type=Path, metavar="FILE")
    chosen = parser.parse_args()
    run({name: TABLES[name] for name in chosen.only}, chosen.repeats, chosen.json)


if __name__ == "__main__":
    main()
