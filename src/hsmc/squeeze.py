"""Large fluids, made dense by shrinking the box past contact and moving the overlaps away.

An exact box move ends where the first of all pairs touches, so its steps shrink as 1/N: from
φ = 0.15 to 0.50 a system of 10⁶ spheres would need some 10⁶ of them. Here the box shrinks by a
fixed step, overlaps or not; then spheres make ordinary trial moves, none of which ends in an
overlap, until the last sphere that overlaps has moved away. What comes out is free of overlaps,
not in equilibrium: a start, like a random one.

Method: that of ``hoomd.hpmc.update.QuickCompress`` in HOOMD-blue: J. A. Anderson, J. Glaser &
S. C. Glotzer, Comput. Mater. Sci. 173, 109363 (2020), doi:10.1016/j.commatsci.2019.109363.
"""

import numpy as np

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.errors import InputError
from hsmc.kernels.run import Spheres, new_room
from hsmc.kernels.squeezing import part_spheres
from hsmc.rng import kernel_state
from hsmc.threads import kernel_threads

SHRINKAGE, LARGEST_SHRINKAGE = 0.01, 0.05
"""How much shorter the box gets at a time: at φ = 1, and at most. Most spheres overlap then."""

PATIENCE = 1000
"""Cycles in which the overlaps of one step have to go."""

CYCLES = 20
"""Cycles between two returns to Python: three seconds at 10⁶ spheres."""


class StuckError(InputError):
    """Overlaps of a step have not gone."""


def squeeze(configuration: Configuration, packing_fraction: float, seed: int) -> Configuration:
    """Bring spheres to a packing fraction, free of overlaps; those of the start go first.

    Works up to a packing fraction of about 0.55. Runs on the threads of ``hsmc.threads``; the
    result does not depend on their number.

    Args:
        configuration: Many spheres, overlapping or not; deep overlaps of a random start go where
            the packing fraction is some 0.02, for steps are long there.
        packing_fraction: φ to end at; that of the start, or higher.
        seed: Root seed of the moves.

    Raises:
        StuckError: Overlaps remain at some packing fraction on the way.
    """
    spheres = Spheres(
        np.array(configuration.positions),
        np.array(configuration.box.vectors),
        0.5 * configuration.diameters,
        configuration.types.astype(np.int8),
        np.zeros((1, 3)),
    )
    steps, state = np.full(2, 0.3), kernel_state(seed, "squeeze")
    present = configuration.packing_fraction
    _part(spheres, steps, state, present, packing_fraction)
    while present < packing_fraction * (1.0 - 1e-12):
        shrinkage = min(SHRINKAGE / present, LARGEST_SHRINKAGE)
        shorter = max(1.0 - shrinkage, (present / packing_fraction) ** (1.0 / 3.0))
        spheres.box[:] *= shorter
        spheres.positions[:] *= shorter
        present /= shorter**3
        _part(spheres, steps, state, present, packing_fraction)
    return Configuration(
        Box(spheres.box), spheres.positions, configuration.diameters, configuration.types
    )


def _part(
    spheres: Spheres,
    steps: np.ndarray,
    state: np.ndarray,
    present: float,
    wanted: float,
) -> None:
    """Move spheres until none overlap, or refuse."""
    with kernel_threads():
        for _ in range(PATIENCE // CYCLES):
            if part_spheres(new_room(spheres), spheres, steps, state, CYCLES):
                return
    message = (
        f"packing fraction is {wanted:g}, but {len(spheres.radii)} random spheres still overlap "
        f"at {present:.3f} after {PATIENCE} cycles; start lower and compress"
    )
    raise StuckError(message)
