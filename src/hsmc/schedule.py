"""Pressure over the course of a run."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hsmc.box import Floats

RampShape = Literal["geometric", "linear", "power", "none"]


@dataclass(frozen=True, slots=True)
class PressureRamp:
    """A rise of βPσ_L³ from ``start`` to ``final``, then constant.

    With u the part of the ramp that has passed: geometric, start·(final/start)^u; linear,
    start + (final − start)·u; power, the same with u^power; none, final throughout.

    Attributes:
        final: βPσ_L³ at the end.
        cycles: Length of the run, in cycles.
        start: βPσ_L³ of the first cycle.
        shape: Which of the laws above.
        fraction: Part of the run that the ramp takes, in (0, 1].
        power: Exponent of the power law.
    """

    final: float
    cycles: int
    start: float = 10.0
    shape: RampShape = "geometric"
    fraction: float = 0.9
    power: float = 6.0

    def pressures(self, first: int, count: int) -> Floats:
        """Return βPσ_L³ of ``count`` cycles from cycle ``first`` on; shape (count,)."""
        if self.shape == "none":
            return np.full(count, self.final)
        passed = np.arange(first, first + count) / (self.fraction * self.cycles)
        u = np.minimum(passed, 1.0)
        if self.shape == "geometric":
            return np.asarray(self.start * np.exp(u * math.log(self.final / self.start)))
        exponent = self.power if self.shape == "power" else 1.0
        return np.asarray(self.start + (self.final - self.start) * u**exponent)
