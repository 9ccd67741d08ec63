"""Box moves that change one element of the box, spheres keeping their fractions.

Six of them make the box floppy. They sample the rotation-free measure
h11² h22 V^(N-2) exp(-βPV) Π dh, which does not depend on the choice of lattice vectors. Where an
interval could be unbounded (dilute systems) it is cut to a window whose place around the present
value is uniform and whose width does not depend on it, as in slice sampling, so that balance holds.
``kernels.box_moves`` has what all box moves have in common, and the sources.
"""

import math

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.cells import Floats, System
from hsmc.kernels.clearance import set_horizon
from hsmc.kernels.deformations import apply, element_change, volume_of
from hsmc.kernels.free_range import ROUNDING, free_range, is_free, looked
from hsmc.kernels.jit import merged
from hsmc.kernels.random import uniform
from hsmc.kernels.truncated_gamma import draw_truncated_gamma

STRETCH_WINDOW = 0.1
"""Width of the window of a diagonal element, in ln h."""

SHEAR_WINDOW = 0.2
"""Width of the window of an off-diagonal element, over the face distance it acts on."""

TOO_SKEWED = 0.75
"""Largest fraction by which an element move may shorten a separation."""


@merged
def apply_element(system: System, row: int, column: int, change: float) -> None:
    """Add ``change`` to one element of the box, spheres keeping their fractions, in place."""
    deformation = element_change(system, row, column)
    apply(system, deformation, change, 1.0 - deformation.stretch * abs(change))


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
    few = system.few is not None
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
