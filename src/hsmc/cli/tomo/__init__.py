"""``hsmc tomo``: from a tilt series to a unit cell."""

import typer

from hsmc.cli.tomo import detect, reconstruct, run, simulate, size, unit_cell


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    tomo = typer.Typer(
        help="From a tilt series to a measured unit cell.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    for module in (simulate, reconstruct, detect, unit_cell, run, size):
        module.register(tomo)
    app.add_typer(tomo, name="tomo")
