"""A state or a crystal compared with a reference crystal."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hsmc.analysis.matching import Match, match
from hsmc.analysis.null_model import random_matches
from hsmc.analysis.sides import Side, commensurate, read_side
from hsmc.analysis.symmetry import TOLERANCES, Step, groups, scan, symbol
from hsmc.analysis.verdicts import (
    FEWEST,
    Chance,
    Sentence,
    against_chance,
    becomes_disordered,
    large_are_kept,
    small_shift,
)
from hsmc.box import Box, Floats
from hsmc.configuration import LARGE, SMALL
from hsmc.errors import InputError

SPECIES = {"large": LARGE, "small": SMALL}

MOVED = 0.01
"""Displacement, in σ_L, from which a site counts as moved: 0.1 nm in A6B19."""

PAPER_TOLERANCE = 1.7 / 9.4
"""Tolerance of the paper's space group, 1.7 nm, in σ_L."""


@dataclass(frozen=True, slots=True)
class Moves:
    """Displacements of a species.

    Attributes:
        count: Number of spheres.
        rms: Root mean square, in σ_L of the file.
        largest: The largest, in σ_L of the file.
        rms_nm: Root mean square in the reference's cell, in nm; None without a unit.
        largest_nm: The largest, in nm.
        moved: Spheres more than ``MOVED`` from their sites, the best origin being the one that
            leaves most sites in place (the median displacement, not the mean).
        chance: What random starts give; None without a null model.
    """

    count: int
    rms: float
    largest: float
    rms_nm: float | None
    largest_nm: float | None
    moved: int
    chance: Chance | None


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """A state compared with a reference.

    Attributes:
        file: The state.
        reference: The crystal.
        match: Lattice, rotation, origin and labels, and what remains.
        moves: Displacements of each species that is there, "large" first.
        volume_change: Relative to the reference, a unit cell each; None if a size is not known.
        file_symmetry: Space groups of the state against tolerance.
        reference_symmetry: Space groups of the reference.
        sentences: The verdict.
    """

    file: Side
    reference: Side
    match: Match
    moves: dict[str, Moves]
    volume_change: float | None
    file_symmetry: tuple[Step, ...]
    reference_symmetry: tuple[Step, ...]
    sentences: tuple[Sentence, ...]

    def __repr__(self) -> str:
        moves = ", ".join(f"{name} {moves.rms:.4f} σ_L" for name, moves in self.moves.items())
        return f"<Comparison of {self.file.name} with {self.reference.name}: rms moves {moves}>"

    @property
    def lattice(self) -> Box:
        """The state's box in the reference's setting, a unit cell of it on average."""
        found = self.match
        deformation = self.file.configuration.box.vectors @ found.lattice_change
        return Box.from_vectors(deformation @ np.linalg.inv(found.supercell))

    @property
    def strains(self) -> Floats:
        """Principal logarithmic strains without the change of volume, falling; shape (3,)."""
        return np.asarray(np.linalg.eigvalsh(self.match.strain)[::-1], np.float64)

    @property
    def moved_sites(self) -> dict[int, float]:
        """Largest move of each site of the reference that moved, in σ_L, by its index."""
        lengths = _about_median(self.match)
        return {
            int(site): float(lengths[self.match.sites == site].max())
            for site in np.unique(self.match.sites[lengths > MOVED])
        }

    @property
    def summary(self) -> dict[str, Any]:
        """All figures by name, as JSON takes them."""
        return {
            "file": self.file.name,
            "reference": self.reference.name,
            "supercell": self.match.supercell.tolist(),
            "lattice_change": self.match.lattice_change.tolist(),
            "origin": self.match.origin.tolist(),
            "lengths": self.lattice.lengths.tolist(),
            "angles": self.lattice.angles.tolist(),
            "reference_lengths": self.reference.configuration.box.lengths.tolist(),
            "reference_angles": self.reference.configuration.box.angles.tolist(),
            "volume_change": self.volume_change,
            "strain": self.match.strain.tolist(),
            "principal_strains": self.strains.tolist(),
            "moves": {name: asdict(moves) for name, moves in self.moves.items()},
            "moved_sites": self.moved_sites,
            "symmetry": [_row(step) for step in self.file_symmetry],
            "reference_symmetry": [_row(step) for step in self.reference_symmetry],
            "sentences": [asdict(sentence) for sentence in self.sentences],
        }


