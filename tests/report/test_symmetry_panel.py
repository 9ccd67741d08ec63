"""The panel of space groups against tolerance, of the figure of a measured cell."""

from types import SimpleNamespace

import numpy as np

from hsmc.analysis.symmetry import Groups, Step
from hsmc.report import style
from hsmc.report.tomography import _symmetry


def drawn(*steps):
    """Return the panel."""
    crystal = SimpleNamespace(
        measured=SimpleNamespace(large_diameter=9.4), steps=steps, tolerance=0.05
    )
    figure = style.new_figure(style.COLUMN, style.COLUMN)
    axes = figure.add_subplot()
    _symmetry(axes, crystal)
    figure.draw_without_rendering()
    return axes


def test_each_group_has_a_row_and_none_is_no_number():
    """Fails if numbers are to scale: P1 then lies on "none", 0.5 % of the height off (tried)."""
    axes = drawn(
        Step(0.001, 0.01, Groups(1, 1, 1)),
        Step(0.012, 0.2, Groups(187, 187, 0)),
        Step(0.21, 0.3, Groups(6, 6, 1)),
    )
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["none", "1", "6", "187"]
    places = axes.transAxes.inverted().transform(
        axes.transData.transform([(0.1, tick) for tick in axes.get_yticks()])
    )[:, 1]
    assert np.allclose(places, [0.125, 0.375, 0.625, 0.875])
    rows = [line.get_ydata()[0] for line in axes.lines if len(line.get_xdata()) == 2]
    names = dict(zip(axes.get_yticks(), labels, strict=True))
    shown = [names.get(row) for row in rows[:6]]
    assert shown == ["1", "187", "6", "1", "none", "1"]
