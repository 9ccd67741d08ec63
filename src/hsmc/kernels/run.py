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
    wrap,
)
from hsmc.kernels.chains_in_regions import move_chains_in_regions
from hsmc.kernels.clearance import FIRST_HORIZON, HORIZON, NEVER
from hsmc.kernels.cycle import end_cycle
from hsmc.kernels.deformations import LIMITS
from hsmc.kernels.event_chains import KEPT, draw_velocities, move_chains
from hsmc.kernels.jit import kernel, merged
from hsmc.kernels.packets import LANES
from hsmc.kernels.particle_moves import move_regions, move_spheres
from hsmc.kernels.plan import Plan, Tally
from hsmc.kernels.random import uniform


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
def assemble(spheres: Spheres) -> tuple[System, Ints]:
    """Return the spheres in their cells, in cell order, and that order; shape (N,).

    The order depends on the positions alone, so a run restarted from them goes on alike.
    """
    n = spheres.radii.shape[0]
    inverse, per_face = np.empty((3, 3)), np.empty(3)
    invert(spheres.box, inverse, per_face)
    wrap(spheres.box, inverse, spheres.positions)
    cells = new_cells(n)
    choose_shape(cells, spheres.box, per_face)
    order = cell_order(cells, inverse, spheres.positions)
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
    system = System(
        cells, species, spheres.box, inverse, per_face, diameter, sphere_volume,
        np.full(n, NEVER), np.array([1.0, FIRST_HORIZON**2]), np.empty(LIMITS),
    )  # fmt: skip
    return system, order


@merged
def begin(spheres: Spheres, plan: Plan) -> tuple[System, Ints]:
    """Return what ``assemble`` does; where no box moves, no one asks who is near."""
    system, order = assemble(spheres)
    if plan.box_moves.shape[0] == 0:
        system.bounds[HORIZON] = 1.0
    return system, order


@kernel
def take_back(system: System, order: Ints, spheres: Spheres) -> None:
    """Write the positions of spheres in cell order back in the order of the user."""
    cells = system.cells
    for i in range(order.shape[0]):
        packet, place = cells.place_of[i] // LANES, cells.place_of[i] % LANES
        for axis in range(3):
            spheres.positions[order[i], axis] = cells.packets[packet, axis, place]


@kernel
def run_block(spheres: Spheres, plan: Plan, tally: Tally, pressures: Floats) -> Floats:
    """Run one cycle for each pressure: N trial moves of single spheres, then a box move.

    Args:
        spheres: Changed.
        plan: What a cycle does.
        tally: Changed.
        pressures: βPσ_L³ of each cycle; shape (C,).

    Returns:
        Volume of the box after each cycle, in σ_L³; shape (C,).
    """
    system, order = begin(spheres, plan)
    volumes = np.empty(pressures.shape[0])
    for cycle in range(pressures.shape[0]):
        move_spheres(system, tally.steps, plan.mask, tally.recent, tally.counts, tally.state)
        volumes[cycle] = end_cycle(system, plan, tally, pressures[cycle])
    take_back(system, order, spheres)
    return volumes


@merged
def begin_chains(spheres: Spheres, plan: Plan) -> tuple[System, Ints, Floats]:
    """Return what ``begin`` does, and the velocities in the same order."""
    system, order = begin(spheres, plan)
    velocities = spheres.velocities.copy()
    if velocities.shape[0] > 1:
        for i in range(order.shape[0]):
            velocities[i] = spheres.velocities[order[i]]
    return system, order, velocities


@merged
def renew(velocities: Floats, mask: Floats, state: NDArray[np.uint64]) -> None:
    """Draw all velocities anew, in one of ``KEPT`` cycles."""
    if velocities.shape[0] > 1 and uniform(state) * KEPT < 1.0:
        draw_velocities(velocities, mask, state)


@merged
def end_chains(system: System, order: Ints, velocities: Floats, spheres: Spheres) -> None:
    """Do as ``take_back``, with velocities, too."""
    take_back(system, order, spheres)
    if velocities.shape[0] > 1:
        for i in range(order.shape[0]):
            spheres.velocities[order[i]] = velocities[i]
    else:
        spheres.velocities[0] = velocities[0]


@kernel
def run_chain_block(spheres: Spheres, plan: Plan, tally: Tally, pressures: Floats) -> Floats:
    """Do as ``run_block``, with event chains of about N collisions in place of trial moves.

    Args:
        spheres: Changed.
        plan: See ``run_block``.
        tally: See ``run_block``.
        pressures: See ``run_block``.
    """
    system, order, velocities = begin_chains(spheres, plan)
    volumes = np.empty(pressures.shape[0])
    for cycle in range(pressures.shape[0]):
        renew(velocities, plan.mask, tally.state)
        move_chains(
            system, velocities, plan.mask, tally.chain, tally.chain_recent, tally.counts,
            tally.state,
        )  # fmt: skip
        volumes[cycle] = end_cycle(system, plan, tally, pressures[cycle])
    end_chains(system, order, velocities, spheres)
    return volumes


@kernel
def run_large_block(spheres: Spheres, plan: Plan, tally: Tally, pressures: Floats) -> Floats:
    """Do as ``run_block``, with local moves region by region, on several threads.

    Args:
        spheres: Changed.
        plan: See ``run_block``.
        tally: See ``run_block``.
        pressures: See ``run_block``.
    """
    system, order = begin(spheres, plan)
    volumes = np.empty(pressures.shape[0])
    for cycle in range(pressures.shape[0]):
        move_regions(system, tally.steps, plan.mask, tally.recent, tally.counts, tally.state)
        volumes[cycle] = end_cycle(system, plan, tally, pressures[cycle])
    take_back(system, order, spheres)
    return volumes


@kernel
def run_large_chain_block(spheres: Spheres, plan: Plan, tally: Tally, pressures: Floats) -> Floats:
    """Do as ``run_block``, with event chains region by region, on several threads.

    Args:
        spheres: Changed.
        plan: See ``run_block``.
        tally: See ``run_block``.
        pressures: See ``run_block``.
    """
    system, order, velocities = begin_chains(spheres, plan)
    volumes = np.empty(pressures.shape[0])
    for cycle in range(pressures.shape[0]):
        renew(velocities, plan.mask, tally.state)
        move_chains_in_regions(
            system, velocities, plan.mask, tally.chain, tally.chain_recent, tally.counts,
            tally.state,
        )  # fmt: skip
        volumes[cycle] = end_cycle(system, plan, tally, pressures[cycle])
    end_chains(system, order, velocities, spheres)
    return volumes
