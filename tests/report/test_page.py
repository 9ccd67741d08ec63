"""What a report says of its sources, and the data of its 3D view."""

import base64
import json
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from hsmc.options import FLOPPY_PROTOCOLS, PROTOCOLS
from hsmc.report import tables
from hsmc.report.entry import Entry
from hsmc.report.material import read_material
from hsmc.report.page import write_report
from hsmc.report.sections import section_of
from hsmc.report.viewer import MOST_FRAMES, left_out, viewer_states
from hsmc.results import write_result
from tests.report.support import compression, search, write_half_study


def entry(result, path):
    return Entry(path.name, (path,), (result,))


def test_overview(tmp_path):
    """Best, mean ± s.e. = s/√n, certified. Fails with s for s/√n (tried)."""
    row = tables.overview([entry(search(), tmp_path / "s.h5")]).rows[0]
    error = np.std([0.60, 0.62, 0.65], ddof=1) / np.sqrt(3)
    assert row == (
        "s.h5", "hsmc floppy", "6 + 19", "0.695", "3", "0.65000", f"0.623 ± {error:.3f}",
        "2 of 3", "finished",
    )  # fmt: skip


def test_overview_of_samples(tmp_path):
    """Means, not one momentary state. Fails if the last state stands for the sample (tried)."""
    sample = replace(
        compression(),
        kind="sample",
        summary={"mean_packing_fraction": 0.3009, "standard_error": 0.0009},
    )
    row = tables.overview([entry(sample, tmp_path / "s.h5")]).rows[0]
    assert row[5:7] == ("–", "0.30090 ± 0.00090")
    fixed = replace(sample, summary={"mean_pressure": 5.298, "pressure_standard_error": 0.005})
    row = tables.overview([entry(fixed, tmp_path / "f.h5")]).rows[0]
    assert row[6] == "βPσ_L³ 5.2980 ± 0.0050"


def test_sampled_states_alone_count(tmp_path, monkeypatch):
    """g(r) of a sample leaves out what equilibrates. Fails if all frames count (tried)."""
    counted = []
    monkeypatch.setattr(
        "hsmc.report.sections.pair_figure", lambda states: counted.append(len(states)) or Figure()
    )
    sample = replace(compression(), kind="sample", parameters={"equilibrate": 100})
    section_of(entry(sample, write_sample(tmp_path, sample)), null=0)
    assert counted == [3]  # of cycles 0, 100 ... 400


def write_sample(folder, result):
    write_result(folder / "a.h5", result)
    return folder / "a.h5"


def test_beside_the_paper(tmp_path):
    """Each number beside its own. Fails if the axes are mixed up (tried)."""
    entries = [
        entry(compression(), tmp_path / "xyz.h5"),
        entry(compression("xy"), tmp_path / "xy.h5"),
        entry(search(), tmp_path / "s.h5"),
    ]
    rows = tables.beside_paper(entries).rows
    assert [row[2] for row in rows] == ["0.641", "0.575", "0.668 to 0.686"]
    assert ["xyz.h5" in row[0] for row in rows] == [True, False, False]
    assert rows[0][1] == "0.6400"
    assert rows[0][3] == "the paper's protocol and ratio"


@pytest.mark.parametrize(
    ("ratio", "changed", "words"),
    [
        (0.695, {}, "the paper's protocol and ratio"),
        (
            0.695,
            {"box": "floppy", "moves": "newtonian", "replicate": [2, 2, 4]},
            "the paper's protocol but for replicate 2 2 4, box floppy, moves newtonian; "
            "γ = 0.695, as in the paper",
        ),
        (0.695, {"packing": 0.4}, "the paper's protocol but for packing 0.4; γ = 0.695, "
         "as in the paper"),
        (0.695, {"box": "fixed", "pressure": None}, "the paper's protocol but for box fixed, no "
         "pressure; γ = 0.695, as in the paper"),
        (0.6, {}, "the paper's protocol; γ = 0.6, the paper had γ = 0.695"),
        (0.695, {"protocol": "default", "box": "floppy"},
         "protocol default, box floppy; γ = 0.695, as in the paper"),
        (0.6, {"protocol": "default"}, "protocol default; γ = 0.6, the paper had γ = 0.695"),
    ],
)  # fmt: skip
def test_conditions_name_what_is_not_the_papers(tmp_path, ratio, changed, words):
    """Fails if the protocol's name alone decides, or if boxes go unsaid (tried)."""
    preset = {**PROTOCOLS["paper"], "protocol": "paper", "packing": None, "replicate": [1, 1, 1]}
    result = replace(compression(ratio=ratio), parameters={**preset, **changed})
    assert tables.beside_paper([entry(result, tmp_path / "a.h5")]).rows[0][3] == words


