"""The figure of a result: what it shows of finished, unfinished and sampled runs."""

import dataclasses

import numpy as np
import pytest
from matplotlib.image import imread

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.errors import InputError, OutputError, StorageError
from hsmc.report import style
from hsmc.report.run_plot import PRESSURE, heading, plot_file, run_figure
from hsmc.results import Frame, Result, write_result


def state(edge):
    rng = np.random.default_rng(5)
    diameters = np.array([1.0, 0.695, 0.695])
    types = np.array([0, 1, 1])
    return Configuration.from_scaled(Box.cubic(edge), rng.random((3, 3)), diameters, types)


def result_of(kind="compress", status="finished", **summary):
    cycles = np.arange(0, 1001, 10)
    series = {
        "cycle": cycles,
        "packing_fraction": 0.3 + 0.3 * cycles / 1000,
        "beta_pressure": 10.0 ** (1.0 + cycles / 200),
        "acceptance_large": np.r_[np.nan, np.full(100, 0.3)],
        "acceptance_small": np.r_[np.nan, np.full(100, 0.25)],
        "acceptance_box": np.full(101, np.nan),
    }
    frames = (Frame(0, state(3.0)), Frame(500, state(2.0)), Frame(1000, state(1.5)))
    parameters = {"seed": 7, "equilibrate": 200}
    return Result(kind, status, parameters, frames, series, summary, {})


def texts(figure):
    return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]


def labels(figure):
    return {axes.get_ylabel() for axes in figure.axes} | {axes.get_xlabel() for axes in figure.axes}


def test_a_finished_run_shows_its_states_and_series():
    result = result_of()
    figure = run_figure(result)
    assert heading(result) == "hsmc compress: 1 L + 2 S, γ = 0.695, seed 7"
    shown = texts(figure)
    assert heading(result) in shown
    assert any(t.startswith("start\nφ = ") for t in shown)
    assert f"cycle 1\u2009000\nφ = {result.final.packing_fraction:.4f}" in shown
    assert {"packing fraction φ", r"$\beta P \sigma_\mathrm{L}^3$", "cycles"} <= labels(figure)


def test_pressure_is_logarithmic():
    figure = run_figure(result_of())
    scales = {axes.get_ylabel(): axes.get_yscale() for axes in figure.axes}
    assert scales[r"$\beta P \sigma_\mathrm{L}^3$"] == "log"
    assert scales["packing fraction φ"] == "linear"


def test_moves_that_were_not_made_have_no_acceptance():
    shown = texts(run_figure(result_of()))
    assert "large" in shown
    assert "small" in shown
    assert "box" not in shown


def test_an_unfinished_run_says_so():
    shown = texts(run_figure(result_of(status="unfinished")))
    assert any("unfinished: stopped at cycle 1\u2009000" in t for t in shown)


SAMPLED = {"mean_packing_fraction": 0.45123, "standard_error": 0.00342}


def test_a_sampled_run_shows_its_mean():
    shown = texts(run_figure(result_of("sample", reliable=True, **SAMPLED)))
    assert "sampled: φ = 0.4512 ± 0.0034" in shown
    shown = texts(run_figure(result_of("sample", reliable=False, **SAMPLED)))
    assert "sampled: φ = 0.4512 ± 0.0034 (short run)" in shown


def fixed_box(**parameters):
    """Return a sample at constant volume; files of earlier versions hold a pressure."""
    result = result_of("sample", mean_pressure=5.25, pressure_standard_error=0.12,
                       pressure_reliable=True, reliable=False, **SAMPLED)  # fmt: skip
    series = {**result.series, "measured_pressure": np.r_[np.nan, np.full(100, 5.25)]}
    return dataclasses.replace(
        result, series=series, parameters={**result.parameters, "box": "fixed", **parameters}
    )


def test_a_fixed_box_shows_the_pressure_that_was_measured():
    """And no other, nor an error of φ. Fails if the box mode is not looked at (tried)."""
    figure = run_figure(fixed_box())
    pressure = [axes for axes in figure.axes if axes.get_ylabel() == PRESSURE]
    assert [axes.get_yscale() for axes in pressure] == ["linear"]
    assert "packing fraction φ" not in labels(figure)
    shown = texts(figure)
    assert rf"sampled: {PRESSURE} = 5.25 ± 0.12" in shown
    assert not any("sampled: φ" in text for text in shown)


def test_an_unfinished_sample_has_no_mean():
    shown = texts(run_figure(result_of("sample", "unfinished", **SAMPLED)))
    assert not any("±" in t for t in shown)


def test_a_constant_pressure_has_whole_decades_about_it():
    result = result_of()
    result.series["beta_pressure"][:] = 10.0
    figure = run_figure(result)
    pressure = next(axes for axes in figure.axes if "beta P" in axes.get_ylabel())
    assert pressure.get_ylim() == pytest.approx((1.0, 100.0))


@pytest.mark.parametrize(("low", "high"), [(0.2, 0.8), (0.02, 0.03), (0.05, 0.4), (1e-4, 0.5)])
def test_free_paths_have_labelled_ticks(low, high):
    """Two at least, within the axis. Fails if decades are cut short (tried)."""
    result = result_of()
    paths = np.r_[np.nan, np.geomspace(low, high, 100)]
    series = {"cycle": result.series["cycle"], "mean_free_path": paths}
    figure = run_figure(dataclasses.replace(result, series=series))
    figure.draw_without_rendering()
    (axes,) = (axes for axes in figure.axes if axes.get_ylabel().startswith("free path"))
    bottom, top = axes.get_ylim()
    assert bottom < low < high < top
    labelled = [tick for tick, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
                if bottom <= tick <= top and label.get_text()]  # fmt: skip
    assert len(labelled) >= 2


