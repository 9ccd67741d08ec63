"""Floppy-box search: known packings, resuming, and what is kept."""

import numpy as np
import pytest

from hsmc.analysis.densest import aluminium_diboride, sodium_chloride
from hsmc.compression import compress
from hsmc.errors import InputError, OutputError
from hsmc.floppy_box import Search, compile_first
from hsmc.floppy_search import _pool, floppy
from hsmc.floppy_table import VERDICTS
from hsmc.kernels.run import run_block
from hsmc.mixture import Mixture
from hsmc.neighbors import smallest_gap
from hsmc.results import read_result
from tests.test_driver import COMPRESS

QUICK = {"cycles": 300}


class StopAfter:
    """A monitor that stops a search after some runs."""

    def __init__(self, runs):
        self.runs, self.notes = runs, []

    def note(self, words):
        self.notes.append(words)

    def update(self, _progress):
        self.runs -= 1

    def stop(self):
        return "enough" if self.runs <= 0 else ""


@pytest.mark.parametrize(
    ("ratio", "large", "small", "known"),
    [
        (1.0, 1, 0, np.pi / np.sqrt(18.0)),
        (np.sqrt(2.0) - 1.0, 1, 1, sodium_chloride(np.sqrt(2.0) - 1.0)),
        (0.61, 1, 2, aluminium_diboride(0.61)),
    ],
)
def test_known_densest_packings_are_found(ratio, large, small, known):
    """Each is reached from random starts, to 1e-6, and nothing denser."""
    result = floppy(
        None, workers=1, ratio=ratio, large=large, small=small, runs=12, cycles=1000,
    )  # fmt: skip
    assert result.summary["packing_fraction"] == pytest.approx(known, abs=1e-6)
    assert result.summary["best_verdict"] == "strict"


def test_runs_are_ranked_checked_and_certified():
    """The densest is last; every state is free of overlaps; verdicts stand in the series."""
    result = floppy(None, workers=1, ratio=0.695, runs=3, **QUICK)
    fractions = [frame.configuration.packing_fraction for frame in result.frames]
    assert fractions == sorted(fractions)
    assert np.array_equal(fractions, result.series["packing_fraction"])
    assert sorted(result.series["cycle"]) == [0, 1, 2]
    for frame in result.frames:
        assert smallest_gap(frame.configuration).gap >= -1e-12
    assert all(
        VERDICTS[int(v)] in {"strict", "collective", "none"} for v in result.series["verdict"]
    )
    assert result.summary["mean"] > 0.55


def test_stopped_search_is_resumed_and_the_same(tmp_path):
    """Each finished run is on disk before the next is counted; the rest changes no bit.

    Fails if the start of a run depends on how many were made before it (tried).
    """
    whole = floppy(None, workers=1, ratio=0.7, runs=3, **QUICK)
    path = tmp_path / "search.h5"
    stopped = floppy(path, StopAfter(2), 1, ratio=0.7, runs=3, **QUICK)
    assert stopped.status == "unfinished"
    assert len(read_result(path).frames) == 2
    resumed = floppy(path, None, 1, ratio=0.7, runs=3, **QUICK)
    assert resumed.status == read_result(path).status == "finished"
    for one, other in zip(whole.frames, resumed.frames, strict=True):
        assert one.cycle == other.cycle
        assert np.array_equal(one.configuration.positions, other.configuration.positions)
        assert np.array_equal(one.configuration.box.vectors, other.configuration.box.vectors)


def test_workers_do_not_change_the_result():
    """Two processes give the bits of one."""
    options = {"ratio": 0.7, "runs": 2, "cycles": 200}
    one, two = (floppy(None, None, workers, **options) for workers in (1, 2))
    for a, b in zip(one.frames, two.frames, strict=True):
        assert np.array_equal(a.configuration.positions, b.configuration.positions)


def kernels_loaded():
    """Return how many kinds of blocks of cycles a process has loaded."""
    return len(run_block.signatures)


