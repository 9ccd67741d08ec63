"""``hsmc plot``: the figure beside the file, and what is refused."""

import numpy as np
import pytest
from typer.testing import CliRunner

from hsmc.box import Box
from hsmc.cli import app
from hsmc.errors import InputError, OutputError
from hsmc.results import Frame, Result, write_result
from tests.conftest import points


@pytest.fixture
def file(in_tmp):
    frame = Frame(0, points(2, Box.cubic(3.0), diameter=1.0))
    series = {"cycle": np.array([0]), "packing_fraction": np.array([0.04])}
    path = in_tmp / "run.h5"
    write_result(path, Result("compress", "unfinished", {}, (frame,), series, {}, {}))
    return path


def run(*words):
    return CliRunner().invoke(app, ["plot", *map(str, words)])


def test_plot_writes_beside_the_file_and_prints_its_name(file):
    result = run(file)
    assert result.exit_code == 0
    assert result.stdout.strip() == str(file.with_suffix(".png"))
    assert file.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_plot_takes_a_name_a_view_and_colours(file):
    assert run(file, "--out", "a.svg", "--view", "side", "--colour", "species").exit_code == 0
    assert "<svg" in (file.parent / "a.svg").read_text()


def test_plot_replaces_only_when_told(file):
    assert run(file).exit_code == 0
    refused = run(file).exception
    assert isinstance(refused, OutputError)
    assert "run.png exists already" in str(refused)
    assert run(file, "--overwrite").exit_code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--out", "a.bmp"), "extension '.bmp', needs one of .png, .svg, .pdf"),
        (("--view", "below"), "view is 'below', needs one of top, front, side"),
        (("--colour", "mood"), "colour is 'mood', needs one of height, species"),
    ],
)
def test_plot_names_what_it_does_not_know(file, words, message):
    refused = run(file, *words).exception
    assert isinstance(refused, InputError)
    assert message in str(refused)
    assert list(file.parent.iterdir()) == [file]