@pytest.mark.parametrize("box", ["fixed", "isotropic"])
def test_spheres_that_hit_nothing_have_no_empty_panel(box):
    """In its place it is said why. Fails if the panels are drawn all the same (tried)."""
    result = fixed_box(box=box)
    series = {**result.series, "mean_free_path": np.full(101, np.nan)}
    known = "free path"
    if box == "fixed":
        known += ", no pressure"
    else:
        del series["measured_pressure"]
    figure = run_figure(dataclasses.replace(result, series=series))
    assert not any(label.startswith("free path") for label in labels(figure))
    assert (PRESSURE in labels(figure)) == (box == "isotropic")
    assert any(text.endswith(f"\nno sphere hit another: no {known}") for text in texts(figure))


def test_rare_hits_are_seen():
    """As points, for a line that is torn at each row without a hit shows none of them.

    Fails if rows without a hit are drawn, or no points (tried).
    """
    paths = np.full(101, np.nan)
    paths[[20, 40, 70]] = 60.0, 70.0, 65.0
    result = result_of()
    series = {"cycle": result.series["cycle"], "mean_free_path": paths}
    figure = run_figure(dataclasses.replace(result, series=series))
    (axes,) = (axes for axes in figure.axes if axes.get_ylabel().startswith("free path"))
    (line,) = axes.lines
    assert line.get_xdata().tolist() == [200, 400, 700]
    assert (line.get_marker(), line.get_linestyle()) == (".", "-")


def test_a_result_without_series_shows_its_states_only():
    result = dataclasses.replace(result_of(), series={}, frames=(Frame(3, state(2.0)),))
    figure = run_figure(result, colour="species")
    assert len(figure.axes) == 1


@pytest.mark.parametrize(
    ("mean", "error", "words"),
    [
        (0.64112, 0.0024, "0.6411 ± 0.0024"),
        (0.5, 0.0312, "0.500 ± 0.031"),
        (123.4, 25.0, "123 ± 25"),
        (0.5, 0.0, "0.5000 (error not known)"),
        (0.5, np.inf, "0.5000 (error not known)"),
    ],
)
def test_errors_have_two_digits(mean, error, words):
    assert style.with_error(mean, error) == words


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "run.h5"
    write_result(path, result_of())
    return path


def test_the_figure_is_a_column_wide_and_not_blank(file):
    image = imread(plot_file(file))
    assert file.with_suffix(".png").exists()
    assert image.shape[1] == round(style.COLUMN * style.DOTS_PER_INCH)
    assert 0.02 < np.mean(image[:, :, :3].min(axis=2) < 0.9) < 0.6


def test_the_same_result_gives_the_same_file(file):
    first = plot_file(file, file.parent / "a.svg", view="side", colour="species")
    content = first.read_bytes()
    assert content.startswith(b"<?xml")
    plot_file(file, first, view="side", colour="species", overwrite=True)
    assert first.read_bytes() == content


def test_pdf_by_its_extension_in_any_case(file):
    assert plot_file(file, file.parent / "A.PDF").read_bytes().startswith(b"%PDF")


def test_a_figure_is_not_replaced_unasked(file):
    target = file.with_suffix(".png")
    target.write_bytes(b"old")
    with pytest.raises(OutputError, match=r"run\.png exists already; .* give --overwrite"):
        plot_file(file)
    with pytest.raises(OutputError, match="exists already"):
        style.write_figure(style.new_figure(1.0, 1.0), target)
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize(
    ("name", "words"),
    [("a.jpg", r"extension '.jpg', needs one of .png, .svg, .pdf"), ("a", "no extension")],
)
def test_unknown_formats_are_named(file, name, words):
    with pytest.raises(InputError, match=words):
        plot_file(file, file.parent / name)


def test_a_missing_folder_is_named(file):
    with pytest.raises(OutputError, match="nowhere of the output does not exist"):
        plot_file(file, file.parent / "nowhere" / "a.png")


def test_a_missing_result_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.h5 does not exist"):
        plot_file(tmp_path / "none.h5")


def test_a_full_disk_leaves_the_old_figure(file, monkeypatch):
    target = file.with_suffix(".png")
    target.write_bytes(b"old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        plot_file(file, overwrite=True)
    assert target.read_bytes() == b"old"
    assert sorted(path.name for path in file.parent.iterdir()) == ["run.h5", "run.png"]


def test_runs_of_a_search_are_drawn_by_rank():
    """The densest first, no cycles. Fails if they stay in the order of their numbers (tried)."""
    result = result_of("floppy")
    fractions = np.array([0.62, 0.66, 0.64])
    series = {"cycle": np.array([2, 0, 1]), "packing_fraction": fractions}
    figure = run_figure(dataclasses.replace(result, series=series))
    assert "runs by rank, the densest first" in labels(figure)
    assert "cycles" not in labels(figure)
    line = next(axes for axes in figure.axes if axes.get_ylabel() == "packing fraction φ").lines[0]
    assert line.get_xydata().tolist() == [[3, 0.62], [2, 0.64], [1, 0.66]]
    shown = texts(figure)
    assert any(t.startswith("loosest, run 0\n") for t in shown)
    assert any(t.startswith("densest, run 1000\n") for t in shown)


def test_jamming_has_a_start_and_an_end():
    """And no course: its two states are no time series. Fails if it is drawn (tried)."""
    figure = run_figure(result_of("jam"))
    assert labels(figure).isdisjoint({"cycles", "packing fraction φ"})
    assert any(t.startswith("end\nφ = ") for t in texts(figure))
