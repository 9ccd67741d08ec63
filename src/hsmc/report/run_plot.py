"""A result in one figure: its first and last state, and what happened between."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from hsmc.box import Floats
from hsmc.configuration import LARGE
from hsmc.report import style
from hsmc.report.views import add_height_bar, draw_view
from hsmc.results import Frame, Result, read_result
from hsmc.storage import named

VIEWS_HEIGHT, BAR_HEIGHT = 1.85, 0.35
"""Heights of the row of views and of its colour bar, in inches."""

FEW = 20
"""Free paths that are shown as points, too: a line through one of them has no length."""

PHI = "packing fraction φ"

PRESSURE = r"$\beta P \sigma_\mathrm{L}^3$"

ACCEPTANCES = {
    "acceptance_large": ("large", style.LARGE_COLOUR),
    "acceptance_small": ("small", style.SMALL_COLOUR),
    "acceptance_box": ("box", style.OTHER_COLOUR),
}


def plot_file(
    file: Path,
    out: Path | None = None,
    *,
    view: str = "top",
    colour: str = "height",
    overwrite: bool = False,
) -> Path:
    """Draw the figure of a result file.

    Args:
        file: Result file of hsmc.
        out: Figure to write, PNG, SVG or PDF by its extension; None: a PNG beside the file.
        view: Direction from which the states are seen, one of ``VIEWS``.
        colour: "height" or "species".
        overwrite: Replace an existing figure.

    Returns:
        The figure's path.

    Raises:
        InputError: The file is no result, or view, colour or extension are not known.
        OutputError: The figure exists and may not be overwritten.
        StorageError: The figure cannot be written.
    """
    target = out or named(file).with_suffix(".png")
    style.check_target(target, overwrite=overwrite)
    figure = run_figure(read_result(file), view=view, colour=colour)
    style.write_figure(figure, target, overwrite=overwrite)
    return target


def run_figure(result: Result, *, view: str = "top", colour: str = "height") -> Figure:
    """Return a column-wide figure of a result, finished or not.

    Args:
        result: What to show; time series that it lacks are left out.
        view: Direction from which the states are seen, one of ``VIEWS``.
        colour: "height" or "species".

    Raises:
        InputError: The view or the colouring is not known.
    """
    panels = _panels(result)
    views = VIEWS_HEIGHT + (BAR_HEIGHT if colour == "height" else 0.0)
    below = 0.4 + sum(height for _, height in panels) if panels else 0.0
    with style.look():
        figure = style.new_figure(style.COLUMN, 0.3 + views + below)
        figure.suptitle(heading(result), fontsize=8)
        if not panels:
            _draw_states(figure, result, view, colour)
            return figure
        parts = figure.subfigures(2, 1, height_ratios=(views, below), squeeze=False)
        _draw_states(parts[0, 0], result, view, colour)
        _draw_series(parts[1, 0], result, panels)
    return figure


def heading(result: Result) -> str:
    """Return what was run, in a line, and how far it got if it is unfinished."""
    final = result.final
    large = int((final.types == LARGE).sum())
    parts = [f"hsmc {result.kind}: {large} L + {len(final) - large} S"]
    if 0 < large < len(final):
        parts.append(f"γ = {final.size_ratio:.4g}")
    if "seed" in result.parameters:
        parts.append(f"seed {result.parameters['seed']}")
    line = ", ".join(parts)
    if result.nothing_hit:
        measured = "free path, no pressure" if "measured_pressure" in result.series else "free path"
        line += f"\nno sphere hit another: no {measured}"
    if result.status == "finished":
        return line
    if is_search(result):
        return f"{line}\n{result.status}: {len(result.frames)} runs are done"
    return f"{line}\n{result.status}: stopped at cycle {_spaced(result.frames[-1].cycle)}"


def is_search(result: Result) -> bool:
    """Tell whether frames are ends of many runs, the densest last, and not states of one."""
    return result.kind == "floppy"


def _draw_states(figure: Figure | SubFigure, result: Result, view: str, colour: str) -> None:
    """Draw the first and the last state side by side."""
    frames = result.frames if len(result.frames) == 1 else (result.frames[0], result.frames[-1])
    axes = figure.subplots(1, len(frames), squeeze=False)[0]
    for panel, frame in zip(axes, frames, strict=True):
        spheres = draw_view(panel, frame.configuration, view=view, colour=colour)
        panel.set_title(_state_title(result, frame))
    if colour == "height":
        add_height_bar(figure, spheres, list(axes), location="bottom", aspect=30, shrink=0.6)


def _state_title(result: Result, frame: Frame) -> str:
    if is_search(result):
        where = f"{'densest' if frame is result.frames[-1] else 'loosest'}, run {frame.cycle}"
    else:
        where = place_of(result, frame)
    return f"{where}\nφ = {frame.configuration.packing_fraction:.4f}"


def place_of(result: Result, frame: Frame) -> str:
    """Return where in a run a frame lies; jamming has no cycles, only a start and an end."""
    if is_search(result):
        return f"run {frame.cycle}"
    if frame.cycle == 0:
        return "start"
    return "end" if result.kind == "jam" else f"cycle {_spaced(frame.cycle)}"


Panel = tuple[Callable[[Axes, Result], None], float]


def _panels(result: Result) -> list[Panel]:
    """Return the panels that there are data for, each with its height in inches."""
    if len(result.series.get("cycle", ())) < 2 or result.kind == "jam":
        return []
    if is_search(result):
        return [(_plot_ranked, 1.5)]
    known: dict[str, Panel] = {
        "packing_fraction": (_plot_packing, 1.35),
        "beta_pressure": (_plot_pressure, 0.9),
        "measured_pressure": (_plot_measured_pressure, 1.35),
        "acceptance_large": (_plot_acceptances, 0.9),
        "mean_free_path": (_plot_free_path, 0.9),
    }
    if result.parameters.get("box") == "fixed":  # files of earlier versions hold a pressure
        del known["packing_fraction"], known["beta_pressure"]
    if result.nothing_hit:
        del known["measured_pressure"], known["mean_free_path"]  # the ideal gas's, and none
    return [panel for name, panel in known.items() if name in result.series]


def _draw_series(figure: Figure | SubFigure, result: Result, panels: list[Panel]) -> None:
    heights = [height for _, height in panels]
    column = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=heights)
    for axes, (plot, _) in zip(column[:, 0], panels, strict=True):
        plot(axes, result)
    figure.align_ylabels(list(column[:, 0]))
    if is_search(result):
        return
    last = column[-1, 0]
    cycles = result.series["cycle"]
    last.set_xlim(0, cycles[-1])
    last.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
    last.xaxis.set_major_formatter(lambda cycle, _: _spaced(int(cycle)))
    last.set_xlabel("cycles")


def _plot_ranked(axes: Axes, result: Result) -> None:
    """Plot the runs of a search by rank: their order in time means nothing."""
    ranked = np.sort(result.series["packing_fraction"])
    axes.plot(np.arange(len(ranked), 0, -1), ranked, ".", color=style.INK, markersize=3.0)
    axes.set_ylabel(PHI)
    axes.set_xlabel("runs by rank, the densest first")
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))


def _plot_packing(axes: Axes, result: Result) -> None:
    series = result.series
    axes.plot(series["cycle"], series["packing_fraction"], color=style.INK, linewidth=0.9)
    axes.set_ylabel(PHI)
    summary = result.summary
    if "mean_packing_fraction" in summary and result.status == "finished":
        mean, error = summary["mean_packing_fraction"], summary["standard_error"]
        _mark_mean(axes, result, "φ", (mean, error), summary.get("reliable", True))


def _mark_mean(
    axes: Axes, result: Result, symbol: str, estimate: tuple[float, float], reliable: bool
) -> None:
    """Mark the mean over the sampled cycles and a band of one standard error."""
    mean, error = estimate
    begin = result.summary.get("averaged_from", result.parameters.get("equilibrate", 0))
    sampled = [begin, result.series["cycle"][-1]]
    if math.isfinite(error):
        axes.fill_between(
            sampled, mean - error, mean + error, color=style.SMALL_COLOUR, alpha=0.5, linewidth=0
        )
    axes.plot(sampled, [mean, mean], color=style.SMALL_COLOUR)
    doubt = "" if reliable else " (short run)"
    words = f"sampled: {symbol} = {style.with_error(mean, error)}{doubt}"
    axes.set_title(words, loc="right", fontsize=7)


def _plot_pressure(axes: Axes, result: Result) -> None:
    pressure = result.series["beta_pressure"]
    axes.plot(result.series["cycle"], pressure, color=style.INK, linewidth=0.9)
    axes.set_ylabel(PRESSURE)
    _set_decades(axes, pressure)


def _set_decades(axes: Axes, values: Floats) -> None:
    """Make the vertical axis logarithmic, over whole decades where there were no ticks else."""
    axes.set_yscale("log")
    shown = values[np.isfinite(values) & (values > 0.0)]
    if len(shown) and shown.max() < 10.0 * shown.min():
        low, high = np.log10(shown.min()), np.log10(shown.max())
        axes.set_ylim(10.0 ** np.floor(low - 0.1), 10.0 ** np.ceil(high + 0.1))
    axes.yaxis.set_major_locator(LogLocator(numticks=4))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _plot_measured_pressure(axes: Axes, result: Result) -> None:
    """Plot the pressure that event chains measure in a fixed box."""
    series, summary = result.series, result.summary
    axes.plot(series["cycle"], series["measured_pressure"], color=style.INK, linewidth=0.9)
    axes.set_ylabel(PRESSURE)
    if "mean_pressure" in summary and result.status == "finished":
        estimate = (summary["mean_pressure"], summary["pressure_standard_error"])
        _mark_mean(axes, result, PRESSURE, estimate, summary["pressure_reliable"])


def _plot_acceptances(axes: Axes, result: Result) -> None:
    for name, (label, colour) in ACCEPTANCES.items():
        rates = result.series.get(name)
        if rates is not None and np.isfinite(rates).any():
            axes.plot(result.series["cycle"], rates, color=colour, linewidth=0.8, label=label)
    axes.set_ylim(0.0, 1.04)
    axes.set_yticks([0.0, 0.5, 1.0], labels=["0", "½", "1"])
    axes.set_ylabel("acceptance")
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 0.95), ncols=3, borderaxespad=0.0)


def _plot_free_path(axes: Axes, result: Result) -> None:
    """Plot how far a sphere flies before it hits another: down to nothing where it jams."""
    paths = result.series["mean_free_path"]
    hit = np.isfinite(paths)  # rows in which nothing was would tear the line into lone points
    marker = "." if hit.sum() < FEW else None
    axes.plot(
        result.series["cycle"][hit], paths[hit], marker=marker, color=style.INK, linewidth=0.9
    )
    axes.set_ylabel(r"free path ($\sigma_\mathrm{L}$)")
    _set_decades(axes, paths)


def _spaced(number: int) -> str:
    """Return a number in groups of three digits, apart by thin spaces."""
    return f"{number:,}".replace(",", "\u2009")
