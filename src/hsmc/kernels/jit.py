"""Compile options of every kernel, in one place."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")

_sources = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
DIGEST = hashlib.sha256(_sources).hexdigest()[:12]
"""Digest of the source of every kernel."""

# A cached kernel is not rebuilt when a kernel that it calls, in another file, is edited:
# it would go on running the old code. So the cache folder is named by a digest of them all.
if "NUMBA_CACHE_DIR" not in os.environ:
    _home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    numba.config.CACHE_DIR = str(_home / "hsmc" / DIGEST)  # type: ignore[attr-defined]

CACHE = Path(numba.config.CACHE_DIR)  # type: ignore[attr-defined]
"""Folder of the compiled kernels."""


_OPTIONS: dict[str, Any] = {
    "cache": True, "fastmath": False, "nogil": True, "error_model": "numpy",
}  # fmt: skip

_LEAN: dict[str, Any] = {**_OPTIONS, "_nrt": False}


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function``: numbers and arrays in, numbers and arrays out, no ``fastmath``.

    The GIL is released, so that signals and heartbeats are served during a long call.
    """
    return cast("Callable[P, R]", numba.njit(**_OPTIONS)(function))


def threaded_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function`` like a kernel, its ``prange`` loops shared between threads.

    How many threads: ``hsmc.threads``. No result may depend on it.
    """
    return cast("Callable[P, R]", numba.njit(**_OPTIONS, parallel=True)(function))


def lean(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function``, which makes no array, without counting references to any.

    Numba counts one more for every array of a tuple that is looked at; in a search that takes
    longer than the search.
    """
    return cast("Callable[P, R]", numba.njit(**_LEAN)(function))


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function``, as lean, into whatever calls it: for what every trial calls.

    A call hands over a ``System`` word by word, some two hundred of them.
    """
    return cast("Callable[P, R]", numba.njit(**_LEAN, forceinline=True)(function))


def merged(function: Callable[P, R]) -> Callable[P, R]:
    """Write ``function`` into whatever calls it, before that is compiled.

    What is inlined is compiled by itself too, with all that it calls: that takes long where it
    is a layer between a large function and its only caller.
    """
    return cast("Callable[P, R]", numba.njit(**_LEAN, inline="always")(function))
