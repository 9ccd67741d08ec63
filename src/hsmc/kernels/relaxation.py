"""Overlapping spheres pushed apart: harmonic overlap energy and its descent."""

import math

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.jit import kernel, lean

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CONVERGED, STALE, UNFINISHED = 0, 1, 2
"""How a descent ended: forces vanish, the pair list is outdated, or out of steps."""

DAMPING, SOFTENING, PATIENCE = 0.1, 0.99, 5
FASTER, SLOWER = 1.1, 0.5
"""The constants of FIRE, as published."""


@lean
def overlap_energy(
    positions: Floats,
    first: Ints,
    second: Ints,
    offset: Floats,
    contact: Floats,
    gradient: Floats,
) -> float:
    """Return the harmonic overlap energy E = ½ Σ (1 − r/σ)² over pairs with r < σ.

    A sphere and its own image add a constant: they move together.

    Args:
        positions: Cartesian positions, in σ_L; shape (N, 3).
        first: Index i of each pair; shape (M,).
        second: Index j of each pair; shape (M,).
        offset: Separation − (r_j − r_i): the periodic image, in σ_L; shape (M, 3).
        contact: σ of each pair, in σ_L; shape (M,).
        gradient: dE/dr, to be written; shape (N, 3).
    """
    gradient[:] = 0.0
    energy = 0.0
    for k in range(len(first)):
        i, j, sigma = first[k], second[k], contact[k]
        x = positions[j, 0] - positions[i, 0] + offset[k, 0]
        y = positions[j, 1] - positions[i, 1] + offset[k, 1]
        z = positions[j, 2] - positions[i, 2] + offset[k, 2]
        square = x * x + y * y + z * z
        if square >= sigma * sigma:
            continue
        r = math.sqrt(square)
        depth = 1.0 - r / sigma
        energy += 0.5 * depth * depth
        if r == 0.0:  # no direction to part in
            continue
        pull = depth / (sigma * r)
        gradient[i, 0] += pull * x
        gradient[i, 1] += pull * y
        gradient[i, 2] += pull * z
        gradient[j, 0] -= pull * x
        gradient[j, 1] -= pull * y
        gradient[j, 2] -= pull * z
    return energy


@kernel
def descend(
    positions: Floats,
    velocities: Floats,
    clock: Floats,
    listed: Floats,
    first: Ints,
    second: Ints,
    offset: Floats,
    contact: Floats,
    force: float,
    skin: float,
    longest: float,
    steps: int,
) -> int:
    """Move spheres down the overlap energy until no component of a force exceeds ``force``.

    Damped dynamics that speed up downhill and stop uphill: FIRE, E. Bitzek et al., Phys. Rev.
    Lett. 97, 170201 (2006), doi:10.1103/PhysRevLett.97.170201. Own code, for a library's
    minimiser calls threaded linear algebra, whose bits depend on the number of threads.

    Args:
        positions: Cartesian positions, in σ_L, to be moved; shape (N, 3).
        velocities: Kept from one call to the next, zeros at first; shape (N, 3).
        clock: Time step, damping and steps downhill so far, kept likewise; shape (3,).
        listed: Positions for which the pairs were listed, in σ_L; shape (N, 3).
        first: Index i of each pair; shape (M,).
        second: Index j of each pair; shape (M,).
        offset: Separation − (r_j − r_i) of each pair, in σ_L; shape (M, 3).
        contact: σ of each pair, in σ_L; shape (M,).
        force: Largest component of a force that counts as none, in 1/σ_L.
        skin: Twice the displacement that outdates the pair list, in σ_L.
        longest: Longest time step.
        steps: Most steps to take.
    """
    gradient = np.empty_like(positions)
    x, v, g, x0 = positions.ravel(), velocities.ravel(), gradient.ravel(), listed.ravel()
    for _ in range(steps):
        overlap_energy(positions, first, second, offset, contact, gradient)
        steepest, power, speed, slope, moved = 0.0, 0.0, 0.0, 0.0, 0.0
        for k in range(len(x)):
            steepest = max(steepest, abs(g[k]))
            power -= g[k] * v[k]
            speed += v[k] * v[k]
            slope += g[k] * g[k]
            moved = max(moved, abs(x[k] - x0[k]))
        if steepest <= force:
            return CONVERGED
        if math.sqrt(3.0) * moved > 0.5 * skin:
            return STALE
        damping, keep = clock[1], 1.0
        if power > 0.0:
            clock[2] += 1.0
            if clock[2] > PATIENCE:
                clock[0] = min(clock[0] * FASTER, longest)
                clock[1] *= SOFTENING
        else:
            clock[0], clock[1], clock[2], keep = clock[0] * SLOWER, DAMPING, 0.0, 0.0
        turn = damping * math.sqrt(speed / slope)
        for k in range(len(x)):
            v[k] = keep * ((1.0 - damping) * v[k] - turn * g[k]) - clock[0] * g[k]
            x[k] += clock[0] * v[k]
    return UNFINISHED