def test_searches_name_what_is_not_their_protocols(tmp_path):
    """Fails if the protocol's name alone is given (tried)."""
    paper = {**FLOPPY_PROTOCOLS["paper"], "protocol": "paper"}
    rows = []
    for changed in ({}, {"moves": "newtonian"}):
        found = replace(search(), parameters={**paper, **changed})
        rows += tables.beside_paper([entry(found, tmp_path / "s.h5")]).rows
    assert "protocol paper, γ" in rows[0][0]
    assert "protocol paper but for moves newtonian, γ" in rows[1][0]


def test_view_holds_positions(tmp_path):
    """To 10⁻⁴ σ_L, in the order of the frames. Fails if boxes are transposed (tried)."""
    result = compression()
    state = viewer_states([entry(result, tmp_path / "a.h5")])[0]
    assert len(state["frames"]) == 5
    for frame, stored in zip(result.frames, state["frames"], strict=True):
        whole = np.frombuffer(base64.b64decode(stored["scaled"]), "<u2").reshape(-1, 3)
        positions = whole / 65535 @ np.array(stored["box"])
        wrapped = frame.configuration.scaled @ frame.configuration.box.vectors.T
        np.testing.assert_allclose(positions, wrapped, atol=1e-4)
    diameters = np.frombuffer(base64.b64decode(state["diameters"]), "<f4")
    np.testing.assert_allclose(diameters, result.final.diameters, rtol=1e-6)
    assert base64.b64decode(state["large"]) == bytes([1] * 6 + [0] * 19)


def test_view_of_many_frames_keeps_first_and_last(tmp_path):
    frames = viewer_states([entry(compression(frames=250), tmp_path / "a.h5")])[0]["frames"]
    assert len(frames) == MOST_FRAMES
    assert frames[0]["title"].startswith("start, ")
    assert frames[-1]["title"].startswith("cycle 24\u2009900,")


def test_view_leaves_out_what_it_cannot_draw(tmp_path, monkeypatch):
    monkeypatch.setattr("hsmc.report.viewer.MOST_SPHERES", 24)
    entries = [entry(compression(), tmp_path / "a.h5")]
    assert viewer_states(entries) == []
    assert left_out(entries)[0].startswith("a.h5 has 25 spheres, more than the 24 that this view")


def test_half_a_study(tmp_path):
    """Is reported, and said to be half. Fails if damaged files count as missing only (tried)."""
    path = write_half_study(tmp_path, done=4)
    first = next((tmp_path / "results" / "half" / "results").rglob("*.h5"))
    first.write_bytes(first.read_bytes()[:-100])
    material = read_material([path])
    assert material.notes == (
        "study half.toml is not finished: 3 of 8 runs are done, 1 damaged; "
        "this report shows those that are done",
    )
    assert sum(len(each.results) for each in material.entries) == 3
    assert {each.name for each in material.entries} == {
        "half: ratio 0.6, box isotropic", "half: ratio 0.6, box floppy",
    }  # fmt: skip
    by_folder = read_material([tmp_path / "results" / "half"])
    assert [each.files for each in by_folder.entries] == [each.files for each in material.entries]


def test_unfinished_results_are_named(tmp_path):
    write_result(tmp_path / "a.h5", compression(status="unfinished"))
    assert read_material([tmp_path / "a.h5"]).notes == ("a.h5 is unfinished: it holds cycle 400",)


def test_files_of_one_name_are_told_apart(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write_result(tmp_path / folder / "a.h5", compression())
    sources = [tmp_path / folder / "a.h5" for folder in ("one", "two")]
    assert [each.name for each in read_material(sources).entries] == [str(s) for s in sources]


def test_names_cannot_break_the_page(tmp_path):
    """Fails without escaping in the template, and without it in the data of the view (tried)."""
    name = "<script>alert(1)<!--.h5"
    write_result(tmp_path / name, compression())
    page = write_report([tmp_path / name], tmp_path / "a.html", detail=0).read_text()
    assert name not in page
    assert "&lt;script&gt;alert(1)&lt;!--.h5" in page
    data = page.partition('id="view3d-data">')[2].partition("</script>")[0]
    assert json.loads(data)[0]["name"] == name


def test_what_is_not_compared_is_said(tmp_path):
    """A state of another composition: the rest of the report is there."""
    path = write_half_study(tmp_path, done=1)
    page = write_report([path], tmp_path / "a.html", detail=1, null=0).read_text()
    assert "Not compared with a6b19: " in page
    assert "No certificate: hsmc jam FILE" in page


@pytest.mark.parametrize("suffix", ["", ".pdf"])
def test_extension(tmp_path, suffix):
    with pytest.raises(Exception, match=r"has extension .*, needs \.html"):
        write_report([tmp_path / "a.h5"], tmp_path / f"page{suffix}")
