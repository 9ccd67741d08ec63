"""One look for all figures, drawn at the size at which a journal prints them."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hsmc.analysis.statistics import with_error as with_error
from hsmc.errors import InputError
from hsmc.storage import check_new, write_whole

COLUMN, PAGE = 3.35, 7.0
"""Widths of one and two journal columns, in inches (85 and 178 mm)."""

DOTS_PER_INCH = 300

LARGE_COLOUR, SMALL_COLOUR = "#0072b2", "#e69f00"
"""Blue and orange of Okabe and Ito: told apart with any colour vision, and in grey."""

OTHER_COLOUR = "#009e73"
"""Their green, for what is neither large nor small."""

INK, FAINT = "#1a1a1a", "#8a8a8a"

HEIGHTS = "viridis"
"""Colours of heights: even steps for any colour vision, and low is dark."""

EXTENSIONS = {".png": "png", ".svg": "svg", ".pdf": "pdf"}

_LOOK: Any = {  # newer matplotlib types the names, older does not
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same figure everywhere
    "font.size": 8.0,
    "axes.titlesize": 8.0,
    "axes.labelsize": 8.0,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "legend.fontsize": 7.0,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "mathtext.default": "regular",
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "lines.linewidth": 1.2,
    "lines.markersize": 4.0,
    "errorbar.capsize": 2.0,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "hsmc",  # the same figure gives the same file
    "pdf.fonttype": 42,  # journals refuse type 3 fonts
}


@contextmanager
def look() -> Iterator[None]:
    """Use the look of the project for figures made inside."""
    with mpl.rc_context(_LOOK):
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure that lays itself out.

    Args:
        width: In inches; ``COLUMN`` or ``PAGE``.
        height: In inches.
    """
    return Figure(figsize=(width, height), dpi=DOTS_PER_INCH, layout="constrained")


def letter(axes: Axes, which: str, title: str) -> None:
    """Head a panel with its letter in bold and a title."""
    axes.set_title(rf"$\bf{{({which})}}$ {title}", loc="left")


def check_target(path: Path, *, overwrite: bool = False) -> None:
    """Refuse a figure file that could not or should not be written, before any work is done.

    Raises:
        InputError: The extension is not one of a figure.
        OutputError: The folder is missing, or the file exists and may not be overwritten.
    """
    if path.suffix.lower() not in EXTENSIONS:
        found = f"extension {path.suffix!r}" if path.suffix else "no extension"
        message = f"figure {path} has {found}, needs one of {', '.join(EXTENSIONS)}"
        raise InputError(message)
    check_new(path, overwrite=overwrite)


def write_figure(figure: Figure, path: Path, *, overwrite: bool = False) -> None:
    """Write a figure, wholly or not at all, in the format that the extension names.

    Raises:
        InputError: The extension is not one of a figure.
        OutputError: The folder is missing, or the file exists and may not be overwritten.
        StorageError: The file cannot be written.
    """
    check_target(path, overwrite=overwrite)
    write_whole(path, figure_bytes(figure, EXTENSIONS[path.suffix.lower()]))


def figure_bytes(figure: Figure, kind: str, dots_per_inch: int = DOTS_PER_INCH) -> bytes:
    """Return a figure as a file of a kind, "png", "svg" or "pdf", without a date."""
    undated = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
    buffer = io.BytesIO()
    with look():
        figure.savefig(buffer, format=kind, metadata=undated, dpi=dots_per_inch)
    return buffer.getvalue()
