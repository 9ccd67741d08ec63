"""A state or a crystal against a reference, from files and by names."""

import json

import numpy as np
import pytest

import hsmc
from hsmc.analysis.comparison import compare
from hsmc.analysis.null_model import random_matches
from hsmc.configuration import LARGE, SMALL
from hsmc.crystal import crystal
from hsmc.defects import sheared_layers
from hsmc.errors import InputError
from hsmc.export import export
from hsmc.neighbors import smallest_gap
from hsmc.results import Frame


def write(path, configuration, file_format):
    export([Frame(0, configuration)], path, file_format)
    return path


def test_printed_against_corrected_is_one_moved_site():
    """Row 13 by 1.05 nm: the misprint. Fails about the mean, which moves all (tried)."""
    found = compare("a6b19-printed", "a6b19", null=0)
    assert list(found.moved_sites) == [12]
    assert found.moved_sites[12] * 9.4 == pytest.approx(1.05, abs=0.005)
    assert (found.moves["large"].moved, found.moves["small"].moved) == (0, 1)
    assert found.volume_change == pytest.approx(0.0, abs=1e-12)


def test_raw_against_corrected():
    """Cell volumes of the paper's Tables S1 and S3; displacements in nm in the reference's cell."""
    found = compare("a6b19-measured", "a6b19", null=0)
    assert found.volume_change == pytest.approx(5357.5 / 5297.6 - 1.0, abs=2e-5)
    lengths = np.concatenate([found.match.lengths(species) for species in (LARGE, SMALL)])
    scale = 9.4 / found.match.volume_ratio ** (1.0 / 3.0)
    assert found.moves["small"].largest_nm == pytest.approx(lengths.max() * scale, rel=1e-12)
    assert np.sqrt(np.mean(lengths**2)) * scale == pytest.approx(0.42, abs=0.005)
    # a and b lie at 118.9° to each other in Table S1: either may be matched with a.
    assert sorted(found.lattice.lengths * 9.4) == pytest.approx([11.21, 23.86, 24.20], abs=0.7)


def test_structure_3_is_5_8_percent_larger(tmp_path):
    """From an extended XYZ file, which has sizes."""
    sheared = sheared_layers(crystal("a6b19-symmetric")).configuration(0.695)
    path = write(tmp_path / "s3.xyz", sheared, "extxyz")
    found = compare(path, "a6b19-symmetric", null=0)
    assert found.volume_change == pytest.approx(0.058, abs=1e-9)
    assert found.moves["large"].largest < 1e-6
    assert found.lattice.volume == pytest.approx(sheared.box.volume, rel=1e-9)


def test_the_cell_is_one_of_many(tmp_path):
    """Of a state of twelve cells, lattice and volume of one. Fails for those of the box (tried)."""
    state = crystal("a6b19-measured").configuration(0.695).replicated(2, 2, 3)
    path = write(tmp_path / "many.xyz", state, "extxyz")
    many, one = compare(path, null=0), compare("a6b19-measured", null=0)
    assert round(np.linalg.det(many.match.supercell)) == 12
    assert many.volume_change == pytest.approx(one.volume_change, abs=1e-9)
    assert many.lattice.volume == pytest.approx(one.lattice.volume, rel=1e-9)
    assert many.moves["small"].rms == pytest.approx(one.moves["small"].rms, rel=1e-9)


def test_a_file_without_sizes_is_compared_at_the_references_volume(tmp_path):
    """Or, with a diameter, at its own; displacements are the same, the volume is told only then.

    Fails if the file keeps its own unit of length (tried).
    """
    cell = crystal("a6b19-measured")
    path = write(tmp_path / "raw.cif", cell.configuration(0.695), "cif")
    plain = compare(path, "a6b19", null=0)
    given = compare(path, "a6b19", null=0, diameter=1.0)
    named = compare("a6b19-measured", "a6b19", null=0)
    assert plain.volume_change is None
    assert given.volume_change == pytest.approx(named.volume_change, abs=1e-9)
    for name in ("large", "small"):
        assert plain.moves[name].rms_nm == pytest.approx(named.moves[name].rms_nm, abs=1e-9)
        assert plain.moves[name].rms * 9.4 == pytest.approx(plain.moves[name].rms_nm, rel=1e-9)
        assert given.moves[name].rms_nm == pytest.approx(named.moves[name].rms_nm, abs=1e-9)
    assert any("gives no sizes" in note for note in plain.file.notes)


def test_a_reference_without_sizes(tmp_path):
    """The other way round."""
    path = write(tmp_path / "ideal.cif", crystal("a6b19").configuration(0.695), "cif")
    found = compare("a6b19-measured", path, null=0)
    assert found.volume_change is None
    assert found.moves["large"].rms_nm is None
    given = compare("a6b19-measured", path, null=0, reference_diameter=1.0)
    assert given.volume_change == pytest.approx(0.0113, abs=1e-4)


