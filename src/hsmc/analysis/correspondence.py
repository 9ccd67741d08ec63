"""Which sites of two crystals correspond, whatever their compositions and the ratio of their axes.

The large spheres are matched first, with the axes of the other crystal stretched to those of the
first: the kagome layers of A6B19 lie half as far apart, against a, as those of Gd3Ru4Al12. The
small ones follow, in the origin and orientation that the large ones gave.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from hsmc.analysis.assignment import IMAGES, Integers, squared_lengths
from hsmc.analysis.matching import match
from hsmc.box import Box, Floats
from hsmc.configuration import LARGE, SMALL, Configuration
from hsmc.crystal import CRYSTALS, crystal
from hsmc.errors import InputError
from hsmc.readers import read_content


@dataclass(frozen=True, slots=True, eq=False)
class Sites:
    """The sites of a unit cell, of any number of species.

    Attributes:
        name: Crystal or file.
        box: The unit cell, in a unit of its own.
        scaled: Fractions; shape (N, 3).
        labels: Species of each site; length N.
        large: Species of the large sites.
    """

    name: str
    box: Box
    scaled: Floats
    labels: tuple[str, ...]
    large: str

    @property
    def is_large(self) -> NDArray[np.bool_]:
        """Which sites are large; shape (N,)."""
        return np.array([label == self.large for label in self.labels])


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sites that correspond.

    Attributes:
        site: Index in the first crystal.
        other: Index in the other; None if it has no site left.
        in_plane: Distance in the plane of a and b, over the length of a of the first crystal.
        along_c: Distance along the normal of this plane, over the cell's height.
    """

    site: int
    other: int | None
    in_plane: float | None
    along_c: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Correspondence:
    """Which sites of two crystals correspond, and how far they are apart.

    Attributes:
        first: The crystal whose axes are kept.
        second: The crystal whose axes are stretched.
        stretch: Ratios of the lengths of a, b and c, the first's over the second's, divided by
            that of a; shape (3,).
        pairs: One a site of the first crystal, in its order.
    """

    first: Sites
    second: Sites
    stretch: Floats
    pairs: tuple[Pair, ...]

    @property
    def summary(self) -> dict[str, Any]:
        """All figures by name, as JSON takes them; None for what is not there."""
        return {
            "first": self.first.name,
            "second": self.second.name,
            "stretch": self.stretch.tolist(),
            "pairs": [
                {
                    "site": pair.site,
                    "species": self.first.labels[pair.site],
                    "other": pair.other,
                    "other_species": None if pair.other is None else self.second.labels[pair.other],
                    "in_plane": pair.in_plane,
                    "along_c": pair.along_c,
                }
                for pair in self.pairs
            ],
        }


def read_sites(source: Path | str, large: str | None = None) -> Sites:
    """Read the unit cell of a crystal known by name or in a file.

    Args:
        source: Crystal, CIF, POSCAR, extended XYZ or GSD.
        large: Label of the large species; None takes a crystal's own, or a file's rarest.

    Raises:
        InputError: The source is unknown or unusable, or the label is none of its species.
    """
    name = str(source)
    if name.lower() in CRYSTALS:
        cell = crystal(name)
        return Sites(name, Box.from_vectors(cell.lattice), cell.scaled, cell.species, cell.large)
    content = read_content(source)
    labels = tuple(map(str, content.labels))
    counts = {label: labels.count(label) for label in sorted(set(labels))}
    label = large or _rarest(name, counts)
    if label not in counts:
        message = f"{name}: large is {label!r}, needs to be one of {', '.join(counts)}"
        raise InputError(message)
    fractions = np.asarray(np.linalg.solve(content.lattice, content.positions.T).T, np.float64)
    return Sites(name, Box.from_vectors(content.lattice), fractions, labels, label)


def correspond(first: Sites, second: Sites) -> Correspondence:
    """Find which sites of two crystals correspond.

    Both cells have to be given in axes that correspond, a to a and c to c, as the standard settings
    of two hexagonal crystals are; rotations that leave the first lattice as it is are tried.

    Args:
        first: Unit cell whose axes are kept.
        second: Unit cell with as many large sites.

    Raises:
        InputError: The numbers of large sites differ.
    """
    counts = [int(sites.is_large.sum()) for sites in (first, second)]
    if counts[0] != counts[1]:
        message = (
            f"{first.name} has {counts[0]} large sites ({first.large}) in its cell, {second.name} "
            f"{counts[1]} ({second.large}); needs as many: give a larger cell, or other labels"
        )
        raise InputError(message)
    found = match(_large(second, first.box), _large(first, first.box))
    turned = second.scaled @ np.linalg.inv(found.lattice_change).T - found.origin
    apart = turned - first.scaled[:, None]
    ours, theirs = _by_size(first), _by_size(second)
    metric = first.box.vectors.T @ first.box.vectors
    partners: dict[int, int] = {}
    for own, others in zip(ours, theirs, strict=True):
        table = squared_lengths(apart[np.ix_(own, others)], metric, IMAGES).min(axis=-1)
        rows, columns = linear_sum_assignment(table)
        partners |= dict(zip(own[rows].tolist(), others[columns].tolist(), strict=True))
    lengths = first.box.lengths / second.box.lengths
    pairs = tuple(_pair(first, k, partners, apart, metric) for k in range(len(first.labels)))
    return Correspondence(first, second, lengths / lengths[0], pairs)


def _rarest(name: str, counts: Mapping[str, int]) -> str:
    label = min(counts, key=lambda each: counts[each])
    if list(counts.values()).count(counts[label]) > 1:
        found = ", ".join(f"{count} {each}" for each, count in counts.items())
        message = f"{name} holds {found}: counts do not tell which is large; give --large"
        raise InputError(message)
    return label


def _large(sites: Sites, box: Box) -> Configuration:
    scaled = sites.scaled[sites.is_large]
    count = len(scaled)
    return Configuration.from_scaled(box, scaled, np.ones(count), np.full(count, LARGE))


def _by_size(sites: Sites) -> tuple[Integers, Integers]:
    sizes = np.where(sites.is_large, LARGE, SMALL)
    return np.flatnonzero(sizes == LARGE), np.flatnonzero(sizes == SMALL)


def _pair(
    first: Sites, site: int, partners: Mapping[int, int], apart: Floats, metric: Floats
) -> Pair:
    if site not in partners:
        return Pair(site, None, None, None)
    fractions = apart[site, partners[site]]
    nearest = squared_lengths(fractions, metric, IMAGES).argmin()
    step = first.box.vectors @ (fractions - np.rint(fractions) + IMAGES[nearest])
    in_plane = float(np.hypot(step[0], step[1])) / first.box.lengths[0]
    return Pair(site, partners[site], in_plane, abs(float(step[2])) / first.box.vectors[2, 2])
