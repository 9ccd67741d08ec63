import numpy as np
import pytest

from hsmc import first_run
from hsmc.crystal import crystal
from hsmc.driver import Silent
from hsmc.ensemble import MOTIONS
from hsmc.first_run import COMPILING, compiling_note, folder_of
from hsmc.kernels.jit import CACHE
from hsmc.sampling import sample
from hsmc.simulation import Moves, Simulation


class Listener(Silent):
    def __init__(self):
        self.heard = []

    def note(self, words):
        self.heard.append(words)


@pytest.mark.parametrize("motion", MOTIONS)
def test_no_line_when_kernels_are_compiled(motion):
    """The file looked for is the one that Numba writes. Fails with another ending (tried)."""
    start = crystal("fcc").configuration(1.0).replicated(2, 2, 2)
    simulation = Simulation(start, Moves(motion=motion), seed=1)
    simulation.advance(np.ones(1), tuning=False)
    assert compiling_note(simulation.block) == ""
    assert folder_of(simulation.block).parent == CACHE


@pytest.mark.parametrize(
    ("others", "moves"),
    [
        ([], "local"),
        (["pairs.closest_pair-1.py311.nbi"], "local"),
        (["run.run_block-1.py311.nbi"], "newtonian"),
    ],
)
def test_one_line_when_they_are_not(tmp_path, monkeypatch, others, moves):
    """Fails if any kernel's file will do, or that of another place of installation, if the driver
    does not ask, or if it always asks about local moves (tried).
    """
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir()
    elsewhere.mkdir()
    for name in others:
        (here / name).touch()
    for block in ("run_block", "run_chain_block"):
        (elsewhere / f"run.{block}-1.py311.nbi").touch()
    monkeypatch.setattr(first_run, "folder_of", lambda _: here)
    listener = Listener()
    sample(
        None, listener, start="fcc", ratio=1.0, pressure=20.0, equilibrate=2, cycles=20, moves=moves
    )
    assert listener.heard.count(COMPILING) == 1
