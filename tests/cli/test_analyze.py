"""``hsmc analyze``: files and crystals in, tables or JSON and analysis files out."""

import json
import re
from pathlib import Path

import numpy as np

from hsmc.analysis.analysis_file import read_analysis
from hsmc.crystal import crystal
from hsmc.fit import at_packing
from hsmc.results import write_result
from tests.analysis.test_analyze import result

SHORT = ("--r-max", "1.5", "--k-max", "5")


def test_table(hsmc):
    """A table, and the file that was written, in the folder of the result."""
    Path("runs").mkdir()
    write_result(Path("runs/a.h5"), result([crystal("a6b19").configuration(0.695)]))
    outcome = hsmc("analyze", "runs/a.h5", *SHORT)
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0] == "runs/a.h5 (hsmc compress): 6 large + 19 small, one state"
    assert lines[-1] == "runs/a.analysis.h5"
    assert Path("runs/a.analysis.h5").is_file()


def test_rattlers_of_what_is_not_jammed(hsmc):
    """All, or none that is known. Fails if the part is told where nothing touches (tried)."""
    at_rest = hsmc("analyze", "fcc", "--ratio", "1", "--out", "a.h5", *SHORT).out
    assert re.search(r"^rattlers, part +0\.0000 +–$", at_rest, re.MULTILINE)
    write_result(Path("b.h5"), result([at_packing(crystal("fcc").configuration(1.0), 0.5)]))
    apart = hsmc("analyze", "b.h5", *SHORT).out
    assert re.search(
        r"^rattlers, part +not known: no sphere is held by contacts", apart, re.MULTILINE
    )
    assert "1.0000" not in apart.split("rattlers")[1].split("neighbours")[0]


def test_json_of_several(hsmc):
    """An object a line. Fails if infinite errors are printed as such (tried)."""
    outcome = hsmc("analyze", "fcc", "cscl", "--ratio", "0.7", "--json", "--quiet", *SHORT)
    assert (outcome.code, outcome.err) == (0, "")
    found = [json.loads(line) for line in outcome.out.splitlines()]
    assert [each["source"] for each in found] == ["fcc", "cscl"]
    assert found[0]["file"] == "fcc.analysis.h5"
    assert found[1]["large"] == found[1]["small"] == 1
    q6 = found[0]["scalars"]["q6_large"]
    assert abs(q6["mean"] - 0.5745) < 1e-3
    assert q6["standard_error"] is None
    assert "Infinity" not in outcome.out
    assert "NaN" not in outcome.out


def test_exports_beside_a_result_keep_their_own_analyses(hsmc):
    """Fails if files that differ in their suffixes share an analysis file (tried)."""
    write_result(Path("a.h5"), result([crystal("a6b19").configuration(0.695)]))
    hsmc("export", "a.h5", "--to", "cif")
    found = hsmc("analyze", "a.h5", "a.cif", "--ratio", "0.695", "--unit-nm", "9.4", "-q", *SHORT)
    assert found.code == 0
    assert sorted(path.name for path in Path().glob("*.analysis.h5")) == [
        "a.analysis.h5",
        "a.cif.analysis.h5",
    ]


def test_what_cannot_be_written_is_refused_before_the_first_is_measured(hsmc, refused):
    """Fails if outputs are checked one after another (tried)."""
    message = "fcc and fcc would be analysed into the same fcc.analysis.h5; give each once"
    assert refused("analyze", "fcc", "fcc", "--ratio", "1", *SHORT) == message
    hsmc("analyze", "cscl", "--ratio", "0.7", *SHORT)
    assert "cscl.analysis.h5 exists already" in refused(
        "analyze", "fcc", "cscl", "--ratio", "0.7", *SHORT
    )
    assert not Path("fcc.analysis.h5").exists()


