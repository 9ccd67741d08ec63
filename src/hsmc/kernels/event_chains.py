"""Event chains: a sphere flies until it hits another, which then flies on in its place.

Every sphere has a velocity, but only one sphere moves at a time. When it meets another, the two
exchange what their velocities have along the line of contact, as in an elastic collision of
equal masses, and the one that was hit moves on. A chain starts with a sphere chosen at random
and lasts for a time that does not depend on the state; nothing is ever refused. With a velocity
drawn for each sphere that is a *Newtonian* chain. With one velocity for all of them the
exchange changes nothing, and the chain goes *straight*.

Balance: a flight ends at contact at the rate v·n of its own velocity v along the normal n, the
next one leaves the same contact at the same rate, and the exchange is a reflection of the two
velocities, which keeps volumes and energies. So the flow of probability into each state is the
flow out of it: uniform places, velocities by any function of the energy, every sphere equally
likely to be the one that moves, are stationary (global balance; no reverse moves are made).

Pressure: a collision hands the flight on over the vector d between the centres, and
βPV/N = 1 + Σ d·v / (⟨v²⟩ t) over the collisions within the time t. The mean square velocity of
the moving sphere is that of all spheres; theirs is made the same whenever velocities are drawn,
so that it adds no noise, and no bias as a ratio to a sum over flights would.

Sources: Bernard, Krauth & Wilson, Phys. Rev. E 80, 056704 (2009),
doi:10.1103/PhysRevE.80.056704; Michel, Kapfer & Krauth, J. Chem. Phys. 140, 054116 (2014),
doi:10.1063/1.4863991 (pressure); Klement & Engel, J. Chem. Phys. 150, 174108 (2019),
doi:10.1063/1.5090882 (Newtonian chains).
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.cells import Floats, Indices, Ints, System
from hsmc.kernels.flights import DX, DY, DZ
from hsmc.kernels.jit import kernel, lean, merged
from hsmc.kernels.landing import fly_in_cells, fly_in_lists
from hsmc.kernels.lists import Lists
from hsmc.kernels.packets import wide
from hsmc.kernels.random import normal, uniform
from hsmc.kernels.walls import NONE, Walls, reflect

COLLISIONS = 100
"""Collisions of a chain that its duration is tuned to, on average."""

ENOUGH = 20
"""Chains between two changes of the duration, or the collisions of so many."""

FIRST_DURATION, FIRST_PATH = 1.0, 0.1
"""Of a run's first chains: right for a fluid, to be cut down soon where spheres nearly touch."""

LONGEST_PATH = 2.0
"""Largest mean free path that durations and searches are made for, in σ_L: that of φ = 0.07."""

MOST_COLLISIONS = 1000 * COLLISIONS
"""A chain ends there at the latest: among spheres that touch it would fly on in no time."""

KEPT = 100.0
"""Cycles for which velocities are kept, on average: the longer, the better spheres diffuse."""

MEMORY = 0.1
"""Weight of the last cycle in the mean free path."""

SIGHT = 4.5
"""How far ahead a search looks at first, over the mean free path; 3 to 6 are alike."""

DURATION, FREE_PATH, FLOWN, HANDED_ON, LENGTH = 0, 1, 2, 3, 4
"""Places in ``Tally.chain``."""


@merged
def exchange(velocities: Floats, i: int, j: int, dx: float, dy: float, dz: float) -> None:
    """Exchange the parts of two velocities along d, as equal masses do.

    d has no part along axes on which spheres do not move.
    """
    part = (velocities[i, 0] - velocities[j, 0]) * dx
    part += (velocities[i, 1] - velocities[j, 1]) * dy
    part += (velocities[i, 2] - velocities[j, 2]) * dz
    part /= dx * dx + dy * dy + dz * dz
    velocities[i, 0] -= part * dx
    velocities[i, 1] -= part * dy
    velocities[i, 2] -= part * dz
    velocities[j, 0] += part * dx
    velocities[j, 1] += part * dy
    velocities[j, 2] += part * dz


