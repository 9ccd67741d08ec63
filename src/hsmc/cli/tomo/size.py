"""``hsmc tomo size``."""

from pathlib import Path
from typing import Annotated

import typer

from hsmc.cli.tomo import common


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(size)


def size(
    image: Annotated[Path, typer.Argument(help="Image of a single layer: MRC or TIFF.")],
    diameter: Annotated[float, typer.Option(help="Rough diameter of a core, in nm.")],
    pixel: common.Pixel = None,
    bright: Annotated[
        bool, typer.Option("--bright", help="Particles are brighter than what is around them.")
    ] = False,
) -> None:
    """Measure the centre-to-centre distance in a hexagonal layer of one species."""
    from hsmc.tomography.monolayer import measure_layer, read_image

    picture, width = read_image(image, pixel)
    found = measure_layer(picture, width, diameter, bright=bright)
    typer.echo(
        f"{found.mean:.3f} ± {found.deviation:.3f} nm between nearest neighbours (mean ± standard "
        f"deviation; standard error {found.error:.3f} nm) of {found.bonds} pairs with six "
        f"neighbours, among {found.particles} particles"
    )