def test_options(hsmc):
    """Zones, normal, gap and sizes arrive; those of the paper are the default."""
    outcome = hsmc(
        "analyze", "a6b19", "--ratio", "0.695", "--zone", "1 1 0", "--zone", "001",
        "--normal", "0", "1", "1", "--gap", "0.01", "--sigma-nm", "10", "--out", "x.h5",
        "--json", "--quiet", *SHORT,
    )  # fmt: skip
    facts = json.loads(outcome.out)
    assert facts["file"] == "x.h5"
    assert facts["parameters"]["zones"] == [[1, 1, 0], [0, 0, 1]]
    assert facts["parameters"]["gap"] == 0.01
    assert abs(facts["kagome"]["angle_to_normal"] - 45.0) < 1e-9
    assert abs(facts["volume_nm3"] - 5297.6 * (10 / 9.4) ** 3) < 0.1
    assert "packing_fraction" in facts["scalars"]
    assert "packing_fraction_cores" not in facts["scalars"]


def test_sizes_of_other_particles_are_not_told(hsmc):
    """The paper's are for σ_L = 9.4 nm; the picture does not know of nm.

    Fails if they are told for any σ_L, or cores of 6.5 nm are projected (tried).
    """
    lines = hsmc("analyze", "a6b19", "--ratio", "0.695", *SHORT).out.splitlines()
    assert "  effective, 9.4 and 5.8 nm   0.8590" in lines
    words = ("--sigma-nm", "5", "--out", "x.h5")
    other = hsmc("analyze", "a6b19", "--ratio", "0.695", *words, *SHORT).out.splitlines()
    unknown = "sizes not known: those of the paper have σ_L = 9.4 nm"
    assert f"  effective, cores            {unknown}" in other
    assert not any("and 5.8 nm" in line for line in other)
    one, two = (read_analysis(Path(name)).projections[0] for name in ("a6b19.analysis.h5", "x.h5"))
    assert np.array_equal(one.thickness, two.thickness)


def test_notes_go_to_stderr(hsmc):
    write_result(Path("a.h5"), result([crystal("fcc").configuration(1.0)], status="unfinished"))
    assert hsmc("analyze", "a.h5", *SHORT).err.startswith("a.h5 is unfinished: what there is")
    assert hsmc("analyze", "a.h5", "--overwrite", "--quiet", *SHORT).err == ""


def test_refusals(refused):
    """One clear line each, exit code 2, nothing written."""
    write_result(Path("a.h5"), result([crystal("fcc").configuration(1.0)]))
    assert refused("analyze", "fccc").startswith("fccc is neither a crystal nor fluid nor")
    assert refused("analyze", "no.h5") == "no.h5 does not exist; give a result file of hsmc"
    assert refused("analyze", "no.cif").startswith("no.cif: there is no such file")
    assert refused("analyze", "a.h5", "--r-max", "0") == "r_max is 0, needs to be greater than 0"
    assert refused("analyze", "a.h5", "--zone", "0 0") == (
        "zone is '0 0', needs three whole numbers such as 0 0 1"
    )
    assert refused("analyze", "a.h5", "--zone", "0 0 0") == (
        "zone is 0 0 0, needs a direction: not all 0"
    )
    assert refused("analyze", "a.h5", "--normal", "0", "0", "0").startswith("normal is 0.0 0.0 0.0")
    both = refused("analyze", "a.h5", "fcc", "--out", "x.h5")
    assert both.startswith("--out names one file, but there are 2 to analyse; leave it out")
    missing = refused("analyze", "a.h5", "--out", "no/x.h5")
    assert missing.endswith("of the output does not exist; create it or choose another one")


def test_cif_with_a_partial_site(refused):
    Path("a.cif").write_text(
        "data_a\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n_cell_angle_alpha 90\n"
        "_cell_angle_beta 90\n_cell_angle_gamma 90\nloop_\n_atom_site_label\n"
        "_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
        "_atom_site_occupancy\nA Au 0 0 0 0.5\n"
    )
    words = "a.cif: occupancy of site 0 is 0.5, needs 1: no site may be partial"
    assert refused("analyze", "a.cif", "--ratio", "1") == words
