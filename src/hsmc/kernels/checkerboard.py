"""Spheres of a large system moved region by region, on several threads.

Each cycle the box is cut into regions, at a random offset, and the regions are coloured like a
chessboard in three dimensions. Colour after colour, the spheres of all regions of one colour are
moved at the same time: such regions do not touch, and each thread reads only its own region and
what lies around it, which stays as it is until the colour is done.

Balance. Offsets and colours are drawn without a look at the spheres. What moves in a region stays
in it and leaves the distribution of its spheres as it is, for any surroundings that stand still:
so do trial moves (``kernels.particle_moves``) and event chains (``kernels.chains_in_regions``).
Nothing in a region depends on what happens in another of its colour, so moving them at the same
time is the same as moving them one after another, and a row of steps that each leave the
distribution as it is does so, too.

Every region has a random stream of its own, so the bits do not depend on the number of threads
nor on who comes first.

Source:
    Anderson, Jankowski, Grubb, Engel & Glotzer, J. Comput. Phys. 254, 27 (2013),
    doi:10.1016/j.jcp.2013.07.023.
"""

from typing import Any

import numpy as np
from numba import prange
from numpy.typing import NDArray

from hsmc.kernels.cells import Cells, Floats, Ints, System
from hsmc.kernels.jit import lean, merged, part, threaded
from hsmc.kernels.lists import Lists
from hsmc.kernels.random import next_bits, open_stream, uniform
from hsmc.kernels.regions import (
    Regions,
    number_of_colour,
    number_of_region,
    region_of_colour,
)

Region = tuple[int, int, int]


def move_region(
    system: System, regions: Regions, region: Region, moves: Any, counts: Ints,
    state: NDArray[np.uint64],
) -> None:  # fmt: skip
    """Move the spheres of a region; in which way, the type of ``moves`` says.

    Args:
        system: Spheres in their box; those of the region are moved.
        regions: How the cells are cut.
        region: Which one, along each box vector.
        moves: What the way of moving needs to know.
        counts: Tried and accepted moves of each species, added to; shape (2, 2).
        state: State of the generator; shape (4,).
    """
    raise NotImplementedError


@merged
def move_all_colours(
    system: System, regions: Regions, moves: Any, counts: Ints, state: NDArray[np.uint64]
) -> None:
    """Move all spheres, region by region, colour after colour.

    Args:
        system: Spheres in their box; moved, and their cells kept up to date.
        regions: How the cells are cut.
        moves: As for ``move_region``.
        counts: Tried and accepted moves of each species, added to; shape (2, 2).
        state: State of the generator that the regions' own come from; shape (4,).
    """
    key = next_bits(state)
    for colour_c in range(min(regions.number[2], 2)):
        for colour_b in range(min(regions.number[1], 2)):
            for colour_a in range(min(regions.number[0], 2)):
                colour = (colour_a, colour_b, colour_c)
                move_colour(system, regions, colour, moves, counts, key)


@lean
def number_of_colours(regions: Regions) -> int:
    """Return how many colours there are: 1, 2, 4 or 8."""
    number = 1
    for axis in range(3):
        number *= min(regions.number[axis], 2)
    return number


@merged
def move_any_colour(
    system: System, regions: Regions, moves: Any, counts: Ints, state: NDArray[np.uint64]
) -> None:
    """Move the spheres of one colour, drawn at random.

    Args:
        system: As for ``move_all_colours``, like the rest.
        regions: See system.
        moves: See system.
        counts: See system.
        state: See system.
    """
    drawn = int(uniform(state) * number_of_colours(regions))
    key, digits = next_bits(state), np.empty(3, np.int64)
    for axis in range(3):
        colours = min(regions.number[axis], 2)
        digits[axis] = drawn % colours
        drawn //= colours
    move_colour(system, regions, (digits[0], digits[1], digits[2]), moves, counts, key)


@merged
def move_colour(
    system: System, regions: Regions, colour: Region, moves: Any, counts: Ints, key: np.uint64
) -> None:
    """Move the spheres of all regions of one colour.

    Args:
        system: As for ``move_all_colours``.
        regions: See system.
        colour: First region of the colour along each box vector, 0 or 1.
        moves: See system.
        counts: See system.
        key: What the streams of the regions come from.
    """
    made = np.zeros((regions.number.prod(), 2, 2), np.int64)
    move_at_once(
        system.cells, system.species, system.box, system.inverse, system.per_face,
        system.diameter, system.sphere_volume, system.clearance, system.bounds, system.limits,
        system.lists, regions, colour, moves, made, key,
    )  # fmt: skip
    for region in range(made.shape[0]):
        for kind in range(2):
            for what in range(2):
                counts[kind, what] += made[region, kind, what]


@threaded
def move_at_once(
    cells: Cells, species: NDArray[np.int8], box: Floats, inverse: Floats, per_face: Floats,
    diameter: float, sphere_volume: float, clearance: Floats, bounds: Floats, limits: Floats,
    lists: Lists | None, regions: Regions, colour: Region, moves: Any, made: Ints, key: np.uint64,
) -> None:  # fmt: skip
    """Move the spheres of all regions of one colour at the same time: they do not touch.

    The system comes in parts, for what numba's threads share must not be a tuple of tuples.

    Args:
        cells: Of the ``System``, like what follows.
        species: See cells.
        box: See cells.
        inverse: See cells.
        per_face: See cells.
        diameter: See cells.
        sphere_volume: See cells.
        clearance: See cells.
        bounds: See cells.
        limits: See cells.
        lists: See cells.
        regions: How the cells are cut.
        colour: First region of the colour along each box vector, 0 or 1.
        moves: As for ``move_region``.
        made: Tried and accepted moves of each species in each region; shape (R, 2, 2).
        key: What the streams of the regions come from.
    """
    for place in prange(number_of_colour(regions)):
        system = System(
            cells,
            species,
            box,
            inverse,
            per_face,
            diameter,
            sphere_volume,
            clearance,
            bounds,
            limits,
            None,
            lists,
        )
        region = region_of_colour(regions, colour, place)
        number = number_of_region(regions, region[0], region[1], region[2])
        move_by_stream(system, regions, region, moves, made[number], key, number)


@part
def move_by_stream(
    system: System, regions: Regions, region: Region, moves: Any, counts: Ints, key: np.uint64,
    number: int,
) -> None:  # fmt: skip
    """Move the spheres of one region by random numbers of its own.

    Args:
        system: As for ``move_region``.
        regions: See system.
        region: See system.
        moves: See system.
        counts: See system.
        key: What all streams of the cycle come from.
        number: Number of the region.
    """
    stream, made = np.empty(4, np.uint64), np.zeros((2, 2), np.int64)
    open_stream(key, number, stream)
    move_region(system, regions, region, moves, made, stream)
    counts += made
