"""What the tomography commands share: options, progress and outputs."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from hsmc.tomography.lens import Lens
    from hsmc.tomography.series_files import ReadOptions
    from hsmc.tomography.workflow import ReconstructionOptions

PLAIN_SECONDS = 10.0
"""Time between two lines where stderr is no terminal."""

Angles = Annotated[
    Path | None, typer.Option(help="Tilt angles, one a line: .tlt, .rawtlt, .txt or .mdoc.")
]
Step = Annotated[
    tuple[float, float] | None, typer.Option(metavar="FIRST STEP", help="Tilt angles, in degrees.")
]
Pixel = Annotated[float | None, typer.Option(help="Width of a pixel, in nm.")]
Kind = Annotated[
    str | None, typer.Option(help="bright-field | dark-field | line-integrals. [default: judged]")
]
Axis = Annotated[str, typer.Option(help="Image axis along which the tilt axis lies: y | x.")]
MethodName = Annotated[str, typer.Option("--method", help="fbp | sirt.")]
Iterations = Annotated[int, typer.Option(help="Of SIRT.")]
Depth = Annotated[
    float | None, typer.Option(help="Thickness of the volume, in nm. [default: found]")
]
Aligned = Annotated[bool, typer.Option("--aligned", help="The series is aligned already.")]
Most = Annotated[float, typer.Option(help="Largest shift that is looked for, in pixels.")]
FixedAxis = Annotated[
    bool, typer.Option("--fixed-axis", help="The tilt axis lies exactly along the image axis.")
]
Underfocus = Annotated[
    float, typer.Option(help="Underfocus in nm, whose sign changes are undone; 0 for none.")
]
Gradient = Annotated[
    bool, typer.Option("--gradient", help="The defocus changes across tilted images.")
]
Voltage = Annotated[float, typer.Option(help="Accelerating voltage, in kV.")]
Contrast = Annotated[float, typer.Option(help="Amplitude contrast, 0 to 1.")]
Empty = Annotated[
    float | None, typer.Option(help="Intensity of the empty beam (bright field). [default: found]")
]
Diameters = Annotated[
    tuple[float, float],
    typer.Option(metavar="LARGE SMALL", help="Diameters of the cores, in nm."),
]
LargeDiameter = Annotated[
    float, typer.Option(help="Effective diameter σ_L of the large species, in nm.")
]
Exclusion = Annotated[
    float, typer.Option(help="Distance in nm within which one of two small sites is kept.")
]
Figure = Annotated[bool, typer.Option(help="Draw the pictures.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


class Steps:
    """Shows on stderr which step is at work, and how far it is."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet, self._bar, self._what, self._next = quiet, None, "", 0.0

    def __call__(self, what: str, part: float) -> None:
        """Show a step and the part of it that is done."""
        if self._quiet:
            return
        if sys.stderr.isatty():
            self._draw(what, part)
            return
        now = time.monotonic()
        if what != self._what or now >= self._next:
            self._what, self._next = what, now + PLAIN_SECONDS
            typer.echo(f"{what}: {100.0 * part:.0f} %", err=True)

    def note(self, words: str) -> None:
        """Say what was assumed."""
        if not self._quiet:
            self.close()
            typer.echo(words, err=True)

    def close(self) -> None:
        """Leave the terminal in order."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _draw(self, what: str, part: float) -> None:
        from tqdm import tqdm

        bar: Any = self._bar
        if bar is None or what != self._what:
            self.close()
            bar = self._bar = tqdm(total=100, desc=what, unit="%", file=sys.stderr, leave=True)
            self._what = what
        bar.update(round(100.0 * part) - bar.n)


def lens(underfocus: float, voltage: float, contrast: float, gradient: bool) -> "Lens | None":
    """Return the lens that options describe; None at focus."""
    from hsmc.tomography.lens import Lens

    return Lens(underfocus, voltage, contrast, gradient) if underfocus else None


def reading(
    angles: Path | None,
    step: tuple[float, float] | None,
    pixel: float | None,
    kind: str | None,
    axis: str,
) -> "ReadOptions":
    """Return what the user says of a series."""
    from hsmc.tomography.series_files import ReadOptions

    return ReadOptions(angles, step, pixel, kind, axis)


def reconstructing(
    method: str,
    iterations: int,
    depth: float | None,
    lens_: "Lens | None",
    aligned: bool,
    most: float,
    fixed_axis: bool,
    empty: float | None,
) -> "ReconstructionOptions":
    """Return how a volume is to be made."""
    from hsmc.tomography.alignment import AlignmentOptions
    from hsmc.tomography.reconstruction import Method
    from hsmc.tomography.workflow import ReconstructionOptions

    how = None if aligned else AlignmentOptions(most=most, axis=None if fixed_axis else 3.0)
    return ReconstructionOptions(Method(method, iterations), depth, lens_, how, empty)


def free(*paths: Path, overwrite: bool) -> None:
    """Refuse outputs that exist or cannot be written, before any work is done.

    Raises:
        OutputError: A file exists already, or its folder is missing.
    """
    from hsmc.errors import OutputError
    from hsmc.storage import check_folder

    for path in paths:
        check_folder(path)
        if path.exists() and not overwrite:
            message = f"{path} exists already; choose another --out, or give --overwrite"
            raise OutputError(message)
