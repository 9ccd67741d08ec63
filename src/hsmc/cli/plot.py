"""``hsmc plot``."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(plot)


def plot(
    file: Annotated[Path, typer.Argument(help="Result file of hsmc.")],
    out: Annotated[
        Path | None, typer.Option(help="Figure: .png, .svg or .pdf. [default: FILE.png]")
    ] = None,
    view: Annotated[str, typer.Option(help="States seen from the top | front | side.")] = "top",
    colour: Annotated[
        str, typer.Option("--colour", "--color", help="Spheres by height | species.")
    ] = "height",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the figure.")] = False,
) -> None:
    """Draw a result: first and last state, φ, pressure and acceptances against cycles."""
    from hsmc.report.run_plot import plot_file

    typer.echo(str(plot_file(file, out, view=view, colour=colour, overwrite=overwrite)))
