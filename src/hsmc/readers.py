"""Crystals from files of other programs, their species sorted by size."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hsmc.box import Box, Floats
from hsmc.configuration import LARGE, SMALL, Configuration
from hsmc.errors import InputError, StorageError
from hsmc.mixture import diameters_of
from hsmc.parsers import Content, parser_of

SAME_SIZE = 1e-6
"""Relative spread up to which the diameters of one species count as one (GSD holds float32)."""


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """A configuration as a file has it, and how its species were told apart.

    Attributes:
        configuration: The spheres. Lengths are in σ_L if ``has_sizes``; else box and
            positions keep the file's unit, and only the diameters (1 and γ) are in σ_L, so
            the caller has to rescale the box.
        has_sizes: The file gives the sizes of the spheres.
        large: Label of the large species.
        reason: How it was chosen: "--large", "by radius", "by count: the rarer species" or
            "the only species".
    """

    configuration: Configuration
    has_sizes: bool
    large: str
    reason: str


def read_structure(
    path: Path | str,
    size_ratio: float | None = None,
    large: str | None = None,
    unsized_ratio: float | None = None,
) -> Structure:
    """Read the last structure of a CIF, POSCAR, extended XYZ or GSD file.

    CIF symmetry is expanded, any right-handed lattice is rotated to the canonical orientation,
    and fractional coordinates are kept. Extended XYZ may give sizes in a ``radius`` column, GSD
    as diameters or as the spheres of ``type_shapes``; the file's large diameter is then σ_L.

    Args:
        path: The file; its format follows from its name.
        size_ratio: γ = σ_S/σ_L; None takes it from the sizes in the file.
        large: Label of the large species; None chooses by radius, else by count.
        unsized_ratio: γ of a file that gives no sizes; None refuses it without ``size_ratio``.

    Raises:
        InputError: The file or what it holds is not usable as it is.
        StorageError: The operating system refuses to read the file.
    """
    content = read_content(path)
    if content.diameters is None and size_ratio is None:
        size_ratio = unsized_ratio
    with _named(path):
        return _structure(content, size_ratio, large)


def read_content(path: Path | str) -> Content:
    """Read the last structure of a file as it is, whatever its species.

    Args:
        path: CIF, POSCAR, extended XYZ or GSD; the format follows from the name.

    Raises:
        InputError: The file or what it holds is not usable as it is.
        StorageError: The operating system refuses to read the file.
    """
    path = Path(path)
    with _named(path):
        _check_file(path)
        return parser_of(path)(path)


@contextmanager
def _named(path: Path | str) -> Iterator[None]:
    """Begin what is said of a file with its name."""
    try:
        yield
    except InputError as error:
        message = f"{path}: {error}"
        raise InputError(message) from error


def _check_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except (FileNotFoundError, NotADirectoryError):
        message = "there is no such file"
        raise InputError(message) from None
    except IsADirectoryError:
        message = "is a directory; a file is needed"
        raise InputError(message) from None
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise StorageError(message) from error
    if empty:
        message = "is empty (0 bytes); a complete file is needed"
        raise InputError(message)


def _structure(content: Content, size_ratio: float | None, large: str | None) -> Structure:
    box = Box.from_vectors(content.lattice)
    _check_positions(content.positions)
    counts, sizes = _counts(content), _sizes(content)
    label, reason = _choose_large(counts, sizes, large)
    types = np.where(content.labels == label, LARGE, SMALL).astype(np.int64)
    diameters = diameters_of(types, _size_ratio(counts, sizes, label, size_ratio))
    sigma = sizes[label] if sizes else 1.0
    fractions = np.asarray(np.linalg.solve(content.lattice, content.positions.T).T, np.float64)
    configuration = Configuration.from_scaled(Box(box.vectors / sigma), fractions, diameters, types)
    return Structure(configuration, bool(sizes), label, reason)


def _check_positions(positions: Floats) -> None:
    if not len(positions):
        message = "holds 0 spheres, at least 1 is needed"
        raise InputError(message)
    bad = np.flatnonzero(~np.isfinite(positions).all(axis=1))
    if bad.size:
        message = f"position of sphere {bad[0]} is {positions[bad[0]]}, needs three finite numbers"
        raise InputError(message)


def _counts(content: Content) -> dict[str, int]:
    """Return the number of spheres of each species."""
    labels, numbers = np.unique(content.labels, return_counts=True)
    if len(labels) > 2:
        message = f"holds {len(labels)} species ({', '.join(labels)}), needs 1 or 2"
        raise InputError(message)
    return {str(label): int(number) for label, number in zip(labels, numbers, strict=True)}


def _sizes(content: Content) -> dict[str, float]:
    """Return the diameter of each species in the file's unit; empty if the file has none."""
    if content.diameters is None:
        return {}
    bad = np.flatnonzero(~(np.isfinite(content.diameters) & (content.diameters > 0.0)))
    if bad.size:
        message = f"diameter of sphere {bad[0]} is {content.diameters[bad[0]]:g}, needs > 0"
        raise InputError(message)
    sizes = {}
    for label in np.unique(content.labels):
        own = content.diameters[content.labels == label]
        if np.ptp(own) > SAME_SIZE * own.max():
            message = (
                f"diameters of species {label} run from {own.min():g} to {own.max():g}; "
                "needs one diameter a species"
            )
            raise InputError(message)
        sizes[str(label)] = float(own[0])
    return sizes


def _choose_large(
    counts: Mapping[str, int], sizes: Mapping[str, float], large: str | None
) -> tuple[str, str]:
    """Return the label of the large species and the reason for it."""
    if large is not None:
        _check_large(large, counts, sizes)
        return large, "--large"
    if len(counts) == 1:
        return next(iter(counts)), "the only species"
    if sizes and max(sizes.values()) > min(sizes.values()) * (1.0 + SAME_SIZE):
        return max(sizes, key=lambda label: sizes[label]), "by radius"
    if len(set(counts.values())) == 1:
        found = " and ".join(f"{count} {label}" for label, count in counts.items())
        message = f"holds {found}: neither sizes nor counts tell which is large; give --large"
        raise InputError(message)
    return min(counts, key=lambda label: counts[label]), "by count: the rarer species"


def _check_large(large: str, counts: Mapping[str, int], sizes: Mapping[str, float]) -> None:
    if large not in counts:
        message = f"--large is {large!r}, needs to be one of the species: {', '.join(counts)}"
        raise InputError(message)
    if sizes and max(sizes.values()) > sizes[large] * (1.0 + SAME_SIZE):
        message = (
            f"--large is {large}, of diameter {sizes[large]:g} in the file, "
            f"but the other species has {max(sizes.values()):g}; needs the larger one"
        )
        raise InputError(message)


def _size_ratio(
    counts: Mapping[str, int], sizes: Mapping[str, float], large: str, wanted: float | None
) -> float:
    """Return the wanted γ; without one, γ of the sizes in the file (1 for one species)."""
    if wanted is not None:
        return wanted
    if len(counts) == 1:
        return 1.0
    if not sizes:
        message = "gives no sizes of the spheres; a size ratio is needed (--ratio)"
        raise InputError(message)
    return min(min(sizes.values()) / sizes[large], 1.0)