def compare(
    file: Path | str,
    reference: Path | str = "a6b19",
    *,
    null: int = 20,
    seed: int = 1,
    ratio: float | None = None,
    large: str | None = None,
    diameter: float | None = None,
    reference_diameter: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Compare a state or a crystal with a reference crystal.

    Args:
        file: Result file, crystal known by name, CIF, POSCAR, extended XYZ or GSD.
        reference: The same; a unit cell. The file holds it once or several times.
        null: Random starts of the file's composition to judge by, 0 for none, else ≥ ``FEWEST``.
        seed: Root seed of the random starts.
        ratio: Size ratio of the random starts; None takes the file's, else 0.695.
        large: Label of the large species in files of other programs.
        diameter: Large diameter in the unit of the file, where that gives no sizes.
        reference_diameter: The same for the reference.
        progress: Is told how many random starts are done, and of how many.

    Raises:
        InputError: A side is not usable, compositions differ, or neither side has a size.
        StorageError: The operating system refuses to read a file.
    """
    check_null(null)
    one = read_side(file, ratio, large, diameter)
    other = read_side(reference, ratio, large, reference_diameter)
    one, other, comparable = commensurate(one, other)
    found = match(one.configuration, other.configuration)
    matches = []
    for each in random_matches(one.configuration, other.configuration, null, seed):
        matches.append(each)
        if progress is not None:
            progress(len(matches), null)
    moves = {
        name: _moves(found, species, matches, other.nanometres)
        for name, species in SPECIES.items()
        if (found.types == species).any()
    }
    tolerances = np.sort(np.append(TOLERANCES, PAPER_TOLERANCE))
    return Comparison(
        file=one,
        reference=other,
        match=found,
        moves=moves,
        volume_change=found.volume_ratio - 1.0 if comparable else None,
        file_symmetry=tuple(scan(one.configuration, tolerances)),
        reference_symmetry=tuple(scan(other.configuration, tolerances)),
        sentences=_sentences(one, other, moves),
    )


def check_null(null: int) -> None:
    """Refuse a number of random starts that can show nothing.

    Raises:
        InputError: It is neither 0 nor at least ``FEWEST``.
    """
    if null and null < FEWEST:
        message = f"null is {null}, needs 0 (none) or ≥ {FEWEST}: fewer cannot rule out chance"
        raise InputError(message)


def _moves(found: Match, species: int, matches: list[Match], nanometres: float | None) -> Moves:
    rms, largest = found.rms(species), found.largest(species)
    unit = None if nanometres is None else nanometres / found.volume_ratio ** (1.0 / 3.0)
    null = [each.rms(species) for each in matches]
    return Moves(
        count=int((found.types == species).sum()),
        rms=rms,
        largest=largest,
        rms_nm=None if unit is None else rms * unit,
        largest_nm=None if unit is None else largest * unit,
        moved=int((_about_median(found)[found.types == species] > MOVED).sum()),
        chance=against_chance(rms, null) if null else None,
    )


def _about_median(found: Match) -> Floats:
    """Return the lengths of displacements about their median, in σ_L; shape (N,)."""
    about = found.displacements - np.median(found.displacements, axis=0)
    return np.asarray(np.linalg.norm(about, axis=1))


def _sentences(one: Side, other: Side, moves: dict[str, Moves]) -> tuple[Sentence, ...]:
    said = []
    if "large" in moves:
        said.append(large_are_kept(moves["large"].rms, moves["large"].chance))
    if "small" in moves:
        said.append(small_shift(moves["small"].rms, moves["small"].chance))
    file, reference = (groups(each.configuration, PAPER_TOLERANCE).spglib for each in (one, other))
    return (*said, becomes_disordered(file, reference, PAPER_TOLERANCE))


def _row(step: Step) -> dict[str, Any]:
    return {**asdict(step), "symbol": symbol(step.groups.spglib)}
