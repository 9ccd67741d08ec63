import numpy as np
import pytest

from hsmc import first_run
from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.driver import Silent
from hsmc.first_run import COMPILING, compiling_note
from hsmc.sampling import sample
from hsmc.simulation import Moves, Simulation


class Listener(Silent):
    def __init__(self):
        self.heard = []

    def note(self, words):
        self.heard.append(words)


def run_of(start: Configuration):
    Simulation(start, Moves(), seed=1).advance(np.ones(1), tuning=False)


def test_no_line_when_kernels_are_compiled():
    """The file looked for is the one that Numba writes. Fails with another ending (tried)."""
    run_of(crystal("fcc").configuration(1.0).replicated(2, 2, 2))
    assert compiling_note() == ""


@pytest.mark.parametrize("others", [[], ["pairs.closest_pair-1.py311.nbi"]])
def test_one_line_when_they_are_not(tmp_path, monkeypatch, others):
    """Fails if any kernel's file will do (tried), and if the driver does not ask (tried)."""
    (tmp_path / "kernels").mkdir()
    for name in others:
        (tmp_path / "kernels" / name).touch()
    monkeypatch.setattr(first_run, "CACHE", tmp_path)
    listener = Listener()
    sample(None, listener, start="fcc", ratio=1.0, pressure=20.0, equilibrate=2, cycles=20)
    assert listener.heard.count(COMPILING) == 1
