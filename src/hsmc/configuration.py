"""Spheres in a box."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Box, Floats
from hsmc.errors import InputError

LARGE, SMALL = 0, 1

MOST_SPHERES = 10**8
"""More than this would take days to move: a run needs 0.2 kB of memory for each."""


def check_number(spheres: int, what: str) -> None:
    """Refuse more spheres than can be handled, before memory is asked for.

    Args:
        spheres: How many there would be.
        what: What makes so many; begins the message.

    Raises:
        InputError: They are too many.
    """
    if spheres > MOST_SPHERES:
        message = f"{what} makes {spheres:.3g} spheres, needs to make {MOST_SPHERES:g} at most"
        raise InputError(message)


@dataclass(frozen=True, slots=True, eq=False)
class Configuration:
    """N spheres in a periodic box. Lengths are in units of the large diameter σ_L.

    Overlaps are allowed here (a detected crystal has some); simulations refuse them.

    Attributes:
        box: The periodic box.
        positions: Cartesian centres, in any periodic image; shape (N, 3), float64.
        diameters: Sphere diameters; shape (N,), float64.
        types: Species, 0 large and 1 small; shape (N,), int64.

    Raises:
        InputError: Shapes differ, there is no sphere, or a number is not usable.
    """

    box: Box
    positions: Floats
    diameters: Floats
    types: NDArray[np.int64]

    def __post_init__(self) -> None:
        n = len(self.diameters)
        for name, shape in (("positions", (n, 3)), ("diameters", (n,)), ("types", (n,))):
            found = getattr(self, name).shape
            if found != shape:
                message = f"{name} has shape {found}, needs {shape}"
                raise InputError(message)
        if n == 0:
            message = "there are 0 spheres, at least 1 is needed"
            raise InputError(message)
        bad = np.flatnonzero(~np.isfinite(self.positions).all(axis=1))
        if bad.size:
            message = f"position of sphere {bad[0]} is not finite: {self.positions[bad[0]]}"
            raise InputError(message)
        if not (np.isfinite(self.diameters).all() and np.all(self.diameters >= 0.0)):
            message = f"diameters must be finite and ≥ 0, smallest found {self.diameters.min()}"
            raise InputError(message)
        for array in (self.positions, self.diameters, self.types):
            array.setflags(write=False)

    def __repr__(self) -> str:
        large = int((self.types == LARGE).sum())
        return (
            f"<Configuration: {large} large + {len(self) - large} small spheres, "
            f"γ = {self.size_ratio:.4g}, φ = {self.packing_fraction:.5f}>"
        )

    @classmethod
    def from_scaled(
        cls, box: Box, scaled: Floats, diameters: Floats, types: NDArray[np.int64]
    ) -> "Configuration":
        """Build a configuration from fractions of the box.

        Args:
            box: The periodic box.
            scaled: Positions as fractions of the box; shape (N, 3).
            diameters: Sphere diameters, in σ_L; shape (N,).
            types: Species, 0 large and 1 small; shape (N,).
        """
        return cls(
            box,
            box.unscale(np.asarray(scaled, dtype=np.float64)),
            np.array(diameters, dtype=np.float64),
            np.array(types, dtype=np.int64),
        )

    def __len__(self) -> int:
        return len(self.diameters)

    @property
    def scaled(self) -> Floats:
        """Positions as fractions of the box, wrapped into [0, 1); shape (N, 3)."""
        fractions = self.box.scale(self.positions)
        fractions -= np.floor(fractions)
        fractions[fractions >= 1.0] = 0.0  # -1e-17 wraps to 1.0 in floating point
        return fractions

    @property
    def sphere_volume(self) -> float:
        """Volume of all spheres, in σ_L³."""
        return float(np.pi / 6.0 * np.sum(self.diameters**3))

    @property
    def packing_fraction(self) -> float:
        """Volume of the spheres over volume of the box, φ = (π/6) Σ σᵢ³ / V."""
        return self.sphere_volume / self.box.volume

    @property
    def size_ratio(self) -> float:
        """Small over large diameter, γ = σ_S/σ_L; 1 if there is one species only."""
        large, small = self.diameters[self.types == LARGE], self.diameters[self.types == SMALL]
        return float(small[0] / large[0]) if large.size and small.size else 1.0

    def strained(self, deformation: Floats) -> "Configuration":
        """Deform box and positions alike.

        Args:
            deformation: Upper triangular with a positive diagonal; shape (3, 3).
        """
        return replace(
            self,
            box=Box(deformation @ self.box.vectors),
            positions=self.positions @ deformation.T,
        )

    def replicated(self, a: int, b: int, c: int) -> "Configuration":
        """Repeat the box a × b × c times along its vectors.

        Raises:
            InputError: A count is below 1, or there would be too many spheres.
        """
        counts = (a, b, c)
        if min(counts) < 1:
            message = f"replicate is {a} {b} {c}, each count needs to be ≥ 1"
            raise InputError(message)
        check_number(math.prod(counts) * len(self), f"replicate {a} {b} {c}")
        shifts = np.stack(np.meshgrid(*map(np.arange, counts), indexing="ij"), axis=-1)
        offsets = self.box.unscale(shifts.reshape(-1, 3).astype(np.float64))
        copies = len(offsets)
        return Configuration(
            Box(self.box.vectors * np.array(counts, dtype=np.float64)),
            (offsets[:, None, :] + self.positions[None, :, :]).reshape(-1, 3),
            np.tile(self.diameters, copies),
            np.tile(self.types, copies),
        )
