"""Runs: stopped, crashed and resumed without a trace; outputs that must not be touched."""

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsmc import driver
from hsmc.analysis.statistics import estimate_mean
from hsmc.compression import compress
from hsmc.driver import Phase, _blocks
from hsmc.errors import InputError, OutputError, OverlapError, StorageError
from hsmc.monitor import Silent
from hsmc.neighbors import smallest_gap
from hsmc.options import RunOptions
from hsmc.results import read_result
from hsmc.sampling import sample
from hsmc.schedule import PressureRamp
from hsmc.simulation import Simulation
from tests.test_storage import names, small_disk

pytestmark = pytest.mark.usefixtures("in_tmp")

OUT = Path("a.h5")
SHORT = {"start": "a6b19", "replicate": (1, 1, 1), "seed": 5}
COMPRESS = {**SHORT, "cycles": 400, "frames": 7}
SAMPLE = {**SHORT, "pressure": 20.0, "equilibrate": 90, "cycles": 200, "every": 20, "frames": 5}


class StopAfter(Silent):
    """Stops a run after so many blocks."""

    def __init__(self, blocks):
        self.blocks, self.notes = blocks, []

    def note(self, words):
        self.notes.append(words)

    def update(self, _progress):
        self.blocks -= 1

    def stop(self):
        return "enough" if self.blocks <= 0 else ""


class Crash(StopAfter):
    """Fails after so many blocks."""

    def stop(self):
        if self.blocks <= 0:
            raise RuntimeError
        return ""


def same(found, wanted):
    """Compare all but times of two results, bit for bit."""
    assert [f.cycle for f in found.frames] == [f.cycle for f in wanted.frames]
    for one, other in zip(found.frames, wanted.frames, strict=True):
        a, b = one.configuration, other.configuration
        np.testing.assert_array_equal(a.positions, b.positions, strict=True)
        np.testing.assert_array_equal(a.box.vectors, b.box.vectors, strict=True)
    assert found.series.keys() == wanted.series.keys()
    for name, values in wanted.series.items():
        np.testing.assert_array_equal(found.series[name], values, err_msg=name)
    assert {**found.summary, "cpu_seconds": 0} == {**wanted.summary, "cpu_seconds": 0}
    assert found.parameters == wanted.parameters


def in_pieces(run, blocks, **options):
    """Run a few blocks at a time, each from the file of the last; return the pieces' number."""
    for piece in range(1000):
        result = run(OUT, StopAfter(blocks), **options)
        assert read_result(OUT).status == result.status
        if result.status == "finished":
            return piece + 1
    raise AssertionError


# Stopped and resumed


@pytest.mark.parametrize("box", ["isotropic", "in-plane", "per-axis", "floppy", "fixed"])
@pytest.mark.parametrize("box_moves", ["heat-bath", "metropolis"])
def test_compression_in_pieces(box, box_moves):
    """Bit for bit the run that was never stopped: frames, series, final state and figures.

    Fails if the frame of the stop stays, or if the counts of the last row are not saved (tried).
    """
    options = {**COMPRESS, "box": box, "box_moves": box_moves}
    assert in_pieces(compress, 37, **options) == 6
    same(read_result(OUT), compress(**options))


def test_sampling_in_pieces():
    """Stops fall into both phases and into means. Fails if the sums of a mean are lost (tried)."""
    assert in_pieces(sample, 23, **SAMPLE) == 13
    same(read_result(OUT), sample(**SAMPLE))


LARGE = {"moves": "local",
    "start": "fcc", "ratio": 1.0, "replicate": (4, 4, 70), "packing": 0.45, "pressure": 20.0,
    "cycles": 40, "frames": 2,
}  # fmt: skip


