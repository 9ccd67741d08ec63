"""Crystals with defects, as ground truth for simulated images, detection and comparison.

A defect of the stacking takes the unit cell's c to be the stacking direction: layers lie along a
and b. Where the paper leaves a choice open it is an argument here.
Source: Boneschanscher et al., Nano Lett. 2013 (structures 2 and 3).
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from hsmc.crystal import UnitCell
from hsmc.errors import InputError
from hsmc.rng import stream

FAULT_PLANE = 0.2
"""Height of the fault in the unit cell, as a fraction of c: above a kagome layer of A6B19 (0) and
below the spheres between it and the next one (0.26 to 0.345), so that these move with the next."""

SAME_LAYER = 0.05
"""Difference of heights, as a fraction of c, up to which spheres are in one layer."""

STRUCTURE_3_ANGLE, STRUCTURE_3_GROWTH = 43.0, 0.058
"""Angle of the layers of structure 3 to the substrate, in degrees; growth of its cell's volume."""


def repeated(cell: UnitCell, a: int, b: int, c: int) -> UnitCell:
    """Return the crystal in a cell of a × b × c unit cells; copies follow one another.

    Raises:
        InputError: A count is below 1.
    """
    counts = np.array((a, b, c))
    if counts.min() < 1:
        message = f"repeated {a} {b} {c} times, each count needs to be ≥ 1"
        raise InputError(message)
    offsets = np.array(list(product(range(a), range(b), range(c))), np.float64)
    return replace(
        cell,
        lattice=cell.lattice * counts,
        scaled=((offsets[:, None] + cell.scaled) / counts).reshape(-1, 3),
        species=cell.species * len(offsets),
    )


def short_distance(cell: UnitCell) -> float:
    """Return the shortest distance of two large spheres in one layer, in the unit of the lattice.

    A6B19's layers differ: 9.46 nm in one, 10.63 nm in the other. This is the shorter one.

    Raises:
        InputError: No layer holds two large spheres, or images of one.
    """
    large = cell.scaled[np.array(cell.species) == cell.large]
    apart = large[:, None] - large
    apart -= np.rint(apart)
    shifts = np.array([(i, j, 0.0) for i, j in product((-1.0, 0.0, 1.0), repeat=2)])
    images = apart[:, :, None] + shifts
    lengths = np.linalg.norm(images @ cell.lattice.T, axis=-1)
    within = lengths[(np.abs(images[..., 2]) < SAME_LAYER) & (lengths > 0.0)]
    return float(within.min())


