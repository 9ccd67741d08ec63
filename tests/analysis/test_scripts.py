"""Scripts of the paper's tables, run as a user runs them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def printed(name):
    """Run a script and return what it prints; the table that it writes is the committed one."""
    table = ROOT / "analysis" / f"{name}.csv"
    before = table.read_text()
    done = subprocess.run(
        [sys.executable, f"analysis/{name}.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert table.read_text() == before
    return done.stdout


def test_tables_s1_to_s3():
    """Raw to ideal 0.42 nm, P-6m2 at 1.7 nm, the letters of Table S3."""
    out = printed("tables_s1_s3")
    for words in (
        "1.7   Cm (8)        P-6m2 (187)   P-6m2 (187)",
        "raw → symmetrised             rms 0.423 nm, largest 0.750 nm",
        "symmetrised → Table S3        rms 0.022 nm, largest 0.034 nm",
        "row by row: jjjkkkejjjjjjhhnnnnnnbkkk",
    ):
        assert words in out


def test_related_crystals():
    """One kagome layer is nearly that of A6B19; the stacking of two is another."""
    out = printed("related_crystals")
    assert "Gd3Ru4Al12, z = 1/4: 0.415 and 0.585" in out
    assert "A6B19, z = 0: 0.405 and 0.595, 0.006 apart" in out
    assert "6 Gd 6h       PbSe" in out
