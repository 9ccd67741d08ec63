"""Options that several commands share, and how a run is shown."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hsmc.cli.exit_codes import STOPPED
from hsmc.cli.progress import Watch

if TYPE_CHECKING:
    from hsmc.checked_options import Options
    from hsmc.results import Result

NUMBER, WHOLE = "<float>", "<int>"
"""What help shows for texts that ``hsmc.checked_options`` checks with all the rest."""

Ratio = Annotated[
    str | None,
    typer.Option(
        metavar=NUMBER,
        help="Size ratio γ, small over large diameter; a file that gives no sizes needs one. "
        "[default: 0.695, or that of the file]",
    ),
]
Start = Annotated[
    str | None,
    typer.Option(
        help="Crystal (a6b19, a6b19-printed, a6b19-measured, fcc, nacl, ...), fluid, or a file: "
        "result, CIF, POSCAR, extended XYZ, GSD. [default: a6b19]"
    ),
]
Large = Annotated[str | None, typer.Option(help="Label of the large species in a file.")]
Composition = Annotated[
    tuple[str, str] | None,
    typer.Option(
        metavar=f"{WHOLE} {WHOLE}", help="Large and small spheres of a fluid. [default: 96 304]"
    ),
]
Replicate = Annotated[
    tuple[str, str, str] | None,
    typer.Option(
        metavar=f"{WHOLE} {WHOLE} {WHOLE}",
        help="Copies along the box vectors. [default: 2 2 4 for a6b19, else 1 1 1]",
    ),
]
Fit = Annotated[
    str | None,
    typer.Option(
        help="Overlaps of the start: dilate | stretch (xy and z apart) | relax | none. "
        "[default: dilate; none for result files and fluids]"
    ),
]
Packing = Annotated[
    str | None,
    typer.Option(
        metavar=NUMBER,
        help="Packing fraction to start from. [default: 0.3 for fluids, else what fit gives]",
    ),
]
Box = Annotated[
    str | None,
    typer.Option(help="isotropic | in-plane | per-axis | floppy | fixed. [default: isotropic]"),
]
Axes = Annotated[str | None, typer.Option(help="Axes along which spheres move: xyz | xy.")]
MOVES = (
    "local (trial moves of single spheres) | chain (straight event chains) | newtonian (event "
    "chains). [default: {}]"
)
Moves = Annotated[str | None, typer.Option(help=MOVES.format("newtonian"))]
SampleMoves = Annotated[str | None, typer.Option(help=MOVES.format("local"))]
BoxMoves = Annotated[
    str | None, typer.Option(help="heat-bath (exact draws) | metropolis. [default: heat-bath]")
]
Threads = Annotated[
    str | None,
    typer.Option(
        metavar=WHOLE,
        help="Threads that move more than 32 768 spheres (4096 by local moves); results do not "
        "depend on it. [default: 1]",
    ),
]
Seed = Annotated[str | None, typer.Option(metavar=WHOLE, help="Root seed, stored. [default: 1]")]
Frames = Annotated[
    str | None,
    typer.Option(metavar=WHOLE, help="Configurations stored on the way. [default: 100]"),
]
Config = Annotated[Path | None, typer.Option(help="TOML file of options; the command line wins.")]
Out = Annotated[Path | None, typer.Option(help="Result file (HDF5) to write or resume.")]
MaxHours = Annotated[
    str | None,
    typer.Option(metavar=NUMBER, help="Stop after so many hours, resumable (exit 75)."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def given(
    model: type["Options"], arguments: Mapping[str, Any], config: Path | None = None
) -> dict[str, Any]:
    """Return the options of a TOML file, overruled by those of the command line.

    Args:
        model: The options of the run, whose names are looked for.
        arguments: What the command was called with: its ``locals()``, so that no list of names
            has to be kept beside its signature. The rest, such as ``quiet``, is left out.
        config: The TOML file.
    """
    from hsmc.checked_options import read_config

    chosen = read_config(config) if config is not None else {}
    own = {name: arguments.get(name) for name in model.model_fields}
    chosen.update({name: value for name, value in own.items() if value is not None})
    return chosen


def show_run(
    run: Callable[..., "Result"],
    options: dict[str, Any],
    out: Path,
    sentence: Callable[["Result"], str],
    *,
    max_hours: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run a simulation under a watch and print its last line.

    Raises:
        typer.Exit: 75 if it was stopped and can be resumed.
    """
    from hsmc.checked_options import check_hours

    watch = Watch(quiet=quiet, max_hours=None if max_hours is None else check_hours(max_hours))
    with watch.signals():
        result = run(out, watch, **options)
    show_result(result, out, sentence, watch.reason, as_json=as_json)


def show_result(
    result: "Result",
    out: Path,
    sentence: Callable[["Result"], str],
    reason: str,
    *,
    as_json: bool,
) -> None:
    """Print the last line of a run, or why it stopped.

    Raises:
        typer.Exit: 75 if it was stopped and can be resumed.
    """
    if result.status != "finished":
        typer.echo(
            f"stopped ({reason}) after {_extent(result)}; the same command resumes {out}",
            err=True,
        )
        raise typer.Exit(STOPPED)
    if as_json:
        summary = {"file": str(out), **result.summary, "parameters": dict(result.parameters)}
        typer.echo(json.dumps(summary))
    else:
        typer.echo(sentence(result))
        typer.echo(str(out))


def closest(result: "Result") -> str:
    """Return the smallest gap of the final state, in words."""
    return f"smallest gap {result.summary['smallest_gap']:.2g}, checked over all images"


def in_fixed_box(result: "Result") -> str:
    """Return what is known of a fixed box: the pressure, if event chains measured it."""
    summary = result.summary
    if "mean_pressure" not in summary:
        why = "local moves measure no pressure, --moves newtonian does"
        if result.parameters["moves"] != "local":
            why = "too short to measure the pressure"
        if result.nothing_hit:
            why = "nothing was hit, so no pressure is measured"
        return f"φ = {summary['packing_fraction']:.5f}  (fixed box; {why}; {closest(result)})"
    from hsmc.analysis.statistics import with_error

    measured = with_error(summary["mean_pressure"], summary["pressure_standard_error"])
    warning = "" if summary["pressure_reliable"] else "; SHORT: fewer than 50 autocorrelation times"
    return (
        f"βPσ_L³ = {measured}  (measured by event chains at φ = "
        f"{summary['packing_fraction']:.5f}{warning}; {closest(result)})"
    )


def _extent(result: "Result") -> str:
    summary = result.summary
    return f"{summary['runs']} runs" if "runs" in summary else f"{summary['cycles']} cycles"
