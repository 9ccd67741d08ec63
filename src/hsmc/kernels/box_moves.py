"""Moves of the box: one-parameter deformations drawn exactly, or by Metropolis.

Deformations come in two kinds. A *scaling* multiplies the Cartesian axes of a mask by one
factor; its variable is the volume. An *element* move changes one element of the upper
triangular box, spheres keeping their fractions; six of them make the box floppy.

Along either, the squared distance of a pair is quadratic in the variable, so one pass over
the near pairs gives the interval around the present state that is free of overlap. On it the
weight is a (truncated) Gamma density, or constant for shears, and is drawn exactly: a
heat-bath move that needs no step size and is never rejected. The interval is the same for
every state on it, which is what balance needs.

Ensembles. Scalings: V^N exp(-βPV), with a flat measure in the volume, the area or the length
that is scaled. Element moves: the rotation-free measure h11² h22 V^(N-2) exp(-βPV) Π dh, which
does not depend on the choice of lattice vectors. Where an interval could be unbounded (element
moves of dilute systems) it is cut to a window whose place around the present value is uniform
and whose width does not depend on it, as in slice sampling, so that balance holds.

Sources: Frenkel & Smit, Understanding Molecular Simulation, 2nd ed., Sec. 5.4; Martyna, Tobias
& Klein, J. Chem. Phys. 101, 4177 (1994), doi:10.1063/1.467468 (measure of the full box);
Neal, Ann. Stat. 31, 705 (2003), doi:10.1214/aos/1056562461 (random windows).
"""

import math

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.cells import USED, Floats, System, X, Y, Z, invert
from hsmc.kernels.clearance import search_below, set_horizon, shorten
from hsmc.kernels.jit import kernel
from hsmc.kernels.near_pairs import near_pairs
from hsmc.kernels.packets import LANES
from hsmc.kernels.random import uniform
from hsmc.kernels.truncated_gamma import draw_truncated_gamma

STRETCH_WINDOW = 0.1
"""Width of the window of a diagonal element, in ln h."""

SHEAR_WINDOW = 0.2
"""Width of the window of an off-diagonal element, over the face distance it acts on."""

FIRST_LOOK = 1.0
"""Gap, over contact, up to which a box move looks first; over βP times sphere volume."""

NEXT_LOOK = 4.0
"""How much farther it looks each time."""

TOO_SKEWED = 0.75
"""Largest fraction by which an element move may shorten a separation."""

ROUNDING = 4e-15
"""Relative distance kept from contact, so that rounding makes no overlap."""


@kernel
def tightest_scale(pairs: Floats, count: int, mask: Floats, least: float) -> float:
    """Return the squared factor at which the first listed pair touches, at least ``least``.

    Args:
        pairs: Separation and squared contact distance; shape (M, 4).
        count: How many of them are in use.
        mask: 1 for Cartesian axes that are scaled, else 0; shape (3,).
        least: Squared factor found so far.
    """
    for p in range(count):
        x2, y2, z2 = pairs[p, 0] ** 2, pairs[p, 1] ** 2, pairs[p, 2] ** 2
        moving = mask[0] * x2 + mask[1] * y2 + mask[2] * z2
        needed = pairs[p, 3] - (x2 + y2 + z2 - moving)
        if needed > least * moving:
            least = needed / moving
    return least


