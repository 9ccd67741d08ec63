"""What a run keeps: frames and time series."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hsmc.results import Arrays, Frame
from hsmc.simulation import Simulation

FRAME_NUMBERS = 30_000_000
"""Coordinates that all frames of a run hold together, at most: 240 MB."""

SERIES_LENGTH = 1000
"""About how many values a time series of a whole run has."""


@dataclass(slots=True)
class Recorder:
    """Collects frames and time series of a run.

    Attributes:
        frames: Stored configurations.
        rows: Stored values by name; all of one length.
        last_counts: Move counts when the last row was stored; shape (3, 2).
    """

    last_counts: NDArray[np.int64]
    frames: list[Frame] = field(default_factory=list)
    rows: dict[str, list[Any]] = field(default_factory=dict)

    def store_frame(self, simulation: Simulation) -> None:
        """Keep the configuration of the moment."""
        if not self.frames or self.frames[-1].cycle != simulation.cycle:
            self.frames.append(Frame(simulation.cycle, simulation.configuration))

    def store_row(self, simulation: Simulation, packing_fraction: float, pressure: float) -> None:
        """Keep one value of each time series.

        Args:
            simulation: The running simulation.
            packing_fraction: Of the moment, or the mean over the cycles since the last row.
            pressure: βPσ_L³ of the last cycle.
        """
        counts = simulation.counts
        tried, accepted = (counts - self.last_counts).T
        rates = np.divide(accepted, tried, out=np.full(3, np.nan), where=tried > 0)
        self.last_counts = counts
        row = {
            "cycle": simulation.cycle,
            "packing_fraction": packing_fraction,
            "beta_pressure": pressure,
            "box": simulation.box.T,
            "acceptance_large": rates[0],
            "acceptance_small": rates[1],
            "acceptance_box": rates[2],
            "step_large": simulation.steps[0],
            "step_small": simulation.steps[1],
        }
        for name, value in row.items():
            self.rows.setdefault(name, []).append(value)

    @property
    def series(self) -> Arrays:
        """Time series by name; first axis of length S."""
        return {name: np.array(values) for name, values in self.rows.items()}

    @classmethod
    def resumed(
        cls, frames: tuple[Frame, ...], series: Arrays, last_counts: NDArray[np.int64]
    ) -> "Recorder":
        """Return a recorder that goes on from what a file holds."""
        return cls(last_counts, list(frames), {name: list(rows) for name, rows in series.items()})
