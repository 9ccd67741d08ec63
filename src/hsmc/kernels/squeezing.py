"""Overlapping spheres moved apart by trial moves."""

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.cells import Floats, System, read
from hsmc.kernels.clearance import NEVER
from hsmc.kernels.cycle import PARTICLE_TRIALS
from hsmc.kernels.jit import kernel, lean
from hsmc.kernels.particle_moves import Trials, clearance_at, move_regions
from hsmc.kernels.run import Room, Spheres, assemble, take_back
from hsmc.kernels.tuning import tune

ACCEPTANCE = 0.3
"""Acceptance that the steps are tuned to."""


@lean
def any_overlap(system: System) -> bool:
    """Tell whether two spheres overlap that did not move since they were put in order.

    Others cannot: no trial move ends in an overlap, with those that have yet to move either. One
    that did move has a clearance, and one that did not has none, so few have to be looked at.
    """
    cells = system.cells
    for i in range(system.clearance.shape[0]):
        if system.clearance[i] == NEVER:
            x, y, z, _ = read(cells, cells.place_of[i])
            if clearance_at(system, i, x, y, z) == 0.0:
                return True
    return False


@kernel
def part_spheres(
    room: Room, spheres: Spheres, steps: Floats, state: NDArray[np.uint64], cycles: int
) -> bool:
    """Make cycles of N trial moves until no spheres overlap; tell if so.

    Args:
        room: As ``new_room`` made it, for spheres that move region by region.
        spheres: Overlapping or not; changed.
        steps: Largest displacement along an axis for each species, tuned; shape (2,).
        state: State of the generator; shape (4,).
        cycles: How many, at most.
    """
    assemble(room, spheres)
    system = room.system
    mask, half = np.ones(3), np.inf
    for axis in range(3):
        half = min(half, 0.5 / system.per_face[axis])
    trials, counts = Trials(steps, mask, np.zeros((2, 2), np.int64)), np.zeros((2, 2), np.int64)
    overlap = any_overlap(system)
    for _ in range(cycles):
        if overlap:
            move_regions(system, trials, counts, state)
            tune(steps, trials.recent, PARTICLE_TRIALS, ACCEPTANCE, half)
            overlap = any_overlap(system)
    take_back(room, spheres)
    return not overlap
