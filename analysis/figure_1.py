"""Simulated images of structures 1 and 3, as in the paper's Fig. 1: projections and their FFT.

Structure 1 is A6B19 seen along c. For structure 3 the layers are displaced so that the stack
leans by 43°, and the beam is along the leaning c axis, that is at 43° to the layers' normal.
Run it as ``python analysis/figure_1.py``; two seconds.
"""

import argparse
import math

from batch import FIGURES

from hsmc.analysis.zone_axis import Projection, project
from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.report import style
from hsmc.report.zone_axis_plot import draw_image, draw_transform

RATIO, SIGMA_NM, LEAN = 0.695, 9.4, 43.0

FIELD = 40.0
"""Edge of the projection in σ_L; images show a part, transforms are of the whole."""


def leaning(configuration: Configuration, degrees: float) -> Configuration:
    """Return the layers displaced along the first box vector until c leans by an angle."""
    vectors = configuration.box.vectors.copy()
    vectors[0, 2] += math.tan(math.radians(degrees)) * vectors[2, 2]
    return Configuration.from_scaled(
        Box(vectors), configuration.scaled, configuration.diameters, configuration.types
    )


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
    structure = crystal("a6b19").configuration(RATIO)
    lean = leaning(structure, LEAN)
    draw(
        {
            "structure 1 along [001]": project(structure, (0, 0, 1), SIGMA_NM, **view),
            "structure 3 along [001]": project(lean, (0, 0, 1), SIGMA_NM, **view),
        },
        "figure-1.png",
        most_nm=120.0,
    )


if __name__ == "__main__":
    main()