def test_a_large_system_in_pieces_on_other_threads(monkeypatch):
    """The threads of a run may change when it is resumed, and no bit does.

    Fails if threads are compared like other options (tried).
    """
    asked = []

    @contextmanager
    def note(number):
        asked.append(number)
        yield

    monkeypatch.setattr(driver, "on_threads", note)
    compress(OUT, StopAfter(15), **LARGE, threads=1)
    compress(OUT, StopAfter(15), **LARGE, threads=2)
    compress(OUT, **LARGE, threads=3)
    assert asked == [1, 2, 3]
    wanted = compress(**LARGE)
    found = read_result(OUT)
    assert found.parameters["threads"] == 3
    same(replace(found, parameters=wanted.parameters), wanted)


def test_one_block_at_a_time():
    """A stop in the last block comes too late. Fails (31) if it counts all the same (tried)."""
    options = {**COMPRESS, "cycles": 30}
    assert in_pieces(compress, 1, **options) == 30
    same(read_result(OUT), compress(**options))


def test_crash_after_a_checkpoint(monkeypatch):
    """What was done since is done again, and the same comes out.

    Fails if no checkpoint is written, or if writing one changes the run (tried).
    """
    with monkeypatch.context() as patch:
        patch.setattr(driver, "CHECKPOINT_SECONDS", -1.0)
        with pytest.raises(RuntimeError):
            compress(OUT, Crash(60), **COMPRESS)
        assert read_result(OUT).status == "unfinished"
        assert names(Path()) == ["a.h5"]
        compress(OUT, **COMPRESS)
    same(read_result(OUT), compress(**COMPRESS))


def test_crash_before_a_checkpoint_leaves_nothing():
    with pytest.raises(RuntimeError):
        compress(OUT, Crash(3), **COMPRESS)
    assert names(Path()) == []


def test_stopped_file_holds_the_state_of_the_moment():
    """Fails if its last frame is the last that was due (tried)."""
    compress(OUT, StopAfter(40), **COMPRESS)
    stored = read_result(OUT)
    assert (stored.frames[-1].cycle, stored.summary["cycles"]) == (80, 80)
    np.testing.assert_array_equal(stored.final.positions, stored.checkpoint["positions"])
    np.testing.assert_array_equal(stored.final.box.vectors, stored.checkpoint["box"])


def test_resuming_says_so_and_adds_up_the_time():
    """Fails if the time of the pieces before is forgotten (tried)."""
    compress(OUT, StopAfter(20), **COMPRESS)
    before = read_result(OUT).summary["cpu_seconds"]
    monitor = StopAfter(1)
    compress(OUT, monitor, **COMPRESS)
    assert monitor.notes == ["resuming a.h5 at cycle 40"]
    assert read_result(OUT).summary["cpu_seconds"] > before > 0.0


def test_seed_of_the_file_counts_if_none_is_given():
    """DESIGN: the seed is read from the file. Fails if the default is compared (tried)."""
    compress(OUT, StopAfter(20), **COMPRESS)
    options = {name: value for name, value in COMPRESS.items() if name != "seed"}
    found = compress(OUT, **options)
    assert found.parameters["seed"] == 5
    same(found, compress(**COMPRESS))


@given(
    lengths=st.lists(st.tuples(st.integers(0, 40), st.sampled_from([0, 1, 3, 7])), max_size=3),
    longest=st.integers(1, 9),
    data=st.data(),
)
def test_blocks_end_at_fixed_cycles(lengths, longest, data):
    """Wherever a run is resumed at the end of a block, the rest of the blocks is the same.

    Fails if blocks are counted from where a piece begins, or pass the end of a mean (tried).
    """
    ramp = PressureRamp(final=1.0, cycles=1)
    phases = [Phase("", cycles, tuning=False, ramp=ramp, every=n) for cycles, n in lengths]
    whole = list(_blocks(phases, 0, longest))
    assert sum(length for _, _, length in whole) == sum(phase.cycles for phase in phases)
    for phase, first, length in whole:
        assert 1 <= length <= longest
        if phase.every:
            assert first // phase.every == (first + length - 1) // phase.every
    done = data.draw(st.integers(0, len(whole)))
    cycles = sum(length for _, _, length in whole[:done])
    assert list(_blocks(phases, cycles, longest)) == whole[done:]


# What is kept


