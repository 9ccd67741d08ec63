"""The measured unit cell beside the symmetric one, as in the paper's Fig. S4.

The raw Tables S1 and S2 are matched to Table S3: lattice, origin, labels and strain are taken out,
and what is left is drawn from each site of Table S3. Run it as ``python analysis/figure_s4.py``;
a few seconds.
"""

from batch import FIGURES
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from hsmc.analysis.matching import Match, match
from hsmc.configuration import LARGE, SMALL, Configuration
from hsmc.crystal import crystal
from hsmc.report import style
from hsmc.report.projection import cell_edges, find_view

RATIO, SIGMA_NM = 0.695, 9.4

BEFORE, AFTER = "#009e73", "#d55e00"
"""Green and vermilion of Okabe and Ito, for the paper's green and red."""

MARKERS = {LARGE: 90.0, SMALL: 30.0}
"""Areas of markers in square points: not to scale, as in the paper."""

VIEWS = {"from the top": "top", "from the front": "front"}


def draw_sites(axes: Axes, cell: Configuration, found: Match, name: str) -> None:
    """Draw sites before and after, and the unit cell; all in nm."""
    sites = cell.box.unscale(cell.scaled) * SIGMA_NM
    moved = sites + found.displacements * SIGMA_NM
    view = find_view(name)
    right, up = view.right, view.up
    edges = [edge * SIGMA_NM for part in cell_edges(cell.box, view, 0.0) for edge in part]
    axes.add_collection(LineCollection(edges, colors=style.FAINT, linewidths=0.6))
    for places, colour in ((sites, AFTER), (moved, BEFORE)):
        for species, area in MARKERS.items():
            own = places[found.types == species]
            axes.scatter(own[:, right], own[:, up], area, color=colour, linewidths=0, alpha=0.8)
    axes.set_aspect("equal")
    axes.set_xlabel("xyz"[right] + " (nm)")
    axes.set_ylabel("xyz"[up] + " (nm)")


def main() -> None:
    """Match, print what is left, draw."""
    measured = crystal("a6b19-measured").configuration(RATIO)
    symmetric = crystal("a6b19").configuration(RATIO)
    found = match(measured, symmetric)
    for name, species in (("PbSe", LARGE), ("CdSe", SMALL)):
        rms, most = found.rms(species) * SIGMA_NM, found.largest(species) * SIGMA_NM
        print(f"{name}: rms {rms:.2f} nm, largest {most:.2f} nm")
    with style.look():
        figure = style.new_figure(style.PAGE, 3.0)
        row = figure.subplots(1, len(VIEWS))
        for axes, letter, (title, view) in zip(row, "ab", VIEWS.items(), strict=True):
            draw_sites(axes, symmetric, found, view)
            style.letter(axes, letter, title)
        words = {"measured (Table S2)": BEFORE, "P-6m2 forced (Table S3)": AFTER}
        dots = [
            Line2D([], [], marker="o", linestyle="", color=colour, label=text)
            for text, colour in words.items()
        ]
        row[1].legend(handles=dots, loc="upper left", bbox_to_anchor=(0.0, -0.3))
    FIGURES.mkdir(parents=True, exist_ok=True)
    style.write_figure(figure, FIGURES / "figure-s4.png", overwrite=True)


if __name__ == "__main__":
    main()
