"""What to do about overlaps: scale, stretch or relax them away; and random fluids."""

import math
from contextlib import suppress
from dataclasses import replace

import numpy as np

from hsmc.box import Box, Floats
from hsmc.configuration import Configuration
from hsmc.errors import InputError
from hsmc.kernels.relaxation import DAMPING, STALE, descend
from hsmc.mixture import Mixture
from hsmc.neighbors import Ints, near_pairs, smallest_gap
from hsmc.rng import stream
from hsmc.squeeze import StuckError, squeeze

PAD = 1e-11
"""Gap left between spheres that touch, so that later rounding makes no overlap of it."""

ROUNDING = 1e-9
"""Relative overlap that is taken for rounding, so that no sphere is moved for it."""

STRETCH_LIMIT = 4.0
"""Most that xy or z may shrink when a crystal is stretched; beyond it is another crystal."""

STRETCH_MARGIN = 0.5
"""Surface distance, in σ_L, of the pairs that a stretch is first drawn up for."""

STRETCH_ROUNDS = 50
"""Most rounds of looking for pairs that a stretch makes overlap."""

NOISE = 1e-3
"""Random displacement, in σ_L, that frees symmetric or coinciding spheres to part."""

INFLATION = 1e-5
"""Relative distance beyond contact that is relaxed to, so that contact itself is passed."""

SKIN = 0.3
"""Reach of the pair list beyond contact while relaxing, in σ_L."""

GROWTH = 0.2
"""Growth of the box edge, over the deepest relative overlap, between two minimisations."""

FORCE, LAST_FORCE = 1e-3, 1e-8
"""Force, in units of 1/σ_L, to which overlaps are relaxed at first and at last."""

BALANCED = 100.0
"""Deepest relative overlap over the force left, above which only growth removes it."""

TIME_STEP = 0.4
"""Longest time step of a minimisation, over the smallest diameter."""

MOST_RELAXED = 4096
"""Random spheres up to which overlaps are relaxed away at any packing fraction."""

DENSEST_SQUEEZED = 0.54
"""Packing fraction up to which more of them are squeezed instead."""

DILUTE = 0.02
"""Packing fraction at which many random spheres are placed."""

STEPS, RENEWALS = 3000, 1000
"""Most steps on one pair list, and most lists, of one minimisation."""


def dilate(configuration: Configuration) -> Configuration:
    """Scale box and positions alike, up or down, until the closest pair touches.

    Args:
        configuration: Spheres in a box, overlapping or not.

    Returns:
        The same crystal with a smallest gap of ``PAD``, to rounding.

    Raises:
        InputError: Two spheres coincide, or all diameters are 0.
    """
    closest = smallest_gap(configuration)
    if math.isinf(closest.gap):
        message = "all diameters are 0, so nothing can touch; a diameter > 0 is needed"
        raise InputError(message)
    if closest.distance == 0.0:
        message = (
            f"spheres {closest.i} and {closest.j} lie on one spot, so no scale parts them; "
            "relax them instead"
        )
        raise InputError(message)
    return _scaled(configuration, (1.0 + PAD) / (1.0 + closest.gap))


def at_packing(configuration: Configuration, packing_fraction: float) -> Configuration:
    """Scale box and positions alike to a packing fraction; spheres may overlap then.

    Raises:
        InputError: The packing fraction is not a number > 0.
    """
    if not (math.isfinite(packing_fraction) and packing_fraction > 0.0):
        message = f"packing fraction is {packing_fraction:g}, needs to be > 0"
        raise InputError(message)
    return _scaled(configuration, (configuration.packing_fraction / packing_fraction) ** (1 / 3))


def expand_to(configuration: Configuration, packing_fraction: float) -> Configuration:
    """Scale box and positions alike down to a lower packing fraction.

    Raises:
        InputError: The packing fraction is above the present one, or not a number > 0.
    """
    present = configuration.packing_fraction
    if packing_fraction > present * (1.0 + PAD):
        message = (
            f"packing fraction is {packing_fraction:g}, needs to be ≤ {present:.6g}, the most "
            "without overlaps; compress instead"
        )
        raise InputError(message)
    return at_packing(configuration, packing_fraction)


