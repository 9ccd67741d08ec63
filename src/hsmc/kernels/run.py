"""A block of cycles: the compiled call that a simulation makes over and over."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.cells import (
    Floats,
    Ints,
    System,
    cell_order,
    choose_shape,
    fill,
    invert,
    new_cells,
    read,
    wrap,
)
from hsmc.kernels.clearance import FIRST_HORIZON, HORIZON, NEVER
from hsmc.kernels.cycle import end_cycle
from hsmc.kernels.deformations import LIMITS
from hsmc.kernels.few_spheres import note_radii, size_order
from hsmc.kernels.jit import kernel, merged
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


@kernel
def assemble(spheres: Spheres, few: Floats | None) -> tuple[System, Ints]:
    """Return the spheres in their cells, in cell order, and that order; shape (N,).

    Few spheres are in the order of their sizes. The order depends on the positions and sizes alone,
    so a run restarted from them goes on alike.

    Args:
        spheres: What is put into cells.
        few: As ``few_packets`` returns them; where spheres move region by region None.
    """
    n = spheres.radii.shape[0]
    inverse, per_face = np.empty((3, 3)), np.empty(3)
    invert(spheres.box, inverse, per_face)
    wrap(spheres.box, inverse, spheres.positions)
    cells = new_cells(n)
    choose_shape(cells, spheres.box, per_face)
    if few is None:
        order = cell_order(cells, inverse, spheres.positions)
    else:
        order = size_order(spheres.radii)
    diameter = sphere_volume = 0.0
    records = np.empty((n, 4))
    species = np.empty(n, np.int8)
    for i in range(n):
        k = order[i]
        for axis in range(3):
            records[i, axis] = spheres.positions[k, axis]
        records[i, 3] = spheres.radii[k]
        species[i] = spheres.species[k]
        diameter = max(diameter, 2.0 * spheres.radii[i])
        sphere_volume += 4.0 / 3.0 * math.pi * spheres.radii[i] ** 3
    fill(cells, inverse, records)
    if few is not None:
        note_radii(few, records)
    system = System(
        cells, species, spheres.box, inverse, per_face, diameter, sphere_volume,
        np.full(n, NEVER), np.array([1.0, FIRST_HORIZON**2]), np.empty(LIMITS),
        few,
    )  # fmt: skip
    return system, order


@merged
def begin(spheres: Spheres, plan: Plan) -> tuple[System, Ints]:
    """Return what ``assemble`` does; moves of spheres tell who is near where someone asks."""
    system, order = assemble(spheres, plan.few)
    if not plan.asked:
        system.bounds[HORIZON] = 1.0
    return system, order


@kernel
def take_back(system: System, order: Ints, spheres: Spheres) -> None:
    """Write the positions of spheres in cell order back in the order of the user."""
    cells, positions = system.cells, spheres.positions
    for i in range(order.shape[0]):
        k = order[i]
        positions[k, 0], positions[k, 1], positions[k, 2], _ = read(cells, cells.place_of[i])


@merged
def in_order(velocities: Floats, order: Ints) -> Floats:
    """Return velocities in cell order; where one is that of all, a copy of it."""
    ordered = np.empty(velocities.shape)
    for i in range(velocities.shape[0]):
        k = order[i] if velocities.shape[0] > 1 else 0
        for axis in range(3):
            ordered[i, axis] = velocities[k, axis]
    return ordered


@merged
def take_velocities_back(velocities: Floats, order: Ints, spheres: Spheres) -> None:
    """Do as ``take_back`` with velocities."""
    for i in range(velocities.shape[0]):
        k = order[i] if velocities.shape[0] > 1 else 0
        for axis in range(3):
            spheres.velocities[k, axis] = velocities[i, axis]


@kernel
def run_block(spheres: Spheres, plan: Plan, tally: Tally, pressures: Floats) -> Floats:
    """Run one cycle for each pressure: the spheres move, then the box.

    Args:
        spheres: Changed.
        plan: What a cycle does.
        tally: Changed.
        pressures: βPσ_L³ of each cycle; shape (C,).

    Returns:
        Volume of the box after each cycle, in σ_L³; shape (C,).
    """
    system, order = begin(spheres, plan)
    velocities = in_order(spheres.velocities, order)
    volumes = np.empty(pressures.shape[0])
    for cycle in range(pressures.shape[0]):
        move(system, velocities, plan, tally)
        volumes[cycle] = end_cycle(system, plan, tally, pressures[cycle])
    take_back(system, order, spheres)
    take_velocities_back(velocities, order, spheres)
    return volumes
