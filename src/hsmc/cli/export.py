"""``hsmc export``."""

from pathlib import Path
from typing import Annotated

import typer

EXTENSIONS = {"gsd": ".gsd", "extxyz": ".xyz", "cif": ".cif", "poscar": ".vasp"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(export)


def export(
    file: Annotated[Path, typer.Argument(help="Result file of hsmc.")],
    to: Annotated[str, typer.Option(help="gsd | extxyz | cif | poscar.")] = "gsd",
    out: Annotated[Path | None, typer.Option(help="File to write. [default: beside FILE]")] = None,
    names: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="<str> <str>", help="Labels of the large and small species."),
    ] = None,
    final: Annotated[bool, typer.Option("--final", help="The final state only.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
) -> None:
    """Write a result for other programs: GSD, extended XYZ, CIF or POSCAR."""
    from hsmc import export as exporter
    from hsmc.results import read_result

    frames = read_result(file).frames
    target = out or file.with_suffix(EXTENSIONS.get(to, f".{to}"))
    exporter.export(frames[-1:] if final else frames, target, to, names, overwrite=overwrite)
    typer.echo(str(target))
