"""``hsmc plot``."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(plot)


def plot(
    file: Annotated[Path, typer.Argument(help="Result file of hsmc, or study file (.toml).")],
    out: Annotated[
        Path | None, typer.Option(help="Figure: .png, .svg or .pdf. [default: FILE.png]")
    ] = None,
    view: Annotated[
        str | None, typer.Option(help="States seen from the top | front | side. [default: top]")
    ] = None,
    colour: Annotated[
        str | None,
        typer.Option("--colour", "--color", help="Spheres by height | species. [default: height]"),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(help="Folder of a study's results. [default: results/NAME beside it]"),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the figure.")] = False,
) -> None:
    """Draw a result (states, φ, pressure, acceptances) or a study (φ against each axis)."""
    if file.suffix == ".toml":
        from hsmc.report.study_plot import plot_study

        if view is not None or colour is not None:
            message = "--view and --colour are for result files; a study has no states to draw"
            raise typer.BadParameter(message)
        typer.echo(str(plot_study(file, results, out, overwrite=overwrite)))
        return
    from hsmc.report.run_plot import plot_file

    if results is not None:
        message = "--results is for studies; give a study file (.toml)"
        raise typer.BadParameter(message)
    target = plot_file(
        file, out, view=view or "top", colour=colour or "height", overwrite=overwrite
    )
    typer.echo(str(target))
