"""Every option of every command reaches its run."""

from pathlib import Path

import pytest

from hsmc.results import read_result

START = {
    "ratio": "0.6",
    "start": "fluid",
    "replicate": ("1", "1", "2"),
    "fit": "dilate",
    "packing": "0.2",
    "composition": ("3", "5"),
    "seed": "9",
}
RUN = {
    "pressure": "50",
    "cycles": "40",
    "box": "in-plane",
    "axes": "xy",
    "moves": "newtonian",
    "box_moves": "metropolis",
    "threads": "1",
    "frames": "5",
}
RAMP = {"ramp": "power", "ramp_start": "3", "ramp_fraction": "0.5", "ramp_power": "2"}
COMMANDS = {
    "compress": {**START, **RUN, **RAMP, "protocol": "default"},
    "sample": {**START, **RUN, "equilibrate": "30", "every": "4"},
    "floppy": {
        "ratio": "0.6",
        "large": "2",
        "small": "3",
        "runs": "2",
        "first_run": "3",
        "start": "random",
        "protocol": "paper",
        "moves": "chain",
        "cycles": "40",
        "ramp_start": "3",
        "pressure": "50",
        "jam": False,
        "seed": "9",
    },
    "jam": {**START, "noise": "0.001", "max_programs": "7", "as_is": True},
}
"""What is given to each command, as words; switches as they end up."""

NOT_GIVEN = {"large"}
"""The label of a species in a file: tests/cli/test_compress.py has it."""


def words(options):
    """Yield the command line for options; switches have no value."""
    for name, value in options.items():
        dashed = name.replace("_", "-")
        if isinstance(value, bool):
            yield f"--{dashed}" if value else f"--no-{dashed}"
        else:
            yield from (f"--{dashed}", *([value] if isinstance(value, str) else value))


def shown(value):
    """Return a stored value as it was given."""
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return tuple(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_reaches_the_run(hsmc, command):
    """Fails if a parameter is not called as its option (tried: one of each command), or if what
    is switched off counts as not given (tried).
    """
    options = COMMANDS[command]
    given = dict(options)
    place = [given.pop("start")] if command == "jam" else []
    outcome = hsmc(command, *place, *words(given), "--out", "a.h5")
    assert outcome.code == 0, outcome.err
    parameters = read_result(Path("a.h5")).parameters
    stored = {name: shown(value) for name, value in parameters.items() if value is not None}
    assert stored == options
    assert set(parameters) - set(stored) <= NOT_GIVEN
