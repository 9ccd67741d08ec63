"""``hsmc report``."""

from pathlib import Path
from typing import Annotated

import typer

from hsmc.cli import shared
from hsmc.cli.progress import counting


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="FILE|STUDY...", help="Result files; studies (.toml or folder)."),
    ],
    out: Annotated[Path, typer.Option(help="Page to write (.html).")] = Path("report.html"),
    detail: Annotated[
        int,
        typer.Option(min=0, metavar=shared.WHOLE, help="Densest results to show in full."),
    ] = 2,
    null: Annotated[
        int,
        typer.Option(
            metavar=shared.WHOLE, help="Random starts to judge each by: 19 or more; 0: none."
        ),
    ] = 20,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the page.")] = False,
    quiet: shared.Quiet = False,
) -> None:
    """Write one offline HTML page: figures beside the paper's, tables, 3D view, provenance."""
    from hsmc.report.page import write_report

    with counting("parts of the report", quiet=quiet) as progress:
        page = write_report(
            sources, out, detail=detail, null=null, overwrite=overwrite, progress=progress
        )
    typer.echo(str(page))
