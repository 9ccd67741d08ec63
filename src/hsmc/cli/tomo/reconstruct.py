"""``hsmc tomo reconstruct``."""

from pathlib import Path
from typing import Annotated

import typer

from hsmc.cli.tomo import common


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(reconstruct)


def reconstruct(
    tilts: Annotated[Path, typer.Argument(help="Tilt series: MRC, TIFF or HDF5.")],
    out: Annotated[
        Path | None, typer.Option(help="Volume (HDF5). [default: TILTS-volume.h5]")
    ] = None,
    mrc: Annotated[bool, typer.Option("--mrc", help="Write the volume as MRC, too.")] = False,
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
    figure: common.Figure = True,
    overwrite: common.Overwrite = False,
    quiet: common.Quiet = False,
) -> None:
    """Align a tilt series and reconstruct the volume."""
    arguments = locals()
    from hsmc.tomography.series_files import read_series, write_mrc
    from hsmc.tomography.volume_files import write_volume
    from hsmc.tomography.workflow import reconstruct_series

    said, options = common.reading(arguments), common.reconstructing(arguments)
    steps = common.Steps(quiet=quiet)
    path = common.target(out, tilts, "-volume.h5")
    picture, other = path.with_suffix(".png"), path.with_suffix(".mrc")
    extra = [*([other] if mrc else []), *([picture] if figure else [])]
    common.free(path, *extra, overwrite=overwrite)
    series = read_series(tilts, said)
    made = reconstruct_series(series, options, steps)
    for note in made.volume.notes:
        steps.note(f"note: {note}")
    write_volume(path, made.volume)
    if mrc:
        write_mrc(other, made.volume.values, made.volume.pixel)
    if figure:
        from hsmc.report.tomography import draw_reconstruction

        draw_reconstruction(made, picture, overwrite=overwrite)
    if made.alignment.residuals:
        first, last = made.alignment.residuals[0], made.alignment.residuals[-1]
        typer.echo(
            f"residual {first:.3f} before and {last:.3f} after alignment (RMS over the spread of "
            f"the images); tilt axis {made.alignment.axis_angle:+.2f}° from the image axis"
        )
    for written in [path, *extra]:
        typer.echo(str(written))
