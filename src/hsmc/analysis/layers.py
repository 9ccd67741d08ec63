"""Flat layers of the large spheres: which lattice planes they lie on, and where in them."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hsmc.analysis.structure_factor import reflections
from hsmc.box import Box, Floats
from hsmc.configuration import LARGE, Configuration
from hsmc.lattice import plane_basis, shortest_pair

Ints = NDArray[np.int64]

CLOSEST = 0.45
"""Smallest distance of layers looked for, in ρ^(−1/3) of the large spheres; those of A6B19 are
0.58 apart. On planes much closer any few spheres seem to lie."""

GRID = 2.5
"""Points of the grid of densities in the smallest distance of layers; 2 would be the least."""

CANDIDATES = 48
"""Strongest sets of planes that are looked at."""

FEWEST = 3
"""Large spheres in a layer, below which it has no pattern of its own: kagome has 3 a cell."""


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """Large spheres as layers on lattice planes (hkl) of the box.

    Attributes:
        miller: h, k, l of the box; their greatest common divisor is the number of layers.
        order: |Σ exp(2πi h·s)|/N over the large spheres: 1 if all lie on the planes.
        spacing: Distance between layers, in σ_L.
        axes: Unit vectors in the plane (the first along a lattice vector) and its normal, as
            rows, in the axes of the box; shape (3, 3).
        period: The two shortest lattice vectors in the plane, along the first two axes, as
            columns, in σ_L; shape (2, 2), upper triangular.
        offset: Where the stack repeats, ``count`` layers on, along the first two axes; (2,).
        spheres: Indices of the large spheres; shape (M,).
        layer: Layer of each, from 0 to count − 1; shape (M,).
        places: Along the first two axes, in σ_L; shape (M, 2).
        heights: Distance of each from the plane of its layer, in σ_L; shape (M,).
    """

    miller: tuple[int, int, int]
    order: float
    spacing: float
    axes: Floats
    period: Floats
    offset: Floats
    spheres: Ints
    layer: Ints
    places: Floats
    heights: Floats

    @property
    def count(self) -> int:
        """Number of layers in the box."""
        return math.gcd(*self.miller)

    @property
    def normal(self) -> Floats:
        """Unit normal of the layers; shape (3,)."""
        return np.asarray(self.axes[2])

    @property
    def area(self) -> float:
        """Area of a layer, in σ_L²."""
        return float(self.period[0, 0] * self.period[1, 1])

    @property
    def roughness(self) -> float:
        """Root-mean-square distance from the planes, in σ_L."""
        return float(np.sqrt(np.mean(self.heights**2)))

    def angle_to(self, direction: Floats) -> float:
        """Return the angle between the normal and a direction, in degrees, from 0 to 90."""
        cosine = abs(float(self.normal @ direction)) / float(np.linalg.norm(direction))
        return math.degrees(math.acos(min(cosine, 1.0)))


def find_layers(configuration: Configuration) -> list[Layers]:
    """Return the ways in which large spheres lie on lattice planes, the best ordered first.

    A density on a grid and its Fourier transform tell where to look. Sets of planes of which
    some are empty, or have too few spheres for a pattern, are left out.

    Args:
        configuration: Spheres in a box of any shape and size.
    """
    large = np.flatnonzero(configuration.types == LARGE)
    if not len(large):
        return []
    scaled = configuration.scaled[large]
    hkl = _strongest(configuration.box, scaled)
    sums = reflections(configuration, hkl).amplitudes[0].conj()
    found = [
        _layers(configuration.box, large, scaled, h, complex(total))
        for h, total in zip(hkl, sums, strict=True)
        if not _is_sparse(scaled, h, complex(total))
    ]
    # of equal order the widest spaced: planes at half the distance hold them, too
    return sorted(found, key=lambda each: (-round(each.order, 3), -each.spacing))


def _is_sparse(scaled: Floats, h: Ints, total: complex) -> bool:
    """Tell whether a layer has too few spheres for a pattern."""
    count = math.gcd(*h.tolist())
    if FEWEST * count > len(scaled):
        return True
    index = np.rint(_across(scaled, h, total)).astype(np.int64) % count
    return bool(np.bincount(index, minlength=count).min() < FEWEST)


def _across(scaled: Floats, h: Ints, total: complex) -> Floats:
    """Return heights in layer spacings, from a plane to which most are near."""
    return np.asarray(scaled @ h - np.angle(total) / (2.0 * np.pi))


def _layers(box: Box, large: Ints, scaled: Floats, h: Ints, total: complex) -> Layers:
    """Return the layers on planes (hkl), from the sum of exp(2πi h·s) over large spheres."""
    miller = (int(h[0]), int(h[1]), int(h[2]))
    count, vectors = math.gcd(*miller), box.vectors
    across = _across(scaled, h, total)
    index = np.rint(across).astype(np.int64)
    basis = plane_basis(miller)
    basis[:, :2] = basis[:, :2] @ shortest_pair(vectors @ basis[:, :2])
    axes, edges = _frame(vectors @ basis)
    spacing = float(1.0 / np.linalg.norm(h @ box.inverse))
    repeats = (index // count)[:, None] * edges[:, 2]
    flat = (box.unscale(scaled) @ axes.T - repeats)[:, :2]
    return Layers(
        miller,
        abs(total) / len(large),
        spacing,
        axes,
        edges[:2, :2],
        edges[:2, 2],
        large,
        index % count,
        flat,
        (across - index) * spacing,
    )


def _frame(vectors: Floats) -> tuple[Floats, Floats]:
    """Return orthonormal rows, the first along the first vector and the last normal to two.

    Also the vectors along these rows: upper triangular.
    """
    first = vectors[:, 0] / np.linalg.norm(vectors[:, 0])
    normal = np.cross(vectors[:, 0], vectors[:, 1])
    normal /= np.linalg.norm(normal)
    axes = np.stack([first, np.cross(normal, first), normal])
    return axes, np.triu(axes @ vectors)  # rounding left below


def _strongest(box: Box, scaled: Floats) -> Ints:
    """Return the hkl of the strongest plane waves in the density of points; shape (M, 3)."""
    closest = CLOSEST * (box.volume / len(scaled)) ** (1.0 / 3.0)
    size = np.maximum(4, np.ceil(GRID * box.lengths / closest)).astype(int)
    cell = np.minimum((scaled * size).astype(int), size - 1)
    density = np.bincount(np.ravel_multi_index(tuple(cell.T), tuple(size)), minlength=size.prod())
    power = np.abs(np.fft.rfftn(density.reshape(size)))
    waves = [np.fft.fftfreq(n, 1.0 / n).round().astype(np.int64) for n in size[:2]]
    waves.append(np.arange(size[2] // 2 + 1))
    h, k, l = np.meshgrid(*waves, indexing="ij", sparse=True)  # noqa: E741 (Miller's letter)
    g = box.inverse
    square = sum((h * g[0, x] + k * g[1, x] + l * g[2, x]) ** 2 for x in range(3))
    half = (l > 0) | (k > 0) | ((k == 0) & (h > 0))
    power[~half | (square > closest**-2)] = 0.0
    most = min(CANDIDATES, power.size)
    best = np.argpartition(power, -most, axis=None)[-most:]
    index = np.unravel_index(np.sort(best[power.ravel()[best] > 0.0]), power.shape)
    return np.column_stack([wave[i] for wave, i in zip(waves, index, strict=True)])
