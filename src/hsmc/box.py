"""The periodic box."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hsmc.errors import InputError

Floats = NDArray[np.float64]

SINGULAR = 1e-9
"""Volume over the product of the edges below which a box counts as flat."""


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """A periodic parallelepiped in canonical orientation.

    Attributes:
        vectors: Box vectors a, b, c as columns, in σ_L; upper triangular with a positive
            diagonal (a along x, b in the xy plane, right-handed); shape (3, 3), float64.

    Raises:
        InputError: The vectors are not finite, singular, left-handed or not canonical.
    """

    vectors: Floats

    def __post_init__(self) -> None:
        _check_lattice(self.vectors)
        if self.vectors[1, 0] or self.vectors[2, 0] or self.vectors[2, 1]:
            message = "box vectors are not canonical (a along x, b in xy); use Box.from_vectors"
            raise InputError(message)
        if np.diagonal(self.vectors).min() <= 0.0:
            message = f"box diagonal is {np.diagonal(self.vectors)}, needs to be > 0"
            raise InputError(message)
        self.vectors.setflags(write=False)

    @classmethod
    def from_vectors(cls, vectors: ArrayLike) -> "Box":
        """Rotate any right-handed lattice into the canonical orientation.

        Fractional coordinates are unchanged by this.

        Args:
            vectors: Box vectors as columns; shape (3, 3).

        Raises:
            InputError: The vectors are not finite, singular or left-handed.
        """
        lattice = np.array(vectors, dtype=np.float64)
        _check_lattice(lattice)
        upper = np.linalg.qr(lattice, mode="r")
        upper *= np.sign(np.diagonal(upper))[:, None]
        return cls(np.triu(upper))

    @classmethod
    def from_lengths_angles(cls, lengths: ArrayLike, angles: ArrayLike) -> "Box":
        """Build a box from edge lengths and angles.

        Args:
            lengths: a, b, c, in σ_L; shape (3,).
            angles: α, β, γ in degrees; shape (3,).

        Raises:
            InputError: No right-handed box has these edges and angles.
        """
        a, b, c = np.asarray(lengths, dtype=np.float64)
        cos_alpha, cos_beta, cos_gamma = np.cos(np.radians(np.asarray(angles, dtype=np.float64)))
        sin_gamma = np.sqrt(1.0 - cos_gamma**2)
        y = (cos_alpha - cos_beta * cos_gamma) / sin_gamma
        z = np.sqrt(max(1.0 - cos_beta**2 - y**2, 0.0))
        return cls(
            np.array(
                [[a, b * cos_gamma, c * cos_beta], [0.0, b * sin_gamma, c * y], [0.0, 0.0, c * z]]
            )
        )

    @classmethod
    def cubic(cls, edge: float) -> "Box":
        """Build a cube of the given edge, in σ_L."""
        return cls(np.eye(3) * edge)

    @property
    def volume(self) -> float:
        """Volume, in σ_L³."""
        return float(np.prod(np.diagonal(self.vectors)))

    @property
    def inverse(self) -> Floats:
        """Inverse of the vectors: scaled = inverse @ cartesian; shape (3, 3)."""
        return np.triu(np.linalg.inv(self.vectors))

    @property
    def face_distances(self) -> Floats:
        """Distances between opposite faces, in σ_L; shape (3,)."""
        return np.asarray(1.0 / np.linalg.norm(self.inverse, axis=1))

    @property
    def lengths(self) -> Floats:
        """Edge lengths a, b, c, in σ_L; shape (3,)."""
        return np.asarray(np.linalg.norm(self.vectors, axis=0))

    @property
    def angles(self) -> Floats:
        """Angles α, β, γ, in degrees; shape (3,)."""
        unit = self.vectors / self.lengths
        cosines = (unit[:, 1] @ unit[:, 2], unit[:, 0] @ unit[:, 2], unit[:, 0] @ unit[:, 1])
        return np.asarray(np.degrees(np.arccos(cosines)))

    def scale(self, positions: Floats) -> Floats:
        """Return Cartesian positions as fractions of the box, unwrapped; shape (N, 3)."""
        return np.asarray(positions @ self.inverse.T)

    def unscale(self, scaled: Floats) -> Floats:
        """Return fractions of the box as Cartesian positions; shape (N, 3)."""
        return np.asarray(scaled @ self.vectors.T)


def _check_lattice(vectors: Floats) -> None:
    if vectors.shape != (3, 3):
        message = f"box vectors have shape {vectors.shape}, need (3, 3)"
        raise InputError(message)
    if not np.isfinite(vectors).all():
        message = f"box vectors are not finite: {vectors.tolist()}"
        raise InputError(message)
    volume = float(np.linalg.det(vectors))
    edges = float(np.prod(np.linalg.norm(vectors, axis=0)))
    if abs(volume) <= SINGULAR * edges:
        message = f"box is singular: volume {volume:.3g} with edge product {edges:.3g}"
        raise InputError(message)
    if volume < 0.0:
        message = f"box is left-handed: volume {volume:.6g}, needs > 0; exchange two vectors"
        raise InputError(message)
