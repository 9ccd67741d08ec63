"""On how many threads the kernels of large systems run, and how many cores there are.

Their results do not depend on it, bit for bit; so it belongs to the machine, not to a simulation.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numba

from hsmc.errors import InputError

# GNU's OpenMP, which numba starts, lets threads that wait turn for milliseconds by default. Where
# other programs share the cores, two threads are then slower than one; turns of some 20 µs cost
# nothing. It reads this once, before the first kernel runs.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

_THREADS: ContextVar[int] = ContextVar("threads", default=1)


def usable_cores() -> int:
    """Return the number of cores that this process may use: a batch system may grant few."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def on_threads(number: int) -> Iterator[None]:
    """Run what is inside on so many threads, where it can; 1 is the default elsewhere.

    Raises:
        InputError: The machine has fewer cores, or ``NUMBA_NUM_THREADS`` says so.
    """
    most = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    if not 1 <= number <= most:
        message = (
            f"threads is {number}, needs to be from 1 to {most}, the cores that this process may "
            "use (or NUMBA_NUM_THREADS, if set)"
        )
        raise InputError(message)
    token = _THREADS.set(number)
    try:
        yield
    finally:
        _THREADS.reset(token)


@contextmanager
def kernel_threads() -> Iterator[None]:
    """Let numba use as many threads as were asked for, for one call of a kernel."""
    before = numba.get_num_threads()
    numba.set_num_threads(_THREADS.get())
    try:
        yield
    finally:
        numba.set_num_threads(before)