def test_final_state_has_the_bits_of_the_simulation(monkeypatch):
    """Fails if positions are wrapped, scaled or rounded on the way (tried: float32)."""
    made = []

    class Seen(Simulation):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr(driver, "Simulation", Seen)
    compress(OUT, **COMPRESS, box="floppy")
    final, state = read_result(OUT).final, made[0].state()
    np.testing.assert_array_equal(final.positions, state["positions"])
    np.testing.assert_array_equal(final.box.vectors, state["box"])
    np.testing.assert_array_equal(final.diameters, 2.0 * state["radii"])
    np.testing.assert_array_equal(final.types, state["species"])


def test_figures_of_a_compression():
    """Fails if the gap is of the start, or if the start is not stored (tried)."""
    found = compress(**COMPRESS)
    closest = smallest_gap(found.final)
    assert found.summary["smallest_gap"] == closest.gap > 0.0
    assert found.summary["smallest_gap_pair"] == [closest.i, closest.j]
    assert found.summary["packing_fraction"] == found.final.packing_fraction
    assert found.summary["cycles"] == 400
    assert found.summary["start"]["replicate"] == [1, 1, 1]
    assert found.summary["start"]["packing_fraction"] == pytest.approx(0.1529, abs=1e-4)
    assert found.status == "finished"
    assert not found.checkpoint


