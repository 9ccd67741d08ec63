"""``hsmc export``: names of files, frames, and wrong use in one line."""

from pathlib import Path

import ase.io
import pytest
from gsd import hoomd

from hsmc.compression import compress
from tests.test_driver import COMPRESS
from tests.test_storage import names, small_disk


@pytest.fixture
def file(in_tmp):
    del in_tmp
    compress("a.h5", **{**COMPRESS, "cycles": 40, "frames": 3})


pytestmark = pytest.mark.usefixtures("file")


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ((), "a.gsd"),
        (("--to", "extxyz"), "a.xyz"),
        (("--to", "cif"), "a.cif"),
        (("--to", "poscar"), "a.vasp"),
        (("--to", "cif", "--out", "b.txt"), "b.txt"),
        (("--out", "b.cif"), "b.cif"),
        (("--out", "b.dat"), "b.dat"),
    ],
)
def test_name_of_the_file(hsmc, words, name):
    """Beside the result, if no name is given. Fails if --out is not used (tried)."""
    assert hsmc("export", "a.h5", *words) == (0, f"{name}\n", "")
    assert names(Path()) == sorted([name, "a.h5"])


@pytest.mark.parametrize(("words", "steps"), [((), [0, 10, 20, 30, 40]), (("--final",), [40])])
def test_frames(hsmc, words, steps):
    """Fails if --final is not looked at (tried)."""
    hsmc("export", "a.h5", *words)
    with hoomd.open("a.gsd", "r") as found:
        assert [frame.configuration.step for frame in found] == steps


def test_names_of_species(hsmc):
    """Fails if names are not handed on (tried)."""
    hsmc("export", "a.h5", "--to", "extxyz", "--names", "Au", "Ag", "--final")
    symbols = ase.io.read("a.xyz").get_chemical_symbols()
    assert (symbols.count("Au"), symbols.count("Ag")) == (6, 19)


def test_existing_file(hsmc, refused):
    """Fails if --overwrite is not looked at (tried)."""
    Path("a.gsd").write_text("mine")
    message = "a.gsd exists already; choose another --out, or give --overwrite"
    assert refused("export", "a.h5") == message
    assert hsmc("export", "a.h5", "--overwrite").code == 0
    assert Path("a.gsd").stat().st_size > 500


def test_a_name_says_the_format(hsmc):
    """Fails if a GSD is written under any name (tried)."""
    hsmc("export", "a.h5", "--out", "b.cif")
    assert len(ase.io.read("b.cif", format="cif")) == 25


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("a.h5", "--to", "gsd", "--out", "b.cif"),
            "b.cif is named as cif, but --to is gsd; leave --to out, or rename",
        ),
        (("a.h5", "--to", "pdb"), "format is 'pdb', needs one of gsd, extxyz, cif, poscar"),
        (("b.h5",), "b.h5 does not exist; give a result file of hsmc"),
        (("a.h5", "--names", "A", "A"), "both species are named 'A', needs two different names"),
        (
            ("a.h5", "--to", "cif", "--names", "Pb", "x"),
            "species is named 'x', cif needs an element symbol such as Pb",
        ),
    ],
)
def test_wrong_use(refused, words, message):
    assert refused("export", *words) == message


@pytest.mark.parametrize("command", ["export", "plot"])
def test_missing_folder(refused, command):
    """As for every output. Fails (74) if the folder is not looked at (tried)."""
    assert refused(command, "a.h5", "--out", "no/a.gsd" if command == "export" else "no/a.png") == (
        f"folder {Path.cwd()}/no of the output does not exist; create it or choose another one"
    )


def test_full_disk(refused):
    """Exit code 74, the old file as it was."""
    Path("a.xyz").write_text("mine")
    with small_disk(1000):
        found = refused("export", "a.h5", "--to", "extxyz", "--overwrite", code=74)
    assert found == "cannot write a.xyz: File too large; earlier files are intact"
