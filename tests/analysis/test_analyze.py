"""Whole analyses: what is taken from a source, averaged, and kept in a file."""

import math
from dataclasses import replace

import numpy as np
import pytest

import hsmc
from hsmc.analysis.analysis_file import read_analysis, write_analysis
from hsmc.analysis.analyze import analyze, default_out
from hsmc.analysis.measurement import Ranges, measure
from hsmc.analysis.statistics import estimate_mean
from hsmc.analysis.summary import table
from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.errors import InputError, OutputError
from hsmc.export import export
from hsmc.results import Frame, Result, read_result, write_result
from hsmc.sampling import sample

RANGES = Ranges(3.0, 10.0, 1e-4, 9.4)

SMALL = {"r_max": 1.5, "k_max": 5.0, "zones": ()}
"""Options that make an analysis short."""


def result(configurations, kind="compress", **changes):
    """Return a result of given frames, 100 cycles apart."""
    frames = tuple(Frame(100 * k, each) for k, each in enumerate(configurations))
    fractions = np.array([each.packing_fraction for each in configurations])
    series = {"cycle": 100 * np.arange(len(frames)), "packing_fraction": fractions}
    return replace(Result(kind, "finished", {}, frames, series, {}, {}), **changes)


def test_three_packing_fractions_of_the_experiment():
    """The raw tables give 0.85 and 0.234."""
    found = analyze("a6b19-measured", **SMALL)
    assert round(found.scalars["packing_fraction_effective"].mean, 2) == 0.85
    assert round(found.scalars["packing_fraction_cores"].mean, 3) == 0.234
    assert found.facts["volume_nm3"] == pytest.approx(5357.5, abs=0.1)
    assert (found.kind, len(found.cycles)) == ("crystal", 1)


def test_sampled_states_are_averaged(in_tmp):
    """Over the frames after equilibration, the packing fraction over its finer series.

    Fails if the start or equilibration count, if φ comes from the frames, or if the last state
    is taken alone (tried).
    """
    run = sample(
        in_tmp / "a.h5", start="fcc", replicate=(3, 3, 3), ratio=1.0, packing=0.6, pressure=20.0,
        equilibrate=400, cycles=800, every=10, frames=24,
    )  # fmt: skip
    found = analyze(in_tmp / "a.h5", **SMALL)
    later = [frame for frame in run.frames if frame.cycle > 400]
    assert found.cycles.tolist() == [frame.cycle for frame in later]
    assert 10 < len(later) < len(run.frames)
    fraction = found.scalars["packing_fraction"]
    assert fraction.mean == pytest.approx(run.summary["mean_packing_fraction"], rel=1e-12)
    assert fraction.standard_error == pytest.approx(run.summary["standard_error"], rel=1e-12)
    cores = found.scalars["packing_fraction_cores"]
    assert cores.mean == pytest.approx(fraction.mean * (6.5 / 9.4) ** 3)
    assert cores.effective_samples == pytest.approx(fraction.effective_samples)
    every = [measure(frame.configuration, replace(RANGES, r_max=1.5, k_max=5.0)) for frame in later]
    q6 = estimate_mean([each.order.q6.mean() for each in every])
    assert found.scalars["q6_large"] == q6
    curve = found.curves["pair_correlation"]
    g = np.array([each.pairs.g[0] for each in every])
    assert curve.mean[0] == pytest.approx(g.mean(axis=0), abs=1e-12)
    place = int(curve.mean[0].argmax())
    assert curve.standard_error[0, place] == estimate_mean(g[:, place]).standard_error
    assert np.isnan(curve.mean[1:]).all()
    assert "q6_small" not in found.scalars


def test_the_last_state_of_other_results(in_tmp):
    """Of a compression the end, of a search the densest, which is stored last."""
    dense = crystal("cscl").configuration(0.7)
    write_result(in_tmp / "a.h5", result([dense.replicated(1, 1, 2), dense.replicated(2, 1, 1)]))
    found = analyze(in_tmp / "a.h5", **SMALL)
    assert found.cycles.tolist() == [100]
    assert found.facts["edges"] == pytest.approx([2.0, 1.0, 1.0])
    assert found.parameters["gap"] == 1e-4
    write_result(in_tmp / "b.h5", result([dense], kind="floppy"))
    assert analyze(in_tmp / "b.h5", **SMALL).parameters["gap"] == 1e-6
    assert analyze(in_tmp / "b.h5", gap=0.1, **SMALL).parameters["gap"] == 0.1


