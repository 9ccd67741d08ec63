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
    to: Annotated[
        str | None,
        typer.Option(
            help="gsd | extxyz | cif | poscar. [default: what the name of --out says, else gsd]"
        ),
    ] = None,
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

    chosen = _format(to, out)
    frames = read_result(file).frames
    target = out or file.with_suffix(EXTENSIONS.get(chosen, f".{chosen}"))
    exporter.export(frames[-1:] if final else frames, target, chosen, names, overwrite=overwrite)
    typer.echo(str(target))


def _format(to: str | None, out: Path | None) -> str:
    """Return the format that is asked for, or that a name says; they may not differ."""
    from hsmc.errors import InputError

    suffix = out.suffix.lower() if out else ""
    named = next((name for name, known in EXTENSIONS.items() if known == suffix), None)
    if to is None:
        return named or "gsd"
    if named is not None and to in EXTENSIONS and to != named:
        message = f"{out} is named as {named}, but --to is {to}; leave --to out, or rename"
        raise InputError(message)
    return to
