"""What the tomography commands share: options, progress and outputs."""

import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from hsmc.tomography.plain_volumes import VolumeOptions
    from hsmc.tomography.series_files import ReadOptions
    from hsmc.tomography.workflow import ReconstructionOptions

PLAIN_SECONDS = 10.0
"""Time between two lines where stderr is no terminal."""

FIT = "fit"
"""The word for an underfocus that is to be found."""

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
Axis = Annotated[
    str | None, typer.Option(help="Image axis along which the tilt axis lies: y | x. [default: y]")
]
MethodName = Annotated[str | None, typer.Option("--method", help="fbp | sirt. [default: fbp]")]
Iterations = Annotated[int | None, typer.Option(help="Of SIRT. [default: 30]")]
Depth = Annotated[
    float | None, typer.Option(help="Thickness of the volume, in nm. [default: found]")
]
Aligned = Annotated[bool, typer.Option("--aligned", help="The series is aligned already.")]
Most = Annotated[
    float | None,
    typer.Option(help="Largest shift that is looked for, in pixels. [default: 20.0]"),
]
FixedAxis = Annotated[
    bool, typer.Option("--fixed-axis", help="The tilt axis lies exactly along the image axis.")
]
Underfocus = Annotated[
    str | None,
    typer.Option(
        metavar="<float>|fit",
        help="Underfocus in nm, whose sign changes are undone; 0 for none; fit takes it from the "
        "rings in the images' spectrum. [default: 0]",
    ),
]
Gradient = Annotated[
    bool, typer.Option("--gradient", help="The defocus changes across tilted images.")
]
Voltage = Annotated[
    float | None, typer.Option(help="Accelerating voltage, in kV. [default: 200.0]")
]
Contrast = Annotated[float | None, typer.Option(help="Amplitude contrast, 0 to 1. [default: 0.1]")]
Empty = Annotated[
    float | None, typer.Option(help="Intensity of the empty beam (bright field). [default: found]")
]
Diameters = Annotated[
    tuple[float, float],
    typer.Option(metavar="LARGE SMALL", help="Diameters of the cores, in nm."),
]
Mask = Annotated[
    Path | None, typer.Option(help="MRC of the volume's shape; particles are where it is > 0.")
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


def reading(arguments: Mapping[str, Any]) -> "ReadOptions":
    """Return what the user says of a series, of a command's ``locals()``."""
    from hsmc.tomography.series_files import ReadOptions

    return ReadOptions(**_given(arguments, "angles", "step", "pixel", "kind", "axis"))


def reconstructing(arguments: Mapping[str, Any]) -> "ReconstructionOptions":
    """Return how a volume is to be made, of a command's ``locals()``.

    What was not given is left to the defaults of the options themselves.
    """
    from hsmc.tomography.alignment import AlignmentOptions
    from hsmc.tomography.reconstruction import Method
    from hsmc.tomography.workflow import ReconstructionOptions

    alignment = None
    if not arguments["aligned"]:
        alignment = AlignmentOptions(**_given(arguments, "most"))
        if arguments["fixed_axis"]:
            alignment = replace(alignment, axis=None)
    return ReconstructionOptions(
        method=Method(**_given(arguments, "iterations", name="method")),
        alignment=alignment,
        **_optics(arguments),
        **_given(arguments, "depth", "empty"),
    )


def told_of_volume(arguments: Mapping[str, Any]) -> "VolumeOptions":
    """Return what the user says of a volume, of a command's ``locals()``."""
    from hsmc.tomography.lens import Lens
    from hsmc.tomography.plain_volumes import VolumeOptions
    from hsmc.tomography.reconstruction import Method

    lens = None
    if arguments["underfocus"]:
        told = _given(arguments, "underfocus", "voltage", amplitude_contrast="contrast")
        lens = Lens(**told)
    return VolumeOptions(
        method=Method(**_given(arguments, "iterations", name="method")),
        lens=lens,
        **_given(arguments, "angles", "tilts", "pixel", "kind"),
    )


def _optics(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the lens that options describe, or one to be fitted; neither at focus.

    Raises:
        InputError: The underfocus is neither a number nor "fit".
    """
    from hsmc.errors import InputError
    from hsmc.tomography.defocus import UnknownLens
    from hsmc.tomography.lens import Lens

    told = _given(arguments, "voltage", "gradient", amplitude_contrast="contrast")
    word = arguments["underfocus"] or "0"
    if word == FIT:
        return {"unknown": UnknownLens(**told)}
    try:
        underfocus = float(word)
    except ValueError as error:
        message = f"underfocus is {word!r}, needs a number of nm (positive below focus) or {FIT}"
        raise InputError(message) from error
    return {"lens": Lens(underfocus, **told)} if underfocus else {}


def _given(arguments: Mapping[str, Any], *same: str, **renamed: str) -> dict[str, Any]:
    """Return those of some arguments that were given, by the names of the fields they fill."""
    names = {**{name: name for name in same}, **renamed}
    return {
        field: arguments[name] for field, name in names.items() if arguments.get(name) is not None
    }


def target(out: Path | None, source: Path, ending: str, *, without: str = "") -> Path:
    """Return the file to write: ``out``, or one beside what is read.

    Args:
        out: What the user asks for.
        source: What is read.
        ending: What takes the place of its extension, and of ``without`` before that.
        without: What its own name may end in.

    Raises:
        InputError: The file that counts is a folder.
    """
    from hsmc.storage import named

    return named(out or named(source).with_name(f"{source.stem.removesuffix(without)}{ending}"))


def free(*paths: Path, overwrite: bool) -> None:
    """Refuse outputs that exist or cannot be written, before any work is done.

    Raises:
        OutputError: A file exists already, or its folder is missing.
    """
    from hsmc.storage import check_new

    for path in paths:
        check_new(path, overwrite=overwrite)
