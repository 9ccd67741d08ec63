"""The names a user imports."""

import subprocess
import sys
from pathlib import Path

import pytest

import hsmc
from hsmc.errors import OutputError


def test_public_functions_stay_functions():
    """Fails if a module has the name of a public function: its import hides it (seen)."""
    code = (
        "import hsmc\n"
        "for name in hsmc.__all__:\n"
        "    for _ in range(2):\n"
        "        assert callable(getattr(hsmc, name)), name\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_names_are_refused():
    """As for any module."""
    with pytest.raises(AttributeError, match="no attribute 'crush'"):
        _ = hsmc.crush


@pytest.mark.usefixtures("in_tmp")
def test_what_is_returned_is_shown_in_a_line():
    """In a few words, no arrays. Fails if a dataclass shows its fields (tried)."""
    result = hsmc.compress("a.h5", start="fcc", ratio=1.0, cycles=10, frames=0, packing=0.5)
    phi = f"φ = {result.final.packing_fraction:.5f}"
    assert repr(result) == (
        f"<Result of hsmc compress, finished: 2 frames of 4 spheres, {phi} at the end>"
    )
    assert repr(result.final) == f"<Configuration: 4 large + 0 small spheres, γ = 1, {phi}>"
    found = hsmc.compare("a.h5", "fcc", null=0)
    rms = found.moves["large"].rms
    assert repr(found) == f"<Comparison of a.h5 with fcc: rms moves large {rms:.4f} σ_L>"


@pytest.mark.usefixtures("in_tmp")
def test_a_start_given_as_the_file_to_write():
    """Fails if it is only said to exist (tried)."""
    hsmc.compress("a.h5", start="fcc", ratio=1.0, cycles=10, frames=0, packing=0.5)
    with pytest.raises(OutputError, match=r"what jam would write; to start from it, give start="):
        hsmc.jam("a.h5")
    with pytest.raises(OutputError, match=r"a\.h5 exists and is a finished hsmc compress; choose"):
        hsmc.jam("a.h5", start="fcc", ratio=1.0)


@pytest.mark.usefixtures("in_tmp")
def test_a_report_of_one_result():
    """Its path alone will do. Fails if a text is taken for a list (tried)."""
    hsmc.compress("a.h5", start="fcc", ratio=1.0, cycles=10, frames=0, packing=0.5)
    assert hsmc.write_report("a.h5", "a.html", detail=0, null=0).is_file()
    assert hsmc.write_report(Path("a.h5"), "b.html", detail=0, null=0).is_file()
