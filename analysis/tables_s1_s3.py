"""The paper's Tables S1 to S3 from the raw positions: lattice, space group, symmetrised cell.

Run it as ``python analysis/tables_s1_s3.py``; a second or two. The table of the symmetrised cell
goes to ``analysis/tables_s1_s3.csv``.
"""

import numpy as np
from batch import ROOT, write_table

from hsmc.analysis.matching import Match, match
from hsmc.analysis.symmetry import ANGLE_TOLERANCE, Symmetrised, groups, symbol, symmetrised
from hsmc.box import Floats
from hsmc.configuration import LARGE, Configuration
from hsmc.crystal import crystal

NANOMETRES = 9.4
"""σ_L, the effective diameter of PbSe."""

TOLERANCES = (0.03, 1.0, 1.2, 1.5, 1.6, 1.7, 2.0, 2.3, 2.6)
"""Of the space group, in nm; the paper's is 1.7."""

PAPER = 1.7


def main() -> None:
    """Print the tables and write the last one."""
    raw, printed = (crystal(name).configuration(0.695) for name in ("a6b19-measured", "a6b19"))
    print_lattice("Table S1", raw)
    print("\nspace groups of Tables S1 and S2 by tolerance (nm)")
    print(f"{'':6}{'spglib':14}{f'at {ANGLE_TOLERANCE:g}°':14}moyo at {ANGLE_TOLERANCE:g}°")
    for tolerance in TOLERANCES:
        found = groups(raw, tolerance / NANOMETRES)
        words = [f"{symbol(n)} ({n})" for n in (found.plain, found.spglib, found.moyo)]
        print(f"{tolerance:<6g}{words[0]:14}{words[1]:14}{words[2]}")
    ideal = symmetrised(raw, PAPER / NANOMETRES)
    print()
    print_lattice(f"{ideal.symbol} forced upon them", ideal.configuration)
    print_lattice("Table S3", printed)
    print()
    print_moves("raw → symmetrised", match(raw, ideal.configuration))
    print_moves("raw → Table S3 corrected", match(raw, printed))
    print(f"{'the same, origin as printed':30}rms {rms(as_printed(raw, printed)):.3f} nm")
    print_moves("symmetrised → Table S3", match(ideal.configuration, printed))
    letters = symmetrised(printed, 0.1 / NANOMETRES).letters
    rows = site_rows(ideal, printed, letters)
    print(f"\nWyckoff letters of Table S3, row by row: {letters}")
    write_table(ROOT / "analysis" / "tables_s1_s3.csv", HEADER, rows)


HEADER = ("species", "letter", "a", "b", "c", "table_a", "table_b", "table_c", "apart_nm")
"""Sites in the setting and the order of Table S3: symmetrised, as tabled, and the distance."""


def print_lattice(name: str, configuration: Configuration) -> None:
    """Print a lattice as Table S1 gives it."""
    lengths = " ".join(f"{length * NANOMETRES:.2f}" for length in configuration.box.lengths)
    angles = " ".join(f"{angle:.1f}" for angle in configuration.box.angles)
    volume = configuration.box.volume * NANOMETRES**3
    print(f"{name:28}a b c {lengths} nm, α β γ {angles}°, {volume:.1f} nm³")


def print_moves(name: str, found: Match) -> None:
    """Print displacements from the best origin, in nm."""
    moves = np.linalg.norm(found.displacements, axis=1) * NANOMETRES
    print(f"{name:30}rms {rms(moves):.3f} nm, largest {moves.max():.3f} nm")


def as_printed(raw: Configuration, ideal: Configuration) -> Floats:
    """Return distances of the raw positions to the nearest of Table S3, origins as printed."""
    apart = raw.scaled[:, None] - ideal.scaled
    apart -= np.rint(apart)
    lengths = np.linalg.norm(apart @ ideal.box.vectors.T, axis=-1) * NANOMETRES
    lengths[raw.types[:, None] != ideal.types] = np.inf
    return np.asarray(lengths.min(axis=1))


def rms(lengths: Floats) -> float:
    """Return the root mean square."""
    return float(np.sqrt(np.mean(lengths**2)))


def site_rows(ideal: Symmetrised, printed: Configuration, letters: str) -> list[list[str]]:
    """Return the symmetrised sites beside those of Table S3."""
    found = match(ideal.configuration, printed)
    steps = printed.box.scale(found.displacements)
    moves = np.linalg.norm(found.displacements, axis=1) * NANOMETRES
    return [
        ["PbSe" if kind == LARGE else "CdSe", letter]
        + [f"{x:.4f}" for x in (*np.round(place + step, 4) % 1.0, *place)]
        + [f"{move:.3f}"]
        for kind, letter, place, step, move in zip(
            printed.types, letters, printed.scaled, steps, moves, strict=True
        )
    ]


if __name__ == "__main__":
    main()
