"""One thread at a time: a lock for the few moments at which threads share something."""

# ruff: noqa: ARG001 - an instruction is written from the types of its arguments

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from hsmc.kernels.jit import inlined


def _swap(_: Any, array: Any, place: Any, value: Any) -> Any:
    """Write a number into an array of integers and return the one before, in one step."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, given[0]).data
        return builder.atomic_rmw("xchg", builder.gep(data, [given[1]]), given[2], "seq_cst")

    return types.int64(array, types.int64, types.int64), generate


swap: Any = intrinsic(_swap)


@inlined
def acquire(array: NDArray[np.int64], place: int) -> None:
    """Wait until the lock at a place of an array is free, and take it."""
    while swap(array, place, 1) != 0:
        pass


@inlined
def release(array: NDArray[np.int64], place: int) -> None:
    """Give the lock back."""
    swap(array, place, 0)
