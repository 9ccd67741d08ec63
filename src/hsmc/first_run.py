"""What a user is told while the kernels compile."""

from collections.abc import Callable
from typing import Any

from hsmc.kernels.jit import CACHE

COMPILING = "compiling the kernels: about half a minute, once for this version on this machine"


def compiling_note(kernel: Callable[..., Any]) -> str:
    """Return a line for the user if a kernel has to be compiled first, else an empty string.

    It looks for the file that Numba writes last, with the code that calls all the rest. A cache
    shared with a machine of another kind has one, too: there the line is missing.

    Args:
        kernel: What will be called.
    """
    name = kernel.__module__.rpartition(".")[2]
    written = CACHE.glob(f"*/{name}.{kernel.__name__}-*.nbi")
    return "" if any(written) else COMPILING
