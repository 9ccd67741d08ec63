"""``hsmc info``: what is in a file, in one screen."""

import json
from pathlib import Path

from hsmc.compression import compress
from hsmc.floppy_search import floppy
from hsmc.sampling import sample
from tests.test_driver import COMPRESS, SAMPLE, StopAfter
from tests.test_results import result, write_result


def rows(out):
    """Return texts by name; names end where the longest one, and two blanks, end."""
    lines = out.splitlines()
    width = len(lines[0]) - len(lines[0].removeprefix("file").lstrip())
    assert all(line[width - 2 : width] == "  " for line in lines)
    assert all(line[width] != " " for line in lines)
    return {line[:width].strip(): line[width:] for line in lines}


def test_finished_run(hsmc):
    """Fails if a long name runs into its value (tried), or if the box is in rows."""
    found = compress("a.h5", **COMPRESS)
    outcome = hsmc("info", "a.h5")
    assert (outcome.code, outcome.err) == (0, "")
    shown = rows(outcome.out)
    assert shown["file"] == f"a.h5 ({Path('a.h5').stat().st_size / 1e6:.2f} MB)"
    assert shown["made by"] == "hsmc compress, finished"
    assert shown["start"].startswith("a6b19: 25 spheres, ratio 0.695, packing fraction 0.1529 (")
    assert shown["spheres"] == "6 large + 19 small, ratio 0.695"
    packing = found.summary["packing_fraction"]
    assert shown["packing"] == f"0.15294 at the start, {packing:.5f} at the end"
    lengths = " ".join(f"{length:.5f}" for length in found.final.box.lengths)
    assert shown["box"] == f"edges {lengths} σ_L, angles 90.000 90.000 120.000°"
    assert shown["frames"] == "9, cycle 0 to 400"
    assert "mean_free_path" in shown["time series"]
    assert shown["smallest_gap"] == f"{found.summary['smallest_gap']:.6g}"
    assert "seed 5" in shown["parameters"]
    assert "None" not in shown["parameters"]
    assert shown["written"].startswith("20")
    assert len(outcome.out.splitlines()) < 24


def test_unfinished_run(hsmc):
    """Fails if the figures of finished runs are asked for (tried)."""
    sample("a.h5", StopAfter(50), **SAMPLE)
    shown = rows(hsmc("info", "a.h5").out)
    assert shown["made by"] == "hsmc sample, unfinished"
    assert shown["cycles"] == "50"
    assert shown["frames"].endswith("cycle 0 to 50")
    assert "smallest_gap" not in shown


def test_floppy_search(hsmc):
    """Frames are ends of runs, ranked: no cycles. Fails if they are shown as a course (tried)."""
    found = floppy("a.h5", None, 1, runs=3, cycles=50, jam=False)
    shown = rows(hsmc("info", "a.h5").out)
    low, _, high = found.series["packing_fraction"]
    assert shown["packing"] == f"{low:.5f} to {high:.5f}"
    best = found.summary["best_run"]
    assert shown["frames"] == f"3, one a run; the densest, of run {best}, last"


def test_rows_without_a_value_are_left_out(hsmc):
    """Results of other commands have no notes of a start. Fails if they are shown (tried)."""
    write_result(Path("a.h5"), result())
    assert "start" in rows(hsmc("info", "a.h5").out)
    write_result(Path("a.h5"), result(summary={}))
    assert "start" not in rows(hsmc("info", "a.h5").out)


def test_json(hsmc):
    """Fails if a part is left out (tried)."""
    found = compress("a.h5", **COMPRESS)
    facts = json.loads(hsmc("info", "a.h5", "--json").out)
    assert facts["summary"] == found.summary
    assert facts["parameters"] == found.parameters
    assert (facts["kind"], facts["status"]) == ("compress", "finished")
    assert facts["provenance"]["hsmc"]


def test_missing_file(refused):
    assert refused("info", "no.h5") == "no.h5 does not exist; give a result file of hsmc"


def test_file_of_others(refused):
    Path("a.h5").write_text("no")
    assert refused("info", "a.h5").startswith("a.h5 is no readable HDF5 result file: ")


def test_analysis_file(hsmc, refused):
    """Told apart from results. Fails if it is called HDF5 of others (tried)."""
    hsmc("analyze", "fcc", "--ratio", "1", "--out", "a.analysis.h5")
    assert refused("info", "a.analysis.h5") == (
        "a.analysis.h5: is an analysis file of hsmc; give the result that was analysed"
    )


def test_no_file_at_all(refused):
    """Fails if typer prints its own three lines (tried)."""
    assert refused("info").endswith("(see hsmc info --help)")
