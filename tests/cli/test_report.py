"""``hsmc report``: a page, or one line that says why there is none."""

from pathlib import Path

import h5py
import pytest

from hsmc.results import write_result
from tests.report.support import compression, write_half_study


def test_page(hsmc):
    """The page names its command. It is not replaced unasked."""
    write_result(Path("a.h5"), compression())
    words = ("report", "a.h5", "--out", "page.html", "--detail", 0)
    outcome = hsmc(*words)
    assert (outcome.code, outcome.out, outcome.err) == (0, "page.html\n", "")
    page = Path("page.html").read_text(encoding="utf-8")
    assert "hsmc report a.h5 --out page.html --detail 0" in page
    assert "hsmc compress --seed 7" in page
    assert hsmc(*words).code == 2
    assert hsmc(*words, "--overwrite").code == 0


def test_half_a_study_is_done_with_a_note(hsmc):
    study = write_half_study(Path(), done=1)
    assert hsmc("report", study, "--detail", 0).code == 0
    page = Path("report.html").read_text(encoding="utf-8")
    assert "study half.toml is not finished: 1 of 8 runs are done" in page


def test_empty_trajectory(hsmc, refused):
    del hsmc
    write_result(Path("a.h5"), compression())
    with h5py.File("a.h5", "r+") as file:
        group = file["particles/spheres"]
        for name, shape in (("position/step", (0,)), ("position/value", (0, 25, 3))):
            del group[name]
            group[name] = group["diameter"][()][:0].reshape(shape)
    assert "holds 0 frames" in refused("report", "a.h5")


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["none.h5"], "none.h5 does not exist; give a result file of hsmc"),
        (["text.h5"], "text.h5 is no readable HDF5 result file"),
        (["none.toml"], "none.toml does not exist"),
        (["bare.toml"], "study bare.toml has no results in"),
        (["folder"], "folder is a folder and not results/NAME of a study NAME.toml"),
        (["a.h5", "./a.h5"], "a.h5 is given twice"),
        (["a.h5", "--out", "page.txt"], "page.txt has extension '.txt', needs .html"),
        (["a.h5", "--out", "no/page.html"], "no of the output does not exist"),
        (["a.h5", "--null", 5], "null is 5, needs 0 (none) or ≥ 19"),
        (["a.h5", "--detail", -1], "Invalid value for '--detail'"),
        ([], "Missing argument 'FILE|STUDY...'"),
    ],
)
def test_bad_input(refused, words, fault):
    """One line, exit 2, nothing written."""
    write_result(Path("a.h5"), compression())
    Path("text.h5").write_text("no result", encoding="utf-8")
    Path("bare.toml").write_text('command = "compress"\nruns = 2', encoding="utf-8")
    Path("folder").mkdir()
    assert fault in refused("report", *words)
