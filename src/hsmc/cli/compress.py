"""``hsmc compress``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hsmc.cli import shared

if TYPE_CHECKING:
    from hsmc.results import Result


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(compress)


def compress(
    ratio: shared.Ratio = None,
    start: shared.Start = None,
    protocol: Annotated[
        str | None, typer.Option(help="paper: the paper's own run | default.")
    ] = None,
    replicate: shared.Replicate = None,
    fit: shared.Fit = None,
    packing: shared.Packing = None,
    large: shared.Large = None,
    composition: shared.Composition = None,
    pressure: Annotated[
        str | None, typer.Option(metavar=shared.NUMBER, help="βPσ_L³ at the end. [default: 1e6]")
    ] = None,
    cycles: Annotated[
        str | None, typer.Option(metavar=shared.WHOLE, help="Length of the run. [default: 30000]")
    ] = None,
    ramp: Annotated[
        str | None,
        typer.Option(help="Rise of the pressure: geometric | linear | power | none."),
    ] = None,
    ramp_start: Annotated[
        str | None,
        typer.Option(metavar=shared.NUMBER, help="βPσ_L³ at the first cycle. [default: 10]"),
    ] = None,
    ramp_fraction: Annotated[
        str | None,
        typer.Option(
            metavar=shared.NUMBER, help="Part of the run that the rise takes. [default: 0.9]"
        ),
    ] = None,
    ramp_power: Annotated[
        str | None,
        typer.Option(metavar=shared.NUMBER, help="Exponent of a power ramp. [default: 6]"),
    ] = None,
    box: shared.Box = None,
    axes: shared.Axes = None,
    moves: shared.Moves = None,
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
    """Compress binary hard spheres, by default the A6B19 crystal, in the NPT ensemble."""
    arguments = locals()
    from hsmc.compression import compress as run
    from hsmc.options import CompressOptions

    options = shared.given(CompressOptions, arguments, config)
    chosen = CompressOptions.build(options)
    shared.show_run(
        run,
        options,
        out or _default_name(chosen.start, chosen.ratio, chosen.axes, chosen.seed),
        _sentence,
        max_hours=max_hours,
        as_json=as_json,
        quiet=quiet,
    )


def _default_name(start: str, ratio: float | None, axes: str, seed: int) -> Path:
    parts = ["compress", Path(start).stem, *([f"{ratio:g}"] if ratio is not None else [])]
    parts += [axes] if axes != "xyz" else []
    return Path("-".join([*parts, f"s{seed}.h5"]))


def _last_pressure(result: "Result") -> float:
    """Return the pressure of the last cycle: a ramp of few cycles may not come to its end."""
    return float(result.series["beta_pressure"][-1])


def _sentence(result: "Result") -> str:
    summary = result.summary
    if result.parameters["box"] == "fixed":
        return shared.in_fixed_box(result)
    return (
        f"φ = {summary['packing_fraction']:.4f}  (βPσ_L³ = {_last_pressure(result):g}, "
        f"{summary['cycles']} cycles, {summary['cpu_seconds']:.1f} s of CPU; "
        f"{shared.closest(result)})"
    )
