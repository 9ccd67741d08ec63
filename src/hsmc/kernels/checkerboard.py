"""Particle moves of a large system, region by region, on several threads.

Each cycle the box is cut into regions, at a random offset, and the regions are coloured like a
chessboard in three dimensions. Colour after colour, the spheres of all regions of one colour are
moved at the same time: such regions do not touch, and each thread reads only its own region and
what lies around it, which stays as it is until the colour is done.

Balance. The offset is drawn without a look at the spheres. A region with n spheres gets n trials
of spheres chosen at random in it; moves out of it are refused. So its members stay the same
throughout, each is chosen as often in every state, and a trial is as likely as its reverse: the
moves of a region obey detailed balance for any surroundings that stand still. No trial of a
region depends on what happens in another of its colour, so moving them at the same time is the
same as moving them one after another, and a row of steps that each leave the distribution as it
is does so, too.

Every region has a random stream of its own, so the bits do not depend on the number of threads
nor on who comes first.

Source:
    Anderson, Jankowski, Grubb, Engel & Glotzer, J. Comput. Phys. 254, 27 (2013),
    doi:10.1016/j.jcp.2013.07.023.
"""

import numpy as np
from numba import prange
from numpy.typing import NDArray

from hsmc.kernels.cells import Cells, Floats, Ints, System
from hsmc.kernels.jit import kernel, threaded_kernel
from hsmc.kernels.particle_moves import move_members
from hsmc.kernels.random import next_bits, open_stream
from hsmc.kernels.regions import Regions, cut, members_of, number_of_colour, region_of_colour


@kernel
def move_regions(
    system: System,
    steps: Floats,
    mask: Floats,
    recent: Ints,
    counts: Ints,
    state: NDArray[np.uint64],
) -> None:
    """Make N trial moves, region by region, each within a cube about a sphere's place.

    Args:
        system: Spheres in their box; moved, and their cells kept up to date.
        steps: Largest displacement along an axis for each species, in σ_L; shape (2,).
        mask: 1 for Cartesian axes along which spheres move, else 0; shape (3,).
        recent: Tried and accepted moves of each species, added to; shape (2, 2).
        counts: Another tally of the same; shape (2, 2).
        state: State of the generator that the regions' own come from; shape (4,).
    """
    regions, key = cut(system, state), next_bits(state)
    na, nb, nc = regions.number[0], regions.number[1], regions.number[2]
    made = np.zeros((na * nb * nc, 2, 2), np.int64)
    for colour_c in range(min(nc, 2)):
        for colour_b in range(min(nb, 2)):
            for colour_a in range(min(na, 2)):
                colour = (colour_a, colour_b, colour_c)
                move_colour(
                    system.cells, system.species, system.box, system.inverse, system.per_face,
                    system.diameter, system.sphere_volume, system.clearance, system.bounds,
                    system.limits, regions, colour, steps, mask, made, key,
                )  # fmt: skip
    for region in range(made.shape[0]):
        recent += made[region]
        counts += made[region]


@threaded_kernel
def move_colour(
    cells: Cells, species: NDArray[np.int8], box: Floats, inverse: Floats, per_face: Floats,
    diameter: float, sphere_volume: float, clearance: Floats, bounds: Floats, limits: Floats,
    regions: Regions, colour: tuple[int, int, int], steps: Floats, mask: Floats, made: Ints,
    key: np.uint64,
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
        regions: How the cells are cut.
        colour: First region of the colour along each box vector, 0 or 1.
        steps: As for ``move_regions``, like the mask.
        mask: See steps.
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
        )
        ra, rb, rc = region_of_colour(regions, colour, place)
        region = (rc * regions.number[1] + rb) * regions.number[0] + ra
        move_region(system, regions, ra, rb, rc, steps, mask, made[region], key, region)


@kernel
def move_region(
    system: System, regions: Regions, ra: int, rb: int, rc: int, steps: Floats, mask: Floats,
    counts: Ints, key: np.uint64, region: int,
) -> None:  # fmt: skip
    """Move the spheres of one region by random numbers of its own.

    Args:
        system: Spheres in their box; those of the region are moved.
        regions: How the cells are cut.
        ra: Region along the first box vector (likewise rb, rc).
        rb: See ra.
        rc: See ra.
        steps: As for ``move_regions``, like the mask.
        mask: See steps.
        counts: Tried and accepted moves of each species, added to; shape (2, 2).
        key: What all streams of the cycle come from.
        region: Number of the region.
    """
    stream, made = np.empty(4, np.uint64), np.zeros((2, 2), np.int64)
    open_stream(key, region, stream)
    members = members_of(system.cells, regions, ra, rb, rc)
    move_members(system, members, ra, rb, rc, steps, mask, made, stream)
    counts += made
