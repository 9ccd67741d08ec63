"""Spheres at known places: the truth of a simulated series, or what was detected."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Floats
from hsmc.errors import InputError

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Particles:
    """N particles. Lengths are in nm, places are counted from the middle of the volume.

    Attributes:
        positions: Centres (x, y, z); shape (N, 3).
        types: Species, 0 large and 1 small; shape (N,), int64.
        columns: Further numbers of each particle by name (radius_nm, score ...); each (N,).

    Raises:
        InputError: Shapes differ or a place is not finite.
    """

    positions: Floats
    types: Ints
    columns: dict[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.types)
        shapes = {"positions": (n, 3), **dict.fromkeys(self.columns, (n,))}
        for name, shape in shapes.items():
            found = np.shape(self.positions if name == "positions" else self.columns[name])
            if found != shape:
                message = f"{name} has shape {found}, needs {shape}"
                raise InputError(message)
        bad = np.flatnonzero(~np.isfinite(self.positions).all(axis=1))
        if bad.size:
            message = f"position of particle {bad[0]} is not finite: {self.positions[bad[0]]}"
            raise InputError(message)

    def __len__(self) -> int:
        return len(self.types)

    def select(self, which: NDArray[np.bool_] | Ints) -> "Particles":
        """Return some of the particles, by index or mask."""
        columns = {name: values[which] for name, values in self.columns.items()}
        return Particles(self.positions[which], self.types[which], columns)

    def of(self, species: int) -> Floats:
        """Return the centres of one species, in nm; shape (M, 3)."""
        return np.asarray(self.positions[self.types == species])
