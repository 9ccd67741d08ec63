"""A study in one figure: the packing fraction of all runs against each axis, best and mean."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hsmc.errors import InputError
from hsmc.report import style
from hsmc.storage import named
from hsmc.sweep.study import Study, read_study
from hsmc.sweep.table import collect
from hsmc.sweep.tasks import plan, text

PHI = "packing fraction φ"

LABELS = {
    "ratio": "size ratio γ",
    "pressure": r"pressure $\beta P \sigma_\mathrm{L}^3$",
    "ramp_start": r"first pressure $\beta P \sigma_\mathrm{L}^3$",
    "box": "box mode",
}
"""What is written at an axis; its name if it is not here."""

COLOURS = (style.LARGE_COLOUR, style.SMALL_COLOUR, style.OTHER_COLOUR, style.INK)
"""Colours of the values of an axis of words, if it has no more than these."""

LOGARITHMIC = 30.0
"""Ratio of the largest to the smallest value from which an axis is logarithmic."""

PANEL_HEIGHT = 2.3
"""In inches."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of a study.

    Attributes:
        study: What was varied.
        values: Value on each axis by name, one a run.
        packing_fractions: One a run.
    """

    study: Study
    values: dict[str, list[Any]]
    packing_fractions: list[float]


def plot_study(
    path: Path, results: Path | None = None, out: Path | None = None, *, overwrite: bool = False
) -> Path:
    """Draw the figure of a study, of the results that are there.

    Args:
        path: The study file.
        results: Folder of its results; None: ``results/NAME`` beside the file.
        out: Figure to write, PNG, SVG or PDF by its extension; None: a PNG beside the study.
        overwrite: Replace an existing figure.

    Returns:
        The figure's path.

    Raises:
        InputError: The study is not usable, has no axes or no results.
        OutputError: The figure exists and may not be overwritten.
        StorageError: The figure cannot be written.
    """
    target = out or named(path).with_suffix(".png")
    style.check_target(target, overwrite=overwrite)
    file = read_study(path)
    figure = study_figure(_runs(file.study, plan(file), results or file.results))
    style.write_figure(figure, target, overwrite=overwrite)
    return target


def study_figure(runs: Runs) -> Figure:
    """Return a column-wide figure with a panel for each axis."""
    axes = [name for name, values in runs.study.axes.items() if len(values) > 1]
    groups = _groups(runs, axes)
    members = _members(runs, groups)
    with style.look():
        figure = style.new_figure(style.COLUMN, 0.7 + PANEL_HEIGHT * len(axes))
        panels = figure.subplots(len(axes), 1, squeeze=False)[:, 0]
        for letter, name, panel in zip("abcdefghijklmnop", axes, panels, strict=False):
            _draw_panel(panel, runs, name, members)
            panel.set_ylabel(PHI)
            if len(axes) > 1:
                style.letter(panel, letter, "")
        done = len(runs.packing_fractions)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(
            handles,
            labels,
            title=f"{done} of {runs.study.size} runs of hsmc {runs.study.command}",
            loc="outside upper center",
            ncols=2,
        )
    return figure


def _runs(study: Study, tasks: Sequence[Any], results: Path) -> Runs:
    if not any(len(values) > 1 for values in study.axes.values()):
        message = "the study has no axis with two values or more: nothing to plot against"
        raise InputError(message)
    table = collect(tasks, results)
    if not len(table):
        message = f"there are no results in {results}; run hsmc sweep first"
        raise InputError(message)
    known = {task.id: task for task in tasks}
    done = [known[task] for task in table.columns["task"]]
    values = {name: [task.values[name] for task in done] for name in study.axes}
    return Runs(study, values, table.columns["packing_fraction"])


def _groups(runs: Runs, axes: Sequence[str]) -> str:
    """Return the axis whose values get colours of their own in the panels of the others."""
    for name in axes:
        values = runs.study.axes[name]
        if len(axes) > 1 and not _is_numeric(values) and len(values) <= len(COLOURS):
            return name
    return ""


def _members(runs: Runs, axis: str) -> dict[str, list[bool]]:
    """Return which runs belong to each value of an axis; to one group without a name if none."""
    if not axis:
        return {"": [True] * len(runs.packing_fractions)}
    return {
        text(value): [each == value for each in runs.values[axis]]
        for value in runs.study.axes[axis]
    }


def _is_numeric(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _draw_panel(panel: Axes, runs: Runs, name: str, members: dict[str, list[bool]]) -> None:
    values = runs.study.axes[name]
    numeric = _is_numeric(values)
    places = {text(value): value if numeric else k for k, value in enumerate(values)}
    for number, (words, chosen) in enumerate(members.items()):
        points: dict[float, list[float]] = {}
        for value, phi, mine in zip(runs.values[name], runs.packing_fractions, chosen, strict=True):
            if mine:
                points.setdefault(places[text(value)], []).append(phi)
        _draw_points(panel, points, COLOURS[number], words, joined=numeric)
    panel.set_xlabel(LABELS.get(name, name.replace("_", " ")))
    if not numeric:
        panel.set_xticks(list(range(len(values))), labels=[text(value) for value in values])
        panel.set_xlim(-0.5, len(values) - 0.5)
    elif min(values) > 0.0 and max(values) > LOGARITHMIC * min(values):
        panel.set_xscale("log")


def _draw_points(
    panel: Axes, points: dict[float, list[float]], colour: str, words: str, *, joined: bool
) -> None:
    """Draw all runs, their means with standard errors, and the best at each value."""
    if not points:
        return
    places = sorted(points)
    after = f", {words}" if words else ""
    for place in places:
        panel.plot(
            [place] * len(points[place]), points[place], "_", color=colour, alpha=0.35, zorder=1
        )
    best = [max(points[place]) for place in places]
    panel.plot(places, best, "o-" if joined else "o", color=colour, label=f"best{after}")
    panel.errorbar(
        places,
        [statistics.fmean(points[place]) for place in places],
        [_standard_error(points[place]) for place in places],
        fmt="s--" if joined else "s",
        color=colour,
        markerfacecolor="white",
        linewidth=0.8,
        label=f"mean ± s.e.{after}",
    )


def _standard_error(values: Sequence[float]) -> float:
    return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0