def stretch(configuration: Configuration) -> Configuration:
    """Scale xy and z apart, to the smallest volume without overlaps.

    With X = λ_xy² and Z = λ_z² every pair image is a line, X (x² + y²) + Z z² ≥ σ², and
    ln V = ln X + ½ ln Z is concave: the smallest volume is at a corner. Corners are found for
    the pairs known so far, and pairs that overlap there are added, until none does.

    Args:
        configuration: Spheres in a box, overlapping or not; c along z for a crystal's c/a.

    Raises:
        InputError: Two spheres coincide, or all diameters are 0.
    """
    reference = dilate(configuration)
    lines = np.diag([STRETCH_LIMIT**2, STRETCH_LIMIT**2])
    scales, margin = np.ones(3), STRETCH_MARGIN
    for _ in range(STRETCH_ROUNDS):  # two or three, unless rounding upsets the corners
        lines = _lower_left_hull(np.concatenate([lines, _lines(reference, scales, margin)]))
        scales, margin = _best_corner(lines), 0.0
        trial = reference.strained(np.diag(scales))
        if smallest_gap(trial).gap > -ROUNDING:
            break
    return dilate(trial)


def relax(configuration: Configuration, seed: int) -> Configuration:
    """Remove overlaps by moving spheres, and let the box grow as far as it must.

    The harmonic overlap energy is minimised, from slightly displaced positions; while overlaps
    remain, the box is enlarged and the spheres are moved again. A configuration without
    overlaps is returned as it is. How much the box had to grow is to be read from the volumes.

    Args:
        configuration: Spheres in a box.
        seed: Root seed of the small random displacements.

    Returns:
        Spheres without overlaps, in a box of the same shape and of the same size or larger.
    """
    gap = smallest_gap(configuration).gap
    if gap >= -ROUNDING:
        return configuration if gap >= 0.0 else dilate(configuration)
    noise = stream(seed, "relax").normal(scale=NOISE, size=configuration.positions.shape)
    force = FORCE
    state = replace(configuration, positions=configuration.positions + noise)
    state = _minimised(state, force)
    while (gap := smallest_gap(state).gap) < 0.0:
        if gap < -max(BALANCED * force, INFLATION):
            state = _scaled(state, 1.0 - GROWTH * gap)
        elif force > LAST_FORCE:  # what is left may vanish at this size
            force *= 0.1
        else:
            return dilate(state)
        state = _minimised(state, force)
    return state


def random_fluid(mixture: Mixture, packing_fraction: float, seed: int) -> Configuration:
    """Place spheres at random in a cube and relax their overlaps away.

    Works up to a packing fraction of about 0.6 (0.5 for a handful of spheres); denser states are
    for compression to reach. The fluid is free of overlaps, not yet in equilibrium. More than
    ``MOST_RELAXED`` spheres are placed at 0.02 and squeezed from there, up to ``DENSEST_SQUEEZED``:
    as fast, on several threads, by 0.2 kB a sphere. A list of pairs, as relaxing needs, is up to
    2 kB; where squeezing gets stuck, as with few spheres ten times as large as the others, they are
    relaxed.

    Args:
        mixture: Composition and size ratio.
        packing_fraction: φ of the fluid.
        seed: Root seed of the positions.

    Raises:
        InputError: The packing fraction is not a number > 0, or overlaps remain at it.
    """
    diameters = mixture.diameters
    scaled = stream(seed, "fluid").random((len(diameters), 3))
    points = Configuration.from_scaled(Box.cubic(1.0), scaled, diameters, mixture.types)
    if len(points) > MOST_RELAXED and packing_fraction <= DENSEST_SQUEEZED:
        dilute = at_packing(points, min(packing_fraction, DILUTE))
        with suppress(StuckError):  # small spheres inside few much larger ones do not get out
            return squeeze(dilute, packing_fraction, seed)
    fluid = relax(at_packing(points, packing_fraction), seed)
    if fluid.packing_fraction < packing_fraction * (1.0 - INFLATION):
        message = (
            f"packing fraction is {packing_fraction:g}, but {len(fluid)} random spheres come "
            f"without overlaps only at {fluid.packing_fraction:.3f}; start lower and compress"
        )
        raise InputError(message)
    return fluid


