"""Options: what is taken, and what is refused with the value found and the value needed."""

import subprocess
import sys
from pathlib import Path

import pytest

from hsmc.checked_options import check_hours, differences, read_config
from hsmc.errors import InputError
from hsmc.options import CompressOptions, RunOptions, SampleOptions

pytestmark = pytest.mark.usefixtures("in_tmp")

# What is taken


def test_texts_count_as_numbers():
    """The command line hands over texts. Fails if validation is strict (tried)."""
    given = {"ratio": "0.58", "pressure": "1e4", "cycles": "700", "replicate": ("1", "2", "3")}
    options = CompressOptions.build(given)
    assert (options.ratio, options.pressure, options.cycles) == (0.58, 1e4, 700)
    assert options.replicate == (1, 2, 3)


def test_paper_protocol_is_the_papers_run():
    """Boneschanscher et al. 2013, Supporting Information V: raw cell, one of it, isotropic box."""
    options = CompressOptions.build({"protocol": "paper"})
    assert (options.start, options.replicate) == ("a6b19-measured", (1, 1, 1))
    assert (options.box, options.box_moves, options.axes) == ("isotropic", "metropolis", "xyz")
    assert (options.moves, options.pressure, options.cycles) == ("local", 1e6, 300_000)


def test_what_is_given_overrules_the_protocol():
    """Fails if the preset is laid over the given options (tried)."""
    options = CompressOptions.build({"protocol": "paper", "cycles": 500})
    assert (options.cycles, options.start) == (500, "a6b19-measured")


def test_config_file():
    """Dashes count as underscores. Fails if names are taken as they are (tried)."""
    Path("a.toml").write_text('ramp-start = 2.0\nbox_moves = "metropolis"\nreplicate = [1, 1, 2]\n')
    options = CompressOptions.build(read_config(Path("a.toml")))
    assert (options.ramp_start, options.box_moves) == (2.0, "metropolis")
    assert options.replicate == (1, 1, 2)


def test_differences_name_both_values():
    """Fails if equal options are named, or sides are exchanged (tried)."""
    stored = {"seed": 1, "cycles": 10, "box": "isotropic"}
    wanted = {"seed": 1, "cycles": 20, "box": "floppy"}
    assert differences(stored, wanted) == (
        "cycles is 10 there, 20 here, box is isotropic there, floppy here"
    )
    assert differences(stored, stored) == ""


def test_hours():
    assert check_hours("0.5") == 0.5