@pytest.mark.parametrize(("cycles", "frames", "wanted"), [(400, 7, 9), (400, 0, 2), (10, 99, 11)])
def test_frames_are_spread_over_the_run(cycles, frames, wanted):
    """As many as asked for, start and end besides, if there are so many cycles.

    Fails if blocks do not get shorter for more frames, or the last is missing (tried).
    """
    found = [f.cycle for f in compress(**{**COMPRESS, "cycles": cycles, "frames": frames}).frames]
    assert (len(found), found[0], found[-1]) == (wanted, 0, cycles)
    assert np.ptp(np.diff(found)) <= 2 * max(1, cycles // 200)


def test_many_frames_of_a_long_run():
    """Fails (201 frames) if 200 blocks are held enough for any number of frames (tried)."""
    found = compress(start="fcc", cycles=3000, frames=999).frames
    assert [f.cycle for f in found] == list(range(0, 3001, 3))


@pytest.mark.parametrize(("cycles", "rows"), [(5, 6), (200, 201), (3000, 201)])
def test_short_runs_have_smooth_series(cycles, rows):
    """Fails if blocks are 500 cycles long whatever the length of the run (tried)."""
    series = compress(**{**COMPRESS, "start": "fcc", "cycles": cycles}).series
    assert len(series["cycle"]) == rows
    assert (series["cycle"][0], series["cycle"][-1]) == (0, cycles)
    assert series["box"].shape == (rows, 3, 3)


def test_long_runs_have_a_thousand_values(monkeypatch):
    """Fails if every block stores one (tried)."""
    monkeypatch.setattr(driver, "SERIES_LENGTH", 50)
    assert len(compress(**COMPRESS).series["cycle"]) == 51


def test_memory_of_frames_is_bounded(monkeypatch):
    """Fails if frames are stored however many spheres there are (tried)."""
    monkeypatch.setattr(driver, "FRAME_NUMBERS", 3 * 3 * 25)
    assert len(compress(**COMPRESS).frames) == 5


def test_acceptances_are_of_the_cycles_since_the_last_row(monkeypatch):
    """25 spheres: 25 particle moves and a box move a cycle, 6 large and 19 small on average.

    Fails if rows hold acceptances since the start (tried).
    """
    counts = [np.zeros((3, 2), np.int64)]
    advance = Simulation.advance

    def counted(self, pressures, *, tuning):
        volumes = advance(self, pressures, tuning=tuning)
        counts.append(self.counts)
        return volumes

    monkeypatch.setattr(Simulation, "advance", counted)
    series = compress(**COMPRESS, moves="local").series
    assert counts[-1][:, 0].sum() == 400 * 26
    tried, accepted = np.moveaxis(np.diff(counts, axis=0), 2, 0)
    for row, name in enumerate(("large", "small", "box")):
        with np.errstate(invalid="ignore"):
            wanted = accepted[:, row] / tried[:, row]
        np.testing.assert_array_equal(series[f"acceptance_{name}"][1:], wanted)


@pytest.mark.parametrize("moves", ["chain", "newtonian"])
def test_mean_free_path(moves):
    """2σ/3(Z - 1): a sphere flies among others at the density n g(σ), and so is Z - 1 made.

    Z is that of Carnahan and Starling, good to some 0.3 % at φ = 0.4. Fails if flights that end
    without a collision are counted, or lengths since the start (tried).
    """
    fluid = {"start": "fluid", "composition": (256, 0), "ratio": 1.0, "packing": 0.4}
    cycles = {"equilibrate": 500, "cycles": 5000, "every": 20, "frames": 0}
    series = sample(**fluid, **cycles, box="fixed", moves=moves, seed=1).series
    assert {"acceptance_large", "step_large"}.isdisjoint(series)
    found = estimate_mean(series["mean_free_path"][series["cycle"] > 500])
    assert found.standard_error < 0.0025 * found.mean
    z = (1 + 0.4 + 0.4**2 - 0.4**3) / (1 - 0.4) ** 3
    assert found.mean == pytest.approx(2 / (3 * (z - 1)), abs=3 * found.standard_error, rel=0.003)


@pytest.mark.parametrize("every", [1, 20, 100])
def test_rows_of_sampling_are_means_over_cycles(monkeypatch, every):
    """Means of φ over ``every`` cycles, whatever the blocks: here 1 or 2 cycles long.

    Fails if a row is the mean of its last block, or of 1/φ (tried).
    """
    volumes = []
    advance = Simulation.advance

    def kept(self, pressures, *, tuning):
        volumes.extend(advance(self, pressures, tuning=tuning))
        return np.array(volumes[-len(pressures) :])

    monkeypatch.setattr(Simulation, "advance", kept)
    found = sample(**{**SAMPLE, "equilibrate": 100, "cycles": 300, "every": every})
    rows = found.series["cycle"] > 100
    assert found.series["cycle"][rows].tolist() == list(range(100 + every, 401, every))
    fractions = found.final.sphere_volume / np.array(volumes[100:])
    means = fractions.reshape(-1, every).mean(axis=1)
    np.testing.assert_allclose(found.series["packing_fraction"][rows], means, rtol=1e-13)
    assert found.summary["mean_packing_fraction"] == pytest.approx(fractions.mean(), rel=1e-12)


def test_steps_are_frozen_before_sampling():
    """DESIGN: tuned in the first half of the equilibration. Fails if tuning goes on (tried)."""
    series = sample(**{**SAMPLE, "equilibrate": 400, "cycles": 400}).series
    late = series["cycle"] >= 200
    assert np.ptp(series["step_large"][late]) == np.ptp(series["step_small"][late]) == 0.0
    assert np.ptp(series["step_small"][~late]) > 0.0


def test_pressure_of_a_compression():
    """Fails if the ramp is not of the options (tried)."""
    options = {"ramp": "linear", "ramp_start": 2.0, "pressure": 12.0, "ramp_fraction": 0.5}
    series = compress(**COMPRESS, **options).series
    expected = 2.0 + 10.0 * np.minimum((series["cycle"] - 1) / 200.0, 1.0)
    np.testing.assert_allclose(series["beta_pressure"][1:], expected[1:], rtol=1e-12)


def test_ramp_does_not_fall():
    """A final pressure below the start of the ramp holds throughout. Fails if it falls (tried)."""
    series = compress(**COMPRESS, pressure=3.0).series
    assert np.ptp(series["beta_pressure"]) == 0.0
    assert series["beta_pressure"][0] == 3.0


def test_same_seed_same_bits():
    """Fails if the seed is not handed on (tried)."""
    same(compress(**COMPRESS), compress(**COMPRESS))
    other = compress(**{**COMPRESS, "seed": 6})
    assert other.summary["packing_fraction"] != compress(**COMPRESS).summary["packing_fraction"]


# What is refused


def refused(match, kind=OutputError, run=compress, **options):
    """Nothing may change: neither the file nor its folder."""
    before = {path.name: path.read_bytes() for path in Path().iterdir()}
    with pytest.raises(kind, match=match):
        run(OUT, **{**COMPRESS, **options})
    assert {path.name: path.read_bytes() for path in Path().iterdir()} == before


def test_finished_output():
    compress(OUT, **COMPRESS)
    refused(r"a\.h5 exists and is finished; choose another --out, or remove it first")


def test_unfinished_output_of_other_options():
    """Fails if the options are not compared (tried)."""
    compress(OUT, StopAfter(9), **COMPRESS)
    refused(
        r"a\.h5 is an unfinished run of other options \(pressure is 1000000\.0 there, 50\.0 "
        r"here, cycles is 400 there, 600 here\); choose another --out",
        cycles=600,
        pressure=50.0,
    )


def test_unfinished_output_of_another_seed():
    """Fails if the seed is always read from the file (tried)."""
    compress(OUT, StopAfter(9), **COMPRESS)
    refused(r"\(seed is 5 there, 1 here\)", seed=1)


def test_unfinished_output_of_another_command():
    """Fails (by the names of parameters) if commands are not compared (tried)."""
    sample(OUT, StopAfter(9), **SAMPLE)
    refused(r"a\.h5 is an unfinished hsmc sample, not compress; choose another --out")


def test_output_that_is_no_result():
    """Fails if it is overwritten (tried)."""
    OUT.write_text("mine")
    refused(r"a\.h5 exists and is no result file of hsmc; choose another --out")


def test_damaged_output():
    compress(OUT, StopAfter(9), **COMPRESS)
    OUT.write_bytes(OUT.read_bytes()[:-100])
    refused(r"a\.h5 is no readable HDF5 result file: .*truncated", InputError)


@pytest.mark.parametrize("name", ["recorded_counts", "recorded_packing", "steps"])
def test_checkpoint_without_a_part(monkeypatch, name):
    """Fails if a KeyError gets out (tried)."""
    write = driver.write_result

    def write_less(path, result):
        del result.checkpoint[name]
        write(path, result)

    monkeypatch.setattr(driver, "write_result", write_less)
    compress(OUT, StopAfter(9), **COMPRESS)
    refused(f"checkpoint lacks {name}; start the run anew", InputError)


def test_full_disk():
    """Fails if the file is written in place (tried)."""
    compress(OUT, StopAfter(9), **COMPRESS)
    with small_disk(OUT.stat().st_size - 1):
        refused(r"cannot write a\.h5: File too large; earlier files are intact", StorageError)


def test_full_disk_at_the_start():
    with small_disk(1000):
        refused(r"cannot write a\.h5: File too large", StorageError)


def test_overlapping_start():
    """Fails if the start is not tested (tried)."""
    refused(
        "spheres .* overlap: .* apart, contact at .*; choose another --fit",
        OverlapError,
        fit="none",
    )


def test_overlap_at_the_end_is_an_error(monkeypatch):
    """Never a result. Fails if the final state is not tested (tried)."""

    def collapse(self, pressures, *, tuning):
        del tuning
        self._spheres.positions[3] = self._spheres.positions[2]
        self.cycle += len(pressures)
        return np.full(len(pressures), self.volume)

    monkeypatch.setattr(Simulation, "advance", collapse)
    refused("spheres 2 and 3 overlap: 0 apart, .* this is a bug of hsmc", OverlapError)


def test_unusable_folder():
    with pytest.raises(OutputError, match=r"folder .*/none of the output does not exist"):
        compress("none/a.h5", **COMPRESS)


def test_options_are_those_of_the_command():
    with pytest.raises(InputError, match="unknown option every; known are"):
        compress(**COMPRESS, every=3)
    assert set(RunOptions.model_fields) < set(compress(**COMPRESS).parameters)
