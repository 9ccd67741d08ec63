"""The paper's Fig. S7: the densest packings that the searches of figure_s6.py found.

Run it as ``python analysis/figure_s7.py`` after ``python analysis/figure_s6.py``.
"""

from batch import FIGURES, RESULTS

from hsmc.report import style
from hsmc.report.paper_figures import states_figure
from hsmc.results import read_result

RATIOS = (0.61, 0.65, 0.69, 0.72)


def main() -> None:
    """Draw the best states, large and small spheres apart by colour."""
    searches = {ratio: RESULTS / "figure-s6" / f"default-{ratio:.2f}.h5" for ratio in RATIOS}
    states = {f"γ = {ratio:.2f}": read_result(path).final for ratio, path in searches.items()}
    figure = states_figure(states, "species")
    FIGURES.mkdir(parents=True, exist_ok=True)
    style.write_figure(figure, FIGURES / "figure-s7.png", overwrite=True)


if __name__ == "__main__":
    main()