@lean
def run_chain(
    lists: Lists | None, system: System, walls: Walls | None, i: int, duration: float,
    sight: float, velocities: Floats, mask: Floats, hit: Floats, chain: Floats, counts: Ints,
) -> int:  # fmt: skip
    """Let sphere ``i`` fly, and whatever is hit after it, for a time.

    Args:
        lists: Those of the system, if they are used.
        system: Spheres in their box; moved, and their cells kept up to date.
        walls: Of the region whose spheres alone move; None: all do.
        i: The first sphere.
        duration: For how long, in σ_L over velocity.
        sight: How far a search looks at first, in σ_L; matters to speed alone.
        velocities: Of each sphere, changed; shape (N, 3). One row is that of all; shape (1, 3).
        mask: 1 for Cartesian axes along which spheres move, else 0; shape (3,).
        hit: Scratch; shape (5,).
        chain: Its sums are added to; shape (5,).
        counts: Collisions by flights of each species, added to, tried and accepted alike;
            shape (2, 2).

    Returns:
        Number of collisions.
    """
    own = 1 if velocities.shape[0] > 1 else 0
    left, collisions, handed_on, length = duration, 0, 0.0, 0.0
    while left > 0.0 and collisions < MOST_COLLISIONS:
        vx, vy, vz = velocities[own * i, 0], velocities[own * i, 1], velocities[own * i, 2]
        speed = math.sqrt(vx * vx + vy * vy + vz * vz)
        if speed == 0.0:
            break
        ux, uy, uz = vx / speed, vy / speed, vz / speed
        path = min(left * speed, sight)
        if lists is None:
            free, j, wall, at_rest = fly_in_cells(
                system, walls, i, ux, uy, uz, path, velocities, hit
            )
        else:
            free, j, wall, at_rest = fly_in_lists(
                lists, system, walls, i, ux, uy, uz, path, velocities, hit
            )
        system.clearance[i] = 0.0
        length += free
        left = left - free / speed if free < left * speed else 0.0
        if j >= 0:
            dx, dy, dz = hit[DX] - ux * free, hit[DY] - uy * free, hit[DZ] - uz * free
            handed_on += dx * vx + dy * vy + dz * vz
            collisions += 1
            counts[system.species[i], 0] += 1
            counts[system.species[i], 1] += 1
            if at_rest:
                reflect(velocities, own * i, mask[0] * dx, mask[1] * dy, mask[2] * dz)
            else:
                if own == 1:
                    exchange(velocities, i, j, mask[0] * dx, mask[1] * dy, mask[2] * dz)
                i = j
        elif wall != NONE:
            nx, ny, nz = system.inverse[wall, 0], system.inverse[wall, 1], system.inverse[wall, 2]
            reflect(velocities, own * i, mask[0] * nx, mask[1] * ny, mask[2] * nz)
    mean_square = mask[0] + mask[1] + mask[2] if own == 1 else 1.0
    chain[FLOWN] += mean_square * (duration - left)
    chain[HANDED_ON] += handed_on
    chain[LENGTH] += length
    return collisions


@lean
def draw_normals(velocities: Floats, mask: Floats, state: NDArray[np.uint64]) -> None:
    """Draw velocities of unit variance along each axis of the mask."""
    for i in range(velocities.shape[0]):
        for axis in range(3):
            velocities[i, axis] = mask[axis] * normal(state)


@lean
def draw_direction(velocities: Floats, mask: Floats, state: NDArray[np.uint64]) -> None:
    """Draw the one velocity of a straight chain: of length 1, in any direction of the mask."""
    length = 0.0
    while length == 0.0:
        draw_normals(velocities, mask, state)
        length = math.sqrt(velocities[0, 0] ** 2 + velocities[0, 1] ** 2 + velocities[0, 2] ** 2)
    for axis in range(3):
        velocities[0, axis] /= length


@kernel
def draw_velocities(velocities: Floats, mask: Floats, state: NDArray[np.uint64]) -> None:
    """Draw a velocity for each sphere; their mean square is 1 along each axis of the mask."""
    n, squares = velocities.shape[0], 0.0
    draw_normals(velocities, mask, state)
    for i in range(n):
        for axis in range(3):
            squares += velocities[i, axis] * velocities[i, axis]
    scale = math.sqrt((mask[0] + mask[1] + mask[2]) * n / squares)
    for i in range(n):
        for axis in range(3):
            velocities[i, axis] *= scale


