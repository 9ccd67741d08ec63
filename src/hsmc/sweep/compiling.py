"""Kernels are compiled once a machine, not once a worker."""

import hashlib
import platform
from collections.abc import Mapping
from functools import cache
from typing import Any

import numba
from llvmlite.binding import get_host_cpu_name

from hsmc.compression import compress
from hsmc.floppy_search import floppy
from hsmc.kernels.jit import CACHE, DIGEST

COMPILED_FOR = ("protocol", "moves", "box", "box_moves")
"""Options that tell which kernels are compiled."""

Kinds = tuple[tuple[str, Any], ...]


def compile_once(command: str, options: Mapping[str, Any]) -> None:
    """See that the kernels of a task are in this machine's cache.

    The first process to ask compiles them, by a run that is as short as can be; others wait for
    it, instead of compiling the same beside it. A cache that cannot be written is no fault:
    each process then compiles for itself.

    Args:
        command: "compress" or "floppy".
        options: Those of the task.
    """
    given = tuple((name, options[name]) for name in COMPILED_FOR if name in options)
    _compile_once(command, given)


@cache
def _compile_once(command: str, kinds: Kinds) -> None:
    import filelock

    marker = CACHE / f"{command}-{_digest(kinds)}.compiled"
    try:
        if marker.exists():
            return
        CACHE.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(CACHE / f".{command}.lock"):
            if not marker.exists():
                _shortest_run(command, dict(kinds))
                marker.touch()
    except OSError:
        return


def _digest(kinds: Kinds) -> str:
    """Return a digest of all that compiled code depends on; a home may be shared by machines."""
    machine = (DIGEST, numba.__version__, platform.python_version(), get_host_cpu_name())
    return hashlib.sha256(repr((machine, kinds)).encode()).hexdigest()[:12]


def _shortest_run(command: str, kinds: dict[str, Any]) -> None:
    if command == "floppy":
        floppy(runs=1, large=1, small=1, cycles=2, workers=1, **kinds)
    else:
        compress(start="fluid", composition=(20, 60), cycles=2, **kinds)
        # Few spheres have their own code.
        compress(start="a6b19", replicate=(1, 1, 1), cycles=2, **kinds)
