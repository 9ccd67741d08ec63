"""A configuration drawn as seen from afar, spheres true to size."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection, LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure, SubFigure
from matplotlib.patheffects import Normal, Stroke

from hsmc.box import Box, Floats
from hsmc.configuration import SMALL, Configuration
from hsmc.errors import InputError
from hsmc.report.projection import (
    DrawnSpheres,
    View,
    cell_edges,
    copies_to_show,
    find_view,
    spheres_in_view,
    widest_gap,
)
from hsmc.report.style import FAINT, HEIGHTS, INK, LARGE_COLOUR, SMALL_COLOUR

RASTER_ABOVE = 4000
"""With more spheres than this they are pixels in SVG and PDF, for the sake of the reader."""

HAZE = 0.55
"""How far the colours of the farthest spheres fade to white where colours tell species."""

COLOURS = ("height", "species")


def draw_view(
    axes: Axes,
    configuration: Configuration,
    *,
    view: str = "top",
    colour: str = "height",
    copies: int | None = None,
) -> EllipseCollection:
    """Draw a configuration with the outline of its box and a bar of one σ_L.

    Along the line of sight the box begins in the widest gap between centres, so that heights
    do not depend on how far the whole has drifted.

    Args:
        axes: Where to draw; its frame is taken away.
        configuration: Spheres in their box.
        view: One of ``VIEWS``.
        colour: "height" of the centres over that of the box, or "species".
        copies: Boxes side by side along either axis; None: enough to see the structure.

    Returns:
        The spheres, for a colour bar.

    Raises:
        InputError: The view or the colouring is not known.
    """
    along = find_view(view)
    if colour not in COLOURS:
        message = f"colour is {colour!r}, needs one of {', '.join(COLOURS)}"
        raise InputError(message)
    cut = widest_gap(configuration.scaled[:, along.depth])
    copies = copies or copies_to_show(len(configuration))
    drawn = spheres_in_view(configuration, along, copies, cut)
    spheres = _collection(axes, drawn, colour)
    corners = _draw_cell(axes, configuration.box, along, cut)
    _frame(axes, drawn, corners)
    return spheres


def _collection(axes: Axes, drawn: DrawnSpheres, colour: str) -> EllipseCollection:
    extent = float(np.ptp(drawn.centres, axis=0).max()) + 1.0
    look: dict[str, Any] = {"cmap": HEIGHTS, "clim": (0.0, 1.0), "array": drawn.heights}
    if colour == "species":
        look = {"facecolors": species_colours(drawn)}
    spheres = EllipseCollection(
        drawn.diameters,
        drawn.diameters,
        np.zeros(len(drawn.diameters)),
        units="xy",
        offsets=drawn.centres,
        offset_transform=axes.transData,
        edgecolors=INK,
        linewidths=min(0.5, 4.0 / extent),
        rasterized=len(drawn.diameters) > RASTER_ABOVE,
        **look,
    )
    axes.add_collection(spheres, autolim=False)
    return spheres


def species_colours(drawn: DrawnSpheres) -> Floats:
    """Return colours that tell large from small, fading with distance; shape (M, 3)."""
    pure = np.array([to_rgb(LARGE_COLOUR), to_rgb(SMALL_COLOUR)])
    haze = HAZE * (1.0 - drawn.nearness)[:, None]
    return np.asarray((1.0 - haze) * pure[(drawn.types == SMALL).astype(int)] + haze)


def _draw_cell(axes: Axes, box: Box, view: View, cut: float) -> Floats:
    """Draw the outline of the box; return its corners in the figure; shape (M, 2)."""
    near, others = cell_edges(box, view, cut)
    for edges, width in ((others, 0.6), (near, 1.2)):
        lines = LineCollection(list(edges), colors=INK, linewidths=width, capstyle="round")
        lines.set_path_effects([Stroke(linewidth=width + 1.2, foreground="white"), Normal()])
        axes.add_collection(lines, autolim=False)
    return np.concatenate([near, others]).reshape(-1, 2)


def _frame(axes: Axes, drawn: DrawnSpheres, corners: Floats) -> None:
    """Fit the axes around spheres and box, and put a bar of one σ_L below."""
    radii = 0.5 * drawn.diameters[:, None]
    low = np.minimum((drawn.centres - radii).min(axis=0), corners.min(axis=0))
    high = np.maximum((drawn.centres + radii).max(axis=0), corners.max(axis=0))
    margin = 0.02 * float((high - low).max())
    foot = low[1] - 3.0 * margin
    axes.plot([low[0], low[0] + 1.0], [foot, foot], color=INK, linewidth=1.5, solid_capstyle="butt")
    axes.text(
        low[0] + 1.0 + margin, foot, r"$\sigma_\mathrm{L}$", va="center", ha="left", fontsize=7
    )
    axes.set_xlim(low[0] - margin, high[0] + margin)
    axes.set_ylim(foot - 2.0 * margin, high[1] + margin)
    axes.set_aspect("equal")
    axes.set_axis_off()


def add_height_bar(
    figure: Figure | SubFigure, spheres: EllipseCollection, axes: Sequence[Axes], **where: Any
) -> None:
    """Add the colour bar of heights beside the axes that it is for; align their tops.

    Args:
        figure: The figure of the axes.
        spheres: As ``draw_view`` returns them.
        axes: The axes.
        **where: Options of ``Figure.colorbar``: ``location``, ``shrink`` ...
    """
    bar = figure.colorbar(spheres, ax=axes, **where)
    bar.set_label("height $z$ / box height")
    bar.set_ticks([0.0, 0.5, 1.0], labels=["0", "½", "1"])
    bar.outline.set_edgecolor(FAINT)
    for panel in axes:
        panel.set_anchor("N")  # the bar has just set another
