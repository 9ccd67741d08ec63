"""Work shared out to threads: compiled loops, FFTs and filters let go of the interpreter."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from hsmc.threads import usable_cores

Item = TypeVar("Item")


def in_threads(one: Callable[[Item], None], items: Iterable[Item]) -> None:
    """Do independent pieces of work, so that the bits do not depend on the number of threads."""
    with ThreadPoolExecutor(usable_cores()) as pool:
        list(pool.map(one, items))