def _scaled(configuration: Configuration, factor: float) -> Configuration:
    return configuration.strained(np.eye(3) * factor)


def _lines(reference: Configuration, scales: Floats, margin: float) -> Floats:
    """Return (x² + y², z²)/σ² at scale 1 of the pairs that are near at ``scales``; shape (M, 2)."""
    pairs = near_pairs(reference.strained(np.diag(scales)), margin)
    touching = pairs.contact > 0.0
    squares = (pairs.separation[touching] / scales) ** 2
    lines = np.column_stack([squares[:, 0] + squares[:, 1], squares[:, 2]])
    return np.asarray(lines / pairs.contact[touching, None] ** 2)


def _lower_left_hull(lines: Floats) -> Floats:
    """Keep the lines p X + q Z ≥ 1 that no others imply, by rising p and falling q.

    For X, Z ≥ 0 they are the lower left corner chain of the convex hull of the points (p, q):
    A. M. Andrew, Inf. Process. Lett. 9, 216 (1979), doi:10.1016/0020-0190(79)90072-3.
    """
    lines = lines[np.lexsort((lines[:, 1], lines[:, 0]))]
    lowest = np.minimum.accumulate(lines[:, 1])
    hull: list[Floats] = []
    for line in lines[np.r_[True, lines[1:, 1] < lowest[:-1]]]:
        while len(hull) > 1 and _is_above(hull[-1], hull[-2], line):
            hull.pop()
        hull.append(line)
    return np.array(hull)


def _is_above(point: Floats, left: Floats, right: Floats) -> bool:
    """Tell whether a point lies on or above the line from ``left`` to ``right``."""
    (x, y), (run, rise) = point - left, right - left
    return bool(y * run >= rise * x)


def _best_corner(hull: Floats) -> Floats:
    """Return the scales (λ_xy, λ_xy, λ_z) of the smallest volume; shape (3,)."""
    (p, q), (p_next, q_next) = hull[:-1].T, hull[1:].T
    determinant = p_next * q - p * q_next
    squares = np.column_stack([(q - q_next) / determinant, (p_next - p) / determinant])
    xy, z = np.sqrt(squares[np.argmin(squares[:, 0] ** 2 * squares[:, 1])])
    return np.array([xy, xy, z])


def _minimised(configuration: Configuration, force: float) -> Configuration:
    """Move spheres until no component of a force exceeds ``force``; the box stays."""
    diameters = configuration.diameters
    longest = TIME_STEP * float(diameters[diameters > 0.0].min())
    positions = np.array(configuration.positions)
    velocities, clock = np.zeros_like(positions), np.array([0.1 * longest, DAMPING, 0.0])
    for _ in range(RENEWALS):
        state = replace(configuration, positions=positions.copy())
        end = descend(
            positions,
            velocities,
            clock,
            state.positions,
            *_springs(state),
            force,
            SKIN,
            longest,
            STEPS,
        )
        if end != STALE:
            break
    return replace(configuration, positions=positions)


def _springs(configuration: Configuration) -> tuple[Ints, Ints, Floats, Floats]:
    """Return i, j, image offset and distance to be reached of pairs in reach of one another."""
    pairs = near_pairs(configuration, SKIN + 2.0 * INFLATION)
    between = configuration.positions[pairs.j] - configuration.positions[pairs.i]
    return pairs.i, pairs.j, pairs.separation - between, pairs.contact * (1.0 + INFLATION)
