"""Simulated images of structures 1 to 3, as in the paper's Fig. 1: projections and their FFT.

Structure 1 is A6B19 seen along c, structure 2 has a stacking fault in the middle, and in structure
3 the layers lie at 43° to the substrate; the beam is normal to the substrate, which is along c of
the first and the last, and along c of the perfect crystal in the second.
Run it as ``python analysis/figure_1.py``; a few seconds.
"""

import argparse
from dataclasses import replace

import numpy as np
from batch import FIGURES

from hsmc.analysis.zone_axis import Projection, project
from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.defects import sheared_layers, short_distance
from hsmc.report import style
from hsmc.report.zone_axis_plot import draw_image, draw_transform

RATIO, SIGMA_NM = 0.695, 9.4

FIELD = 40.0
"""Edge of the projection in σ_L; images show a part, transforms are of the whole."""


def half_shifted(configuration: Configuration, length: float) -> Configuration:
    """Return two cells on each other, half of them shifted by a length along a and along b.

    As in structure 2, seen from the top: both orientations contribute equally.
    """
    double = configuration.replicated(1, 1, 2)
    axes = double.box.vectors[:, :2] / double.box.lengths[:2]
    above = np.abs(double.scaled[:, 2] - 0.625) < 0.25
    return replace(double, positions=double.positions + np.outer(above, length * axes.sum(axis=1)))


def draw(panels: dict[str, Projection], name: str, most_nm: float) -> None:
    """Draw images with their transforms as insets."""
    with style.look():
        figure = style.new_figure(style.PAGE, style.PAGE / len(panels) + 0.2)
        row = figure.subplots(1, len(panels))
        for axes, letter, (title, projection) in zip(row, "abc", panels.items(), strict=False):
            draw_image(axes, projection, SIGMA_NM, most_nm)
            draw_transform(axes.inset_axes((0.6, 0.6, 0.4, 0.4)), projection, SIGMA_NM)
            style.letter(axes, letter, title)
    FIGURES.mkdir(parents=True, exist_ok=True)
    style.write_figure(figure, FIGURES / name, overwrite=True)


def main() -> None:
    """Project and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pixels", type=int, default=2048)
    view = {"field": FIELD, "pixels": parser.parse_args().pixels}
    cell = crystal("a6b19")
    structure = cell.configuration(RATIO)
    structures = {
        "structure 1": structure,
        "structure 2": half_shifted(structure, short_distance(cell) / SIGMA_NM),
        "structure 3": sheared_layers(cell).configuration(RATIO),
    }
    draw(
        {name: project(each, (0, 0, 1), SIGMA_NM, **view) for name, each in structures.items()},
        "figure-1.png",
        most_nm=90.0,
    )


if __name__ == "__main__":
    main()