def test_no_run_is_charged_for_what_its_process_loads():
    """Once a process: that was 0.4 of 0.5 CPU seconds of a search of six short runs.

    Fails if processes are left to load kernels in their first run (tried).
    """
    search = Search(Mixture(0.7, 1, 1), "newtonian", 10, 20.0, 200.0, False, False, 1)
    compile_first(search)
    with _pool(1, search) as pool:
        assert pool.submit(kernels_loaded).result() == 1


def test_published_protocol_and_no_jam():
    """The published ramp ends at 10⁵; without jamming there is no verdict."""
    result = floppy(None, workers=1, protocol="paper", cycles=300, runs=1, jam=False)
    assert result.parameters["pressure"] == 1e5
    assert result.summary["best_verdict"] == "unknown"


def test_crystal_start():
    """From A6B19 the counts are those of its unit cell."""
    result = floppy(None, workers=1, start="a6b19", runs=1, **QUICK)
    assert len(result.final) == 25


def test_file_start(tmp_path):
    """A jammed state stays as dense as it is under a pressure that it withstands.

    Mutations tried: a random start in place of the file, and the default ratio in place of its own.
    """
    path = tmp_path / "first.h5"
    first = floppy(path, workers=1, ratio=0.61, large=1, small=2, runs=4, cycles=1000)
    again = floppy(
        None, workers=1, start=str(path), large=1, small=2, runs=2, cycles=100, ramp_start=1e6,
        pressure=1e6,
    )  # fmt: skip
    assert again.final.size_ratio == pytest.approx(0.61)
    fractions = [frame.configuration.packing_fraction for frame in again.frames]
    assert fractions == pytest.approx(2 * [first.summary["packing_fraction"]], abs=1e-7)


def test_finished_search_is_not_overwritten(tmp_path):
    """The message names the file."""
    path = tmp_path / "done.h5"
    floppy(path, None, 1, runs=1, cycles=50, jam=False)
    with pytest.raises(OutputError, match=r"done\.h5 exists and is finished"):
        floppy(path, None, 1, runs=1, cycles=50, jam=False)


def test_unfinished_search_of_other_parameters_is_refused(tmp_path):
    """The difference is named. Fails if parameters are not compared (tried)."""
    path = tmp_path / "other.h5"
    floppy(path, StopAfter(1), 1, runs=2, cycles=50, jam=False)
    with pytest.raises(
        OutputError,
        match=r"unfinished run of other options \(cycles is 50 there, 60 here\); choose another",
    ):
        floppy(path, None, 1, runs=2, cycles=60, jam=False)


def test_compression_is_no_search(in_tmp):
    """Fails (by the names of parameters) if commands are not compared (tried)."""
    compress(in_tmp / "a.h5", StopAfter(9), **COMPRESS)
    with pytest.raises(OutputError, match=r"a\.h5 is an unfinished hsmc compress, not floppy"):
        floppy(in_tmp / "a.h5", None, 1, **QUICK)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"large": 0, "small": 0}, "large is 0 and small is 0; at least one sphere is needed"),
        ({"large": -1}, "large is -1, needs to be greater than or equal to 0"),
        ({"runs": 0}, "runs is 0, needs to be greater than or equal to 1"),
        ({"ratio": 1.4}, "ratio is 1.4, needs 0 < ratio ≤ 1"),
        ({"start": "nacl"}, "start nacl has 4 large and 4 small spheres, needs 6 and 19"),
        ({"start": "a6b20"}, "a6b20 is neither a crystal nor fluid nor a file; did you mean a6b19"),
        ({"start": "no.h5"}, "no.h5"),
        ({"ratios": 3}, "unknown option ratios; did you mean ratio"),
    ],
)
def test_unusable_options_are_refused(options, words):
    """One line, with the value found and the value needed."""
    with pytest.raises(InputError, match=words):
        floppy(None, None, 1, **options)