@merged
def run_chains(
    lists: Lists | None, system: System, walls: Walls | None, members: Indices, number: int,
    velocities: Floats, mask: Floats, hit: Floats, chain: Floats, flown: Floats, counts: Ints,
    state: NDArray[np.uint64],
) -> int:  # fmt: skip
    """Run chains from spheres chosen at random.

    Args:
        lists: As for ``run_chain``, like what follows.
        system: See lists.
        walls: See lists.
        members: The spheres that move; shape (M,).
        number: How many chains.
        velocities: As for ``run_chain``; a single row is drawn anew for each chain.
        mask: As for ``run_chain``, like what is hit and the counts.
        hit: See mask.
        chain: Duration and free path of chains; shape (5,).
        flown: Sums over flights, as in ``chain``, added to; shape (5,).
        counts: See mask.
        state: State of the generator; shape (4,).

    Returns:
        Number of collisions.
    """
    count, collisions = members.shape[0], 0
    duration, sight = chain[DURATION], SIGHT * chain[FREE_PATH]
    for _ in range(number):
        if velocities.shape[0] == 1:
            draw_direction(velocities, mask, state)
        i = wide(members[min(int(uniform(state) * count), count - 1)])
        collisions += run_chain(
            lists, system, walls, i, duration, sight, velocities, mask, hit, flown, counts
        )
    return collisions


class Chains(NamedTuple):
    """What event chains need to know.

    Attributes:
        velocities: Of each sphere, changed; shape (N, 3); or room for one; shape (1, 3).
        mask: 1 for Cartesian axes along which spheres move, else 0; shape (3,).
        chain: Duration and free path, and sums over flights, added to; shape (5,).
        recent: Chains and collisions since the last change of the duration, added to; shape (2,).
    """

    velocities: Floats
    mask: Floats
    chain: Floats
    recent: Ints


@lean
def run_all(
    lists: Lists | None, system: System, chains: Chains, number: int, counts: Ints,
    state: NDArray[np.uint64],
) -> int:  # fmt: skip
    """Run chains from spheres of the whole system, with lists or without; return collisions."""
    velocities, mask, chain, _ = chains
    hit = system.limits  # scratch of box moves
    return run_chains(
        lists, system, None, system.cells.everyone, number, velocities, mask, hit, chain, chain,
        counts, state,
    )  # fmt: skip


@lean
def chain_on(
    lists: Lists | None, system: System, chains: Chains, number: int, counts: Ints,
    state: NDArray[np.uint64],
) -> int:  # fmt: skip
    """Do as ``run_all``, with lists if the system has any that are used."""
    if lists is None:
        return run_all(None, system, chains, number, counts, state)
    if lists.used[0] == 0:
        return run_all(None, system, chains, number, counts, state)
    return run_all(lists, system, chains, number, counts, state)


@merged
def move_chains(system: System, chains: Chains, counts: Ints, state: NDArray[np.uint64]) -> None:
    """Make event chains of about N collisions in all.

    Args:
        system: Spheres in their box; moved, and their cells kept up to date.
        chains: Velocities, and how long each lasts.
        counts: Collisions by flights of each species, added to, tried and accepted alike;
            shape (2, 2).
        state: State of the generator; shape (4,).
    """
    chain = chains.chain
    number, before = max(1, round(system.species.shape[0] / COLLISIONS)), chain[LENGTH]
    collisions = chain_on(system.lists, system, chains, number, counts, state)
    remember(chains, chain[LENGTH] - before, number, collisions)


@merged
def remember(chains: Chains, length: float, number: int, collisions: int) -> None:
    """Take note of the chains of a cycle: durations and sights follow them."""
    path = length / max(collisions, 1)
    chains.chain[FREE_PATH] += MEMORY * (min(path, LONGEST_PATH) - chains.chain[FREE_PATH])
    chains.recent[0] += number
    chains.recent[1] += collisions


@merged
def tune_duration(n: int, chain: Floats, recent: Ints) -> None:
    """Bring the number of collisions of a chain near its target; breaks balance meanwhile."""
    target = min(n, COLLISIONS)
    if max(recent[0], recent[1] / target) >= ENOUGH:
        ratio = target * recent[0] / max(recent[1], 1)
        longest = target * LONGEST_PATH
        chain[DURATION] = min(chain[DURATION] * min(max(ratio, 0.01), 10.0), longest)
        recent[0], recent[1] = 0, 0
