"""``hsmc tomo unit-cell``."""

from pathlib import Path
from typing import Annotated

import typer

from hsmc.cli.tomo import common


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("unit-cell")(unit_cell)


def unit_cell(
    positions: Annotated[Path, typer.Argument(help="Table of particles: .csv, .xyz or .h5.")],
    out: Annotated[
        Path | None, typer.Option(help="Symmetrised cell (CIF). [default: POSITIONS-cell.cif]")
    ] = None,
    large: Annotated[str | None, typer.Option(help="Label of the large species.")] = None,
    large_diameter: common.LargeDiameter = 9.4,
    exclusion: common.Exclusion = 0.0,
    tolerance: Annotated[
        float | None,
        typer.Option(help="Of the symmetry, in nm. [default: the widest range of one group]"),
    ] = None,
    figure: common.Figure = True,
    overwrite: common.Overwrite = False,
) -> None:
    """Find the lattice, the sites and the symmetry of detected particles."""
    from hsmc.tomography.crystallography import analyse, write_outputs
    from hsmc.tomography.group_table import crystal_scores, score_sentence, write_group_table
    from hsmc.tomography.particle_files import read_particles

    path = common.target(out, positions, "-cell.cif", without="-particles")
    picture = path.with_suffix(".png")
    common.free(path, *([picture] if figure else []), overwrite=overwrite)
    particles = read_particles(positions, large)
    found = analyse(particles, large_diameter, exclusion, tolerance)
    scores = crystal_scores(found)
    written = [*write_outputs(path, found), write_group_table(path.with_suffix(""), scores)]
    if figure:
        from hsmc.report.tomography import draw_cell

        draw_cell(found, picture, overwrite=overwrite)
        written.append(picture)
    for line in [*found.sentences(), score_sentence(found, scores)]:
        typer.echo(line)
    for one in written:
        typer.echo(str(one))
