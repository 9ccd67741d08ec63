"""A folder where a file belongs: one line from every command."""

from pathlib import Path

import pytest

from hsmc.errors import InputError
from hsmc.report.run_plot import plot_file
from hsmc.report.study_plot import plot_study
from hsmc.storage import named

READERS = [
    *(["analyze"], ["compare"], ["compare", "a6b19", "--with"], ["plot"], ["info"], ["report"]),
    *(["export"], ["jam"], ["compress", "--start"], ["sample", "--start"], ["floppy", "--start"]),
    *(["compress", "--config"], ["sample", "--config"], ["floppy", "--config"], ["sweep"]),
    *(["tomo", name] for name in ("reconstruct", "detect", "unit-cell", "run", "simulate")),
    ["tomo", "size", "--diameter", "6"],
    ["tomo", "detect", "v.h5", "--kind", "dark-field", "--angles"],
]

WRITERS = [
    *(["analyze", "fcc"], ["jam", "fcc"], ["compress"], ["sample"], ["floppy"]),
    *(["plot", "a.h5"], ["plot", "a.toml"], ["report", "a.h5"]),
    *(["tomo", "reconstruct", "a.mrc"], ["tomo", "detect", "a.h5"], ["tomo", "run", "a.mrc"]),
    *(["tomo", "unit-cell", "a.csv"], ["tomo", "simulate"], ["tomo", "simulate", "--overwrite"]),
]

NAMELESS = [".", "..", "", "/"]


@pytest.mark.parametrize("words", READERS, ids=" ".join)
@pytest.mark.parametrize("path", [*NAMELESS, "folder", "folder.h5", "folder.toml", "folder.mrc"])
def test_to_read(refused, words, path):
    """A file beside "." has no name. Fails (traceback) if ``named`` is not asked (tried)."""
    if path.startswith("folder"):
        Path(path).mkdir()
    refused(*words, path)


@pytest.mark.parametrize("words", WRITERS, ids=" ".join)
@pytest.mark.parametrize("path", [*NAMELESS, "folder", "f.h5", "f.mrc", "f.png", "f.html", "f.csv"])
def test_to_write(refused, words, path):
    """Fails (traceback of "tomo") if ``named`` is not asked (tried)."""
    if path not in NAMELESS:
        Path(path).mkdir()
    refused(*words, "--out", path)


@pytest.mark.parametrize("beside", ["s-volume.h5", "s-run.json", "s-volume.png", "s.png"])
def test_all_that_a_run_writes_is_tried_first(refused, beside):
    """Before hours of work. Fails if only ``out`` is looked at (tried)."""
    Path(beside).mkdir()
    message = refused("tomo", "run", "nothing.mrc", "--out", "s.cif")
    assert message == f"{beside} is a folder; the name of a file is needed"


def test_a_crystal_may_have_a_folder_of_its_name(hsmc):
    """Fails if folders are refused before names of crystals are looked up (tried)."""
    Path("fcc").mkdir()
    assert hsmc("analyze", "fcc", "-q").code == 0


@pytest.mark.parametrize("plot", [named, plot_file, plot_study])
def test_from_python(plot):
    with pytest.raises(InputError, match=r"^\. is a folder; the name of a file is needed$"):
        plot(Path())
