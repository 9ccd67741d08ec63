"""The A6B19 structure from the top and from two sides, as in the paper's Fig. 2b to d.

Simulated projections along c, a and the normal of a and c. Run it as
``python analysis/figure_2.py``; two seconds.
"""

import argparse

from figure_1 import FIELD, RATIO, SIGMA_NM, draw

from hsmc.analysis.zone_axis import project
from hsmc.crystal import crystal

ZONES = {"along [001]": (0, 0, 1), "along [100]": (1, 0, 0), "along [120]": (1, 2, 0)}


def main() -> None:
    """Project and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pixels", type=int, default=2048)
    pixels = parser.parse_args().pixels
    structure = crystal("a6b19").configuration(RATIO)
    panels = {
        title: project(structure, zone, SIGMA_NM, field=FIELD, pixels=pixels)
        for title, zone in ZONES.items()
    }
    draw(panels, "figure-2.png", most_nm=75.0)


if __name__ == "__main__":
    main()