def stacking_fault(
    cell: UnitCell, period: int = 4, distance: float | None = None, plane: float = FAULT_PLANE
) -> UnitCell:
    """Return a crystal with the stacking fault of structure 2, once in each period.

    All that lies above the fault is shifted by ``distance`` along both in-plane axes; A6B19's next
    layer is turned by 60° anyway. The cell's c is tilted by the same shift, so that the stacking
    goes on undisturbed across the faces of the box: one fault a period, not two.

    Args:
        cell: Unit cell, layers along a and b.
        period: Unit cells from one fault to the next; the fault is in the middle one.
        distance: Shift along a and along b, in the unit of the lattice. The paper has the "small
            PbSe-PbSe distance" and does not say which; None takes ``short_distance``.
        plane: Height of the fault in its unit cell, as a fraction of c, in [0, 1).

    Raises:
        InputError: The period is below 1, or the plane is outside [0, 1).
    """
    if not 0.0 <= plane < 1.0:
        message = f"plane of the fault is {plane:g}, needs 0 ≤ plane < 1 (fraction of c)"
        raise InputError(message)
    length = short_distance(cell) if distance is None else distance
    axes = cell.lattice[:, :2] / np.linalg.norm(cell.lattice[:, :2], axis=0)
    shift = length * axes.sum(axis=1)
    stack = repeated(replace(cell, scaled=cell.scaled - np.floor(cell.scaled)), 1, 1, period)
    positions = stack.scaled @ stack.lattice.T
    positions[stack.scaled[:, 2] * period > period // 2 + plane] += shift
    lattice = stack.lattice.copy()
    lattice[:, 2] += shift
    fractions = np.linalg.solve(lattice, positions.T).T
    return replace(
        stack,
        name=f"{cell.name} with a stacking fault",
        lattice=lattice,
        scaled=np.ascontiguousarray(fractions - np.floor(fractions)),
        source=f"{cell.source}; stacking fault: shifted by {length:.4g} along a and along b",
    )


def sheared_layers(
    cell: UnitCell,
    angle: float = STRUCTURE_3_ANGLE,
    growth: float = STRUCTURE_3_GROWTH,
    direction: tuple[float, float] = (1.0, 0.0),
) -> UnitCell:
    """Return the crystal of structure 3: layers at an angle to the substrate and sheared.

    The layers stay as they are and slide over one another along ``direction``, by tan(angle) times
    their spacing, so that the stacking vector c, normal to the layers before, is normal to the
    substrate after; "lamellar offset" is all the paper says. The growth of the volume widens their
    spacing, since the layers are kept. The substrate is the xy plane.

    Args:
        cell: Unit cell, layers along a and b; its c need not be normal to them.
        angle: Between layers and substrate, in degrees, in [0, 90).
        growth: Relative growth of the volume, > −1.
        direction: In which the layers slide, in multiples of a and b.

    Raises:
        InputError: The angle, the growth or the direction is outside its range.
    """
    if not 0.0 <= angle < 90.0:
        message = f"angle of the layers is {angle:g}°, needs 0 ≤ angle < 90"
        raise InputError(message)
    if not growth > -1.0:
        message = f"growth of the volume is {growth:g}, needs to be > -1"
        raise InputError(message)
    along = cell.lattice[:, :2] @ np.array(direction)
    if not np.linalg.norm(along) > 0.0:
        message = f"direction of the shear is {direction}, needs to differ from 0"
        raise InputError(message)
    along /= np.linalg.norm(along)
    normal = np.cross(cell.lattice[:, 0], cell.lattice[:, 1])
    normal /= np.linalg.norm(normal)
    axes = np.column_stack([along, np.cross(normal, along), normal])
    tangent, radians = math.tan(math.radians(angle)), math.radians(angle)
    widen = np.diag([1.0, 1.0, 1.0 + growth])
    slide = np.array([[1.0, 0.0, tangent], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    tilt = np.array(  # about y, from x to −z: the sheared normal comes to lie along z
        [
            [math.cos(radians), 0.0, -math.sin(radians)],
            [0.0, 1.0, 0.0],
            [math.sin(radians), 0.0, math.cos(radians)],
        ]
    )
    return replace(
        cell,
        name=f"{cell.name}, layers at {angle:g}°",
        lattice=tilt @ slide @ widen @ axes.T @ cell.lattice,
        source=f"{cell.source}; layers sheared by {angle:g}°, volume {growth:+.1%}",
    )


def with_vacancies(cell: UnitCell, sites: Sequence[int]) -> UnitCell:
    """Return the crystal without the spheres of some sites.

    Args:
        cell: Unit cell or, for few vacancies, a ``repeated`` one.
        sites: Indices of the spheres to take out, each once.

    Raises:
        InputError: A site is not there or named twice, or no large sphere would be left.
    """
    _check_sites(cell, sites)
    kept = np.setdiff1d(np.arange(len(cell)), sites)
    return replace(
        cell,
        name=f"{cell.name} with {len(sites)} vacancies",
        scaled=cell.scaled[kept],
        species=tuple(cell.species[k] for k in kept),
        source=f"{cell.source}; without {len(sites)} of {len(cell)} spheres",
    )


def with_antisites(cell: UnitCell, sites: Sequence[int]) -> UnitCell:
    """Return the crystal with spheres of the other species on some sites.

    As many sites of either species keep the composition.

    Args:
        cell: Unit cell of two species or, for few antisites, a ``repeated`` one.
        sites: Indices of the spheres to exchange for one of the other species, each once.

    Raises:
        InputError: A site is not there or named twice, there is one species only, or no large
            sphere would be left.
    """
    _check_sites(cell, sites)
    small = set(cell.species) - {cell.large}
    if not small:
        message = f"{cell.name} has one species only, an antisite needs two"
        raise InputError(message)
    other = {cell.large: next(iter(small)), next(iter(small)): cell.large}
    species = list(cell.species)
    for site in sites:
        species[site] = other[species[site]]
    return replace(
        cell,
        name=f"{cell.name} with {len(sites)} antisites",
        species=tuple(species),
        source=f"{cell.source}; {len(sites)} of {len(cell)} spheres of the other species",
    )


def random_sites(cell: UnitCell, species: str, count: int, seed: int) -> NDArray[np.int64]:
    """Draw sites of one species, each at most once, in rising order; shape (count,).

    Args:
        cell: Unit cell, usually a ``repeated`` one.
        species: Label of the species.
        count: Number of sites.
        seed: Root seed.

    Raises:
        InputError: There are fewer sites of this species.
    """
    sites = np.flatnonzero(np.array(cell.species) == species)
    if not 0 <= count <= len(sites):
        message = f"{count} sites of {species} wanted, {cell.name} has {len(sites)}"
        raise InputError(message)
    return np.sort(stream(seed, "defects").choice(sites, count, replace=False))


def _check_sites(cell: UnitCell, sites: Sequence[int]) -> None:
    wrong = [site for site in sites if not 0 <= site < len(cell)]
    if wrong:
        message = f"site {wrong[0]} is not one of the {len(cell)} of {cell.name} (0 is the first)"
        raise InputError(message)
    if len(set(sites)) < len(sites):
        message = f"sites {sorted(sites)} name one of them twice, needs each once"
        raise InputError(message)
    if not set(range(len(cell))) - set(sites):
        message = f"all {len(cell)} sites are named, at least one sphere has to stay"
        raise InputError(message)
