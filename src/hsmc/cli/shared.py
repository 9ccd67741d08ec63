"""Options that several commands share, and how a run is shown."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hsmc.cli.progress import Watch

if TYPE_CHECKING:
    from hsmc.results import Result

Ratio = Annotated[
    float | None, typer.Option(help="Size ratio γ, small over large diameter. [default: 0.695]")
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
    tuple[int, int] | None, typer.Option(help="Large and small spheres of a fluid.")
]
Replicate = Annotated[
    tuple[int, int, int] | None,
    typer.Option(help="Copies along the box vectors. [default: 2 2 4 for a6b19, else 1 1 1]"),
]
Fit = Annotated[
    str | None,
    typer.Option(
        help="Overlaps of the start: dilate | stretch (xy and z apart) | relax | none. "
        "[default: dilate; none for result files]"
    ),
]
Packing = Annotated[float | None, typer.Option(help="Packing fraction to start from.")]
Pressure = Annotated[float | None, typer.Option(help="βPσ_L³.")]
Box = Annotated[
    str | None,
    typer.Option(help="isotropic | in-plane | per-axis | floppy | fixed. [default: isotropic]"),
]
Axes = Annotated[str | None, typer.Option(help="Axes along which spheres move: xyz | xy.")]
BoxMoves = Annotated[
    str | None, typer.Option(help="heat-bath (exact draws) | metropolis. [default: heat-bath]")
]
Seed = Annotated[int | None, typer.Option(help="Root seed, stored. [default: 1]")]
Config = Annotated[Path | None, typer.Option(help="TOML file of options; the command line wins.")]
Out = Annotated[Path | None, typer.Option(help="Result file (HDF5) to write or resume.")]
MaxHours = Annotated[
    float | None, typer.Option(min=0.0, help="Stop after so many hours, resumable (exit 75).")
]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def merge(config: Path | None, given: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a TOML file, overruled by those of the command line."""
    from hsmc.options import read_config

    chosen = read_config(config) if config is not None else {}
    chosen.update({name: value for name, value in given.items() if value is not None})
    return chosen


def show_run(
    run: Callable[..., "Result"],
    options: dict[str, Any],
    out: Path,
    sentence: Callable[["Result"], str],
    *,
    max_hours: float | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run a simulation under a watch and print its last line.

    Raises:
        typer.Exit: 75 if it was stopped and can be resumed.
    """
    watch = Watch(quiet=quiet, max_hours=max_hours)
    with watch.signals():
        result = run(out, watch, **options)
    if result.status != "finished":
        typer.echo(
            f"stopped ({watch.reason}) at cycle {result.summary['cycles']}; "
            f"the same command resumes {out}",
            err=True,
        )
        raise typer.Exit(75)
    if as_json:
        summary = {"file": str(out), **result.summary, "parameters": dict(result.parameters)}
        typer.echo(json.dumps(summary))
    else:
        typer.echo(sentence(result))
        typer.echo(str(out))
