"""``hsmc info``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hsmc.cli import shared

if TYPE_CHECKING:
    from hsmc.results import Result


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(info)


def info(
    file: Annotated[Path, typer.Argument(help="Result file of hsmc.")],
    as_json: shared.Json = False,
) -> None:
    """Tell what is in a result file."""
    from hsmc.results import read_result

    result = read_result(file)
    if as_json:
        typer.echo(json.dumps(_facts(result)))
        return
    rows = [(name, value) for name, value in _rows(file, result) if value]
    width = max(len(name) for name, _ in rows) + 2
    for name, value in rows:
        typer.echo(f"{name:<{width}}{value}")


def _facts(result: "Result") -> dict[str, object]:
    return {
        "kind": result.kind,
        "status": result.status,
        "summary": dict(result.summary),
        "parameters": dict(result.parameters),
        "provenance": dict(result.provenance),
    }


def _rows(file: Path, result: "Result") -> list[tuple[str, str]]:
    final = result.final
    large = int((final.types == 0).sum())
    edges = " ".join(f"{length:.5f}" for length in final.box.lengths)
    angles = " ".join(f"{angle:.3f}" for angle in final.box.angles)
    parameters = {name: value for name, value in result.parameters.items() if value is not None}
    summary = dict(result.summary)
    start = summary.pop("start", {})
    return [
        ("file", f"{file} ({file.stat().st_size / 1e6:.2f} MB)"),
        ("made by", f"hsmc {result.kind}, {result.status}"),
        ("start", "; ".join(start.get("notes", [])).removeprefix("start ")),
        ("spheres", f"{large} large + {len(final) - large} small, ratio {final.size_ratio:g}"),
        *_course(result),
        ("box", f"edges {edges} σ_L, angles {angles}°"),
        ("time series", ", ".join(name for name in result.series if name != "cycle")),
        *((name, f"{value:.6g}" if isinstance(value, float) else str(value))
          for name, value in summary.items()),
        ("parameters", ", ".join(f"{name} {value}" for name, value in parameters.items())),
        ("command", str(result.provenance.get("command", ""))),
        ("written", f"{result.provenance.get('written')} by hsmc "
                    f"{result.provenance.get('hsmc')} {result.provenance.get('commit')}"),
    ]  # fmt: skip


def _course(result: "Result") -> list[tuple[str, str]]:
    """Tell what the frames are: states of one run in order, or ends of many, densest last."""
    first, last = result.frames[0], result.frames[-1]
    loosest = f"{first.configuration.packing_fraction:.5f}"
    densest = f"{last.configuration.packing_fraction:.5f}"
    if result.kind == "floppy":
        return [
            ("packing", f"{loosest} to {densest}"),
            ("frames", f"{len(result.frames)}, one a run; the densest, of run {last.cycle}, last"),
        ]
    return [
        ("packing", f"{loosest} at the start, {densest} at the end"),
        ("frames", f"{len(result.frames)}, cycle {first.cycle} to {last.cycle}"),
    ]