# What is refused


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ratio": 0}, r"ratio is 0, needs 0 < ratio ≤ 1 \(small over large diameter\)"),
        ({"ratio": "-0.5"}, r"ratio is -0\.5, needs 0 < ratio ≤ 1"),
        ({"ratio": float("nan")}, "ratio is nan, needs 0 < ratio ≤ 1"),
        ({"ratio": "nan"}, "ratio is nan, needs 0 < ratio ≤ 1"),
        ({"ratio": "inf"}, "ratio is inf, needs 0 < ratio ≤ 1"),
        ({"ratio": 1.6}, r"ratio is 1\.6, needs 0 < ratio ≤ 1 .*; you may mean 0\.625"),
        ({"ratio": "big"}, "ratio is big, needs to be a valid number"),
        ({"ratio": ""}, "ratio is empty, needs to be a valid number"),
        ({"pressure": 0}, "pressure is 0, needs to be greater than 0"),
        ({"pressure": "-3"}, "pressure is -3, needs to be greater than 0"),
        ({"pressure": "nan"}, "pressure is nan, needs to be a finite number"),
        ({"pressure": "inf"}, "pressure is inf, needs to be a finite number"),
        ({"seed": -1}, "seed is -1, needs to be greater than or equal to 0"),
        ({"packing": 1}, "packing is 1, needs to be less than 1"),
        ({"packing": 0}, "packing is 0, needs to be greater than 0"),
        ({"replicate": (1, 0, 1)}, "replicate is 1 0 1, needs to be greater than or equal to 1"),
        ({"replicate": [1, 2]}, "replicate is 1 2, needs more numbers"),
        ({"replicate": [1, 2, 3, 4]}, "replicate is 1 2 3 4, tuple should have at most 3 items"),
        ({"composition": (-1, 5)}, "composition is -1 5, needs to be greater than or equal to 0"),
        ({"box": "foo"}, "box is foo, .* 'isotropic', 'in-plane', 'per-axis', 'floppy' or 'fixed'"),
        ({"axes": "xz"}, "axes is xz, needs to be 'xyz' or 'xy'"),
        ({"box_moves": "mc"}, "box_moves is mc, needs to be 'heat-bath' or 'metropolis'"),
        ({"fit": "x"}, "fit is x, needs to be 'dilate', 'stretch', 'relax' or 'none'"),
        ({"pressures": 3}, "unknown option pressures; did you mean pressure"),
        ({"replikate": 3}, "unknown option replikate; did you mean replicate"),
        ({"zzz": 3}, "unknown option zzz; known are ratio, start, large"),
    ],
)
@pytest.mark.parametrize("kind", [CompressOptions, SampleOptions])
def test_unusable_option(kind, given, message):
    """Tried: each bound moved by one, each type of number or choice widened to any."""
    with pytest.raises(InputError, match=message) as caught:
        kind.build(given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [{"ramp": "linear"}, {"ramp_start": 5}, {"ramp_fraction": 0.5}, {"ramp_power": "3"}],
    ids=str,
)
@pytest.mark.parametrize("protocol", ["default", "paper"])
def test_a_fixed_box_has_no_ramp(given, protocol):
    """Nor a pressure that rises. What a protocol sets of it does not count, nor does no ramp.

    Fails if it is ignored, or if the protocol's is refused (tried).
    """
    ((name, value),) = given.items()
    CompressOptions.build({"box": "fixed", "ramp": "none", "protocol": protocol})
    CompressOptions.build({"box": "isotropic", "protocol": protocol, **given})
    message = f"^{name} is {value}, but box is fixed, so no pressure is imposed; leave it out"
    with pytest.raises(InputError, match=message):
        CompressOptions.build({"box": "fixed", "protocol": protocol, **given})
    with pytest.raises(InputError, match=f"^unknown option {name}"):
        SampleOptions.build({"box": "fixed", **given})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"cycles": 0}, "cycles is 0, needs to be greater than or equal to 1"),
        ({"cycles": -5}, "cycles is -5, needs to be greater than or equal to 1"),
        ({"cycles": "1.5"}, r"cycles is 1\.5, needs to be a valid integer"),
        ({"protocol": "papper"}, "protocol is papper, needs to be 'default' or 'paper'"),
        ({"protocol": ["paper"]}, "protocol is paper, needs to be 'default' or 'paper'"),
        ({"ramp": "up"}, "ramp is up, needs to be 'geometric', 'linear', 'power' or 'none'"),
        ({"ramp_start": 0}, "ramp_start is 0, needs to be greater than 0"),
        ({"ramp_fraction": 0}, "ramp_fraction is 0, needs to be greater than 0"),
        ({"ramp_fraction": 1.1}, r"ramp_fraction is 1\.1, needs to be less than or equal to 1"),
        ({"ramp_power": 0}, "ramp_power is 0, needs to be greater than 0"),
        ({"frames": -1}, "frames is -1, needs to be greater than or equal to 0"),
        ({"frames": 10_001}, "frames is 10001, needs to be less than or equal to 10000"),
        ({"equilibrate": 10}, "unknown option equilibrate; did you mean"),
    ],
)
def test_unusable_option_of_a_compression(given, message):
    """Tried: each bound moved by one, each choice widened to any text."""
    with pytest.raises(InputError, match=message):
        CompressOptions.build(given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"equilibrate": 0}, "equilibrate is 0, needs to be greater than or equal to 1"),
        ({"every": 0}, "every is 0, needs to be greater than or equal to 1"),
        ({"cycles": 25}, "cycles is 25, needs to be twice, three times .* every, which is 10"),
        ({"cycles": 10}, "cycles is 10, needs to be twice, three times .* every, which is 10"),
        ({"protocol": "paper"}, "unknown option protocol; known are"),
    ],
)
def test_unusable_option_of_sampling(given, message):
    """Fails if the last mean may be of fewer cycles, or be the only one: no error bar (tried)."""
    with pytest.raises(InputError, match=message):
        SampleOptions.build(given)


@pytest.mark.parametrize("hours", ["0", "-1", "nan", "inf", "soon", ""])
def test_unusable_hours(hours):
    """Fails if 0 or nan run for ever (tried: ``if max_hours``)."""
    with pytest.raises(InputError, match=f"max-hours is {hours}, needs to be a number > 0"):
        check_hours(hours)


def test_missing_config():
    with pytest.raises(InputError, match=r"config a\.toml does not exist; give a TOML file"):
        read_config(Path("a.toml"))


@pytest.mark.parametrize("content", [b"ratio = ", b"ratio = 1\nratio = 2", b"\xff\xfe"])
def test_config_that_is_no_toml(content):
    """Fails if an error of tomllib or of the decoding gets out (tried)."""
    Path("a.toml").write_bytes(content)
    with pytest.raises(InputError, match=r"config a\.toml is not readable TOML: ."):
        read_config(Path("a.toml"))


def test_config_that_is_a_folder():
    with pytest.raises(InputError, match=r"config \. is not readable TOML: .*Is a directory"):
        read_config(Path())


def test_options_do_not_change():
    """Fails if the model is not frozen (tried)."""
    with pytest.raises(ValueError, match="frozen"):
        RunOptions().seed = 2


def test_long_values_are_cut():
    """Fails if a message holds all that was given (tried)."""
    with pytest.raises(InputError, match=r"^seed is x{60}…, needs to be"):
        CompressOptions.build({"seed": "x" * 1000})


def test_options_are_checked_without_numba():
    """A mistake is told at once. Fails if what options import needs the kernels (tried)."""
    code = "import sys, hsmc.options; sys.exit('numba' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