@kernel
def tighten_element(
    pairs: Floats, count: int, column_of_inverse: Floats, row: int, low: float, high: float
) -> tuple[float, float]:
    """Return the part of [low, high] around 0 where no listed pair overlaps.

    A change t of element (row, column) adds t·s to the separation's component ``row``, s
    being the separation's fraction ``column``.

    Args:
        pairs: Separation and squared contact distance; shape (M, 4).
        count: How many of them are in use.
        column_of_inverse: Row ``column`` of the inverse box: gives s; shape (3,).
        row: Row of the element.
        low: Lower end so far, ≤ 0.
        high: Upper end so far, ≥ 0.
    """
    for p in range(count):
        d = pairs[p, row]
        across2 = pairs[p, 0] ** 2 + pairs[p, 1] ** 2 + pairs[p, 2] ** 2 - d * d
        if across2 >= pairs[p, 3]:
            continue
        s = (
            column_of_inverse[0] * pairs[p, 0]
            + column_of_inverse[1] * pairs[p, 1]
            + column_of_inverse[2] * pairs[p, 2]
        )
        if s == 0.0:
            continue
        # Overlap is where |d + t s| < half; the present d lies outside that, on one side.
        half = math.sqrt(pairs[p, 3] - across2)
        edge = ((half if d > 0.0 else -half) - d) / s
        if (d > 0.0) == (s > 0.0):
            low = max(low, min(edge, 0.0))
        else:
            high = min(high, max(edge, 0.0))
    return low, high


@kernel
def scale_limit(system: System, mask: Floats, factor: float) -> float:
    """Return the scaling factor below which a pair within ``factor`` contacts overlaps."""
    first, least, pairs = 0, 0.0, system.pairs
    threshold = search_below(system, factor)
    while first < system.species.shape[0]:
        last = first
        first, count = near_pairs(system, factor, first, pairs, threshold)
        least = tightest_scale(pairs, count, mask, least)
        if first == last:
            pairs = np.empty((2 * pairs.shape[0], 4))
    return math.sqrt(least) * (1.0 + ROUNDING)


@kernel
def element_limits(
    system: System, row: int, column: int, factor: float, low: float, high: float
) -> tuple[float, float]:
    """Return the part of [low, high] around 0 free of overlaps within ``factor`` contacts."""
    first, pairs = 0, system.pairs
    threshold = search_below(system, factor)
    while first < system.species.shape[0]:
        last = first
        first, count = near_pairs(system, factor, first, pairs, threshold)
        low, high = tighten_element(pairs, count, system.inverse[column], row, low, high)
        if first == last:
            pairs = np.empty((2 * pairs.shape[0], 4))
    return low, high


@kernel
def apply_scale(system: System, mask: Floats, scale: float) -> None:
    """Scale the masked Cartesian axes of box and spheres, in place."""
    packets, box = system.cells.packets, system.box
    for axis in range(3):
        if mask[axis] == 0.0:
            continue
        for column in range(3):
            box[axis, column] *= scale
        for packet in range(system.cells.pool[USED]):
            for place in range(LANES):
                packets[packet, axis, place] *= scale
    every_axis = mask[0] * mask[1] * mask[2] == 1.0
    shorten(system, scale if every_axis else min(scale, 1.0))
    invert(box, system.inverse, system.per_face)


@kernel
def apply_element(system: System, row: int, column: int, change: float) -> None:
    """Add ``change`` to one element of the box, spheres keeping their fractions, in place."""
    packets, box, inverse = system.cells.packets, system.box, system.inverse
    shorten(system, 1.0 - abs(change) * system.per_face[column])
    to_x, to_y = change * inverse[column, 0], change * inverse[column, 1]
    to_z = change * inverse[column, 2]
    for packet in range(system.cells.pool[USED]):
        for place in range(LANES):
            packets[packet, row, place] += (
                to_x * packets[packet, X, place]
                + to_y * packets[packet, Y, place]
                + to_z * packets[packet, Z, place]
            )
    box[row, column] += change
    invert(box, inverse, system.per_face)


@kernel
def volume_of(box: Floats) -> float:
    """Return the volume of an upper triangular box, in σ_L³."""
    return float(box[0, 0] * box[1, 1] * box[2, 2])


@kernel
def first_factor(system: System, beta_pressure: float) -> float:
    """Return a distance over contact up to which to look first.

    At equilibrium the nearest pair is about 1/(3βPV) of a contact distance apart.
    """
    return 1.0 + min(FIRST_LOOK / (beta_pressure * system.sphere_volume), 0.04)


