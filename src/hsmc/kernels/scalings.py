"""Box moves that scale Cartesian axes of box and spheres by one factor.

They sample V^N exp(-βPV), with a flat measure in the volume, the area or the length that is scaled.
``kernels.box_moves`` has what all box moves have in common, and the sources.
"""

import math

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.cells import System
from hsmc.kernels.clearance import set_horizon
from hsmc.kernels.deformations import apply, scaling, volume_of
from hsmc.kernels.free_range import ROUNDING, free_range, is_free, looked
from hsmc.kernels.jit import merged
from hsmc.kernels.random import uniform
from hsmc.kernels.truncated_gamma import draw_truncated_gamma


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
