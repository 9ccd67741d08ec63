"""How kernels are compiled: their parts, and answers that are chosen by type."""

# ruff: noqa: ARG001 - answers take what is called takes

import os
import subprocess
import sys
from typing import NamedTuple

import numba
import numpy as np

from hsmc.kernels.jit import answers, kernel, lean, part


class Doubled(NamedTuple):
    """A way to answer."""


class Squared(NamedTuple):
    """Another."""


def changed(number, way):
    """Return a number changed in a way."""
    raise NotImplementedError


@answers(changed, way=Doubled)
@lean
def doubled(number, way):
    """Return twice the number."""
    return 2 * number


@answers(changed, way=Squared)
@lean
def squared(number, way):
    """Return the square of the number."""
    return number * number


@lean
def less(number, what):
    """Return a number less another."""
    return number - what


@part
def halves(number):
    """Return two halves of a number in an array."""
    return np.full(2, 0.5 * number)


@lean
def sum_of_halves(number):
    """Return the number."""
    both = halves(number)
    return both[0] + both[1]


@kernel
def changed_less(number, way):
    """Return a number changed in a way, less three."""
    return less(less(changed(number, way), 1), 2)


@kernel
def halved_and_added(number):
    """Return the number."""
    return sum_of_halves(number)


def test_a_type_chooses_the_answer():
    """Fails if the last one registered answers all (tried)."""
    assert changed_less(5, Doubled()) == 7
    assert changed_less(5, Squared()) == 22


def test_parts_can_be_called_from_python_once_kernels_have_compiled_them():
    """Without a way in numba would call the address 0: a crash, without ``_Part.__call__``."""
    assert changed_less(5, Doubled()) == 7
    assert less(5, 3) == 2


FROM_PYTHON = """
from tests.kernels.test_jit import Doubled, changed_less, less
assert changed_less(5, Doubled()) == 7
assert less(5, 3) == 2
"""


def test_a_part_in_the_cache_is_not_taken_for_a_kernel(tmp_path):
    """By another process. It crashes if what Python calls is cached as the part is (tried)."""
    for _ in range(2):
        subprocess.run(
            [sys.executable, "-c", FROM_PYTHON],
            check=True,
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        )


def test_a_part_is_compiled_once_for_all_constants():
    """Fails if parts take the types of constants as numba hands them (tried): two of them."""
    anew = numba.njit(changed_less.py_func)  # one from the cache would ask for no parts
    assert anew(5, Doubled()) == 7
    assert len(less.overloads) == 1


def test_a_part_called_by_a_lean_one_makes_arrays():
    """Numba would hand on that references are not counted, and refuse (tried)."""
    assert halved_and_added(3.0) == 3.0
