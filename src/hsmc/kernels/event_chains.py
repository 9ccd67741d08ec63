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

from hsmc.kernels.cells import (
    RADIUS,
    Floats,
    Indices,
    Ints,
    System,
    X,
    Y,
    Z,
    move_to,
    number_of,
    wrapped,
)
from hsmc.kernels.checkerboard import Region, moves_by, sweep
from hsmc.kernels.jit import inlined, kernel, lean
from hsmc.kernels.packets import LANES, ahead, fetch, lowest
from hsmc.kernels.random import normal, uniform
from hsmc.kernels.regions import Regions, cut
from hsmc.kernels.search import WIDER, Reach, fetch_around, looks_for, search
from hsmc.kernels.walls import NONE, Walls, inside, reflect, wall_ahead, walls_of

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

CACHED = 8192
"""Spheres up to which the processor's cache holds them all, so that nothing is fetched ahead."""

ROUNDING = 2e-15
"""Distance kept from contact, over the edges of the box: places are rounded."""

SLOT, DX, DY, DZ, CONTACT = 0, 1, 2, 3, 4
"""Where the first hit is noted: which sphere's place, the separation when seen, at contact."""

DURATION, FREE_PATH, FLOWN, HANDED_ON, LENGTH = 0, 1, 2, 3, 4
"""Places in ``Tally.chain``."""


class Flight(NamedTuple):
    """A query: what does a flying sphere hit first?

    Attributes:
        slot: Its place in its cell, 8·packet + place.
        radius: Its radius, in σ_L.
        ux: Direction of its flight, of length 1 (likewise uy, uz).
        uy: See ux.
        uz: See ux.
        hit: Written: the first hit; shape (5,).
    """

    slot: int
    radius: float
    ux: float
    uy: float
    uz: float
    hit: Floats


@looks_for(Flight)
@inlined
def first_hit(
    system: System, packet: int, x: float, y: float, z: float, query: Flight, path: float
) -> float:
    """Return how far a sphere flies before it hits one of a packet, at most ``path``."""
    packets = system.cells.packets
    slot, radius, ux, uy, uz, hit = query
    mask = ahead(packets, packet, x, y, z, radius, ux, uy, uz, path)
    if packet == slot // LANES:
        mask &= ~(1 << (slot % LANES))
    while mask != 0:
        k = lowest(mask)
        mask &= mask - 1
        dx = packets[packet, X, k] - x
        dy = packets[packet, Y, k] - y
        dz = packets[packet, Z, k] - z
        contact = packets[packet, RADIUS, k] + radius
        along = dx * ux + dy * uy + dz * uz
        past = dx * dx + dy * dy + dz * dz - contact * contact
        # The smaller root of s² - 2 along s + past, without taking large from large.
        free = max(past / (along + math.sqrt(max(along * along - past, 0.0))), 0.0)
        if free < path:
            path = free
            hit[SLOT], hit[CONTACT] = packet * LANES + k, contact
            hit[DX], hit[DY], hit[DZ] = dx, dy, dz
            fetch(system.cells.owner, packet * LANES + k)
    return path


@inlined
def ahead_of(
    system: System, axis: int, ux: float, uy: float, uz: float, reach: float, path: float
) -> tuple[float, float]:
    """Return how far along a box vector, to either side, lies what may be hit in flight.

    Spheres within reach of the path, but none behind its start, in fractions of the vector.
    """
    inverse, per_face = system.inverse, system.per_face
    slope = inverse[axis, 0] * ux + inverse[axis, 1] * uy + inverse[axis, 2] * uz
    forward = WIDER * (reach * per_face[axis] + path * abs(slope))
    lean = slope / per_face[axis]
    back = WIDER * reach * per_face[axis] * math.sqrt(max(1.0 - lean * lean, 1e-15))
    return (back, forward) if slope > 0.0 else (forward, back)