def test_unfinished_results(in_tmp):
    """What there is, and a note; a sampling run that did not get to sampling, too."""
    state = crystal("fcc").configuration(1.0)
    write_result(in_tmp / "a.h5", result([state], status="unfinished"))
    notes = analyze(in_tmp / "a.h5", **SMALL).notes
    assert notes == (f"{in_tmp / 'a.h5'} is unfinished: what there is so far is analysed",)
    early = result([state, state], kind="sample", parameters={"equilibrate": 500})
    write_result(in_tmp / "b.h5", early)
    found = analyze(in_tmp / "b.h5", **SMALL)
    assert "no configuration after equilibration: the last one is analysed" in found.notes
    assert found.cycles.tolist() == [100]


def test_structure_files_in_nm(in_tmp):
    """An exported crystal says its unit by --unit-nm; without, Å are refused: at 0.1 nm
    g(r) would take for ever.

    Fails if the unit is divided by instead (tried).
    """
    write_result(in_tmp / "a.h5", result([crystal("a6b19").configuration(0.695)]))
    export(read_result(in_tmp / "a.h5").frames, in_tmp / "a.cif", "cif")
    found = analyze(in_tmp / "a.cif", ratio=0.695, unit_nm=9.4, **SMALL)
    expected = analyze("a6b19", ratio=0.695, **SMALL)
    for name, estimate in expected.scalars.items():
        assert found.scalars[name].mean == pytest.approx(estimate.mean, abs=2e-4), name
    assert "lengths in units of 9.4 nm, σ_L = 9.4 nm" in found.notes
    words = r"a.cif has packing fraction 8.44e\+05 if its unit of length is 0.1 nm; give the unit"
    with pytest.raises(InputError, match=words):
        analyze(in_tmp / "a.cif", ratio=0.695, **SMALL)
    with pytest.raises(InputError, match="if its unit of length is 200 nm"):
        analyze(in_tmp / "a.cif", ratio=0.695, unit_nm=200, **SMALL)


def test_sizes_in_the_file_are_kept(in_tmp):
    state = crystal("cscl").configuration(0.7)
    write_result(in_tmp / "a.h5", result([state]))
    export(read_result(in_tmp / "a.h5").frames, in_tmp / "a.extxyz", "extxyz")
    found = analyze(in_tmp / "a.extxyz", **SMALL)
    assert found.scalars["packing_fraction"].mean == pytest.approx(state.packing_fraction)
    with pytest.raises(
        InputError, match=r"unit-nm is 0.1, but .* gives sizes; leave --unit-nm out"
    ):
        analyze(in_tmp / "a.extxyz", unit_nm=0.1, **SMALL)


def test_another_ratio_than_the_results(in_tmp):
    write_result(in_tmp / "a.h5", result([crystal("cscl").configuration(0.7)]))
    with pytest.raises(InputError, match=r"ratio is 0.6, but .*a.h5 has 0.7; leave --ratio out"):
        analyze(in_tmp / "a.h5", ratio=0.6, **SMALL)


def test_file_round_trip(in_tmp):
    """Every field, from the file beside the result; the result is not touched.

    Fails if a curve loses its errors or the zone axis its sign (tried).
    """
    state = crystal("a6b19").configuration(0.695)
    write_result(in_tmp / "a.h5", result([state]))
    before = (in_tmp / "a.h5").read_bytes()
    out = default_out(str(in_tmp / "a.h5"))
    assert out == in_tmp / "a.analysis.h5"
    written = analyze(in_tmp / "a.h5", out, zones=["0 0 1", "-1,1,0", "1-10"], k_max=8.0)
    assert (in_tmp / "a.h5").read_bytes() == before
    found = read_analysis(out)
    for name in ("source", "kind", "parameters", "notes", "facts", "provenance"):
        assert getattr(found, name) == getattr(written, name), name
    assert dict(found.scalars) == {k: written.scalars[k] for k in sorted(written.scalars)}
    for name, curve in written.curves.items():
        assert found.curves[name].parts == curve.parts
        for field in ("x", "mean", "standard_error"):
            assert np.array_equal(
                getattr(found.curves[name], field), getattr(curve, field), equal_nan=True
            )
    assert set(found.spheres) == set(written.spheres)
    for name, values in written.spheres.items():
        assert np.array_equal(found.spheres[name], values)
    assert np.array_equal(found.types, state.types)
    assert np.array_equal(
        found.reflections.structure_factors, written.reflections.structure_factors
    )
    assert {each.zone for each in found.projections} == {(0, 0, 1), (-1, 1, 0), (1, -1, 0)}
    for each in written.projections:
        same = next(other for other in found.projections if other.zone == each.zone)
        assert np.allclose(same.thickness, each.thickness, rtol=1e-6, atol=0.0)
        assert (same.pixel, same.depth) == (each.pixel, each.depth)
        assert np.array_equal(same.period, each.period)


