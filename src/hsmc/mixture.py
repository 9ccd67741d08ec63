"""Composition of a binary mixture."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Floats
from hsmc.configuration import LARGE, SMALL, check_number
from hsmc.errors import InputError


@dataclass(frozen=True, slots=True)
class Mixture:
    """Large spheres of diameter 1 and small ones of diameter γ.

    Attributes:
        size_ratio: γ = σ_S/σ_L, in (0, 1].
        n_large: Number of large spheres, ≥ 0.
        n_small: Number of small spheres, ≥ 0.

    Raises:
        InputError: The ratio is outside (0, 1], a count is negative, both are 0 or too high.
    """

    size_ratio: float
    n_large: int
    n_small: int

    def __post_init__(self) -> None:
        check_size_ratio(self.size_ratio)
        if self.n_large < 0 or self.n_small < 0:
            message = f"{self.n_large} large and {self.n_small} small spheres; counts must be ≥ 0"
            raise InputError(message)
        if self.n_large + self.n_small == 0:
            message = "0 large and 0 small spheres: at least one sphere is needed"
            raise InputError(message)
        words = f"a composition of {self.n_large} large and {self.n_small} small ones"
        check_number(self.n_large + self.n_small, words)

    @property
    def types(self) -> NDArray[np.int64]:
        """Species of each sphere, large ones first; shape (N,)."""
        return np.repeat(np.array([LARGE, SMALL], dtype=np.int64), [self.n_large, self.n_small])

    @property
    def diameters(self) -> Floats:
        """Diameter of each sphere, in σ_L, large ones first; shape (N,)."""
        return diameters_of(self.types, self.size_ratio)


def diameters_of(types: NDArray[np.int64], size_ratio: float) -> Floats:
    """Return the diameters of spheres of the given species; shape (N,).

    Raises:
        InputError: The ratio is outside (0, 1].
    """
    check_size_ratio(size_ratio)
    return np.where(types == LARGE, 1.0, size_ratio)


def check_size_ratio(size_ratio: float) -> None:
    """Refuse a size ratio outside (0, 1].

    Raises:
        InputError: The ratio is outside (0, 1] or not a number.
    """
    if math.isfinite(size_ratio) and size_ratio > 1.0:
        message = (
            f"ratio is {size_ratio:g}, needs 0 < ratio ≤ 1 (small over large diameter); "
            f"you may mean {1.0 / size_ratio:.4g}"
        )
        raise InputError(message)
    if not 0.0 < size_ratio <= 1.0:
        message = f"ratio is {size_ratio:g}, needs 0 < ratio ≤ 1 (small over large diameter)"
        raise InputError(message)