@inlined
def surroundings(
    system: System, ux: float, uy: float, uz: float, reach: float, path: float
) -> tuple[Reach, Reach]:
    """Return the ``ahead_of`` of all box vectors: downwards, upwards."""
    below_a, above_a = ahead_of(system, 0, ux, uy, uz, reach, path)
    below_b, above_b = ahead_of(system, 1, ux, uy, uz, reach, path)
    below_c, above_c = ahead_of(system, 2, ux, uy, uz, reach, path)
    return (below_a, below_b, below_c), (above_a, above_b, above_c)


@inlined
def landing(
    system: System, i: int, dx: float, dy: float, dz: float
) -> tuple[float, float, float, int]:
    """Return where sphere ``i`` comes by a displacement, and the cell."""
    cells = system.cells
    packet, place = cells.place_of[i] // LANES, cells.place_of[i] % LANES
    x, y = cells.packets[packet, X, place] + dx, cells.packets[packet, Y, place] + dy
    z = cells.packets[packet, Z, place] + dz
    x, y, z, a, b, c = wrapped(system, x, y, z)
    return x, y, z, number_of(cells, a, b, c)


@inlined
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


@inlined
def held_back(free: float, ux: float, uy: float, uz: float, hit: Floats, slack: float) -> float:
    """Return a path shortened until it ends before contact: a long, grazing one rounds more."""
    least, step = (hit[CONTACT] - slack) ** 2, ROUNDING * (1.0 + free)
    while free > 0.0:
        dx, dy, dz = hit[DX] - ux * free, hit[DY] - uy * free, hit[DZ] - uz * free
        if dx * dx + dy * dy + dz * dz >= least:
            break
        free = max(free - step, 0.0)
        step *= 2.0
    return free


@inlined
def free_path(
    system: System, far: bool, i: int, ux: float, uy: float, uz: float, path: float, hit: Floats
) -> float:
    """Return how far sphere ``i`` flies along u before it hits another, at most ``path``.

    Args:
        system: Spheres in their box.
        i: The sphere.
        ux: Direction, of length 1 (likewise uy, uz).
        uy: See ux.
        uz: See ux.
        path: How far to look, in σ_L.
        hit: Written: place of what is hit, -1 if nothing is, the separation, and contact;
            shape (5,).
    """
    cells, box = system.cells, system.box
    packets = cells.packets
    slot = int(cells.place_of[i])
    packet, place = slot // LANES, slot % LANES
    x, y, z = packets[packet, X, place], packets[packet, Y, place], packets[packet, Z, place]
    slack = ROUNDING * (box[0, 0] + box[1, 1] + box[2, 2])
    radius = packets[packet, RADIUS, place] + slack
    below, above = surroundings(system, ux, uy, uz, radius + 0.5 * system.diameter, path)
    if far and cells.place_of.shape[0] > CACHED:
        fetch_around(system, x, y, z, below, above)
    hit[SLOT] = -1.0
    flight = Flight(slot, radius, ux, uy, uz, hit)
    free = search(system, x, y, z, below, above, flight, path)
    return held_back(free, ux, uy, uz, hit, 0.5 * slack) if hit[SLOT] >= 0.0 else free


