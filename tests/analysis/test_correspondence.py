"""Which sites of two crystals correspond."""

import numpy as np
import pytest

from hsmc.analysis.correspondence import Sites, correspond, read_sites
from hsmc.box import Box
from hsmc.crystal import crystal
from hsmc.errors import InputError
from hsmc.export import export
from hsmc.results import Frame


def disguised(seed, extra=0):
    """A6B19 in other units, c twice as long, sixfold-turned, shifted, relabelled, more species."""
    rng, first = np.random.default_rng(seed), read_sites("a6b19-symmetric")
    turn = np.linalg.matrix_power(np.array([[1.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), 2)
    fractions = np.concatenate([first.scaled @ turn.T, rng.random((extra, 3))]) + rng.random(3)
    labels = np.array([*["Gd"] * 6, *["Ru", "Al"] * 9, "Ru", *["Al"] * extra])
    order = rng.permutation(25 + extra)
    box = Box.from_lengths_angles([8.8, 8.8, 8.8 * 2 * 11.21 / 23.36], [90, 90, 120])
    return Sites("x", box, fractions[order], tuple(labels[order].tolist()), "Gd"), order


@pytest.mark.parametrize("seed", range(3))
def test_the_same_crystal_is_found_in_other_axes_and_colours(seed):
    """Every site has its partner at no distance; c is compressed by half.

    Fails if the small sites keep the other's origin or its orientation (tried).
    """
    second, _ = disguised(seed)
    found = correspond(read_sites("a6b19-symmetric"), second)
    assert found.stretch == pytest.approx([1.0, 1.0, 0.5], rel=1e-9)
    assert max(pair.in_plane for pair in found.pairs) < 1e-9
    assert max(pair.along_c for pair in found.pairs) < 1e-9
    assert sorted(pair.other for pair in found.pairs) == list(range(25))
    large = [second.labels[pair.other] for pair in found.pairs[:6]]
    assert large == ["Gd"] * 6


def test_sites_left_over_have_no_partner():
    """With three sites more in the other crystal, and three fewer. Each keeps its best partner."""
    first = read_sites("a6b19-symmetric")
    second, _ = disguised(0, extra=3)
    more = correspond(first, second)
    assert np.sum([pair.in_plane < 1e-9 for pair in more.pairs]) == 25
    fewer = correspond(second, first)
    assert [pair.other for pair in fewer.pairs].count(None) == 3
    assert fewer.summary["pairs"][[p.other for p in fewer.pairs].index(None)]["in_plane"] is None


def test_distances_are_told_apart_by_direction():
    """One large site moved by 0.01 a in the plane, one small by 0.02 c along c."""
    first = read_sites("a6b19-symmetric")
    scaled = first.scaled.copy()
    scaled[6] += [0.0, 0.0, 0.02]
    moved = Sites("moved", first.box, scaled, first.labels, first.large)
    found = correspond(first, moved)
    assert found.pairs[6].along_c == pytest.approx(0.02, abs=1e-9)
    assert found.pairs[6].in_plane == pytest.approx(0.0, abs=1e-9)
    assert max(pair.in_plane for pair in found.pairs) < 1e-9


def test_a_cif_of_three_species_is_read(tmp_path):
    """The rarest species is large, or the one that is named."""
    export([Frame(0, crystal("a6b19").configuration(0.695))], tmp_path / "x.cif", "cif")
    text = (tmp_path / "x.cif").read_text().replace("Cd25 Cd ", "Al25 Al ")
    (tmp_path / "x.cif").write_text(text)
    assert read_sites(tmp_path / "x.cif").large == "Al"
    sites = read_sites(tmp_path / "x.cif", "Pb")
    assert (sites.large, sites.is_large.sum(), sorted(set(sites.labels))) == (
        "Pb", 6, ["Al", "Cd", "Pb"]
    )  # fmt: skip
    found = correspond(read_sites("a6b19"), sites)
    assert max(pair.in_plane for pair in found.pairs) < 1e-6
    with pytest.raises(InputError, match="large is 'Gd', needs to be one of Al, Cd, Pb"):
        read_sites(tmp_path / "x.cif", "Gd")


def test_unlike_numbers_of_large_sites_are_refused():
    words = r"a6b19 has 6 large sites \(PbSe\) in its cell, nacl 4 \(L\); needs as many"
    with pytest.raises(InputError, match=words):
        correspond(read_sites("a6b19"), read_sites("nacl"))
