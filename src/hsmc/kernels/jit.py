"""Compile options of every kernel, in one place."""

import hashlib
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
import numpy as np
from numba.core import types
from numba.core.registry import CPUDispatcher
from numba.extending import overload

P = ParamSpec("P")
R = TypeVar("R")
Kernel = TypeVar("Kernel", bound=Callable[..., Any])

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


# Numba hands on what is not set, from a function to those that it calls.
_OPTIONS: dict[str, Any] = {
    "cache": True, "fastmath": False, "nogil": True, "error_model": "numpy", "_nrt": True,
    "no_cfunc_wrapper": True,
}  # fmt: skip
_FROM_KERNELS: dict[str, Any] = {**_OPTIONS, "no_cpython_wrapper": True}
_LEAN: dict[str, Any] = {**_FROM_KERNELS, "_nrt": False}


class _Part(CPUDispatcher):
    """A function that is compiled into kernels, without a way in from Python.

    A way in takes apart a ``System`` array by array, which takes long to compile. A test that calls
    a part makes a kernel of it.
    """

    def __call__(self, *arguments: Any) -> Any:
        if not hasattr(self, "_kernel"):
            # The cache would take the part for it, and a call without a way in is a crash.
            self._kernel = numba.njit(**{**_OPTIONS, "cache": False})(self.py_func)
        return self._kernel(*arguments)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Compile for the types of constants, not for each constant anew."""
        plain = [types.unliteral(kind) for kind in args]  # type: ignore[no-untyped-call]
        return super().get_call_template(plain, kws)


def _part(function: Callable[P, R], **options: Any) -> Callable[P, R]:
    dispatcher = numba.njit(**options)(function)
    dispatcher.__class__ = _Part
    return cast("Callable[P, R]", dispatcher)


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function``: numbers and arrays in, numbers and arrays out, no ``fastmath``.

    For what Python calls. The GIL is released, so that signals and heartbeats are served during a
    long call.
    """
    return cast("Callable[P, R]", numba.njit(**_OPTIONS)(function))


def part(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function``, which kernels alone call."""
    return _part(function, **_FROM_KERNELS)


def lean(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function``, a part that makes no array, without counting references to any.

    Numba counts one more for every array of a tuple that is looked at; in a search that takes
    longer than the search.
    """
    return _part(function, **_LEAN)


def threaded(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function``, a part, its ``prange`` loops shared between threads.

    How many threads: ``hsmc.threads``. No result may depend on it.
    """
    return _part(function, **_FROM_KERNELS, parallel=True)


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Compile ``function``, as lean, into whatever calls it: for what every trial calls.

    A call hands over a ``System`` word by word, some two hundred of them.
    """
    return _part(function, **_LEAN, forceinline=True)


def merged(function: Callable[P, R]) -> Callable[P, R]:
    """Write ``function`` into whatever calls it, before that is compiled.

    What is inlined is compiled by itself too, with all that it calls: that takes long where it
    is a layer between a large function and its only caller.
    """
    return _part(function, **_FROM_KERNELS, inline="always")


def _is_of(given: Any, kind: type | None) -> bool:
    """Tell whether what Numba takes an argument for is of a kind."""
    if kind is None:
        return isinstance(given, types.NoneType)
    if kind is np.ndarray:
        return isinstance(given, types.Array)
    return getattr(given, "instance_class", None) is kind


def answers(call: Callable[..., Any], **kinds: type | None) -> Callable[[Kernel], Kernel]:
    """Make a compiled function the one that answers calls with an argument of a kind.

    Which one, is chosen when compiling, so nothing waits for the others to be compiled.

    Args:
        call: What is called, a function without a body of its own.
        kinds: By the argument's name, the type of it, a NamedTuple or an array, or None.
    """
    ((name, kind),) = kinds.items()
    place = list(inspect.signature(call).parameters).index(name)

    def register(function: Kernel) -> Kernel:
        compiled = cast("Any", function)

        def choose(*given: Any) -> Any:
            return compiled.py_func if _is_of(given[place], kind) else None

        overload(call, strict=False, jit_options=compiled.targetoptions)(choose)
        return function

    return register
