"""``hsmc compare`` as a user has it."""

import json

import pytest


def test_the_comparison_is_printed(hsmc):
    """Cell, moves, symmetry and verdict, each with its figures; nothing on stderr."""
    done = hsmc("compare", "a6b19-printed", "--null", 0, "-q")
    assert (done.code, done.err) == (0, "")
    assert "a6b19-printed with a6b19: 25 spheres, one unit cell" in done.out
    assert "1 of 25 spheres moved by more than 0.01 σ_L about the median: site 13 by 0.1118" in (
        done.out
    )
    assert "P-6m2 (187)" in done.out
    assert "holds           the positions of the large spheres are mostly preserved" in done.out
    assert "tolerance (nm)" in done.out


def test_json_has_the_same_figures(hsmc):
    done = hsmc("compare", "a6b19-measured", "--with", "a6b19", "--null", 0, "--json", "-q")
    figures = json.loads(done.out)
    assert figures["volume_change"] == pytest.approx(0.0113, abs=1e-4)
    assert figures["moves"]["small"]["largest_nm"] == pytest.approx(0.75, abs=0.01)
    assert figures["symmetry"][0]["symbol"] == "P1"
    assert figures["sentences"][0]["holds"] is None


def test_sites_of_two_crystals(hsmc):
    """A line a site, and what is left over."""
    done = hsmc("compare", "a6b19-measured", "--with", "a6b19", "--sites")
    assert done.code == 0
    assert "stretched by 1.000 1.075 1.036 along a, b, c" in done.out
    assert done.out.count("\n") == 2 + 25 + 1
    assert done.out.endswith("without a partner in a6b19-measured: none\n")
    figures = json.loads(hsmc("compare", "cscl", "--with", "sc", "--sites", "--json").out)
    assert [pair["other_species"] for pair in figures["pairs"]] == ["L"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a6b19", "--with", "fcc"), "needs once or several times as many of each"),
        (("nosuch",), "nosuch is neither a crystal"),
        (("a6b19", "--with", "zzz"), "zzz is neither a crystal"),
        (("nosuch.cif", "--sites"), "nosuch.cif: there is no such file"),
        (("fcc", "--sites"), "a6b19 has 6 large sites (PbSe) in its cell, fcc 4 (L)"),
        (("a6b19", "--null", 3), "null is 3"),
        (("a6b19", "--ratio", "wide"), "ratio is wide"),
        (("a6b19", "--diameter", 2), "a6b19 gives its sizes itself"),
    ],
)
def test_mistakes_are_one_line(refused, words, said):
    assert said in refused("compare", *words, "-q")
