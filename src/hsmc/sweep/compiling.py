"""Kernels are compiled once a machine, not once a worker."""

import hashlib
import platform
from functools import cache

import numba
from llvmlite.binding import get_host_cpu_name

from hsmc.compression import compress
from hsmc.floppy_search import floppy
from hsmc.kernels.jit import CACHE, DIGEST


@cache
def compile_once(command: str) -> None:
    """See that the kernels of a command are in this machine's cache.

    The first process to ask compiles them, by a run that is as short as can be; others wait for
    it, instead of compiling the same beside it. A cache that cannot be written is no fault:
    each process then compiles for itself.

    Args:
        command: "compress" or "floppy".
    """
    import filelock

    marker = CACHE / f"{command}-{_machine()}.compiled"
    try:
        if marker.exists():
            return
        CACHE.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(CACHE / f".{command}.lock"):
            if not marker.exists():
                _shortest_run(command)
                marker.touch()
    except OSError:
        return


def _machine() -> str:
    """Return a digest of all that compiled code depends on; a home may be shared by machines."""
    parts = (DIGEST, numba.__version__, platform.python_version(), get_host_cpu_name())
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:12]


def _shortest_run(command: str) -> None:
    if command == "floppy":
        floppy(runs=1, large=1, small=1, cycles=2, workers=1)
    else:
        compress(start="fluid", composition=(2, 2), cycles=2)
        compress(start="a6b19", replicate=(1, 1, 1), cycles=2)  # few spheres have their own code
