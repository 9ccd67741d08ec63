"""Figure and tables of docs/event-chains.md, from analysis/event_chains.csv.

Usage: python analysis/figure_event_chains.py
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
from batch import FIGURES, mean_and_error
from event_chains import (
    BONDS,
    DIFFUSION,
    KEPT,
    LENGTHS,
    SLOWEST,
    SMALLEST,
    SYSTEMS,
    read_rows,
)
from matplotlib.axes import Axes

from hsmc.report import style

LOCAL = ("local, 15 %", "local, 30 %")
CHAINS = {"straight": style.SMALL_COLOUR, "Newtonian": style.LARGE_COLOUR}
QUANTITIES = {
    DIFFUSION: ("o", "diffusion"),
    SLOWEST: ("s", "density, slowest wave vectors"),
    SMALLEST: ("^", "density, longest waves"),
    BONDS: ("D", "bond order"),
}
BARS = (2.0, 5.0)
"""Times local moves: what was asked for, and hoped for."""

RESOLVED = 5.0
"""Relaxation times that a run has to span, at least."""

Rates = dict[tuple[str, str, str, str], list[float]]
"""Of each round, by study, system, moves and quantity."""


def read_rates() -> Rates:
    """Return what has been measured."""
    rates: Rates = defaultdict(list)
    for row in read_rows():
        key = (row["study"], row["system"], row["moves"], row["quantity"])
        rates[key].append(float(row["rate_per_cpu_second"]))
    return rates


def best_local(rates: Rates, study: str, system: str, quantity: str) -> list[float]:
    """Return the rates of local moves with the better of the acceptances."""
    names = [key for key in rates if key[:2] == (study, system) and key[2].startswith("local")]
    return max((rates[key] for key in names if key[3] == quantity), key=np.mean)


def gain(rates: Rates, study: str, system: str, moves: str, quantity: str) -> tuple[float, float]:
    """Return the mean over rounds of a rate over that of local moves, and its standard error."""
    local = best_local(rates, study, system, quantity)
    own = rates[study, system, moves, quantity]
    return mean_and_error([a / b for a, b in zip(own, local, strict=True)])


def measured(rates: Rates, system: str) -> list[str]:
    """Return the quantities that were measured in a system, and resolved by all moves."""
    found = [name for name in QUANTITIES if ("moves", system, "straight", name) in rates]
    seconds = SYSTEMS[system].seconds[0]
    slowest = {
        name: min(np.mean(rates["moves", system, kind, name]) for kind in (*LOCAL, *CHAINS))
        for name in found
    }
    return [name for name in found if name == DIFFUSION or slowest[name] * seconds > RESOLVED]


def show_moves(rates: Rates) -> None:
    """Print rates and gains of each system and quantity."""
    kinds = (*LOCAL, *CHAINS)
    heads = ("system", "rate", *kinds, *(f"{kind} ÷ local" for kind in CHAINS))
    print("| " + " | ".join(heads) + " |")
    print("|" + len(heads) * " --- |")
    for system in SYSTEMS:
        for quantity in measured(rates, system):
            values = [mean_and_error(rates["moves", system, kind, quantity]) for kind in kinds]
            values += [gain(rates, "moves", system, kind, quantity) for kind in CHAINS]
            cells = (system, QUANTITIES[quantity][1], *(style.with_error(*each) for each in values))
            print("| " + " | ".join(cells) + " |")


def show_settings(rates: Rates) -> None:
    """Print the diffusion of each setting."""
    systems = list(dict.fromkeys(key[1] for key in rates if key[0] == "settings"))
    print("\n| moves | " + " | ".join(systems) + " |")
    print("| --- |" + len(systems) * " --- |")
    for kind in dict.fromkeys(key[2] for key in rates if key[0] == "settings"):
        values = [mean_and_error(rates["settings", name, kind, DIFFUSION]) for name in systems]
        print(f"| {kind} | " + " | ".join(style.with_error(*each) for each in values) + " |")


def draw(rates: Rates, path: Path) -> None:
    """Draw gains by system, and by length of chains and of memory."""
    with style.look():
        figure = style.new_figure(style.PAGE, 5.2)
        grid = figure.add_gridspec(2, 2, height_ratios=(1.35, 1.0))
        top = figure.add_subplot(grid[0, :])
        _draw_systems(top, rates)
        left, right = figure.add_subplot(grid[1, 0]), figure.add_subplot(grid[1, 1])
        _draw_settings(left, rates, "chains of", LENGTHS, tuple(CHAINS))
        _draw_settings(right, rates, "velocities kept for", KEPT, ("Newtonian",))
        style.letter(left, "b", "diffusion against the length of a chain")
        left.set_xlabel("collisions of a chain")
        style.letter(right, "c", "and against how long velocities are kept")
        right.set_xlabel("collisions of a sphere between two draws")
        left.legend(ncols=2)
        figure.legend(*top.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    style.write_figure(figure, path, overwrite=True)


def _dress(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.set_ylabel("rate ÷ local moves")
    for value in (1.0, *BARS):
        axes.axhline(value, color=style.FAINT, lw=0.6, zorder=0, ls="-" if value == 1.0 else "--")
    axes.set_yticks([0.5, 1, 2, 5, 10, 20], labels=["0.5", "1", "2", "5", "10", "20"])
    axes.minorticks_off()


def _draw_systems(axes: Axes, rates: Rates) -> None:
    style.letter(axes, "a", "rate per CPU second, relative to local moves at their best acceptance")
    for place, system in enumerate(SYSTEMS):
        names = measured(rates, system)
        for (i, quantity), (kind, colour) in product(enumerate(names), CHAINS.items()):
            mean, error = gain(rates, "moves", system, kind, quantity)
            aside = 0.16 * (i - 0.5 * (len(names) - 1))
            axes.errorbar(place + aside, mean, error, marker=QUANTITIES[quantity][0], color=colour)
    for kind, colour in CHAINS.items():
        axes.plot([], [], "s", color=colour, label=f"{kind} chains", markersize=6)
    for mark, words in QUANTITIES.values():
        axes.plot([], [], mark, color=style.FAINT, label=words)
    axes.set_xticks(range(len(SYSTEMS)), labels=[name.replace(", N", ",\nN") for name in SYSTEMS])
    _dress(axes)


def _draw_settings(
    axes: Axes, rates: Rates, words: str, values: Sequence[int], kinds: Sequence[str]
) -> None:
    systems = list(dict.fromkeys(key[1] for key in rates if key[0] == "settings"))
    for kind, (system, fill) in product(kinds, zip(systems, ("full", "none"), strict=False)):
        gains = [
            gain(rates, "settings", system, f"{kind}, {words} {value}", DIFFUSION)
            for value in values
        ]
        means, errors = zip(*gains, strict=True)
        axes.errorbar(
            values, means, errors, color=CHAINS[kind], marker="o", fillstyle=fill, linewidth=0.8,
            label=f"{kind}, {system.split(', ')[1]}",
        )  # fmt: skip
    axes.set_xscale("log")
    _dress(axes)


def main() -> None:
    """Print the tables and draw the figure."""
    rates = read_rates()
    show_moves(rates)
    show_settings(rates)
    FIGURES.mkdir(parents=True, exist_ok=True)
    draw(rates, FIGURES / "event-chains.png")


if __name__ == "__main__":
    main()
