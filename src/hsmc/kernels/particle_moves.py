"""Trial moves of single spheres."""

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.cell_list import Floats, Indices, Ints, System, relink
from hsmc.kernels.clearance import HORIZON, SAFE, SHORTENED, renew_horizon
from hsmc.kernels.jit import kernel
from hsmc.kernels.random import next_bits
from hsmc.kernels.regions import Regions, members_of

HALF = np.uint64(32)
LOW_BITS = np.uint64(0xFFFFFFFF)
PER_BIT = 2.0**-31
"""Turns 32 random bits into (-1, 1) once half a bit is added and 1 taken away."""


@kernel
def clearance_at(
    system: System, skip: int, x: float, y: float, z: float, a: int, b: int, c: int
) -> float:
    """Return the smallest r²/σ² of sphere ``skip`` put at x, y, z; 0 if it overlaps another.

    Its own images move with it, so only box moves test them. Touching is no overlap. Beyond
    the horizon nothing is known, so the horizon is the most that is returned.

    Args:
        system: Spheres in their box; the grid reaches the largest contact distance.
        skip: The moved sphere.
        x: Trial position, wrapped (likewise y, z).
        y: See x.
        z: See x.
        a: Cell of the trial position along the first box vector (likewise b, c).
        b: See a.
        c: See a.
    """
    records, box, grid = system.records, system.box, system.grid
    nx, ny, nz = grid.shape[0], grid.shape[1], grid.shape[2]
    radius, least = records[skip, 3], system.bounds[HORIZON]
    # Steps run 0, +1, -1, +2, -2: the nearest cells reject most trials.
    for step_c in range(1, 2 * grid.span[2] + 2):
        kc = c + (step_c // 2 if step_c % 2 == 0 else -(step_c // 2))
        x_c, y_c, z_c = x, y, z
        while kc < 0:
            kc += nz
            x_c, y_c, z_c = x_c + box[0, 2], y_c + box[1, 2], z_c + box[2, 2]
        while kc >= nz:
            kc -= nz
            x_c, y_c, z_c = x_c - box[0, 2], y_c - box[1, 2], z_c - box[2, 2]
        for step_b in range(1, 2 * grid.span[1] + 2):
            kb = b + (step_b // 2 if step_b % 2 == 0 else -(step_b // 2))
            x_b, y_b = x_c, y_c
            while kb < 0:
                kb += ny
                x_b, y_b = x_b + box[0, 1], y_b + box[1, 1]
            while kb >= ny:
                kb -= ny
                x_b, y_b = x_b - box[0, 1], y_b - box[1, 1]
            row = (kc * ny + kb) * nx
            for step_a in range(1, 2 * grid.span[0] + 2):
                ka = a + (step_a // 2 if step_a % 2 == 0 else -(step_a // 2))
                x_a = x_b
                while ka < 0:
                    ka += nx
                    x_a += box[0, 0]
                while ka >= nx:
                    ka -= nx
                    x_a -= box[0, 0]
                k = grid.head[row + ka]
                while k >= 0:
                    dx, dy, dz = records[k, 0] - x_a, records[k, 1] - y_b, records[k, 2] - z_c
                    contact2 = (records[k, 3] + radius) ** 2
                    distance2 = dx * dx + dy * dy + dz * dz
                    if distance2 < least * contact2 and k != skip:
                        if distance2 < contact2:
                            return 0.0
                        least = distance2 / contact2
                    k = grid.following[k]
    return float(least)


@kernel
def move_spheres(
    system: System,
    steps: Floats,
    mask: Floats,
    recent: Ints,
    counts: Ints,
    state: NDArray[np.uint64],
) -> None:
    """Make N trial moves of spheres chosen at random, each within a cube about its place.

    Args:
        system: Spheres in their box; moved, and the grid kept up to date.
        steps: Largest displacement along an axis for each species, in σ_L; shape (2,).
        mask: 1 for Cartesian axes along which spheres move, else 0; shape (3,).
        recent: Tried and accepted moves of each species, added to; shape (2, 2).
        counts: Another tally of the same; shape (2, 2).
        state: State of the generator; shape (4,).

    Source:
        Metropolis et al., J. Chem. Phys. 21, 1087 (1953), doi:10.1063/1.1699114.
    """
    renew_horizon(system)
    system.grid.region[:] = 0
    everyone = Regions(np.ones(3, np.int64), np.zeros(3, np.int64))
    members, made = members_of(system.grid, everyone, 0, 0, 0), np.zeros((2, 2), np.int64)
    move_members(system, members, 0, 0, 0, steps, mask, made, state)
    recent += made
    counts += made


@kernel
def move_members(
    system: System, members: Indices, ra: int, rb: int, rc: int, steps: Floats, mask: Floats,
    counts: Ints, state: NDArray[np.uint64],
) -> None:  # fmt: skip
    """Make as many trial moves in a region as it has spheres; none leaves it.

    Args:
        system: Spheres in their box; those of the region are moved.
        members: The spheres of the region; shape (M,).
        ra: Region along the first axis (likewise rb, rc).
        rb: See ra.
        rc: See ra.
        steps: As for ``move_spheres``, like the rest.
        mask: See steps.
        counts: See steps.
        state: See steps.
    """
    records, box, inverse, grid = system.records, system.box, system.inverse, system.grid
    nx, ny, nz = grid.shape[0], grid.shape[1], grid.shape[2]
    scale = SAFE / system.bounds[SHORTENED]
    count = members.shape[0]
    for _ in range(count):
        first, second = next_bits(state), next_bits(state)
        i = members[int(((first >> HALF) * np.uint64(count)) >> HALF)]
        kind = system.species[i]
        step = steps[kind]
        counts[kind, 0] += 1
        x = records[i, 0] + step * mask[0] * ((float(first & LOW_BITS) + 0.5) * PER_BIT - 1.0)
        y = records[i, 1] + step * mask[1] * ((float(second >> HALF) + 0.5) * PER_BIT - 1.0)
        z = records[i, 2] + step * mask[2] * ((float(second & LOW_BITS) + 0.5) * PER_BIT - 1.0)
        sa = inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2] * z
        sb = inverse[1, 1] * y + inverse[1, 2] * z
        sc = inverse[2, 2] * z
        if sa < 0.0 or sa >= 1.0 or sb < 0.0 or sb >= 1.0 or sc < 0.0 or sc >= 1.0:
            qa, qb, qc = np.floor(sa), np.floor(sb), np.floor(sc)
            x -= box[0, 0] * qa + box[0, 1] * qb + box[0, 2] * qc
            y -= box[1, 1] * qb + box[1, 2] * qc
            z -= box[2, 2] * qc
            sa, sb, sc = sa - qa, sb - qb, sc - qc
        a, b, c = min(int(sa * nx), nx - 1), min(int(sb * ny), ny - 1), min(int(sc * nz), nz - 1)
        if grid.region[0, a] != ra or grid.region[1, b] != rb or grid.region[2, c] != rc:
            continue
        clearance = clearance_at(system, i, x, y, z, a, b, c)
        if clearance == 0.0:
            continue
        counts[kind, 1] += 1
        records[i, 0], records[i, 1], records[i, 2] = x, y, z
        system.clearance[i] = clearance * scale
        cell = (c * ny + b) * nx + a
        if cell != grid.cell_of[i]:
            relink(grid, i, cell)
