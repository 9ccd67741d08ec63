"""Step sizes from acceptances."""

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.cells import Floats
from hsmc.kernels.jit import lean

SMALLEST = 1e-15


@lean
def tune(
    steps: Floats, recent: NDArray[np.int64], enough: int, target: float, largest: float
) -> None:
    """Bring the acceptance of each kind of move near its target, in place.

    This breaks balance while it runs: sampling starts after the steps are frozen.

    Args:
        steps: Step size of each kind; shape (K,).
        recent: Tried and accepted moves of each kind since its last change; shape (K, 2).
        enough: Trials needed before a step changes.
        target: Acceptance to aim at.
        largest: No step grows beyond this.
    """
    for kind in range(steps.shape[0]):
        if recent[kind, 0] < enough:
            continue
        ratio = recent[kind, 1] / recent[kind, 0] / target
        steps[kind] *= min(max(ratio, 0.6), 1.5)
        steps[kind] = min(max(steps[kind], SMALLEST), largest)
        recent[kind, 0] = 0
        recent[kind, 1] = 0
