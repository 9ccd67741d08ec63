"""Study files: what they may say, and how each fault is told in one line."""

from pathlib import Path

import pytest

from hsmc.errors import InputError
from hsmc.sweep.study import Study, read_study
from tests.sweep.support import STUDY, write_study

pytestmark = pytest.mark.usefixtures("in_tmp")


def axis(**table):
    """Return the values of one axis."""
    return Study.build({"command": "compress", "axes": {"pressure": table}}).axes["pressure"]


def test_study_is_read():
    file = read_study(write_study())
    assert file.results == Path("results/study").absolute()
    study = file.study
    assert (study.command, study.seed, study.runs, study.size) == ("compress", 5, 3, 24)
    assert study.options["cycles"] == 2000
    assert list(study.points())[1] == {"ratio": 0.61, "box": "floppy"}


def test_studies_of_the_project_are_read():
    """Files without a command are options of one run, for --config."""
    studies = [
        read_study(path)
        for path in (Path(__file__).parents[2] / "runs").glob("*.toml")
        if "command = " in path.read_text(encoding="utf-8")
    ]
    assert sorted(file.study.size for file in studies) == [60, 1200]


def test_figure_s6_as_a_study_has_its_options():
    """As hsmc floppy --config runs/figure-s6.toml has them, at each of 12 ratios."""
    study = read_study(Path(__file__).parents[2] / "runs" / "floppy-figure-s6.toml").study
    assert study.axes["ratio"] == [round(0.61 + 0.01 * step, 2) for step in range(12)]
    assert (study.runs, study.options) == (100, {"large": 6, "small": 19})


def test_ranges():
    """Values are as one writes them: 0.63, not 0.6300000000000001.

    Fails if they are not rounded (tried).
    """
    assert axis(first=0.61, last=0.64, step=0.01) == [0.61, 0.62, 0.63, 0.64]
    assert axis(first=0.64, last=0.61, step=-0.01) == [0.64, 0.63, 0.62, 0.61]
    assert axis(first=1, last=2, points=5) == [1.0, 1.25, 1.5, 1.75, 2.0]
    assert axis(first=1.0, last=1e4, points=5, scale="log") == [1.0, 10.0, 100.0, 1000.0, 1e4]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"first": 1.0, "last": 2.0}, "axis pressure needs either step or points"),
        ({"first": 1.0, "last": 2.0, "step": 1.0, "points": 2}, "needs either step or points"),
        ({"first": 1.0, "last": 2.0, "step": 0.3}, "from 1 to 2 by whole steps of 0.3"),
        ({"first": 1.0, "last": 2.0, "step": -0.5}, "from 1 to 2 by whole steps of -0.5"),
        ({"first": 1.0, "last": 2.0, "step": 0.0}, "by whole steps of 0"),
        ({"first": 0.0, "last": 2.0, "points": 3, "scale": "log"}, "scale log needs values > 0"),
        ({"first": 1.0, "last": 2.0, "step": 0.5, "scale": "log"}, "scale log and a step"),
        ({"first": 1.0, "last": 2.0, "points": 1}, "points is 1, needs to be greater"),
        ({"first": 1.0, "last": 2.0, "pionts": 3}, "unknown option pionts; did you mean points"),
        ({"first": "a", "last": 2.0, "points": 3}, "axis pressure: first is a, needs to be"),
        ({"last": 2.0, "points": 3}, "needs first and last, and step or points"),
    ],
)
def test_unusable_ranges(table, words):
    with pytest.raises(InputError, match=words):
        axis(**table)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('command = "compress"', ""), "command is missing, needs to be one of compress, floppy"),
        (('command = "compress"', 'command = "sample"'), "command is sample, needs to be"),
        (("runs = 3", "runs = 0"), "runs is 0, needs to be greater than or equal to 1"),
        (("runs = 3", "rnus = 3"), "unknown option rnus; did you mean runs"),
        (("cycles = 2000", "cycels = 2000"), "unknown option cycels; did you mean cycles"),
        (("cycles = 2000", "seed = 3"), "seed is set by the study"),
        (("ratio = [", "ratoi = ["), "unknown option ratoi; did you mean ratio"),
        (("ratio = [0.61, 0.63, 0.65, 0.67]", "ratio = []"), r"axis ratio is \[\], needs to be"),
        (("ratio = [0.61, 0.63, 0.65, 0.67]", "ratio = 0.6"), "axis ratio is 0.6, needs to be a"),
        (("ratio = [", "cycles = ["), "cycles is both an option and an axis"),
        (("[options]", "[options"), "is not readable TOML"),
    ],
)
def test_unusable_studies(change, words):
    """One line, which begins with the file."""
    path = write_study(STUDY.replace(*change))
    with pytest.raises(InputError, match=words) as caught:
        read_study(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_study():
    with pytest.raises(InputError, match=r"none\.toml does not exist"):
        read_study(Path("none.toml"))