@kernel
def next_factor(factor: float, needed: float, first: float) -> float:
    """Return how far to look where ``factor`` did not settle the limit.

    Args:
        factor: How far was looked, over contact; 1 if nowhere yet.
        needed: How far would be enough.
        first: How far to look first.
    """
    return min(max(first, min(1.0 + NEXT_LOOK * (factor - 1.0), 1.5 * factor)), needed)


@kernel
def least_scale(system: System, mask: Floats, beta_pressure: float) -> float:
    """Return the scaling factor of the masked axes at which the first pair touches.

    A pair at r needs a factor of at least contact/r, so pairs beyond ``factor`` contacts
    cannot matter once the limit found is above 1/factor; else the search goes farther, at
    most to the factor at which the spheres would fill the whole box.
    """
    if system.diameter == 0.0:
        return 0.0
    floor = (system.sphere_volume / volume_of(system.box)) ** (1.0 / (mask[0] + mask[1] + mask[2]))
    factor = first_factor(system, beta_pressure)
    limit = scale_limit(system, mask, factor)
    while max(limit, floor) * factor < 1.0:
        factor = next_factor(factor, (1.0 + 1e-12) / max(limit, floor), factor)
        limit = scale_limit(system, mask, factor)
    set_horizon(system, factor)
    return limit


@kernel
def heat_bath_scale(
    system: System, mask: Floats, beta_pressure: float, state: NDArray[np.uint64]
) -> None:
    """Draw the volume from its exact distribution along a scaling of the masked axes."""
    dimensions = mask[0] + mask[1] + mask[2]
    low = min(least_scale(system, mask, beta_pressure), 1.0) ** dimensions
    rate = beta_pressure * volume_of(system.box)
    ratio = draw_truncated_gamma(float(system.species.shape[0]), rate, low, np.inf, state)
    apply_scale(system, mask, ratio ** (1.0 / dimensions))


@kernel
def element_window(
    box: Floats, per_face: Floats, row: int, column: int, place: float
) -> tuple[float, float, float]:
    """Return the ends of the random window of an element move and its widest shortening.

    The last number bounds, over the whole window, the fraction by which a separation can
    get shorter; it is the same for every state on the line of the move.

    Args:
        box: Box vectors as columns; shape (3, 3).
        per_face: 1 over the distances of its faces; shape (3,).
        row: Row of the element.
        column: Its column.
        place: Where in the window the present value lies, uniform in [0, 1).
    """
    face = 1.0 / per_face[column]
    if row == column:
        element = box[row, row]
        low = element * math.expm1(-place * STRETCH_WINDOW)
        high = element * math.expm1((1.0 - place) * STRETCH_WINDOW)
        return low, high, math.expm1(STRETCH_WINDOW) * element / face
    return -place * SHEAR_WINDOW * face, (1.0 - place) * SHEAR_WINDOW * face, SHEAR_WINDOW


@kernel
def free_interval(
    system: System, row: int, column: int, low: float, high: float, factor: float, change: float,
    first: float,
) -> tuple[float, float, float]:  # fmt: skip
    """Look at ever farther pairs until it is certain whether a change of the element is free.

    A change t shortens a separation by at most the factor 1 - |t|/w, w being the face
    distance of ``column``: that tells how far to look.

    Args:
        system: Spheres in their box.
        row: Row of the element.
        column: Its column.
        low: Lower end of what may be free, ≤ 0.
        high: Upper end of what may be free, ≥ 0.
        factor: How far was looked already, over contact; 1 if nowhere yet.
        change: What is asked about; an end of the interval, to know that end.
        first: How far to look first.

    Returns:
        What may still be free, and how far was looked. It is free between 0 and ``change``,
        or as far as it goes if that is less.
    """
    if system.diameter == 0.0:
        return low, high, np.inf
    face = 1.0 / system.per_face[column]
    needed = 1.0 / (1.0 - abs(max(low, min(change, high))) / face)
    while factor < needed:
        factor = next_factor(factor, needed, first)
        low, high = element_limits(system, row, column, factor, low, high)
        low, high = min(low + ROUNDING * face, 0.0), max(high - ROUNDING * face, 0.0)
        needed = 1.0 / (1.0 - abs(max(low, min(change, high))) / face)
    return low, high, factor


