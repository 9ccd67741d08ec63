"""The panel of space groups against tolerance, of the figure of a measured cell."""

from types import SimpleNamespace

from hsmc.analysis.symmetry import Groups, Step
from hsmc.report import style
from hsmc.report.tomography import _symmetry


def test_no_group_is_no_number():
    """It stands as "none". Fails if it is drawn as space group 0 (tried)."""
    steps = [Step(0.001, 0.01, Groups(1, 1, 1)), Step(0.012, 0.2, Groups(187, 187, 0))]
    crystal = SimpleNamespace(
        measured=SimpleNamespace(large_diameter=9.4), steps=steps, tolerance=0.05
    )
    figure = style.new_figure(style.COLUMN, style.COLUMN)
    axes = figure.add_subplot()
    _symmetry(axes, crystal)
    figure.draw_without_rendering()
    (bottom, top), ticks = axes.get_ylim(), axes.get_yticks()
    shown = [label.get_text() for tick, label in zip(ticks, axes.get_yticklabels(), strict=True)
             if bottom <= tick <= top]  # fmt: skip
    assert shown[0] == "none"
    assert all(text.isdigit() for text in shown[1:])
