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

from hsmc.kernels.cells import Floats, Ints, System
from hsmc.kernels.clearance import set_horizon
from hsmc.kernels.deformations import Deformation, apply, element_change, scaling
from hsmc.kernels.few_spheres import are_few
from hsmc.kernels.free_range import free_range, looked
from hsmc.kernels.jit import inlined, merged
from hsmc.kernels.random import uniform
from hsmc.kernels.truncated_gamma import draw_truncated_gamma

STRETCH_WINDOW = 0.1
"""Width of the window of a diagonal element, in ln h."""

SHEAR_WINDOW = 0.2
"""Width of the window of an off-diagonal element, over the face distance it acts on."""

TOO_SKEWED = 0.75
"""Largest fraction by which an element move may shorten a separation."""

ROUNDING = 4e-15
"""Relative distance kept from contact, so that rounding makes no overlap."""


@inlined
def volume_of(box: Floats) -> float:
    """Return the volume of an upper triangular box, in σ_L³."""
    return float(box[0, 0] * box[1, 1] * box[2, 2])


@merged
def least_scale(system: System, x: float, y: float, z: float) -> float:
    """Return the scaling factor of the marked axes at which the first pair touches.

    At 0 spheres of no size do; others no later than where they would fill the whole box.
    """
    floor = (system.sphere_volume / volume_of(system.box)) ** (1.0 / (x + y + z))
    low, _ = free_range(system, scaling(x, y, z), floor - 1.0, 0.0, floor - 1.0, 0.0)
    return min((1.0 + low) * (1.0 + ROUNDING), 1.0)


@merged
def apply_scale(system: System, x: float, y: float, z: float, scale: float) -> None:
    """Scale the marked Cartesian axes of box and spheres, in place."""
    all_axes = x * y * z == 1.0
    apply(system, scaling(x, y, z), scale - 1.0, scale if all_axes else min(scale, 1.0))


@merged
def apply_element(system: System, row: int, column: int, change: float) -> None:
    """Add ``change`` to one element of the box, spheres keeping their fractions, in place."""
    deformation = element_change(system, row, column)
    apply(system, deformation, change, 1.0 - deformation.stretch * abs(change))


@merged
def heat_bath_scale(
    system: System,
    x: float,
    y: float,
    z: float,
    beta_pressure: float,
    state: NDArray[np.uint64],
) -> None:
    """Draw the volume from its exact distribution along a scaling.

    Args:
        system: Spheres in their box.
        x: 1 if the Cartesian axis is scaled, else 0 (likewise y, z).
        y: See x.
        z: See x.
        beta_pressure: βPσ_L³.
        state: State of the generator; shape (4,).
    """
    dimensions = x + y + z
    low = least_scale(system, x, y, z) ** dimensions
    set_horizon(system, looked(system))
    rate = beta_pressure * volume_of(system.box)
    ratio = draw_truncated_gamma(float(system.species.shape[0]), rate, low, np.inf, state)
    apply_scale(system, x, y, z, ratio ** (1.0 / dimensions))


@merged
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


@merged
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


@merged
def free_change(
    system: System, row: int, column: int, low: float, high: float, first: float, last: float
) -> tuple[float, float]:
    """Return what is free between two changes of an element, rounded towards the present.

    Args:
        system: Spheres in their box.
        row: Row of the element.
        column: Its column.
        low: As for ``free_range``, like what follows.
        high: See low.
        first: See low.
        last: See low.
    """
    deformation = element_change(system, row, column)
    low, high = free_range(system, deformation, low, high, first, last)
    rounding = ROUNDING / deformation.stretch
    return min(low + rounding, 0.0), max(high - rounding, 0.0)


@merged
def heat_bath_element(
    system: System, row: int, column: int, beta_pressure: float, state: NDArray[np.uint64]
) -> None:
    """Draw one box element from its exact distribution on a random window.

    For a shear the whole free interval is found first. Of a diagonal element it is the lower
    end: the upper one is often far away and seldom reached, so it is looked for only as far as
    a drawn change goes, and what turns out not to be free is drawn again. Of few spheres both ends
    are found at once, which takes no longer.

    A box too skewed for the window stays; it is so all along the line of the move.
    """
    place = uniform(state)
    low, high, widest = element_window(system.box, system.per_face, row, column, place)
    if widest > TOO_SKEWED:
        return
    few = are_few(system.species.shape[0])
    known = high if row != column or few else 0.0
    low, high = free_change(system, row, column, low, high, low, known)
    horizon = looked(system)
    known = max(known, min(high, -low))  # seen are pairs that may touch as far to either side
    change = draw_change(system, row, column, low, high, beta_pressure, state)
    while change > known:
        known = change
        low, high = free_change(system, row, column, low, high, 0.0, known)
        horizon = max(horizon, looked(system))
        if change > high:
            change = draw_change(system, row, column, low, high, beta_pressure, state)
    if not few:
        set_horizon(system, horizon)
    apply_element(system, row, column, change)


@merged
def is_free(system: System, deformation: Deformation, low: float, high: float) -> bool:
    """Tell whether no pair overlaps or nearly touches anywhere between two changes."""
    rounding = ROUNDING / deformation.stretch
    low, high = low - rounding, high + rounding
    free_low, free_high = free_range(system, deformation, low, high, low, high)
    return free_low == low and free_high == high


@merged
def metropolis_scale(
    system: System,
    x: float,
    y: float,
    z: float,
    beta_pressure: float,
    step: float,
    state: NDArray[np.uint64],
) -> bool:
    """Try a volume drawn evenly in ln V within ±step of the present; tell if accepted.

    The draw is even in ln V, so the power in the acceptance rule is N + 1.
    """
    log_ratio = step * (2.0 * uniform(state) - 1.0)
    work = beta_pressure * volume_of(system.box) * math.expm1(log_ratio)
    if math.log(1.0 - uniform(state)) > (system.species.shape[0] + 1) * log_ratio - work:
        return False
    scale = math.exp(log_ratio / (x + y + z))
    if scale < 1.0 and not is_free(system, scaling(x, y, z), scale - 1.0, 0.0):
        return False
    apply_scale(system, x, y, z, scale)
    return True


@merged
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
    deformation = element_change(system, row, column)
    if not is_free(system, deformation, min(change, 0.0), max(change, 0.0)):
        return False
    apply_element(system, row, column, change)
    return True


@merged
def heat_bath(system: System, move: Ints, beta_pressure: float, state: NDArray[np.uint64]) -> None:
    """Draw a box move of a ``Plan`` from its exact distribution."""
    if move[0] == 1:
        x, y, z = float(move[1]), float(move[2]), float(move[3])
        heat_bath_scale(system, x, y, z, beta_pressure, state)
    else:
        heat_bath_element(system, move[1], move[2], beta_pressure, state)


@merged
def metropolis(
    system: System, move: Ints, beta_pressure: float, step: float, state: NDArray[np.uint64]
) -> bool:
    """Try a box move of a ``Plan``; tell if accepted."""
    if move[0] == 1:
        x, y, z = float(move[1]), float(move[2]), float(move[3])
        return metropolis_scale(system, x, y, z, beta_pressure, step, state)
    return metropolis_element(system, move[1], move[2], beta_pressure, step, state)
