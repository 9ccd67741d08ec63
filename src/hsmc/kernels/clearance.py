"""How near each sphere's neighbours are: lower bounds that make box moves cheap.

A box move is decided by the few pairs that touch first. The search that finds room for a sphere
passes all its neighbours anyway, so it also tells how near the nearest is, and that is kept: the
sphere's *clearance*, the smallest r²/σ² of its pairs. It goes out of date when neighbours move,
but of the two spheres of a pair the one that moved last has seen the other where it is. So a
pair nearer than ``factor`` contacts belongs to a sphere whose clearance is below ``factor``²,
and a box move searches about the few spheres of which that holds, not about all.

Clearances that a box move makes too large are mended for all spheres at once, by one common
factor: the square of the most that any separation got shorter.
"""

import numpy as np

from hsmc.kernels.cell_list import Floats, System, face_distance, grid_reach
from hsmc.kernels.jit import kernel

SHORTENED, HORIZON = 0, 1
"""Places in ``System.bounds``: the common factor, and the clearance beyond which none is known."""

NEAR = 2.0
"""Gap, over contact, up to which clearances are told apart; times the number of spheres.

Some ten times the nearest gap of dense spheres: farther ones would cost time at every move.
"""

SAFE = 1.0 - 1e-12
"""Takes from a clearance what rounding of positions and boxes may add."""


@kernel
def renew_horizon(system: System) -> None:
    """Note how far clearances are known: no farther than a search about one sphere sees."""
    system.bounds[HORIZON] = np.inf
    if system.diameter > 0.0:
        near = 1.0 + NEAR / system.records.shape[0]
        reach = min(near, grid_reach(system.grid, system.inverse) / system.diameter)
        system.bounds[HORIZON] = reach * reach


@kernel
def shorten(system: System, factor: float) -> None:
    """Take note that separations got shorter, by no more than ``factor``; or longer."""
    system.bounds[SHORTENED] *= factor * factor * SAFE


@kernel
def is_in_sight(system: System, factor: float) -> bool:
    """Tell whether clearances lead to every pair nearer than ``factor`` contacts.

    They do not beyond the reach of the grid, nor where spheres come near their own images.
    """
    width = np.inf
    for axis in range(3):
        width = min(width, face_distance(system.inverse, axis))
    seen = factor * factor <= system.bounds[HORIZON]
    return bool(seen and width >= factor * system.diameter)


@kernel
def is_selective(system: System, factor: float) -> bool:
    """Tell whether clearances lead to every pair nearer than ``factor``, past most spheres."""
    if not is_in_sight(system, factor):
        return False
    threshold, count = factor * factor / system.bounds[SHORTENED], 0
    for i in range(system.clearance.shape[0]):
        count += system.clearance[i] < threshold
    return bool(2 * count < system.clearance.shape[0])  # beyond, half a search about each is faster


@kernel
def close_pairs(system: System, factor: float, first: int, pairs: Floats) -> tuple[int, int]:
    """List pairs closer than ``factor`` times their contact distance, some of them twice.

    Spheres are taken from ``first`` on until the buffer may not hold the pairs of one more.
    The clearances of those that are searched are brought up to date.

    Args:
        system: Spheres in their box; ``factor`` is in sight.
        factor: How far to look, over the contact distance.
        first: First sphere to take.
        pairs: Separation and squared contact distance, written; shape (M, 4).

    Returns:
        The next sphere to take, and the number of pairs written; the sphere is ``first``
        itself if the buffer is too small for it alone.
    """
    records, grid, clearance = system.records, system.grid, system.clearance
    nx, ny, nz = grid.shape[0], grid.shape[1], grid.shape[2]
    box = system.box
    shortened = system.bounds[SHORTENED]
    threshold = factor * factor / shortened
    count = 0
    for i in range(first, records.shape[0]):
        if clearance[i] >= threshold:
            continue
        before, best = count, system.bounds[HORIZON]
        x, y, z, radius = records[i, 0], records[i, 1], records[i, 2], records[i, 3]
        cell = grid.cell_of[i]
        a, b, c = cell % nx, (cell // nx) % ny, cell // (nx * ny)
        for step_c in range(-grid.span[2], grid.span[2] + 1):
            kc, x_c, y_c, z_c = c + step_c, -x, -y, -z
            while kc < 0:
                kc += nz
                x_c, y_c, z_c = x_c - box[0, 2], y_c - box[1, 2], z_c - box[2, 2]
            while kc >= nz:
                kc -= nz
                x_c, y_c, z_c = x_c + box[0, 2], y_c + box[1, 2], z_c + box[2, 2]
            for step_b in range(-grid.span[1], grid.span[1] + 1):
                kb, x_b, y_b = b + step_b, x_c, y_c
                while kb < 0:
                    kb, x_b, y_b = kb + ny, x_b - box[0, 1], y_b - box[1, 1]
                while kb >= ny:
                    kb, x_b, y_b = kb - ny, x_b + box[0, 1], y_b + box[1, 1]
                row = (kc * ny + kb) * nx
                for step_a in range(-grid.span[0], grid.span[0] + 1):
                    ka, x_a = a + step_a, x_b
                    while ka < 0:
                        ka, x_a = ka + nx, x_a - box[0, 0]
                    while ka >= nx:
                        ka, x_a = ka - nx, x_a + box[0, 0]
                    k = grid.head[row + ka]
                    while k >= 0:
                        dx, dy, dz = records[k, 0] + x_a, records[k, 1] + y_b, records[k, 2] + z_c
                        contact2 = (records[k, 3] + radius) ** 2
                        distance2 = dx * dx + dy * dy + dz * dz
                        if distance2 < best * contact2 and k != i:
                            best = distance2 / contact2
                        if distance2 < factor * factor * contact2 and k != i:
                            if count == pairs.shape[0]:
                                return i, before  # the caller goes on from here
                            pairs[count, 0], pairs[count, 1] = dx, dy
                            pairs[count, 2], pairs[count, 3] = dz, contact2
                            count += 1
                        k = grid.following[k]
        clearance[i] = best * SAFE / shortened
    return records.shape[0], count
