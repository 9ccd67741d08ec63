"""``hsmc tomo`` as a user has it."""

import json
import shlex

import mrcfile
import numpy as np
import pytest

FEW = "--copies 2 2 2 --pixel 0.9 --tilts -65 65 2.5 --dose 10000 -q"


def test_from_a_crystal_to_a_crystal(hsmc, tmp_path):
    """Simulate, then all steps one by one, in the user's words; what exists is not overwritten."""
    made = hsmc("tomo", "simulate", "a6b19", "--out", "s.mrc", *FEW.split())
    assert (made.code, made.err) == (0, "")
    assert made.out.splitlines()[1:] == ["s.mrc", "s-truth.csv"]
    words = ["reconstruct", "s.mrc", "--aligned", "--depth", "40", "-q", "--mrc"]
    assert hsmc("tomo", *words).out.splitlines() == ["s-volume.h5", "s-volume.mrc", "s-volume.png"]
    again = hsmc("tomo", *words)
    assert again.code == 2
    assert "exists already" in again.err
    lost = hsmc("tomo", *words[:3], "--underfocus", "fit", "-q", "--out", "fitted.h5")
    assert lost.code == 2
    assert "no rings of the lens are seen" in lost.err
    found = hsmc("tomo", "detect", "s-volume.h5", "-q")
    assert found.code == 0
    assert found.out.startswith("48 large and 15")
    plain = hsmc("tomo", "detect", "s-volume.mrc", "--tilts", "-65", "65", "2.5", "--kind",
                 "line-integrals", "--out", "p.csv", "--no-figure")  # fmt: skip
    assert plain.code == 0
    assert plain.out.split(",")[0] == found.out.split(",")[0]
    assert "voxels of 0.9 nm from the header" in plain.err
    silent = hsmc("tomo", "detect", "s-volume.mrc", "--out", "n.csv", "--no-figure")
    assert silent.code == 2
    assert "give the angles of its tilts by --angles FILE or --tilts" in silent.err
    assert "--kind bright-field if particles are dark" in silent.err
    cell = hsmc("tomo", "unit-cell", "s-particles.csv")
    assert cell.code == 0
    assert "6 + 19 sites" in cell.out
    assert "scores (RMS and largest move, worst pair, in nm): P-6m2 " in cell.out
    assert "187,P-6m2,12," in (tmp_path / "s-cell-groups.csv").read_text()
    assert (tmp_path / "s-cell.cif").exists()
    start = hsmc("compress", "--start", "s-cell.cif", "--ratio", "0.695", "--cycles", "20",
                 "--replicate", "1", "1", "1", "--json", "-q")  # fmt: skip
    assert start.code == 0
    assert json.loads(start.out)["parameters"]["ratio"] == 0.695


def test_run_goes_all_the_way_and_not_twice(hsmc, tmp_path):
    """The second time particles are taken from the file: it is as it was, to the byte."""
    hsmc("tomo", "simulate", "a6b19", "--out", "s.h5", *FEW.split())
    words = ["run", "s.h5", "--aligned", "--depth", "40", "--passes", "0", "--out", "seed.cif"]
    first = hsmc("tomo", *words)
    assert first.code == 0
    assert "next: hsmc compress --start seed.cif" in first.out
    assert "pixel of 0.9 nm from the file" in first.err
    before = (tmp_path / "seed-particles.h5").read_bytes()
    second = hsmc("tomo", *words)
    assert "detection is not done again" in second.err
    assert (tmp_path / "seed-particles.h5").read_bytes() == before
    with mrcfile.new(tmp_path / "m.mrc") as file:
        file.set_data(np.ones((2, 2, 2), np.float32))
    masked = hsmc("tomo", *words, "--mask", "m.mrc")
    assert masked.code == 2
    assert "the mask has shape (2, 2, 2)" in masked.err
    assert (tmp_path / "seed-particles.h5").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("reconstruct nothing.mrc", "no such file"),
        ("reconstruct nothing.txt", "no such file"),
        ("detect nothing.h5", "a volume of hsmc tomo reconstruct is needed"),
        ("unit-cell nothing.csv", "a table of particles is needed"),
        ("simulate nosuch", "there is no crystal 'nosuch'"),
        ("simulate a6b19 --defect twin", "defect is 'twin', needs one of none, fault, shear"),
        ("simulate a6b19 --copies 0 1 1", "each needs to be ≥ 1"),
        ("simulate a6b19 --out s.png --copies 1 1 1 --dose -1", "dose is -1"),
        (
            "reconstruct nothing.mrc --underfocus under",
            "needs a number of nm (positive below focus)",
        ),
        ("size nothing.mrc --diameter 6", "nothing.mrc: there is no such file; an image of a"),
        ("size nothing.tif --diameter 6", "nothing.tif: there is no such file; an image of a"),
        ("size . --diameter 6", ".: is no file; an image of a single layer is needed"),
    ],
)
def test_wrong_uses_are_one_line(refused, words, message):
    assert message in refused("tomo", *shlex.split(words))


@pytest.mark.parametrize("content", [b"", b"neither a picture nor a volume"])
@pytest.mark.parametrize("name", ["g.tif", "g.mrc", "g.h5", "g.png"])
def test_an_image_that_is_none_is_one_line(refused, tmp_path, name, content):
    """The file is named. Fails (traceback) if TIFF is read by itself (tried)."""
    (tmp_path / name).write_bytes(content)
    assert refused("tomo", "size", name, "--diameter", "6.5").startswith(f"{name}: ")


def test_a_table_without_a_lattice_says_why(hsmc, tmp_path):
    rng = np.random.default_rng(0)
    rows = [f"{'large' if k % 4 else 'small'},{','.join(f'{x:.3f}' for x in rng.random(3) * 50)}"
            for k in range(200)]  # fmt: skip
    (tmp_path / "p.csv").write_text("species,x_nm,y_nm,z_nm\n" + "\n".join(rows) + "\n")
    outcome = hsmc("tomo", "unit-cell", "p.csv")
    assert outcome.code == 2
    assert "no lattice found" in outcome.err
