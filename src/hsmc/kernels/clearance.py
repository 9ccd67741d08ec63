"""How near each sphere's neighbours are: lower bounds that make box moves cheap.

A box move is decided by the few pairs that touch first. The search that finds room for a sphere
passes all its neighbours anyway, so it also tells how near the nearest is, and that is kept: the
sphere's *clearance*, the smallest r²/σ² of its pairs. It goes out of date when neighbours move,
but of the two spheres of a pair the one that moved last has seen the other where it is. So a
pair nearer than ``factor`` contacts belongs to a sphere whose clearance is below ``factor``²,
and a box move searches about the few spheres of which that holds, not about all.

Clearances that a box move makes too large are mended for all spheres at once, by one common
factor: the square of the most that any separation got shorter.
"""

import math

from hsmc.kernels.cells import System
from hsmc.kernels.jit import inlined

SHORTENED, HORIZON = 0, 1
"""Places in ``System.bounds``: the common factor, and the clearance beyond which none is known."""

NEVER = 1e-300
"""Clearance of a sphere that was not looked about since it was put in its cell; 0 is that of one
that flew since."""

FIRST_HORIZON = 1.01
"""Distance over contact up to which clearances are told apart, before a box move has looked."""

BEYOND = 2.0
"""How much farther than the last box move had to look clearances are told apart."""

FORGOTTEN = 0.05
"""Share of a horizon that proved too far that is given up at each box move; of the first,
all."""

SAFE = 1.0 - 1e-12
"""Takes from a clearance what rounding of positions and boxes may add."""


@inlined
def set_horizon(system: System, factor: float) -> None:
    """Let clearances be told apart a little farther than a box move had to look.

    Nearer costs the next box move time, farther costs every particle move some.
    """
    bounds = system.bounds
    kept = 1.0 - FORGOTTEN if bounds[HORIZON] != FIRST_HORIZON**2 else 0.0
    gap = kept * (math.sqrt(bounds[HORIZON]) - 1.0)
    far = 1.0 + max(gap, BEYOND * (factor - 1.0))
    bounds[HORIZON] = far * far


@inlined
def shorten(system: System, factor: float) -> None:
    """Take note that separations got shorter, by no more than ``factor``; or longer."""
    system.bounds[SHORTENED] *= factor * factor * SAFE