def test_existing_analysis(in_tmp):
    """Kept unless --overwrite is given; refused before any work."""
    out = in_tmp / "a.analysis.h5"
    out.write_text("precious")
    with pytest.raises(OutputError, match="exists already; choose another --out, or give --over"):
        analyze("fcc", out, **SMALL)
    assert out.read_text() == "precious"
    analyze("fcc", out, overwrite=True, **SMALL)
    assert read_analysis(out).source == "fcc"


def test_files_that_are_no_analysis(in_tmp):
    path = in_tmp / "a.h5"
    write_result(path, result([crystal("fcc").configuration(1.0)]))
    with pytest.raises(InputError, match=r"a.h5: is HDF5 but no analysis file of hsmc"):
        read_analysis(path)
    with pytest.raises(InputError, match=r"no.h5 does not exist; give an analysis file of hsmc"):
        read_analysis(in_tmp / "no.h5")
    (in_tmp / "text.h5").write_text("no")
    with pytest.raises(InputError, match=r"text.h5 is no readable HDF5 analysis file: "):
        read_analysis(in_tmp / "text.h5")
    found = analyze("fcc", **SMALL)
    write_analysis(path, found)
    with pytest.raises(InputError, match="is an analysis file of hsmc; give the result"):
        read_result(path)


def test_a_newer_schema_is_refused(in_tmp, monkeypatch):
    monkeypatch.setattr("hsmc.analysis.analysis_file.SCHEMA", 2)
    write_analysis(in_tmp / "a.h5", analyze("fcc", **SMALL))
    monkeypatch.setattr("hsmc.analysis.analysis_file.SCHEMA", 1)
    with pytest.raises(InputError, match="has schema 2, this hsmc knows up to 1; upgrade hsmc"):
        read_analysis(in_tmp / "a.h5")


@pytest.mark.parametrize("types", [[0], [1], [0, 0], [1, 1, 1]])
def test_few_spheres_of_one_species(types):
    """One sphere, or one species only: all that can be measured is, up to r beyond the box."""
    n = len(types)
    state = Configuration(
        Box.cubic(1.6),
        np.random.default_rng(n).random((n, 3)) * 1.6,
        np.full(n, 0.3),
        np.array(types, dtype=np.int64),
    )
    found = measure(state, RANGES)
    assert all(math.isfinite(value) for value in found.scalars.values())
    there = "large" if types[0] == 0 else "small"
    missing = {"large": "small", "small": "large"}[there]
    assert f"q6_{there}" in found.scalars
    assert not any(name.endswith(missing) for name in found.scalars)
    assert found.pairs.g[0 if types[0] == 0 else 2].max() > 0.0


def test_spheres_at_one_place():
    """Through the boundary, too: Voronoi cells do not exist there."""
    places = np.array([[0.0, 1.0, 1.0], [3.0, 1.0, 1.0], [2.0, 2.0, 2.0]])
    state = Configuration(Box.cubic(3.0), places, np.ones(3), np.zeros(3, dtype=np.int64))
    with pytest.raises(InputError, match=r"spheres 0 and 1 are at one place \(1 such pairs\)"):
        measure(state, RANGES)


def test_public_function():
    assert hsmc.analyze is analyze


def test_table_of_one_state():
    """Reads as a screen: no line above 100 characters, the numbers of the analysis in it."""
    lines = table(analyze("a6b19", ratio=0.695, **SMALL))
    assert lines[0] == "a6b19 (crystal): 6 large + 19 small, one state"
    assert "  effective, 9.4 and 5.8 nm   0.8590" in lines
    assert "edges of small triangles      1.006 σ_L (9.46 nm), 1.131 σ_L (10.63 nm)" in lines
    assert "turns from layer to layer     60.0°" in lines
    assert "stacking faults               none" in lines
    assert max(map(len, lines)) <= 100
    assert not any("±" in line or "nan" in line for line in lines)


def test_table_of_sampled_states(in_tmp):
    """With errors and numbers of samples; a doubtful error is said to be one."""
    sample(
        in_tmp / "a.h5", start="cscl", replicate=(3, 3, 3), ratio=0.7, packing=0.6, pressure=40.0,
        equilibrate=100, cycles=200, every=10, frames=9,
    )  # fmt: skip
    lines = table(analyze(in_tmp / "a.h5", **SMALL))
    assert lines[0].endswith("(hsmc sample): 27 large + 27 small, mean of 7 states")
    assert "±" in next(line for line in lines if line.startswith("  hard spheres"))
    assert "too few to be sure" in next(line for line in lines if line.startswith("  hard"))
    assert any(line.startswith("g(r) at contact") for line in lines)
