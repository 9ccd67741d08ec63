"""Work shared out to threads: compiled loops, FFTs and filters let go of the interpreter."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def cores() -> int:
    """Return how many threads work at once."""
    return os.cpu_count() or 1


def in_threads(one: Callable[[Item], None], items: Iterable[Item]) -> None:
    """Do independent pieces of work, so that the bits do not depend on the number of threads."""
    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(one, items))
