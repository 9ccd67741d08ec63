"""What a user is told while the kernels compile."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

COMPILING = "compiling the kernels: about half a minute, once for this version on this machine"


def folder_of(kernel: Callable[..., Any]) -> Path:
    """Return the folder where Numba keeps a kernel compiled; each place of installation has one."""
    return Path(kernel.stats.cache_path)  # type: ignore[attr-defined]


def compiling_note(kernel: Callable[..., Any]) -> str:
    """Return a line for the user if a kernel has to be compiled first, else an empty string.

    It looks for the file that Numba writes last, with the code that calls all the rest. A cache
    shared with a machine of another kind has one, too: there the line is missing.

    Args:
        kernel: What will be called.
    """
    name = kernel.__module__.rpartition(".")[2]
    written = folder_of(kernel).glob(f"{name}.{kernel.__name__}-*.nbi")
    return "" if any(written) else COMPILING
