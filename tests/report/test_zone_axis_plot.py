"""Drawn projections, and the scripts that draw the paper's figures from them."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from hsmc.analysis.zone_axis import project
from hsmc.crystal import crystal
from hsmc.report import style
from hsmc.report.zone_axis_plot import HIGHEST_FREQUENCY, draw_image, draw_transform

ANALYSIS = Path(__file__).resolve().parents[2] / "analysis"


def a6b19(**options):
    return project(crystal("a6b19").configuration(0.695), (0, 0, 1), 9.4, **options)


def test_thick_is_dark_and_lengths_are_nm():
    """Fails if the image is the thickness itself, or its edge is in σ_L (tried)."""
    projection = a6b19(field=12.0, pixels=120)
    with style.look():
        axes = style.new_figure(3.0, 3.0).subplots()
        draw_image(axes, projection, 9.4, most_nm=75.2)
    shown = np.asarray(axes.images[0].get_array())
    assert shown.shape == (80, 80)
    assert axes.get_xlim() == pytest.approx((0.0, 75.2))
    order = np.argsort(projection.thickness[:80, :80], axis=None)
    assert np.all(np.diff(shown.ravel()[order]) <= 0.0)
    bar = axes.lines[0].get_xdata()
    assert bar[1] - bar[0] == pytest.approx(20.0)
    assert [text.get_text() for text in axes.texts] == ["20 nm"]


def test_transform_is_in_cycles_per_nm():
    """The strongest spot of A6B19 along c is where its lattice has a reflection.

    Fails if frequencies are per σ_L (tried).
    """
    projection = a6b19(field=40.0, pixels=400)
    with style.look():
        axes = style.new_figure(3.0, 3.0).subplots()
        draw_transform(axes, projection, 9.4)
    picture = np.asarray(axes.images[0].get_array())
    left, right, *_ = axes.images[0].get_extent()
    place = np.linspace(left, right, picture.shape[1] + 1)
    middle = 0.5 * (place[1:] + place[:-1])
    row, column = np.unravel_index(picture.argmax(), picture.shape)
    frequency = np.hypot(middle[row], middle[column])
    squares = [h * h + h * k + k * k for h in range(9) for k in range(9)]
    known = np.sqrt(squares) * 2.0 / np.sqrt(3.0) / 23.36
    assert np.abs(known - frequency).min() < 1.5 * projection.frequency_step / 9.4
    assert picture.max() == pytest.approx(0.0)
    steps = round(HIGHEST_FREQUENCY * 40.0 * 9.4)
    assert picture.shape == (2 * steps + 1, 2 * steps + 1)
    assert right == pytest.approx(HIGHEST_FREQUENCY, rel=0.02)


@pytest.mark.parametrize(
    ("script", "words", "figure"),
    [
        ("figure_1", ["--pixels", "128"], "figure-1.png"),
        ("figure_2", ["--pixels", "128"], "figure-2.png"),
        ("figure_s4", [], "figure-s4.png"),
    ],
)
def test_scripts_of_figures(script, words, figure, in_tmp, monkeypatch):
    """They run on small inputs and draw something."""
    monkeypatch.syspath_prepend(str(ANALYSIS))
    monkeypatch.setattr(sys, "argv", [script, *words])
    for name in ("figure_1", script):
        monkeypatch.setattr(importlib.import_module(name), "FIGURES", in_tmp, raising=False)
    importlib.import_module(script).main()
    picture = imread(in_tmp / figure)
    assert picture.shape[1] == round(style.PAGE * style.DOTS_PER_INCH)
    assert picture.std() > 0.1
