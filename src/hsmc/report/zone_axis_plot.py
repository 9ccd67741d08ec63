"""A simulated projection beside its Fourier transform, as in an electron micrograph."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from hsmc.analysis.zone_axis import Projection
from hsmc.report.style import FAINT, INK

ABSORPTION = 0.35
"""Contrast: a place keeps exp(−this · its thickness / mean thickness) of the beam."""

HIGHEST_FREQUENCY = 0.25
"""Edge of the transform that is shown, in cycles per nm: two spots a small core."""

DEPTH = 4.0
"""Decades of power from black to white."""

BARS_NM = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def draw_image(axes: Axes, projection: Projection, sigma_nm: float, most_nm: float = 150.0) -> None:
    """Draw a projection in bright field: thick is dark. With a bar of about a quarter.

    Args:
        axes: Where to draw; its frame is taken away.
        projection: What the beam meets.
        sigma_nm: The length σ_L, in nm.
        most_nm: Edge of what is shown, at most: a wider field is for sharp spots.
    """
    shown = min(len(projection.thickness), round(most_nm / (projection.pixel * sigma_nm)))
    thickness = projection.thickness[:shown, :shown]
    edge = shown * projection.pixel * sigma_nm
    kept = np.exp(-ABSORPTION * thickness / max(float(thickness.mean()), 1e-12))
    axes.imshow(kept, cmap="gray", origin="lower", extent=(0.0, edge, 0.0, edge))
    bar = max((each for each in BARS_NM if each <= 0.3 * edge), default=0.3 * edge)
    left, foot = 0.05 * edge, 0.05 * edge
    axes.add_patch(_ground(left, foot, bar, edge))
    axes.plot([left, left + bar], [foot, foot], color=INK, linewidth=2.0, solid_capstyle="butt")
    axes.text(
        left + 0.5 * bar, foot + 0.02 * edge, f"{bar:g} nm", ha="center", va="bottom", fontsize=7
    )
    axes.set_xlim(0.0, edge)
    axes.set_ylim(0.0, edge)
    axes.set_axis_off()


def _ground(left: float, foot: float, bar: float, edge: float) -> Rectangle:
    """Return a white ground for the bar and its text."""
    return Rectangle(
        (left - 0.02 * edge, foot - 0.025 * edge),
        bar + 0.04 * edge,
        0.125 * edge,
        facecolor="white",
        edgecolor="none",
        alpha=0.85,
    )


def draw_transform(axes: Axes, projection: Projection, sigma_nm: float) -> None:
    """Draw the power spectrum of a projection on a logarithmic scale, frequency 0 in the middle.

    Args:
        axes: Where to draw; its ticks are taken away.
        projection: What the beam meets.
        sigma_nm: The length σ_L, in nm.
    """
    power, step = projection.power, projection.frequency_step / sigma_nm
    middle, shown = len(power) // 2, min(len(power) // 2 - 1, round(HIGHEST_FREQUENCY / step))
    window = slice(middle - shown, middle + shown + 1)
    part = power[window, window]
    decades = np.log10(np.maximum(part / max(float(part.max()), 1e-300), 10.0**-DEPTH))
    reach = (shown + 0.5) * step
    extent = (-reach, reach, -reach, reach)
    axes.imshow(
        decades, cmap="gray", origin="lower", extent=extent, vmin=-DEPTH, interpolation="bicubic"
    )
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_edgecolor(FAINT)
        spine.set_visible(True)
