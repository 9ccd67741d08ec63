"""Compile options of every kernel, in one place."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

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


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function``: numbers and arrays in, numbers and arrays out, no ``fastmath``.

    The GIL is released, so that signals and heartbeats are served during a long call.
    """
    compiled = numba.njit(cache=True, fastmath=False, nogil=True, error_model="numpy")
    return cast("Callable[P, R]", compiled(function))


def threaded_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function`` like a kernel, its ``prange`` loops shared between threads.

    How many threads: ``hsmc.threads``. No result may depend on it.
    """
    compiled = numba.njit(
        cache=True, fastmath=False, nogil=True, error_model="numpy", parallel=True
    )
    return cast("Callable[P, R]", compiled(function))
