"""Unit cells: the A6B19 crystal of the tables, and crystals to compare it with."""

import csv
import difflib
import re
import tomllib
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from hsmc.box import Box, Floats
from hsmc.configuration import LARGE, SMALL, Configuration
from hsmc.errors import InputError
from hsmc.mixture import diameters_of

SAME_SITE = 1e-6
"""Distance in fractions of the unit cell below which two images of a site are one."""


@dataclass(frozen=True, slots=True, eq=False)
class UnitCell:
    """The unit cell of a crystal of one or two species, in a length unit of its own.

    Attributes:
        name: Name of the crystal.
        lattice: Vectors a, b, c as columns, right-handed, in any orientation; shape (3, 3).
        scaled: Positions as fractions of the lattice; shape (N, 3).
        species: Label of each sphere; length N.
        large: Label of the large species; all others are small.
        large_diameter: The length that is σ_L, in the unit of the lattice.
        source: Where the numbers come from.
        unit: The unit of the lattice ("nm"); empty if lengths are relative.

    Raises:
        InputError: Shapes differ, no sphere is large, or there are more than two species.
    """

    name: str
    lattice: Floats
    scaled: Floats
    species: tuple[str, ...]
    large: str
    large_diameter: float
    source: str
    unit: str = ""

    def __post_init__(self) -> None:
        if self.scaled.shape != (len(self.species), 3):
            message = f"scaled has shape {self.scaled.shape}, needs ({len(self.species)}, 3)"
            raise InputError(message)
        labels = sorted(set(self.species))
        if self.large not in labels or len(labels) > 2:
            message = f"species are {labels}, need {self.large!r} and at most one more"
            raise InputError(message)
        if not self.large_diameter > 0.0:
            message = f"large diameter is {self.large_diameter:g}, needs to be > 0"
            raise InputError(message)
        self.lattice.setflags(write=False)
        self.scaled.setflags(write=False)

    def __len__(self) -> int:
        return len(self.species)

    @property
    def n_large(self) -> int:
        """Number of large spheres."""
        return self.species.count(self.large)

    @property
    def n_small(self) -> int:
        """Number of small spheres."""
        return len(self) - self.n_large

    @property
    def volume(self) -> float:
        """Volume, in the cubed unit of the lattice."""
        return float(np.linalg.det(self.lattice))

    def configuration(self, size_ratio: float) -> Configuration:
        """Return the crystal at its own size in σ_L, overlaps and all, in the order of ``species``.

        Fractional coordinates are kept; the lattice is rotated to a along x and b in xy.

        Args:
            size_ratio: γ = σ_S/σ_L, in (0, 1].

        Raises:
            InputError: The ratio is outside (0, 1], or the lattice is not a right-handed one.
        """
        types = np.where(np.array(self.species) == self.large, LARGE, SMALL).astype(np.int64)
        box = Box.from_vectors(self.lattice / self.large_diameter)
        return Configuration.from_scaled(box, self.scaled, diameters_of(types, size_ratio), types)


def crystal(name: str) -> UnitCell:
    """Return the unit cell of a crystal known by name; upper or lower case.

    Raises:
        InputError: No crystal has this name.
    """
    key = name.strip().lower()
    if key in CRYSTALS:
        return _build(key)
    near = difflib.get_close_matches(key, CRYSTALS, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(CRYSTALS)}"
    message = f"there is no crystal {name!r}; {hint}"
    raise InputError(message)


@cache
def _build(name: str) -> UnitCell:
    entry = _data()["crystals"][name]
    if "vectors" in entry:
        lattice, scaled, species = _measured(entry["table"], entry["vectors"])
    else:
        lattice = Box.from_lengths_angles(entry["lengths"], entry["angles"]).vectors
        scaled, species = _sites(entry)
    return UnitCell(
        name,
        lattice,
        scaled,
        species,
        entry["large"],
        entry["large_diameter"],
        entry["source"],
        entry.get("unit", ""),
    )


def _measured(table: str, vectors: str) -> tuple[Floats, Floats, tuple[str, ...]]:
    """Read Cartesian positions and vectors; the fractions printed beside them are coarser."""
    axes, rows = ("x_nm", "y_nm", "z_nm"), _rows(table)
    lattice = np.ascontiguousarray(_columns(_rows(vectors), axes).T)
    scaled = np.linalg.solve(lattice, _columns(rows, axes).T).T
    return lattice, np.ascontiguousarray(scaled), tuple(row["species"] for row in rows)


def _sites(entry: dict[str, Any]) -> tuple[Floats, tuple[str, ...]]:
    """Return fractions and species: the rows of a table, or the orbit of each site in turn."""
    if "table" in entry:
        rows = _rows(entry["table"])
        return _columns(rows, ("a", "b", "c")), tuple(row["species"] for row in rows)
    generators = [_operation(text) for text in _data()["groups"][entry["group"]]]
    orbits = [
        _orbit(generators, np.array([float(Fraction(number)) for number in site]))
        for _, *site in entry["sites"]
    ]
    labels = [site[0] for site in entry["sites"]]
    counts = [len(orbit) for orbit in orbits]
    return np.concatenate(orbits), tuple(np.repeat(labels, counts).tolist())


def _operation(text: str) -> tuple[Floats, Floats]:
    """Read a symmetry operation such as "-y,x-y,z+1/2" as a matrix and a translation."""
    matrix, translation = np.zeros((3, 3)), np.zeros(3)
    for row, component in enumerate(text.split(",")):
        for sign, term in re.findall(r"([+-]?)(\d+/\d+|[xyz])", component):
            if term in "xyz":
                matrix[row, "xyz".index(term)] = -1.0 if sign == "-" else 1.0
            else:
                translation[row] = float(Fraction(term))
    return matrix, translation


def _orbit(generators: list[tuple[Floats, Floats]], site: Floats) -> Floats:
    """Return all images of a site, in [0, 1), the site first; shape (M, 3)."""
    images = [site]
    for image in images:  # grows as new images are found, until the generators give no more
        for matrix, translation in generators:
            other = matrix @ image + translation
            other -= np.floor(other + SAME_SITE)
            if np.abs(other - np.array(images)).max(axis=1).min() > SAME_SITE:
                images.append(other)
    return np.array(images)


@cache
def _data() -> dict[str, dict[str, Any]]:
    return tomllib.loads((files("hsmc") / "data" / "crystals.toml").read_text(encoding="utf-8"))


def _rows(table: str) -> list[dict[str, str]]:
    text = (files("hsmc") / "data" / table).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _columns(rows: list[dict[str, str]], names: tuple[str, ...]) -> Floats:
    return np.array([[float(row[name]) for name in names] for row in rows])


CRYSTALS = tuple(_data()["crystals"])
"""Names that ``crystal`` knows."""
