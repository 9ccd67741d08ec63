"""``hsmc tomo run``."""

from pathlib import Path
from typing import Annotated

import typer

from hsmc.cli.tomo import common


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(run)


def run(
    tilts: Annotated[Path, typer.Argument(help="Tilt series: MRC, TIFF or HDF5.")],
    out: Annotated[Path, typer.Option(help="Symmetrised cell (CIF).")] = Path("seed.cif"),
    angles: common.Angles = None,
    step: common.Step = None,
    pixel: common.Pixel = None,
    kind: common.Kind = None,
    axis: common.Axis = None,
    method: common.MethodName = None,
    iterations: common.Iterations = None,
    depth: common.Depth = None,
    aligned: common.Aligned = False,
    most: common.Most = None,
    fixed_axis: common.FixedAxis = False,
    underfocus: common.Underfocus = None,
    gradient: common.Gradient = False,
    voltage: common.Voltage = None,
    contrast: common.Contrast = None,
    empty: common.Empty = None,
    diameters: common.Diameters = (6.5, 3.4),
    mask: common.Mask = None,
    passes: Annotated[int, typer.Option(min=0, help="Alignments by the particles.")] = 2,
    large_diameter: common.LargeDiameter = 9.4,
    exclusion: common.Exclusion = 0.0,
    figure: common.Figure = True,
    quiet: common.Quiet = False,
) -> None:
    """Go all the way from a tilt series to a unit cell; what is done already is not done again."""
    arguments = locals()
    from hsmc.storage import named
    from hsmc.tomography.detection_options import DetectionOptions
    from hsmc.tomography.group_table import score_sentence
    from hsmc.tomography.pipeline import RunOptions, run_all

    pictures = [named(out).with_name(f"{out.stem}-{name}.png") for name in ("volume", "particles")]
    pictures.append(out.with_suffix(".png"))
    common.free(*(pictures if figure else []), overwrite=True)
    options = RunOptions(
        common.reading(arguments),
        common.reconstructing(arguments),
        DetectionOptions(diameters),
        passes,
        large_diameter,
        exclusion,
        mask,
    )
    steps = common.Steps(quiet=quiet)
    done = run_all(tilts, out, options, steps, steps.note)
    steps.close()
    written = done.written
    if figure:
        from hsmc.report.tomography import draw_cell, draw_detection, draw_reconstruction

        if done.fresh is not None:
            made, found = done.fresh
            draw_reconstruction(made, pictures[0], overwrite=True)
            draw_detection(made.volume, found, pictures[1], overwrite=True)
        draw_cell(done.crystal, pictures[2], overwrite=True)
        written = [*written, *(picture for picture in pictures if picture.exists())]
    for line in [*done.crystal.sentences(), score_sentence(done.crystal, done.scores)]:
        typer.echo(line)
    for one in written:
        typer.echo(str(one))
    ratio = options.detection.diameters[1] / options.detection.diameters[0]
    typer.echo(
        f"next: hsmc compress --start {out} --ratio γ (the cores alone have {ratio:.3f}; the "
        "paper's effective sizes 0.617)"
    )