@lean
def run_chain(
    system: System, walls: Walls | None, i: int, duration: float, sight: float,
    velocities: Floats, mask: Floats, hit: Floats, chain: Floats, counts: Ints,
) -> int:  # fmt: skip
    """Let sphere ``i`` fly, and whatever is hit after it, for a time.

    Args:
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
    cells = system.cells
    own = 1 if velocities.shape[0] > 1 else 0
    left, collisions, handed_on, length = duration, 0, 0.0, 0.0
    while left > 0.0 and collisions < MOST_COLLISIONS:
        vx, vy, vz = velocities[own * i, 0], velocities[own * i, 1], velocities[own * i, 2]
        speed = math.sqrt(vx * vx + vy * vy + vz * vz)
        if speed == 0.0:
            break
        ux, uy, uz = vx / speed, vy / speed, vz / speed
        free = free_path(system, walls is None, i, ux, uy, uz, min(left * speed, sight), hit)
        x, y, z, cell = landing(system, i, ux * free, uy * free, uz * free)
        target, wall, at_rest = int(hit[SLOT]), NONE, False
        if walls is not None:
            if cells.region[cell] != walls.region:
                wall, free = wall_ahead(system, walls, i, ux, uy, uz, free)
                x, y, z, cell = landing(system, i, ux * free, uy * free, uz * free)
                target = -1
            elif target >= 0:
                at_rest = not inside(system, walls, target)
        j = cells.owner[target // LANES, target % LANES] if target >= 0 else i
        fetch(velocities, 3 * own * j)
        move_to(system, i, cell, x, y, z)
        system.clearance[i] = 0.0
        length += free
        left = left - free / speed if free < left * speed else 0.0
        if target >= 0:
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


@kernel
def draw_velocity(velocities: Floats, i: int, mask: Floats, state: NDArray[np.uint64]) -> None:
    """Draw a velocity of unit variance along each axis of the mask."""
    for axis in range(3):
        velocities[i, axis] = mask[axis] * normal(state)


@kernel
def draw_direction(velocities: Floats, mask: Floats, state: NDArray[np.uint64]) -> None:
    """Draw the one velocity of a straight chain: of length 1, in any direction of the mask."""
    length = 0.0
    while length == 0.0:
        draw_velocity(velocities, 0, mask, state)
        length = math.sqrt(velocities[0, 0] ** 2 + velocities[0, 1] ** 2 + velocities[0, 2] ** 2)
    for axis in range(3):
        velocities[0, axis] /= length


@kernel
def draw_velocities(velocities: Floats, mask: Floats, state: NDArray[np.uint64]) -> None:
    """Draw a velocity for each sphere; their mean square is 1 along each axis of the mask."""
    n = velocities.shape[0]
    for i in range(n):
        draw_velocity(velocities, i, mask, state)
    velocities *= math.sqrt(mask.sum() * n / (velocities * velocities).sum())


@lean
def run_chains(
    system: System, walls: Walls | None, members: Indices, number: int, velocities: Floats,
    mask: Floats, hit: Floats, chain: Floats, counts: Ints, state: NDArray[np.uint64],
) -> int:  # fmt: skip
    """Run chains from spheres chosen at random.

    Args:
        system: As for ``run_chain``, like the walls.
        walls: See system.
        members: The spheres that move; shape (M,).
        number: How many chains.
        velocities: As for ``run_chain``, like the rest; a single row is drawn anew.
        mask: See velocities.
        hit: See velocities.
        chain: Duration and free path, and sums over flights, added to; shape (5,).
        counts: As for ``run_chain``.
        state: State of the generator; shape (4,).

    Returns:
        Number of collisions.
    """
    count, collisions, sight = members.shape[0], 0, SIGHT * chain[FREE_PATH]
    for _ in range(number):
        if velocities.shape[0] == 1:
            draw_direction(velocities, mask, state)
        i = members[min(int(uniform(state) * count), count - 1)]
        collisions += run_chain(
            system, walls, i, chain[DURATION], sight, velocities, mask, hit, chain, counts
        )
    return collisions


@inlined
def remember(chain: Floats, recent: Ints, length: float, chains: int, collisions: int) -> None:
    """Take note of the chains of a cycle: what durations and sights are made from."""
    path = length / max(collisions, 1)
    chain[FREE_PATH] += MEMORY * (min(path, LONGEST_PATH) - chain[FREE_PATH])
    recent[0] += chains
    recent[1] += collisions


@kernel
def move_chains(
    system: System,
    velocities: Floats,
    mask: Floats,
    chain: Floats,
    recent: Ints,
    counts: Ints,
    state: NDArray[np.uint64],
) -> None:
    """Make event chains of about N collisions in all.

    Args:
        system: Spheres in their box; moved, and their cells kept up to date.
        velocities: Of each sphere, changed; shape (N, 3); or room for one; shape (1, 3).
        mask: 1 for Cartesian axes along which spheres move, else 0; shape (3,).
        chain: Duration and free path, and sums over flights, added to; shape (5,).
        recent: Chains and collisions since the last change of the duration; shape (2,).
        counts: Collisions by flights of each species, added to, tried and accepted alike;
            shape (2, 2).
        state: State of the generator; shape (4,).
    """
    n = system.species.shape[0]
    chains, before = max(1, round(n / COLLISIONS)), chain[LENGTH]
    collisions = run_chains(
        system, None, system.cells.everyone, chains, velocities, mask, np.empty(5), chain, counts,
        state,
    )  # fmt: skip
    remember(chain, recent, chain[LENGTH] - before, chains, collisions)


class Chains(NamedTuple):
    """Event chains in a region, as ``kernels.checkerboard`` makes them.

    Attributes:
        velocities: As for ``move_chains``, like the mask.
        mask: See velocities.
        chain: Duration and free path, at the start of the cycle; shape (5,).
        flown: Sums over the flights of each region, as in ``chain``, and in place of its
            duration the number of chains; shape (R, 5).
    """

    velocities: Floats
    mask: Floats
    chain: Floats
    flown: Floats


@moves_by(Chains)
@kernel
def chains_in_region(
    system: System, members: Indices, regions: Regions, region: Region, chains: Chains,
    counts: Ints, state: NDArray[np.uint64],
) -> None:  # fmt: skip
    """Make event chains of about as many collisions as the region has spheres."""
    velocities = chains.velocities
    if velocities.shape[0] == 1:
        velocities = velocities.copy()
    walls = walls_of(system.cells, regions, region)
    number = int(members.shape[0] / COLLISIONS + uniform(state))
    chain = chains.chain.copy()
    chain[FLOWN:] = 0.0
    run_chains(
        system, walls, members, number, velocities, chains.mask, np.empty(5), chain, counts, state
    )
    chain[DURATION] = number
    chains.flown[walls.region] = chain


@kernel
def move_chains_in_regions(
    system: System,
    velocities: Floats,
    mask: Floats,
    chain: Floats,
    recent: Ints,
    counts: Ints,
    state: NDArray[np.uint64],
) -> None:
    """Do as ``move_chains``, region by region, on several threads.

    Args:
        system: See ``move_chains``, like the rest.
        velocities: See system.
        mask: See system.
        chain: See system.
        recent: See system.
        counts: See system.
        state: See system.
    """
    # None is thinner than a flight is long: one that ends inside was inside all the way.
    regions = cut(system, system.diameter + SIGHT * chain[FREE_PATH], state)
    flown = np.zeros((regions.number.prod(), 5))
    made = np.zeros((2, 2), np.int64)
    sweep(system, regions, Chains(velocities, mask, chain, flown), made, state)
    for region in range(flown.shape[0]):
        chain[FLOWN:] += flown[region, FLOWN:]
    counts += made
    length, chains = flown[:, LENGTH].sum(), int(flown[:, DURATION].sum())
    remember(chain, recent, length, chains, made[0, 1] + made[1, 1])


@kernel
def tune_duration(n: int, chain: Floats, recent: Ints) -> None:
    """Bring the number of collisions of a chain near its target; breaks balance meanwhile."""
    target = min(n, COLLISIONS)
    if max(recent[0], recent[1] / target) >= ENOUGH:
        ratio = target * recent[0] / max(recent[1], 1)
        longest = target * LONGEST_PATH
        chain[DURATION] = min(chain[DURATION] * min(max(ratio, 0.01), 10.0), longest)
        recent[0], recent[1] = 0, 0
