"""Structure factors at the reciprocal lattice vectors of the box, summed directly."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Box, Floats
from hsmc.configuration import LARGE, SMALL, Configuration
from hsmc.errors import InputError
from hsmc.kernels.plane_waves import add_amplitudes

PARTS = ("NN", "LL", "LS", "SS")
"""All spheres alike (number-number), and pairs of species, in the order of all arrays."""

MOST_TERMS = 2e8
"""Spheres times vectors above which each shell is represented by some of its vectors."""

DENSEST_SHELL = 10_000
"""Vectors of a shell at most, so that large boxes do not list millions of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Reflections:
    """Structure factors at reciprocal lattice vectors k, one of each pair ±k.

    Attributes:
        hkl: Multiples of the reciprocal vectors of the box; shape (M, 3), int64.
        k: Lengths |k|, in 1/σ_L; shape (M,).
        amplitudes: Σ exp(−ik·r) over the large and the small spheres; shape (2, M), complex.
        numbers: Large and small spheres.
    """

    hkl: NDArray[np.int64]
    k: Floats
    amplitudes: NDArray[np.complex128]
    numbers: tuple[int, int]

    @property
    def structure_factors(self) -> Floats:
        """S(hkl) = Re(F_a F_b*)/√(N_a N_b), parts NN, LL, LS, SS; NaN without a species; (4, M).

        Source: Ashcroft & Langreth, Phys. Rev. 156, 685 (1967), doi:10.1103/PhysRev.156.685.
        """
        large, small = self.amplitudes
        n_large, n_small = self.numbers
        products = (
            (large + small, large + small, n_large + n_small),
            (large, large, n_large),
            (large, small, math.sqrt(n_large * n_small)),
            (small, small, n_small),
        )
        return np.stack(
            [np.real(a * b.conj()) / n if n else np.full(len(a), np.nan) for a, b, n in products]
        )


@dataclass(frozen=True, slots=True, eq=False)
class PowderAverage:
    """S(k), averaged over the reciprocal lattice vectors of each shell.

    Attributes:
        k: Middle of each shell, in 1/σ_L; shape (B,).
        s: Parts NN, LL, LS, SS; NaN in empty shells; shape (4, B).
        vectors: Vectors in each shell, one of each pair ±k; shape (B,).
    """

    k: Floats
    s: Floats
    vectors: NDArray[np.int64]


def reflections(configuration: Configuration, hkl: NDArray[np.int64]) -> Reflections:
    """Sum the amplitudes at given reciprocal lattice vectors.

    Args:
        configuration: Spheres in a box of any shape.
        hkl: Multiples of the reciprocal vectors of the box; shape (M, 3).
    """
    scaled, types = configuration.scaled, configuration.types
    amplitudes = np.zeros((2, len(hkl)), dtype=np.complex128)
    if len(hkl):
        for row, species in enumerate((LARGE, SMALL)):
            own = np.ascontiguousarray(scaled[types == species])
            add_amplitudes(own, np.ascontiguousarray(hkl), amplitudes[row])
    numbers = (int(np.sum(types == LARGE)), int(np.sum(types == SMALL)))
    return Reflections(hkl, _lengths(configuration.box, hkl), amplitudes, numbers)


def reciprocal_vectors(box: Box, k_max: float) -> NDArray[np.int64]:
    """Return hkl with 0 < |k| ≤ k_max, one of each pair ±k, by length; shape (M, 3).

    Raises:
        InputError: The limit is not a number > 0.
    """
    if not 0.0 < k_max < math.inf:
        message = f"k_max is {k_max:g}, needs to be a number > 0"
        raise InputError(message)
    most = np.floor(k_max * box.lengths / (2.0 * np.pi)).astype(int)
    axes = [np.arange(-n, n + 1) for n in most]
    first = np.stack(np.meshgrid(axes[1], axes[2], indexing="ij"), axis=-1).reshape(-1, 2)
    found = []
    for h in range(most[0] + 1):  # plane by plane: a large box has millions in all
        plane = np.column_stack([np.full(len(first), h), first])
        k, l = plane[:, 1], plane[:, 2]  # noqa: E741 (Miller's letter)
        half = (h > 0) | (k > 0) | ((k == 0) & (l > 0))
        found.append(plane[half & (_lengths(box, plane) <= k_max)])
    hkl = np.concatenate(found)
    return np.asarray(hkl[np.argsort(_lengths(box, hkl), kind="stable")])


def powder_average(
    configuration: Configuration, k_max: float = 20.0, width: float = 0.25
) -> PowderAverage:
    """Average S over all directions that the box allows, shell by shell.

    Of shells with too many vectors for the number of spheres, evenly spread ones are taken:
    the same at every call.

    Args:
        configuration: Spheres in a box of any shape.
        k_max: Largest |k|, in 1/σ_L.
        width: Width of the shells, in 1/σ_L.

    Raises:
        InputError: A limit is not a number > 0.
    """
    if not 0.0 < width <= k_max < math.inf:
        message = f"k_max is {k_max:g} with shells of {width:g}, needs 0 < shell ≤ k_max"
        raise InputError(message)
    edges: Floats = width * np.arange(math.ceil(k_max / width) + 1, dtype=np.float64)
    hkl = _spread(configuration, edges)
    found = reflections(configuration, hkl)
    shell = np.minimum((found.k / width).astype(int), len(edges) - 2)
    vectors = np.bincount(shell, minlength=len(edges) - 1)
    with np.errstate(invalid="ignore"):
        s = np.stack(
            [
                np.bincount(shell, weights=part, minlength=len(edges) - 1) / vectors
                for part in found.structure_factors
            ]
        )
    return PowderAverage(0.5 * (edges[1:] + edges[:-1]), s, vectors)


def _spread(configuration: Configuration, edges: Floats) -> NDArray[np.int64]:
    """Return all vectors up to the last edge, or evenly spread ones if they are too many."""
    budget = MOST_TERMS / len(configuration) / (len(edges) - 1)
    hkl = reciprocal_vectors(configuration.box, float(edges[-1]))
    lengths = _lengths(configuration.box, hkl)
    bounds = np.searchsorted(lengths, edges)
    most = max(20, int(min(budget, DENSEST_SHELL)))
    if len(hkl) * len(configuration) <= MOST_TERMS:
        most = len(hkl)
    chosen = [np.zeros(0, dtype=np.int64)]
    chosen += [
        np.unique(np.linspace(begin, end - 1, min(most, end - begin)).astype(int))
        for begin, end in pairwise(bounds)
        if end > begin
    ]
    return np.asarray(hkl[np.concatenate(chosen)])


def _lengths(box: Box, hkl: NDArray[np.int64]) -> Floats:
    return np.asarray(2.0 * np.pi * np.linalg.norm(hkl @ box.inverse, axis=1))
