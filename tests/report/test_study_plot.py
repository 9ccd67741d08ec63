"""The figure of a study: all runs, their mean and best, at the right places."""

from pathlib import Path

import numpy as np
import pytest

from hsmc.errors import InputError, OutputError
from hsmc.report.study_plot import Runs, plot_study, study_figure
from hsmc.sweep.folder import Folder
from hsmc.sweep.study import Study
from hsmc.sweep.worker import run_task
from tests.sweep.support import tasks_of, write_study

TEXT = """
command = "compress"
runs = 2
options = { start = "fluid", composition = [2, 6], cycles = 50, frames = 0 }
axes = { ratio = [0.6, 0.7], box = ["isotropic", "floppy"], seed = [1] }
"""


def study(axes, values, fractions):
    return study_figure(Runs(Study.build({"command": "compress", "axes": axes}), values, fractions))


def lines(figure, panel, label):
    """Return the data of the line with a label."""
    axes = figure.axes[panel]
    handles, labels = axes.get_legend_handles_labels()
    handle = handles[labels.index(label)]
    line = handle if hasattr(handle, "get_xydata") else handle.lines[0]
    return np.asarray(line.get_xydata()).tolist()


def test_best_and_mean():
    """Of the runs at each value."""
    figure = study({"ratio": [0.6, 0.7]}, {"ratio": [0.6, 0.6, 0.7]}, [0.5, 0.6, 0.7])
    assert lines(figure, 0, "best") == [[0.6, 0.6], [0.7, 0.7]]
    np.testing.assert_allclose(lines(figure, 0, "mean ± s.e."), [[0.6, 0.55], [0.7, 0.7]])
    assert figure.axes[0].get_xlabel() == "size ratio γ"


def test_values_in_words_have_colours_of_their_own():
    """In the panel of the ratio, too; in their own, they stand side by side.

    Fails if all runs are counted in each group (tried).
    """
    axes = {"ratio": [0.6, 0.7], "box": ["isotropic", "floppy"]}
    values = {"ratio": [0.6, 0.6, 0.7], "box": ["isotropic", "floppy", "floppy"]}
    figure = study(axes, values, [0.5, 0.6, 0.7])
    assert lines(figure, 0, "best, isotropic") == [[0.6, 0.5]]
    assert lines(figure, 0, "best, floppy") == [[0.6, 0.6], [0.7, 0.7]]
    assert lines(figure, 1, "best, floppy") == [[1.0, 0.7]]
    ticks = [tick.get_text() for tick in figure.axes[1].get_xticklabels()]
    assert ticks == ["isotropic", "floppy"]


def test_wide_axes_are_logarithmic():
    figure = study({"pressure": [1, 10, 100]}, {"pressure": [1, 10]}, [0.5, 0.6])
    assert figure.axes[0].get_xscale() == "log"
    assert study({"ratio": [0.6, 0.7]}, {"ratio": [0.6]}, [0.5]).axes[0].get_xscale() == "linear"


def test_command(hsmc_plot):
    """From a study of which half is done. Axes of one value have no panel."""
    path = hsmc_plot
    assert plot_study(path) == path.with_suffix(".png")
    assert path.with_suffix(".png").stat().st_size > 10_000
    with pytest.raises(OutputError, match="exists already"):
        plot_study(path)
    plot_study(path, overwrite=True)
    plot_study(path, Path("results/study"), Path("a.svg"))


@pytest.fixture
def hsmc_plot(in_tmp):
    del in_tmp
    path = write_study(TEXT)
    folder = Folder(Path("results/study").absolute())
    folder.prepare()
    for task in tasks_of(path)[::2]:
        run_task(task, str(folder.root), "test")
    return path


@pytest.mark.usefixtures("in_tmp")
def test_nothing_to_draw():
    path = write_study(TEXT)
    with pytest.raises(InputError, match=r"no results in .*results/study; run hsmc sweep first"):
        plot_study(path)
    path = write_study('command = "compress"\nruns = 3')
    with pytest.raises(InputError, match="no axis with two values or more"):
        plot_study(path)
