"""``hsmc tomo simulate``."""

from pathlib import Path
from typing import Annotated

import typer

from hsmc.cli.tomo import common


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(simulate)


def simulate(
    crystal: Annotated[str, typer.Argument(help="Crystal: a6b19, fcc, nacl ...")] = "a6b19",
    out: Annotated[Path, typer.Option(help="Series: .h5 or .mrc (with .rawtlt).")] = Path(
        "series.h5"
    ),
    defect: Annotated[
        str, typer.Option(help="none | fault (structure 2) | shear (structure 3).")
    ] = "none",
    copies: Annotated[
        tuple[int, int, int], typer.Option(metavar="A B C", help="Unit cells along a, b, c.")
    ] = (5, 5, 4),
    large_diameter: common.LargeDiameter = 9.4,
    cores: Annotated[
        tuple[float, float], typer.Option(metavar="LARGE SMALL", help="Core diameters, in nm.")
    ] = (6.5, 3.4),
    size_spread: Annotated[float, typer.Option(help="Relative spread of the diameters.")] = 0.06,
    jitter: Annotated[float, typer.Option(help="Spread of the places along an axis, nm.")] = 0.3,
    vacancies: Annotated[float, typer.Option(help="Part of the particles missing.")] = 0.0,
    turn: Annotated[float, typer.Option(help="Degrees about the beam.")] = 0.0,
    thickness: Annotated[float | None, typer.Option(help="Cut the slab to so many nm.")] = None,
    pixel: Annotated[float, typer.Option(help="Width of a pixel, in nm.")] = 0.7,
    tilts: Annotated[
        tuple[float, float, float], typer.Option(metavar="FIRST LAST STEP", help="Degrees.")
    ] = (-65.0, 65.0, 1.0),
    size: Annotated[
        tuple[int, int] | None,
        typer.Option(metavar="COLUMNS ROWS", help="Of the images. [default: all is seen]"),
    ] = None,
    voltage: Annotated[float, typer.Option(help="Accelerating voltage, in kV.")] = 200.0,
    underfocus: Annotated[float, typer.Option(help="In nm.")] = 0.0,
    dose: Annotated[float, typer.Option(help="Electrons/nm² in an image; 0: no noise.")] = 5000.0,
    shifts: Annotated[float, typer.Option(help="Misplacement of the images, in pixels.")] = 0.0,
    shifts_are: Annotated[str, typer.Option(help="normal (spread) | uniform (bound).")] = "normal",
    axis_error: Annotated[float, typer.Option(help="Turn of the tilt axis, degrees.")] = 0.0,
    gradient: common.Gradient = False,
    film: Annotated[float, typer.Option(help="Thickness of a carbon film, in nm.")] = 0.0,
    diffracting: Annotated[float, typer.Option(help="Part of the particles dark.")] = 0.0,
    bits: Annotated[int, typer.Option(help="8 for whole numbers to 255; 0 for counts.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Root seed.")] = 1,
    overwrite: common.Overwrite = False,
    quiet: common.Quiet = False,
) -> None:
    """Take a bright-field tilt series of a slab of CRYSTAL, and write the truth beside it."""
    from hsmc.storage import named
    from hsmc.tomography.microscope import Microscope, take_series
    from hsmc.tomography.particle_files import write_particles
    from hsmc.tomography.series_files import write_series
    from hsmc.tomography.slab import SlabOptions, build_slab, slab_crystal

    truth = named(out).with_name(f"{out.stem}-truth.csv")
    common.free(out, truth, overwrite=overwrite)
    cell, layers = slab_crystal(crystal, defect, copies[2])
    slab = SlabOptions(
        (copies[0], copies[1], layers), large_diameter, cores, size_spread, jitter, vacancies,
        turn, thickness, seed,
    )  # fmt: skip
    microscope = Microscope(
        pixel=pixel, tilts=tilts, size=size, voltage=voltage, underfocus=underfocus, dose=dose,
        shifts=shifts, shifts_are=shifts_are, axis_error=axis_error, defocus_gradient=gradient,
        film=film, diffracting=diffracting, bits=bits, seed=seed,
    )  # fmt: skip
    particles = build_slab(cell, slab)
    steps = common.Steps(quiet=quiet)
    taken = take_series(particles, microscope, steps)
    steps.close()
    write_series(out, taken.series)
    write_particles(truth, particles)
    count, ny, nx = taken.series.images.shape
    typer.echo(f"{count} images of {nx} x {ny} pixels, {len(particles)} particles")
    typer.echo(str(out))
    typer.echo(str(truth))
