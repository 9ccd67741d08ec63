"""Space groups against tolerance, by two libraries, and cells with their symmetry made exact.

What space group a measured cell has depends on the tolerance, so a scan is the answer and one group
is none. Angles of a measured lattice need a tolerance of their own: at the libraries' default, tied
to the distances, the raw cell of A6B19 is not hexagonal at any tolerance.
"""

import logging
import math
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from hsmc.box import Box, Floats
from hsmc.configuration import Configuration
from hsmc.errors import InputError

ANGLE_TOLERANCE = 10.0
"""Of the angles of the lattice, in degrees: the raw cell of A6B19 is 7° off a hexagonal one."""

TOLERANCES: Floats = np.geomspace(1e-3, 0.3, 40)
"""Tolerances of a scan, in σ_L: 16 % from one to the next."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Space group numbers at one tolerance; 0 where a library finds none or gives up.

    Attributes:
        plain: By spglib, its default tolerance of angles.
        spglib: By spglib, with ``ANGLE_TOLERANCE``.
        moyo: By moyo, with ``ANGLE_TOLERANCE``.
    """

    plain: int
    spglib: int
    moyo: int


@dataclass(frozen=True, slots=True)
class Step:
    """A range of tolerances over which the groups stay the same.

    Attributes:
        first: Lowest tolerance tried in it, in σ_L.
        last: Highest, in σ_L.
        groups: What is found.
    """

    first: float
    last: float
    groups: Groups


@dataclass(frozen=True, slots=True, eq=False)
class Symmetrised:
    """A cell with the symmetry that it has within a tolerance made exact.

    Attributes:
        number: Space group number.
        symbol: Its short Hermann-Mauguin symbol.
        configuration: The standardised cell, positions and lattice averaged over the group.
        letters: Wyckoff letter of each sphere of the configuration given, as moyo finds them.
        settings: The letters in every setting (choice of origin and axes) that the Euclidean
            normaliser of the group allows, of the spheres of the standardised cell.
    """

    number: int
    symbol: str
    configuration: Configuration
    letters: str
    settings: frozenset[str]


def scan(
    configuration: Configuration, tolerances: Sequence[float] | Floats = TOLERANCES
) -> list[Step]:
    """Return the space groups of a configuration against tolerance.

    Args:
        configuration: Spheres in a box; species count, sizes do not.
        tolerances: In σ_L, rising.

    Source:
        Togo, Shinohara & Tanaka, Sci. Technol. Adv. Mater. Meth. 4, 2384822 (2024),
        doi:10.1080/27660400.2024.2384822 (spglib).
    """
    steps: list[Step] = []
    for tolerance in map(float, tolerances):
        found = groups(configuration, tolerance)
        if steps and steps[-1].groups == found:
            steps[-1] = Step(steps[-1].first, tolerance, found)
        else:
            steps.append(Step(tolerance, tolerance, found))
    return steps


def groups(configuration: Configuration, tolerance: float) -> Groups:
    """Return the space groups of a configuration at one tolerance, in σ_L."""
    moyo = _moyo(configuration, tolerance)
    return Groups(
        plain=_spglib(configuration, tolerance, -1.0),
        spglib=_spglib(configuration, tolerance, ANGLE_TOLERANCE),
        moyo=0 if moyo is None else int(moyo.number),
    )


def symmetrised(configuration: Configuration, tolerance: float) -> Symmetrised:
    """Return a cell with the symmetry that it has within a tolerance made exact.

    Args:
        configuration: Spheres in a box.
        tolerance: In σ_L.

    Raises:
        InputError: No space group is found at this tolerance.
    """
    found = _moyo(configuration, tolerance)
    if found is None:
        message = f"no space group is found at tolerance {tolerance:g} σ_L; choose another"
        raise InputError(message)
    cell, diameter_of = (
        found.std_cell,
        dict(zip(configuration.types.tolist(), configuration.diameters.tolist(), strict=True)),
    )
    types = np.array(cell.numbers, np.int64)
    positions = np.array(cell.positions)
    ideal = Configuration.from_scaled(
        Box.from_vectors(np.array(cell.basis).T),
        positions - np.floor(positions),
        np.array([diameter_of[kind] for kind in cell.numbers]),
        types,
    )
    representatives = found.normalizer_wyckoff_positions().coset_representatives
    return Symmetrised(
        number=int(found.number),
        symbol=symbol(int(found.number)),
        configuration=ideal,
        letters="".join(found.wyckoffs),
        settings=frozenset("".join(site.letter for site in sites) for _, sites in representatives),
    )


def symbol(number: int) -> str:
    """Return the short Hermann-Mauguin symbol of a space group; a dash for number 0.

    Args:
        number: 0 to 230.
    """
    import moyopy

    return moyopy.SpaceGroupType(number).hm_short.replace(" ", "") if number else "–"


# moyo warns through Python's logging, which prints on stderr what nobody handles.
logging.getLogger("moyo").addHandler(logging.NullHandler())


@contextmanager
def quiet_spglib() -> Iterator[Any]:
    """Hand out spglib, whose ways to say no are not shown."""
    os.environ.setdefault("SPGLIB_WARNING", "OFF")  # its C part writes to stderr
    import spglib

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield spglib


def _spglib(configuration: Configuration, tolerance: float, angle: float) -> int:
    """Return the number by spglib; 0 if it finds none."""
    cell: Any = (configuration.box.vectors.T, configuration.scaled, configuration.types)
    with quiet_spglib() as spglib:
        found = spglib.get_symmetry_dataset(cell, symprec=tolerance, angle_tolerance=angle)
    return 0 if found is None else int(found.number)


def _moyo(configuration: Configuration, tolerance: float) -> Any:
    """Return moyo's dataset; None if it gives up, which it says by a ValueError or the like."""
    import moyopy

    cell = moyopy.Cell(
        basis=configuration.box.vectors.T.tolist(),
        positions=configuration.scaled.tolist(),
        numbers=configuration.types.tolist(),
    )
    try:
        return moyopy.MoyoDataset(
            cell, symprec=tolerance, angle_tolerance=math.radians(ANGLE_TOLERANCE)
        )
    except ValueError:
        return None
