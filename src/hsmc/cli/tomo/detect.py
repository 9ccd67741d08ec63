"""``hsmc tomo detect``."""

from pathlib import Path
from typing import Annotated

import typer

from hsmc.cli.tomo import common


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(detect)


def detect(
    volume: Annotated[
        Path, typer.Argument(help="Volume of hsmc tomo reconstruct (HDF5), or any MRC.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Table: .csv, .xyz or .h5. [default: VOLUME-particles.csv]")
    ] = None,
    diameters: common.Diameters = (6.5, 3.4),
    threshold_large: Annotated[
        float | None, typer.Option(help="Over the typical peak of a large one. [default: found]")
    ] = None,
    threshold_small: Annotated[
        float | None, typer.Option(help="Over the typical peak of a small one. [default: found]")
    ] = None,
    closest: Annotated[
        float, typer.Option(help="Closest two of a species, over its diameter.")
    ] = 0.6,
    mask: common.Mask = None,
    angles: common.Angles = None,
    tilts: Annotated[
        tuple[float, float, float] | None,
        typer.Option(metavar="FIRST LAST STEP", help="Tilt angles of an MRC, in degrees."),
    ] = None,
    pixel: common.Pixel = None,
    kind: Annotated[
        str | None,
        typer.Option(
            help="What an MRC is made of: bright-field (particles are dark) | dark-field | "
            "line-integrals."
        ),
    ] = None,
    method: common.MethodName = None,
    iterations: common.Iterations = None,
    underfocus: Annotated[
        float | None, typer.Option(help="Underfocus in nm, whose sign changes an MRC is free of.")
    ] = None,
    voltage: common.Voltage = None,
    contrast: common.Contrast = None,
    figure: common.Figure = True,
    overwrite: common.Overwrite = False,
    quiet: common.Quiet = False,
) -> None:
    """Find the particles of two species in a reconstructed volume.

    Volumes of other programs (MRC) need --angles or --tilts, --kind, and --pixel if it is not in
    the header; --method and --underfocus if they are not filtered back-projections at focus.
    """
    arguments = locals()
    from hsmc.tomography.detection import detect as search
    from hsmc.tomography.detection_options import DetectionOptions
    from hsmc.tomography.particle_files import write_particles
    from hsmc.tomography.plain_volumes import read_any_volume, read_mask
    from hsmc.tomography.series_files import MRC

    path = common.target(out, volume, "-particles.csv", without="-volume")
    picture = path.with_suffix(".png")
    common.free(path, *([picture] if figure else []), overwrite=overwrite)
    options = DetectionOptions(diameters, (threshold_large, threshold_small), closest)
    steps = common.Steps(quiet=quiet)
    made = read_any_volume(volume, common.told_of_volume(arguments))
    if volume.suffix.lower() in MRC:
        for note in made.notes:
            steps.note(f"note: {note}")
    where = None if mask is None else read_mask(mask)
    found = search(made.values, made.imaging, options, where, steps)
    steps.close()
    write_particles(path, found.particles)
    if figure:
        from hsmc.report.tomography import draw_detection

        draw_detection(made, found, picture, overwrite=overwrite)
    typer.echo(sentence(found))
    for written in [path, *([picture] if figure else [])]:
        typer.echo(str(written))


def sentence(found: "object") -> str:
    """Return what was found, in one line."""
    from hsmc.tomography.detection import Detected

    assert isinstance(found, Detected)
    large = int((found.particles.types == 0).sum())
    return (
        f"{large} large and {len(found.particles) - large} small particles, "
        f"{100.0 * found.explained:.1f} % of the volume's variance explained"
    )
