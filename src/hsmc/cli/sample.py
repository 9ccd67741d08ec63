"""``hsmc sample``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hsmc.cli import shared

if TYPE_CHECKING:
    from hsmc.results import Result


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sample)


def sample(
    ratio: shared.Ratio = None,
    start: shared.Start = None,
    replicate: shared.Replicate = None,
    fit: shared.Fit = None,
    packing: shared.Packing = None,
    large: shared.Large = None,
    composition: shared.Composition = None,
    pressure: Annotated[
        str | None,
        typer.Option(metavar=shared.NUMBER, help="βPσ_L³; none in a fixed box. [default: 10]"),
    ] = None,
    equilibrate: Annotated[
        str | None,
        typer.Option(metavar=shared.WHOLE, help="Cycles before sampling. [default: 20000]"),
    ] = None,
    cycles: Annotated[
        str | None,
        typer.Option(metavar=shared.WHOLE, help="Cycles that are sampled. [default: 100000]"),
    ] = None,
    every: Annotated[
        str | None,
        typer.Option(
            metavar=shared.WHOLE, help="Cycles averaged into one stored value. [default: 10]"
        ),
    ] = None,
    box: shared.Box = None,
    axes: shared.Axes = None,
    moves: shared.SampleMoves = None,
    box_moves: shared.BoxMoves = None,
    threads: shared.Threads = None,
    frames: shared.Frames = None,
    seed: shared.Seed = None,
    config: shared.Config = None,
    out: shared.Out = None,
    max_hours: shared.MaxHours = None,
    as_json: shared.Json = False,
    quiet: shared.Quiet = False,
) -> None:
    """Sample hard spheres at a fixed pressure or volume: equilibrate, tune, freeze, sample."""
    arguments = locals()
    from hsmc.options import SampleOptions
    from hsmc.sampling import sample as run

    options = shared.given(SampleOptions, arguments, config)
    chosen = SampleOptions.build(options)
    held = "fixed" if chosen.box == "fixed" else f"P{chosen.pressure:g}"
    name = Path(f"sample-{Path(chosen.start).stem}-{held}-s{chosen.seed}.h5")
    shared.show_run(
        run, options, out or name, _sentence, max_hours=max_hours, as_json=as_json, quiet=quiet
    )


def _sentence(result: "Result") -> str:
    summary = result.summary
    if result.parameters["box"] == "fixed":
        return shared.in_fixed_box(result)
    from hsmc.analysis.statistics import with_error

    warning = "" if summary["reliable"] else "; SHORT: fewer than 50 autocorrelation times"
    return (
        f"φ = {with_error(summary['mean_packing_fraction'], summary['standard_error'])}  "
        f"(βPσ_L³ = {result.parameters['pressure']:g}, "
        f"{summary['effective_samples']:.0f} effective samples{warning}; "
        f"{shared.closest(result)})"
    )
