"""``hsmc analyze``."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hsmc.cli import shared

if TYPE_CHECKING:
    from hsmc.analysis.analysis_file import Analysis
    from hsmc.results import Frame


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(analyze)


def analyze(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Results, CIF, POSCAR, ...; or crystals by name."),
    ],
    ratio: Annotated[
        str | None,
        typer.Option(
            metavar=shared.NUMBER, help="Size ratio γ of a crystal or a file of no sizes."
        ),
    ] = None,
    large: shared.Large = None,
    sigma_nm: Annotated[
        str | None,
        typer.Option(
            metavar=shared.NUMBER,
            help="Length σ_L in nm; the paper's sizes with ligands and of cores are for 9.4. "
            "[default: 9.4]",
        ),
    ] = None,
    unit_nm: Annotated[
        str | None,
        typer.Option(
            metavar=shared.NUMBER, help="Length unit, in nm, of a file of no sizes. [default: 0.1]"
        ),
    ] = None,
    r_max: Annotated[
        str | None, typer.Option(metavar=shared.NUMBER, help="Reach of g(r), σ_L. [default: 4]")
    ] = None,
    k_max: Annotated[
        str | None, typer.Option(metavar=shared.NUMBER, help="Reach of S(k), 1/σ_L. [default: 20]")
    ] = None,
    gap: Annotated[
        str | None,
        typer.Option(
            metavar=shared.NUMBER,
            help="Relative gap of contacts. [default: 1e-6 for jam and floppy results, else 1e-4]",
        ),
    ] = None,
    zones: Annotated[
        list[str] | None,
        typer.Option("--zone", help='Zone axis of a projection, as "0 0 1"; may be repeated.'),
    ] = None,
    normal: Annotated[
        tuple[str, str, str] | None,
        typer.Option(
            metavar=" ".join([shared.NUMBER] * 3),
            help="Direction to compare the kagome layers' normal with. [default: 0 0 1]",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Analysis file (HDF5). [default: beside FILE]")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace analysis files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a file.")] = False,
    quiet: shared.Quiet = False,
) -> None:
    """Measure packing, g(r), S(k), bond order, contacts and kagome layers."""
    arguments = locals()
    from hsmc.analysis.analyze import analyze as run
    from hsmc.analysis.analyze import default_out
    from hsmc.errors import InputError
    from hsmc.options import AnalyzeOptions
    from hsmc.storage import check_new

    options = shared.given(AnalyzeOptions, arguments)
    if out is not None and len(files) > 1:
        message = f"--out names one file, but there are {len(files)} to analyse; leave it out"
        raise InputError(message)
    paths = [out or default_out(file) for file in files]
    for number, path in enumerate(paths):
        if path in paths[:number]:
            both = f"{files[paths.index(path)]} and {files[number]}"
            message = f"{both} would be analysed into the same {path}; give each once"
            raise InputError(message)
        check_new(path, overwrite=overwrite)
    for file, path in zip(files, paths, strict=True):
        watch = None if quiet else _progress(file)
        found = run(file, path, overwrite=overwrite, watch=watch, **options)
        for note in () if quiet else found.notes:
            typer.echo(note, err=True)
        if as_json:
            typer.echo(json.dumps(_facts(path, found)))
        else:
            _print(found)
            typer.echo(str(path))


def _progress(file: str) -> Any:
    """Return what shows frames on a terminal as they are measured."""

    def watch(frames: Iterable["Frame"]) -> Iterable["Frame"]:
        from tqdm import tqdm

        bar: Iterable[Frame] = tqdm(
            frames, desc=f"analyze {file}", unit="frame", leave=False, disable=None
        )
        return bar

    return watch


def _facts(path: Path, analysis: "Analysis") -> dict[str, Any]:
    return {
        "file": str(path),
        "source": analysis.source,
        "kind": analysis.kind,
        "configurations": len(analysis.cycles),
        **analysis.facts,
        "scalars": {
            name: {
                "mean": estimate.mean,
                "standard_error": _finite(estimate.standard_error),
                "effective_samples": estimate.effective_samples,
                "reliable": estimate.reliable,
            }
            for name, estimate in analysis.scalars.items()
        },
        "parameters": dict(analysis.parameters),
        "notes": list(analysis.notes),
    }


def _finite(value: float) -> float | None:
    return value if value < float("inf") else None


def _print(analysis: "Analysis") -> None:
    from hsmc.analysis.summary import table

    for line in table(analysis):
        typer.echo(line)
