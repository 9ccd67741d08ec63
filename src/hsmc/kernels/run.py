"""A block of cycles: the compiled call that a simulation makes over and over."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.anchors import list_all, put_in_cells
from hsmc.kernels.cells import (
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
        np.array([1.0, FIRST_HORIZON**2]),
        np.empty(LIMITS),
        few,
        lists,
    )
    return Room(system, np.empty(n, np.int64), np.empty(spheres.velocities.shape))


@lean
def put_in_order(few: Floats | None, room: Room, spheres: Spheres) -> None:
    """Choose the order: that of sizes for few spheres, else of cells."""
    if few is None:
        cell_order(room.system.cells, room.system.inverse, spheres.positions, room.order)
    else:
        size_order(spheres.radii, room.order)
        note_radii(few, spheres.radii, room.order)


@lean
def assemble(room: Room, spheres: Spheres) -> None:
    """Put the spheres into their cells.

    Few spheres are in the order of their sizes. The order depends on the positions and sizes alone,
    so a run restarted from them goes on alike.

    Args:
        room: Written.
        spheres: What is put into cells.
    """
    system, order, _ = room
    cells, positions = system.cells, spheres.positions
    invert(system.box, system.inverse, system.per_face)
    wrap(system.box, system.inverse, positions)
    choose_shape(cells, system.box, system.per_face)
    put_in_order(system.few, room, spheres)
    clear(cells)
    for i in range(order.shape[0]):
        k = order[i]
        x, y, z = positions[k, 0], positions[k, 1], positions[k, 2]
        cell = cell_index(cells, system.inverse, x, y, z)
        place_in(cells, i, cell, x, y, z, spheres.radii[k])
        system.species[i] = spheres.species[k]
    list_all(system.lists, system)


@merged
def take_back(room: Room, spheres: Spheres) -> None:
    """Write the places of spheres in cell order back in the order of the user."""
    system, positions = room.system, spheres.positions
    put_in_cells(system.lists, system)
    cells = system.cells
    for i in range(room.order.shape[0]):
        k = room.order[i]
        positions[k, 0], positions[k, 1], positions[k, 2], _ = read(cells, cells.place_of[i])


@merged
def take_velocities(room: Room, spheres: Spheres) -> None:
    """Copy velocities in cell order; where one is that of all, as it is."""
    for i in range(spheres.velocities.shape[0]):
        k = room.order[i] if spheres.velocities.shape[0] > 1 else 0
        for axis in range(3):
            room.velocities[i, axis] = spheres.velocities[k, axis]


@merged
def take_velocities_back(room: Room, spheres: Spheres) -> None:
    """Do as ``take_back`` with velocities."""
    for i in range(spheres.velocities.shape[0]):
        k = room.order[i] if spheres.velocities.shape[0] > 1 else 0
        for axis in range(3):
            spheres.velocities[k, axis] = room.velocities[i, axis]


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
    take_velocities(room, spheres)
    for cycle in range(pressures.shape[0]):
        move(system, velocities, plan.way, plan, tally)
        volumes[cycle] = end_cycle(system, plan, tally, pressures[cycle])
    take_back(room, spheres)
    take_velocities_back(room, spheres)
