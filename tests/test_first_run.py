"""The line about compiling: when a block of cycles has to be compiled, and only then."""

import subprocess
import sys
import time

import numba
import pytest

from hsmc import first_run, simulation
from hsmc.ensemble import MOTIONS
from hsmc.first_run import COMPILING
from hsmc.floppy_search import floppy
from hsmc.monitor import Silent
from hsmc.sampling import sample

BRIEF = {"start": "fcc", "ratio": 1.0, "pressure": 20.0, "equilibrate": 2, "cycles": 20}


class Listener(Silent):
    """Counts how often it hears of compiling."""

    def __init__(self):
        self.heard = 0

    def note(self, words):
        self.heard += words == COMPILING


@pytest.fixture
def never_compiled(monkeypatch):
    """Put a block that does nothing, and was never compiled, in place of the real one."""

    @numba.njit
    def block(room, spheres, plan, tally, pressures, volumes):  # noqa: ARG001
        volumes[:] = 1e3
        return True

    for module in (first_run, simulation):
        monkeypatch.setattr(module, "run_block", block)


def heard(command, **options):
    """Return how often the line comes in a run."""
    listener = Listener()
    command(None, listener, **options)
    return listener.heard


@pytest.mark.usefixtures("never_compiled")
def test_one_line_for_each_way_of_moving():
    """Straight and Newtonian chains are one. Fails if any kernel will do (tried)."""
    assert heard(sample, moves="local", **BRIEF) == 1
    assert heard(sample, moves="newtonian", **BRIEF) == 1
    assert [heard(sample, moves=motion, **BRIEF) for motion in MOTIONS] == [0, 0, 0]
    assert heard(sample, moves="local", **BRIEF | {"replicate": (11, 11, 11)}) == 1


@pytest.mark.usefixtures("never_compiled")
@pytest.mark.parametrize("workers", [1, 2])
def test_one_line_in_a_search(workers):
    """Its workers compile nothing. Fails if they are left to do so (tried)."""
    assert heard(floppy, runs=2, large=1, small=1, cycles=2, jam=False, workers=workers) == 1


ONCE_MORE = """
import sys
from hsmc import first_run
from hsmc.monitor import Silent
from hsmc.sampling import sample
from tests.test_first_run import BRIEF, heard
sys.exit(heard(sample, moves=sys.argv[1], **BRIEF))
"""


@pytest.mark.parametrize("motion", MOTIONS)
def test_no_line_when_kernels_are_compiled(motion):
    """By another process. Fails if the line comes whenever a kernel is met first (tried)."""
    heard(sample, moves=motion, **BRIEF)
    subprocess.run([sys.executable, "-c", ONCE_MORE, motion], check=True)


class Hour:
    """A monitor that takes an hour of CPU time to hear that kernels are compiled."""

    def __init__(self, monkeypatch):
        self.clock = time.process_time
        self.spent = 0.0
        monkeypatch.setattr(time, "process_time", lambda: self.clock() + self.spent)

    def __getattr__(self, name):
        return getattr(Silent(), name)

    def note(self, words):
        self.spent += 3600.0 * (words == COMPILING)


@pytest.mark.usefixtures("never_compiled")
def test_compiling_is_no_part_of_a_run(monkeypatch):
    """A first run is as long as any other. Fails if its time is left in, or taken twice (tried)."""
    listener = Hour(monkeypatch)
    result = sample(None, listener, moves="local", **BRIEF)
    assert listener.spent == 3600.0
    assert 0.0 < result.summary["cpu_seconds"] < 1800.0
