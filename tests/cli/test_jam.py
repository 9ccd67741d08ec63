"""``hsmc jam`` and ``hsmc floppy`` as commands."""

import json
import subprocess
import sys
from dataclasses import replace

import h5py
import numpy as np
import pytest

from hsmc.cli.jam import certificate_lines
from hsmc.jam_start import jam as hsmc_jam
from hsmc.results import read_result


def hsmc(*words, cwd):
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "hsmc", *words], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_fcc_is_certified(tmp_path):
    """The certificate is printed and stored."""
    done = hsmc("jam", "fcc", "--ratio", "1", "--replicate", "2", "2", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "φ = 0.740480, strictly jammed" in done.stdout
    stored = read_result(tmp_path / "fcc-jammed.h5")
    assert stored.summary["verdict"] == "strict"
    assert stored.tables["contact_forces"].shape == (192,)
    assert stored.tables["contact_pairs"].shape == (192, 2)


def test_simple_cubic_is_not_jammed_as_it_stands(tmp_path):
    """Certified without being moved; the linear programs then find something denser."""
    done = hsmc("jam", "sc", "--ratio", "1", "--as-is", "--json", cwd=tmp_path)
    summary = json.loads(done.stdout)
    assert summary["verdict"] != "strict"
    assert summary["packing_fraction"] == pytest.approx(0.523599, abs=1e-6)


def test_no_contacts_are_no_perfect_balance(tmp_path):
    """Fails ("balanced to 0e+00") if the zeros of no forces are told as figures (tried)."""
    words = ["fcc", "--ratio", "1", "--packing", "0.7", "--as-is"]
    lines = hsmc("jam", *words, cwd=tmp_path).stdout.splitlines()
    assert lines[0].startswith("φ = 0.700000, NOT jammed  (0 linear programs, ")
    assert lines[1].startswith(
        "no contacts that lock a sphere in, so no forces: all 4 spheres are rattlers; smallest gap"
    )
    assert lines[2:] == ["fcc-jammed.h5"]


def test_contacts_without_a_balance_are_told(tmp_path):
    """Fails ("balanced to 0e+00") if the zeros of no forces are told as figures (tried)."""
    result = hsmc_jam(tmp_path / "sc.h5", start="sc", ratio=1.0, as_is=True)
    assert "forces ≥ 1 of their mean" in certificate_lines(result)[3]
    idle = replace(result, tables=result.tables | {"contact_forces": np.zeros(3)})
    assert certificate_lines(idle)[3].endswith("3 flexes; no balanced forces")


def test_existing_output_is_kept(tmp_path):
    """Exit 2, and the file is untouched."""
    (tmp_path / "fcc-jammed.h5").write_bytes(b"mine")
    done = hsmc("jam", "fcc", "--ratio", "1", cwd=tmp_path)
    assert done.returncode == 2
    assert "fcc-jammed.h5 exists" in done.stderr
    assert (tmp_path / "fcc-jammed.h5").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["jam", "missing.h5"], "missing.h5"),
        (["jam", "report.html"], "report.html"),
        (["jam", "fcc", "--ratio", "1", "--noise", "2"], "noise is 2"),
        (["jam", "tomogram.h5"], "tomogram.h5"),
        (["floppy", "--start", "report.html"], "report.html"),
        (["floppy", "--start", "tomogram.h5"], "tomogram.h5"),
        (["floppy", "--runs", "0"], "runs is 0"),
        (["floppy", "--ratio", "nan"], "ratio is nan"),
    ],
)
def test_mistakes_are_one_line(tmp_path, words, said):
    """Exit 2, no traceback, nothing written."""
    (tmp_path / "report.html").write_text("<html></html>")
    with h5py.File(tmp_path / "tomogram.h5", "w") as file:
        file["volume"] = np.zeros((4, 4, 4))
    done = hsmc(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"report.html", "tomogram.h5"}


def test_solver_at_its_limit_keeps_the_best_state(tmp_path):
    """Exit 1, the status in words, and the state on disk."""
    words = ["jam", "fluid", "--composition", "6", "19", "--max-programs", "2", "--out", "j.h5"]
    done = hsmc(*words, cwd=tmp_path)
    assert done.returncode == 1
    assert "not converged: limit of 2 linear programs" in done.stderr
    stored = read_result(tmp_path / "j.h5")
    assert stored.summary["converged"] is False
    assert stored.final.packing_fraction > stored.frames[0].configuration.packing_fraction


def test_floppy_command(tmp_path):
    """A table on stderr, the best on stdout, the file written."""
    words = ["floppy", "--runs", "2", "--cycles", "300", "--out", "f.h5"]
    done = hsmc(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "run 2/2  best φ" in done.stderr
    assert done.stdout.startswith("best φ = 0.6")
    assert read_result(tmp_path / "f.h5").kind == "floppy"


def test_a_search_that_certifies_nothing_says_so(tmp_path):
    """Not that none is jammed. Fails if what was not tested is counted (tried)."""
    words = ["floppy", "--runs", "1", "--large", "1", "--small", "1", "--cycles", "20", "--no-jam"]
    done = hsmc(*words, "--out", "f.h5", cwd=tmp_path)
    assert "strictly jammed not tested" in done.stdout
    assert "strictly jammed not tested" in done.stderr
