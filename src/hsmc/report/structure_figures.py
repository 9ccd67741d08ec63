"""What a state looks like inside: g(r), and projections with their Fourier transforms."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from hsmc.analysis.pair_correlation import PAIRS, pair_correlation
from hsmc.analysis.zone_axis import Projection
from hsmc.configuration import LARGE, Configuration
from hsmc.report import style
from hsmc.report.zone_axis_plot import draw_image, draw_transform

R_MAX = 4.0
"""Largest distance of g(r), in σ_L."""

PAIR_COLOURS = (style.LARGE_COLOUR, style.OTHER_COLOUR, style.SMALL_COLOUR)

FEW_SPHERES, COARSE, FINE = 2000, 0.05, 0.02
"""Below so many spheres, counted over all states, bins are coarse; widths in σ_L."""


def pair_figure(states: Sequence[Configuration]) -> Figure:
    """Return the partial g(r), averaged over states of one composition."""
    width = COARSE if len(states) * len(states[0]) < FEW_SPHERES else FINE
    curves = [pair_correlation(state, R_MAX, width) for state in states]
    r, g = curves[0].r, np.mean([curve.g for curve in curves], axis=0)
    first = states[0]
    sigma_s = first.size_ratio
    contacts = {"LL": 1.0, "LS": 0.5 * (1.0 + sigma_s), "SS": sigma_s}
    there = [k for k in range(len(PAIRS)) if np.isfinite(g[k]).any()]
    with style.look():
        figure = style.new_figure(style.COLUMN, 0.5 + 1.0 * len(there))
        column = figure.subplots(len(there), 1, sharex=True, squeeze=False)[:, 0]
        for panel, k in zip(column, there, strict=True):
            panel.axhline(1.0, color=style.FAINT, linewidth=0.5)
            if (first.types == LARGE).any() and (first.types != LARGE).any():
                panel.axvline(contacts[PAIRS[k]], color=style.FAINT, linewidth=0.5, linestyle=":")
            panel.step(r, g[k], where="mid", color=PAIR_COLOURS[k], linewidth=0.9)
            panel.set_ylim(0.0, 1.05 * float(np.nanmax(g[k])))
            panel.set_ylabel(rf"$g_\mathrm{{{PAIRS[k]}}}(r)$")
        figure.align_ylabels(list(column))
        column[-1].set_xlim(0.0, R_MAX)
        column[-1].set_xlabel(r"distance $r$ / $\sigma_\mathrm{L}$")
    return figure


def zone_figure(projections: Sequence[Projection], sigma_nm: float) -> Figure:
    """Return simulated bright-field images, each above its Fourier transform."""
    with style.look():
        figure = style.new_figure(style.COLUMN, 2.0 * style.COLUMN / len(projections) + 0.2)
        panels = figure.subplots(2, len(projections), squeeze=False)
        for k, projection in enumerate(projections):
            draw_image(panels[0, k], projection, sigma_nm)
            draw_transform(panels[1, k], projection, sigma_nm)
            panels[0, k].set_title("along [" + "".join(map(str, projection.zone)) + "]")
    return figure
