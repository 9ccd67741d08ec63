"""Figures as they stand in an HTML page: inlined, with a text alternative and a caption."""

import base64
from dataclasses import dataclass

from matplotlib.figure import Figure

from hsmc.report.style import figure_bytes

MOST_VECTOR_BYTES = 250_000
"""Larger drawings become pixels: a page of many figures has to stay small."""

DOTS_PER_INCH = 200
"""Of pixels in a page: sharp on a screen and in print, a third of a journal's file."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure in a page.

    Attributes:
        data: The image as a data URI.
        width: Natural width in inches.
        alt: What it shows, for those who do not see it.
        caption: What it shows and where its data come from.
        commands: What made its data; empty where the text around says so.
    """

    data: str
    width: float
    alt: str
    caption: str
    commands: tuple[str, ...] = ()


def picture(
    figure: Figure,
    alt: str,
    caption: str,
    commands: tuple[str, ...] = (),
    *,
    pixels: bool = False,
) -> Picture:
    """Return a figure for a page: SVG, or PNG if that is large or ``pixels`` are wanted."""
    content = b"" if pixels else figure_bytes(figure, "svg")
    kind = "svg+xml"
    if pixels or len(content) > MOST_VECTOR_BYTES:
        content, kind = figure_bytes(figure, "png", DOTS_PER_INCH), "png"
    data = base64.b64encode(content).decode()
    source = f"data:image/{kind};base64,{data}"
    return Picture(source, figure.get_figwidth(), alt, caption, commands)
