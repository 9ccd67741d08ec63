"""What a user is told while the kernels compile."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from numba.core.event import Event, Listener, install_listener

from hsmc.kernels.run import run_block

COMPILING = "compiling the kernels: half a minute or less, once for this version on this machine"


class Compiling(Listener):
    """Hears when Numba compiles a block of cycles that it found nowhere.

    Attributes:
        seconds: CPU time that compiling took so far.
    """

    def __init__(self, note: Callable[[str], None]) -> None:
        self.seconds = 0.0
        self._note = note
        self._began = 0.0

    def on_start(self, event: Event) -> None:
        """Tell the user."""
        if event.data["dispatcher"] is run_block:
            self._began = time.process_time()
            self._note(COMPILING)

    def on_end(self, event: Event) -> None:
        """Count the time."""
        if event.data["dispatcher"] is run_block:
            self.seconds += time.process_time() - self._began


def compiling_told(note: Callable[[str], None]) -> AbstractContextManager[Compiling]:
    """Have the user told if a block of cycles has to be compiled, at the moment when that begins.

    Each way in which spheres and the box move is compiled once (``kernels.ways``,
    ``kernels.box_moves``).

    Args:
        note: Takes a line for the user.
    """
    told: AbstractContextManager[Compiling] = install_listener("numba:compile", Compiling(note))
    return told
