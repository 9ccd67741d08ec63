"""Starts: sources, copies, and what is done about overlaps."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.errors import InputError, StorageError
from hsmc.fit import dilate
from hsmc.mixture import Mixture
from hsmc.neighbors import smallest_gap
from hsmc.options import RunOptions
from hsmc.results import Frame, Result, write_result
from hsmc.start import build_start
from tests.test_storage import without_rights

pytestmark = pytest.mark.usefixtures("in_tmp")

POSCAR = "two\n1.0\n9 0 0\n0 9 0\n0 0 9\nPb Cd\n1 2\nDirect\n0 0 0\n.5 .5 .5\n.5 0 0\n"
XYZ = """3
Lattice="8 0 0 0 8 0 0 0 8" Properties=species:S:1:pos:R:3:radius:R:1
B 0 0 0 1.0
A 4 0 0 0.8
A 0 4 4 0.8
"""


def start(**options):
    return build_start(RunOptions.build(options))


def written(name, text):
    Path(name).write_text(text, encoding="utf-8")
    return name


def result_file(status="finished"):
    """Write a loose configuration of two spheres as a result; it is returned, too."""
    mixture = Mixture(0.6, 1, 1)
    places = np.array([[0.1, 0.2, 0.3], [1.0 / 3.0, 1.7, 5.0]])
    loose = Configuration(Box.cubic(2.5), places, mixture.diameters, mixture.types)
    first = Frame(0, loose.strained(np.eye(3) * 2.0))
    write_result(
        Path("r.h5"), Result("compress", status, {}, (first, Frame(70, loose)), {}, {}, {}, {})
    )
    return loose


def alike(found, wanted):
    np.testing.assert_array_equal(found.box.vectors, wanted.box.vectors)
    for name in ("positions", "diameters", "types"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name), err_msg=name)


# Sources


@pytest.mark.parametrize(
    ("name", "spheres", "replicate"),
    [("A6B19", 400, (2, 2, 4)), ("a6b19-measured", 400, (2, 2, 4)), ("NaCl", 8, (1, 1, 1))],
)
def test_crystal(name, spheres, replicate):
    """A crystal is scaled until its closest pair touches; case does not matter.

    Fails if A6B19 has other default copies, or if nothing is scaled (tried).
    """
    found = start(start=name)
    assert (found.replicate, found.fit, found.source) == (replicate, "dilate", name)
    assert len(found.configuration) == spheres
    assert found.configuration.size_ratio == 0.695
    assert 0.0 <= smallest_gap(found.configuration).gap < 1e-9


def test_copies_and_ratio_as_given():
    """Fails if the default copies win, or the default ratio (tried)."""
    found = start(start="a6b19", replicate=(1, 2, 1), ratio=0.6)
    wanted = dilate(crystal("a6b19").configuration(0.6).replicated(1, 2, 1))
    alike(found.configuration, wanted)


def test_fluid():
    """Fails if the composition or the seed is not handed on (tried)."""
    found = start(start="Fluid", composition=(5, 15), packing=0.25, ratio=0.5, seed=3)
    assert found.configuration.types.sum() == 15
    assert found.configuration.packing_fraction == pytest.approx(0.25, rel=1e-3)
    assert found.configuration.size_ratio == 0.5
    assert smallest_gap(found.configuration).gap >= 0.0
    other = start(start="fluid", composition=(5, 15), packing=0.25, ratio=0.5, seed=4)
    assert not np.array_equal(other.configuration.positions, found.configuration.positions)


def test_fluid_by_default():
    """As many spheres as the default crystal has, at φ = 0.3."""
    found = start(start="fluid").configuration
    assert (len(found), found.types.sum()) == (400, 304)
    assert found.packing_fraction == pytest.approx(0.3, rel=1e-3)


def test_result_file_as_it_is():
    """Bit for bit the final state. Fails if it is scaled, or the first frame taken (tried)."""
    wanted = result_file()
    found = start(start="r.h5")
    assert (found.fit, found.replicate) == ("none", (1, 1, 1))
    alike(found.configuration, wanted)


def test_result_file_with_another_ratio():
    """Fails if the ratio is left as it is (tried)."""
    wanted = result_file()
    wanted = replace(wanted, diameters=np.array([1.0, 0.3]))
    alike(start(start="r.h5", ratio=0.3).configuration, wanted)


def test_unfinished_result_says_so():
    """Fails if nothing is said (tried)."""
    result_file(status="unfinished")
    assert start(start="r.h5").notes[0] == "r.h5 is unfinished; its state at cycle 70 is taken"


def test_file_of_another_program():
    """A file without sizes is scaled until the closest pair touches, and says who is large.

    9/2 is the distance of the small spheres, 9/√2 that of a large and a small one.
    Fails if the file's unit is left, or if --large is not handed on (tried).
    """
    written("POSCAR", POSCAR)
    found = start(start="POSCAR", ratio=0.5)
    assert found.notes[0] == "large species: Pb (by count: the rarer species)"
    assert found.configuration.types.tolist() == [0, 1, 1]
    assert found.configuration.box.lengths == pytest.approx([1.5] * 3)  # contact 0.75 at half
    found = start(start="POSCAR", ratio=0.5, large="Cd")
    assert found.configuration.types.tolist() == [1, 0, 0]
    assert found.notes[0] == "large species: Cd (--large)"


def test_file_with_sizes_gives_the_ratio():
    """Fails if the default ratio replaces that of the file (tried)."""
    found = start(start=written("a.xyz", XYZ), fit="none").configuration
    assert found.size_ratio == 0.8
    assert found.box.lengths == pytest.approx([4.0] * 3)


# Overlaps


def test_stretch_is_denser_than_dilate():
    """Fails if stretch falls through to dilate (tried)."""
    loose = start(start="a6b19", replicate=(1, 1, 1))
    tight = start(start="a6b19", replicate=(1, 1, 1), fit="stretch")
    assert tight.configuration.packing_fraction > 2.0 * loose.configuration.packing_fraction
    assert tight.notes[-1].endswith("(stretched along xy and z until no spheres overlap)")


def test_packing_to_start_at():
    """Fails if the packing is not used (tried)."""
    found = start(start="fcc", packing=0.4)
    assert found.configuration.packing_fraction == pytest.approx(0.4, rel=1e-12)


def test_relax_at_a_packing():
    """Overlaps at φ = 0.35 are moved apart. Fails if the crystal is scaled instead (tried)."""
    found = start(start="a6b19-measured", replicate=(1, 1, 1), fit="relax", packing=0.35)
    assert found.configuration.packing_fraction == pytest.approx(0.35, rel=1e-4)
    assert smallest_gap(found.configuration).gap >= 0.0
    assert "overlaps relaxed away; box grown by" in found.notes[-1]


def test_facts_for_the_result_file():
    """Plain numbers and texts, of the state as it starts. Fails if one is left out (tried)."""
    found = start(start="fcc", replicate=(1, 1, 2))
    facts = dict(found.facts)
    assert facts.pop("packing_fraction") == found.configuration.packing_fraction
    assert facts == {
        "source": "fcc",
        "replicate": [1, 1, 2],
        "fit": "dilate",
        "spheres": 8,
        "ratio": 1.0,
        "notes": [
            "start fcc: 8 spheres, ratio 1, packing fraction 0.7405 "
            "(scaled until no spheres overlap)"
        ],
    }


# What is refused


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start": "a6b18"}, "a6b18 is neither a crystal nor .*; did you mean a6b19"),
        ({"start": "xxxxxx"}, "xxxxxx is neither .*; crystals are a6b19, a6b19-printed"),
        ({"start": "no.cif"}, r"no\.cif: there is no such file"),
        ({"start": "no.h5"}, r"no\.h5: there is no such file"),
        ({"start": "fluid", "composition": (0, 0)}, "0 large and 0 small spheres"),
        ({"start": "fluid", "packing": 0.75}, "packing fraction is 0.75, but 400 random spheres"),
        ({"composition": (3, 3)}, "composition is of a fluid, but start is a6b19; give --start fl"),
        ({"large": "Pb"}, "large is Pb, but a6b19 says itself which are large"),
        ({"start": "fluid", "large": "Pb"}, "large is Pb, but fluid says itself"),
        ({"start": "r.h5", "large": "Pb"}, r"large is Pb, but r\.h5 says itself"),
        ({"start": "r.h5", "packing": 0.1}, r"packing is 0\.1, but fit none keeps .* r\.h5 has"),
        ({"start": "fcc", "packing": 0.1, "fit": "none"}, r"packing is 0\.1, but fit none keeps"),
        ({"start": "fcc", "packing": 0.8}, r"packing fraction is 0\.8, needs to be ≤ 0\.74048"),
        ({"start": "POSCAR", "ratio": 0.5, "fit": "none"}, "fit none needs sizes, which POSCAR"),
        ({"start": "POSCAR", "ratio": 0.5, "fit": "relax"}, "fit relax of POSCAR .*--packing"),
        ({"start": "POSCAR"}, "POSCAR: gives no sizes of the spheres; a size ratio is needed"),
        ({"start": "text.h5"}, r"text\.h5 is no readable HDF5 result file"),
        ({"start": "text.h5x"}, r"text\.h5x: extension '\.h5x' is not known"),
        ({"start": "."}, r"\.: is a directory; a file is needed"),
    ],
)
def test_unusable_start(options, message):
    """Tried: each check left out."""
    result_file()
    written("POSCAR", POSCAR)
    written("text.h5", "no")
    written("text.h5x", "no")
    with pytest.raises(InputError, match=message):
        start(**options)


def test_start_in_a_closed_folder():
    """It cannot even be looked into. Fails if a PermissionError of ``exists`` gets out (tried)."""
    Path("closed").mkdir(mode=0o000)
    with (
        without_rights(),
        pytest.raises(StorageError, match=r"a\.cif: cannot be read: Permission denied"),
    ):
        start(start="closed/a.cif")