def test_a_crystal_of_one_species():
    found = compare("hcp", "hcp", null=0)
    assert list(found.moves) == ["large"]
    assert [sentence.holds for sentence in found.sentences] == [True, False]


def test_one_sphere():
    """It lies on its site, whatever the box."""
    found = compare("sc", "sc", null=0)
    assert found.moves["large"].rms == 0.0
    json.dumps(found.summary, allow_nan=False)


STRETCHED = {"replicate": (1, 1, 1), "fit": "stretch", "noise": 1e-3}


def test_a_jammed_state_is_judged_against_random_starts(tmp_path):
    """A6B19 stretched to contact and jammed keeps its large spheres, as in docs/floppy-box.md."""
    path, told = tmp_path / "jammed.h5", []
    hsmc.jam(path, start="a6b19", ratio=0.695, **STRETCHED)
    found = compare(path, null=19, progress=lambda done, of: told.append((done, of)))
    assert told == [(k, 19) for k in range(1, 20)]
    assert found.moves["large"].chance.words == "kept"
    assert found.moves["large"].chance.mean == pytest.approx(0.525, abs=0.05)
    assert [sentence.holds for sentence in found.sentences[:2]] == [True, True]
    json.dumps(found.summary, allow_nan=False)


def test_jammed_states_are_disordered_most_times(tmp_path):
    """Some seeds of the noise keep a mirror: one of five with HiGHS 1.16.0.

    Were it one in five, fewer than two of five would be disordered with a chance of 0.7 %. Fails
    if the sentence is about the reference (tried).
    """
    holds = 0
    for seed in range(1, 6):
        path = tmp_path / f"{seed}.h5"
        hsmc.jam(path, start="a6b19", ratio=0.695, seed=seed, **STRETCHED)
        holds += bool(compare(path, null=0).sentences[2].holds)
    assert holds >= 2


def test_a_random_start_is_as_by_chance():
    """One of the null model's own packings against others.

    Fails if these are all the same one (tried).
    """
    cell = crystal("a6b19").configuration(0.695)
    state = next(random_matches(cell, cell, 1, seed=9))
    others = [each.rms(LARGE) for each in random_matches(cell, cell, 4, seed=1)]
    assert len(set(others)) == 4
    assert min(others) - 0.1 < state.rms(LARGE) < max(others) + 0.1


def test_random_packings_of_many_spheres_do_not_overlap_and_keep_the_shape():
    """Large null models are relaxed in the state's own box, at its density.

    Fails if every run draws the same places (tried).
    """
    from hsmc.analysis.null_model import _relaxed

    state = crystal("a6b19").configuration(0.695).replicated(1, 1, 4)
    packing = _relaxed(state, 1, 0)
    assert smallest_gap(packing).gap > -1e-9
    assert packing.packing_fraction > 0.55
    shape = packing.box.lengths / packing.box.lengths[0]
    assert shape == pytest.approx(state.box.lengths / state.box.lengths[0], rel=1e-9)
    again, other = _relaxed(state, 1, 0), _relaxed(state, 1, 1)
    assert np.array_equal(again.positions, packing.positions)
    assert not np.array_equal(other.positions, packing.positions)


@pytest.mark.parametrize(
    ("sides", "options", "words"),
    [
        (("fcc", "a6b19"), {}, "4 large and 0 small spheres, the reference 6 large and 19 small"),
        (("a6b19", "a6b19"), {"null": 18}, r"null is 18, needs 0 \(none\) or ≥ 19"),
        (("a6b19", "a6b19"), {"diameter": 9.4}, "a6b19 gives its sizes itself"),
        (("nosuch", "a6b19"), {}, "nosuch"),
        (("a6b19", "missing.cif"), {}, "missing.cif: there is no such file"),
        (("raw.cif", "raw.cif"), {}, r"neither raw.cif nor raw.cif gives the sizes"),
        (("raw.cif", "a6b19"), {"diameter": 0.0}, "diameter is 0, needs to be a number > 0"),
        (("partial.cif", "a6b19"), {}, "occupancy of site 0 is 0.5, needs 1"),
        (("empty.xyz", "a6b19"), {}, "is empty"),
    ],
)
def test_unusable_sides_are_refused(in_tmp, sides, options, words):
    write(in_tmp / "raw.cif", crystal("a6b19").configuration(0.695), "cif")
    text = (in_tmp / "raw.cif").read_text()
    (in_tmp / "partial.cif").write_text(text.replace("Pb1 Pb 1 ", "Pb1 Pb 0.5 "))
    (in_tmp / "empty.xyz").write_text("")
    with pytest.raises(InputError, match=words):
        compare(*sides, **{"null": 0, **options})
