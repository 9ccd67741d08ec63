"""The paper's Fig. S7: the densest packings that the searches of figure_s6.py found.

Run it as ``python analysis/figure_s7.py`` after ``python analysis/figure_s6.py``.
"""

from batch import FIGURES, RESULTS

from hsmc.report import style
from hsmc.report.views import draw_view
from hsmc.results import read_result

RATIOS = (0.61, 0.65, 0.69, 0.72)


def main() -> None:
    """Draw the best states, large and small spheres apart by colour."""
    with style.look():
        figure = style.new_figure(style.PAGE, 2.1)
        panels = figure.subplots(1, len(RATIOS))
        for panel, ratio, letter in zip(panels, RATIOS, "abcd", strict=True):
            result = read_result(RESULTS / "figure-s6" / f"default-{ratio:.2f}.h5")
            draw_view(panel, result.final, colour="species")
            fraction = result.summary["packing_fraction"]
            style.letter(panel, letter, f"γ = {ratio:.2f}, φ = {fraction:.4f}")
    FIGURES.mkdir(parents=True, exist_ok=True)
    style.write_figure(figure, FIGURES / "figure-s7.png", overwrite=True)


if __name__ == "__main__":
    main()
