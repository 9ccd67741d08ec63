"""Figures in the manner of the paper's S5, S6 and S7, from any results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hsmc.analysis.densest import densest_mixture
from hsmc.analysis.densest_symmetric import densest_symmetric
from hsmc.box import Floats
from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.mixture import Mixture
from hsmc.report import paper, style
from hsmc.report.views import add_height_bar, draw_view

PROTOCOLS = {
    "default": ("this work", style.LARGE_COLOUR, 0.0015),
    "paper": ("published protocol", style.SMALL_COLOUR, -0.0015),
}
"""Words, colour and shift along the axis for the runs of each protocol of a search."""

LETTERS = "abcdefghijkl"


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """Runs of a floppy-box search at one size ratio.

    Attributes:
        ratio: Size ratio γ.
        protocol: One of ``PROTOCOLS``.
        packing_fractions: Of all runs; shape (runs,).
        strict: Whether each is certified strictly jammed; shape (runs,).
    """

    ratio: float
    protocol: str
    packing_fractions: Floats
    strict: NDArray[np.bool_]


def states_figure(states: Mapping[str, Configuration], colour: str = "height") -> Figure:
    """Return states side by side, seen from the top, by their titles (S5, S7).

    Args:
        states: Configurations by title, to which φ is added; three or four fill a row.
        colour: "height" (S5) or "species" (S7).
    """
    across = len(states) if len(states) <= 4 else 3
    down = -(-len(states) // across)
    with style.look():
        figure = style.new_figure(style.PAGE, 2.05 * down)
        panels = figure.subplots(down, across, squeeze=False)
        for panel in panels.flat[len(states) :]:
            panel.set_axis_off()
        shown = list(panels.flat[: len(states)])
        for panel, letter, (title, state) in zip(shown, LETTERS, states.items(), strict=False):
            spheres = draw_view(panel, state, colour=colour)
            style.letter(panel, letter, f"{title}, φ = {state.packing_fraction:.4f}")
            panel.set_anchor("N")
        if colour == "height":
            add_height_bar(figure, spheres, shown, location="right", aspect=16, shrink=0.8)
    return figure


def ratio_figure(searches: Sequence[Search], composition: tuple[int, int]) -> Figure:
    """Return φ of all runs and of the best against the size ratio, and what bounds them (S6).

    Args:
        searches: At one ratio or more.
        composition: Numbers of large and small spheres, the same in all searches.
    """
    ratios = sorted({search.ratio for search in searches})
    with style.look():
        figure = style.new_figure(style.PAGE, 3.4)
        panel = figure.subplots()
        _draw_bounds(panel, ratios, composition)
        for protocol, (words, colour, shift) in PROTOCOLS.items():
            mine = [search for search in searches if search.protocol == protocol]
            for search in mine:
                _draw_runs(panel, search, colour, shift)
            best = sorted((each.ratio, float(each.packing_fractions.max())) for each in mine)
            if best:
                panel.plot(*zip(*best, strict=True), "o-", color=colour, label=f"best, {words}")
        panel.set_xlabel("size ratio γ")
        panel.set_ylabel("packing fraction φ")
        panel.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def separated(ratio: float, composition: tuple[int, int] = paper.SEARCHED) -> float:
    """Return the highest packing fraction of a mixture of known crystals."""
    return densest_mixture(Mixture(ratio, *composition)).packing_fraction


def _draw_runs(panel: Axes, search: Search, colour: str, shift: float) -> None:
    for chosen, marker in ((search.strict, "_"), (~search.strict, "x")):
        panel.plot(
            np.full(int(chosen.sum()), search.ratio + shift),
            search.packing_fractions[chosen],
            marker,
            color=colour,
            alpha=0.35,
            markersize=3.0,
            markeredgewidth=0.6,
        )


def _draw_bounds(panel: Axes, ratios: Sequence[float], composition: tuple[int, int]) -> None:
    fine = np.linspace(ratios[0] - 0.005, ratios[-1] + 0.005, 111)
    phases = [separated(float(ratio), composition) for ratio in fine]
    panel.plot(fine, phases, color=style.INK, label="best known phase-separated crystals")
    if composition != paper.SEARCHED:
        return
    panel.fill_between(
        paper.SEARCHED_RATIOS,
        *paper.DENSEST,
        color=style.FAINT,
        alpha=0.3,
        linewidth=0,
        label="paper, best of 100 (Fig. S6)",
    )
    cell = crystal("a6b19-symmetric")
    limit = [densest_symmetric(cell.configuration(ratio)).packing_fraction for ratio in ratios]
    panel.plot(ratios, limit, ".--", color=style.OTHER_COLOUR, label="A6B19 that keeps P-6m2")
