"""What a user is told while the kernels compile."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from numba.core.event import Event, Listener, install_listener

from hsmc.kernels.run import run_block

COMPILING = "compiling the kernels: about half a minute, once for this version on this machine"


class _Ear(Listener):
    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note

    def on_start(self, event: Event) -> None:
        """Tell the user if it is a block of cycles that Numba found nowhere and compiles now."""
        if event.data["dispatcher"] is run_block:
            self._note(COMPILING)

    def on_end(self, event: Event) -> None:
        """Say nothing."""


def compiling_told(note: Callable[[str], None]) -> AbstractContextManager[Listener]:
    """Have the user told if a block of cycles has to be compiled, at the moment when that begins.

    Each way in which spheres move is compiled once (``kernels.ways``).

    Args:
        note: Takes a line for the user.
    """
    told: AbstractContextManager[Listener] = install_listener("numba:compile", _Ear(note))
    return told