@kernel
def draw_change(
    system: System,
    row: int,
    column: int,
    low: float,
    high: float,
    beta_pressure: float,
    state: NDArray[np.uint64],
) -> float:
    """Draw a change of one box element from its distribution between two bounds."""
    if row != column:
        return low + (high - low) * uniform(state)
    element = system.box[row, row]
    power = float(system.species.shape[0] - row)  # V^(N-2) h11² h22 along h11, h22, h33
    rate = beta_pressure * volume_of(system.box)
    ratio = draw_truncated_gamma(power, rate, 1.0 + low / element, 1.0 + high / element, state)
    return float((ratio - 1.0) * element)


@kernel
def heat_bath_element(
    system: System, row: int, column: int, beta_pressure: float, state: NDArray[np.uint64]
) -> None:
    """Draw one box element from its exact distribution on a random window.

    The lower end of the free interval is found first. The upper one is often far away and
    seldom reached; so it is looked for only as far as a drawn change goes, and what turns out
    not to be free is drawn again.

    A box too skewed for the window stays; it is so all along the line of the move.
    """
    place = uniform(state)
    low, high, widest = element_window(system.box, system.per_face, row, column, place)
    if widest > TOO_SKEWED:
        return
    first = first_factor(system, beta_pressure)
    low, high, factor = free_interval(system, row, column, low, high, 1.0, low, first)
    change = draw_change(system, row, column, low, high, beta_pressure, state)
    low, high, factor = free_interval(system, row, column, low, high, factor, change, first)
    while change > high:
        change = draw_change(system, row, column, low, high, beta_pressure, state)
        low, high, factor = free_interval(system, row, column, low, high, factor, change, first)
    set_horizon(system, factor)
    apply_element(system, row, column, change)


@kernel
def metropolis_scale(
    system: System, mask: Floats, beta_pressure: float, step: float, state: NDArray[np.uint64]
) -> bool:
    """Try a volume drawn evenly in ln V within ±step of the present; tell if accepted.

    The draw is even in ln V, so the power in the acceptance rule is N + 1.
    """
    log_ratio = step * (2.0 * uniform(state) - 1.0)
    work = beta_pressure * volume_of(system.box) * math.expm1(log_ratio)
    if math.log(1.0 - uniform(state)) > (system.species.shape[0] + 1) * log_ratio - work:
        return False
    scale = math.exp(log_ratio / (mask[0] + mask[1] + mask[2]))
    if scale < 1.0 and scale < scale_limit(system, mask, (1.0 + 1e-12) / scale):
        return False
    apply_scale(system, mask, scale)
    return True


@kernel
def metropolis_element(
    system: System,
    row: int,
    column: int,
    beta_pressure: float,
    step: float,
    state: NDArray[np.uint64],
) -> bool:
    """Try a box element within ±step of the present; tell if accepted.

    Diagonal elements are drawn evenly in ln h, which adds one to the power of h. Steps are
    relative: to the element itself on the diagonal, to the face distance off it.
    """
    face = 1.0 / system.per_face[column]
    log_ratio = step * (2.0 * uniform(state) - 1.0)
    chance = math.log(1.0 - uniform(state))
    change = log_ratio * face
    shortening = abs(log_ratio)
    if row == column:
        shortening = math.expm1(shortening) * system.box[row, row] / face  # same way back
        change = system.box[row, row] * math.expm1(log_ratio)
        work = beta_pressure * volume_of(system.box) * math.expm1(log_ratio)
        if chance > (system.species.shape[0] - row + 1) * log_ratio - work:
            return False
    if shortening > TOO_SKEWED:
        return False
    low, high = min(change, 0.0), max(change, 0.0)
    factor = (1.0 + 1e-12) / (1.0 - shortening)
    free_low, free_high = element_limits(system, row, column, factor, low, high)
    if free_low > low or free_high < high:
        return False
    apply_element(system, row, column, change)
    return True
