"""A block of cycles: the compiled call that a simulation makes over and over."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.anchors import list_all, put_in_cells
from hsmc.kernels.cells import (
    Cells,
    Floats,
    Ints,
    System,
    cell_index,
    cell_order,
    choose_shape,
    clear,
    invert,
    new_cells,
    place_in,
    read,
    wrap,
)
from hsmc.kernels.clearance import FIRST_HORIZON, HORIZON, NEVER
from hsmc.kernels.cycle import end_cycle
from hsmc.kernels.deformations import LIMITS
from hsmc.kernels.few_spheres import note_radii, size_order
from hsmc.kernels.jit import kernel, lean, merged
from hsmc.kernels.lists import Lists
from hsmc.kernels.plan import Plan, Tally
from hsmc.kernels.ways import move


class Spheres(NamedTuple):
    """What moves in a block; arrays in the order of the user's spheres.

    Attributes:
        positions: Cartesian, in σ_L; changed; shape (N, 3).
        box: Box vectors as columns, upper triangular; changed; shape (3, 3).
        radii: In σ_L; shape (N,).
        species: 0 large, 1 small; shape (N,).
        velocities: Those of Newtonian chains; changed; shape (N, 3), else (1, 3).
    """

    positions: Floats
    box: Floats
    radii: Floats
    species: NDArray[np.int8]
    velocities: Floats


class Room(NamedTuple):
    """What a block works in, made anew for each.

    Attributes:
        system: The spheres in their cells, in cell order, once they are put there.
        order: Which sphere of the user each of them is; shape (N,).
        velocities: In the same order; shape (N, 3), else (1, 3).
    """

    system: System
    order: Ints
    velocities: Floats


def new_room(spheres: Spheres, few: Floats | None = None, lists: Lists | None = None) -> Room:
    """Return room for spheres: where kernels make no arrays, they compile faster.

    Args:
        spheres: What is to be put there.
        few: As ``few_packets`` returns it; where spheres move region by region None.
        lists: As ``new_lists`` returns them; where spheres move region by region None.
    """
    n = spheres.radii.shape[0]
    volumes = 4.0 / 3.0 * math.pi * (spheres.radii * spheres.radii * spheres.radii)
    system = System(
        new_cells(n),
        np.empty(n, np.int8),
        spheres.box,
        np.empty((3, 3)),
        np.empty(3),
        2.0 * float(spheres.radii.max(initial=0.0)),
        float(volumes.cumsum()[-1]),
        np.full(n, NEVER),
        np.array([1.0, FIRST_HORIZON**2] + [0.0] * 12),
        np.empty(LIMITS),
        few,
        lists,
    )
    return Room(system, np.empty(n, np.int64), np.empty(spheres.velocities.shape))


@lean
def put_in_order(
    few: Floats | None, cells: Cells, inverse: Floats, spheres: Spheres, order: Ints
) -> None:
    """Choose the order: that of sizes for few spheres, else of cells."""
    if few is None:
        cell_order(cells, inverse, spheres.positions, order)
    else:
        size_order(spheres.radii, order)
        note_radii(few, spheres.radii, order)


@lean
def fill(
    few: Floats | None, cells: Cells, box: Floats, inverse: Floats, per_face: Floats,
    species: NDArray[np.int8], order: Ints, spheres: Spheres,
) -> None:  # fmt: skip
    """Put the spheres into cells, in their order.

    What a system is made of is handed over by itself, so that this is compiled once for systems
    with lists and without.

    Args:
        few: Of the system, like what follows.
        cells: See few.
        box: See few.
        inverse: See few.
        per_face: See few.
        species: See few.
        order: Written.
        spheres: What is put into cells.
    """
    positions = spheres.positions
    invert(box, inverse, per_face)
    wrap(box, inverse, positions)
    choose_shape(cells, box, per_face)
    put_in_order(few, cells, inverse, spheres, order)
    clear(cells)
    for i in range(order.shape[0]):
        k = order[i]
        x, y, z = positions[k, 0], positions[k, 1], positions[k, 2]
        cell = cell_index(cells, inverse, x, y, z)
        place_in(cells, i, cell, x, y, z, spheres.radii[k])
        species[i] = spheres.species[k]


@lean
def assemble(room: Room, spheres: Spheres) -> None:
    """Put the spheres into their cells, and make their lists if they are to have any.

    Few spheres are in the order of their sizes. The order depends on the positions and sizes alone,
    so a run restarted from them goes on alike.

    Args:
        room: Written.
        spheres: What is put into cells.
    """
    system = room.system
    fill(
        system.few, system.cells, system.box, system.inverse, system.per_face, system.species,
        room.order, spheres,
    )  # fmt: skip
    list_all(system.lists, system)


@lean
def copy_places(cells: Cells, order: Ints, positions: Floats) -> None:
    """Write the places of spheres in cell order back in the order of the user."""
    for i in range(order.shape[0]):
        k = order[i]
        positions[k, 0], positions[k, 1], positions[k, 2], _ = read(cells, cells.place_of[i])


@merged
def take_back(room: Room, spheres: Spheres) -> None:
    """Write the places of spheres back, those with lists too."""
    put_in_cells(room.system.lists, room.system)
    copy_places(room.system.cells, room.order, spheres.positions)


@lean
def take_velocities(order: Ints, given: Floats, ordered: Floats) -> None:
    """Copy velocities in cell order; where one is that of all, as it is."""
    for i in range(given.shape[0]):
        k = order[i] if given.shape[0] > 1 else 0
        for axis in range(3):
            ordered[i, axis] = given[k, axis]


@lean
def take_velocities_back(order: Ints, ordered: Floats, given: Floats) -> None:
    """Do as ``copy_places`` with velocities."""
    for i in range(given.shape[0]):
        k = order[i] if given.shape[0] > 1 else 0
        for axis in range(3):
            given[k, axis] = ordered[i, axis]


@kernel
def run_block(
    room: Room, spheres: Spheres, plan: Plan, tally: Tally, pressures: Floats, volumes: Floats
) -> None:
    """Run one cycle for each pressure: the spheres move, then the box.

    Args:
        room: As ``new_room`` made it.
        spheres: Changed.
        plan: What a cycle does.
        tally: Changed.
        pressures: βPσ_L³ of each cycle; shape (C,).
        volumes: Written: of the box after each cycle, in σ_L³; shape (C,).
    """
    assemble(room, spheres)
    system, velocities = room.system, room.velocities
    if not plan.asked:
        system.bounds[HORIZON] = 1.0
    take_velocities(room.order, spheres.velocities, velocities)
    for cycle in range(pressures.shape[0]):
        move(system, velocities, plan.way, plan, tally)
        volumes[cycle] = end_cycle(system, plan, tally, pressures[cycle])
    take_back(room, spheres)
    take_velocities_back(room.order, velocities, spheres.velocities)
