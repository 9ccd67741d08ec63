"""What a run keeps: frames and time series."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Floats
from hsmc.errors import InputError
from hsmc.results import Arrays, Frame, Result
from hsmc.simulation import Simulation

FRAME_NUMBERS = 6_000_000
"""Coordinates that frames hold together, at most: 48 MB, which take half a second to write."""

SERIES_LENGTH = 1000
"""About how many values a time series of a whole run has."""


@dataclass(slots=True)
class Recorder:
    """Collects frames and time series of a run.

    Attributes:
        frames: Stored configurations.
        rows: Stored values by name; all of one length.
        last_counts: Move counts when the last row was stored; shape (3, 2).
        last_flights: Sums over event chains then; shape (3,).
        packing: Sum of the packing fraction over the cycles of the row to come, and their
            number; shape (2,).
    """

    last_counts: NDArray[np.int64]
    last_flights: Floats
    frames: list[Frame] = field(default_factory=list)
    rows: dict[str, list[Any]] = field(default_factory=dict)
    packing: Floats = field(default_factory=lambda: np.zeros(2))

    def store_frame(self, simulation: Simulation) -> None:
        """Keep the configuration of the moment."""
        if not self.frames or self.frames[-1].cycle != simulation.cycle:
            self.frames.append(Frame(simulation.cycle, simulation.configuration))

    def add(self, packing_fractions: Floats) -> None:
        """Count cycles towards the mean that the next row stores."""
        self.packing += [packing_fractions.sum(), len(packing_fractions)]

    def store_row(self, simulation: Simulation, pressure: float) -> None:
        """Keep one value of each time series.

        The packing fraction is the mean over the cycles added since the last row; the one of
        the moment if none were.

        Args:
            simulation: The running simulation.
            pressure: βPσ_L³ of the last cycle; not kept if the box is fixed.
        """
        total, cycles = self.packing
        counts, flights = simulation.counts, simulation.flights
        row: dict[str, Any] = {} if simulation.moves.box == "fixed" else {"beta_pressure": pressure}
        row |= {
            "cycle": simulation.cycle,
            "packing_fraction": total / cycles if cycles else simulation.packing_fraction,
            "box": simulation.box.T,
            **_moved(simulation, counts - self.last_counts, flights - self.last_flights),
        }
        self.last_counts, self.last_flights, self.packing = counts, flights, np.zeros(2)
        for name, value in row.items():
            self.rows.setdefault(name, []).append(value)

    @property
    def series(self) -> Arrays:
        """Time series by name; first axis of length S."""
        return {name: np.array(values) for name, values in self.rows.items()}

    def state(self) -> Arrays:
        """Return what a file needs, besides frames and series, for ``resumed``."""
        return {
            "recorded_frames": np.array(len(self.frames)),
            "recorded_counts": self.last_counts,
            "recorded_flights": self.last_flights,
            "recorded_packing": self.packing,
        }

    @classmethod
    def resumed(cls, stored: Result) -> "Recorder":
        """Return a recorder that goes on from what a file holds.

        Raises:
            InputError: Something is missing from the checkpoint.
        """
        names = ("recorded_frames", "recorded_counts", "recorded_flights", "recorded_packing")
        missing = [name for name in names if name not in stored.checkpoint]
        if missing:
            message = f"checkpoint lacks {', '.join(missing)}; start the run anew"
            raise InputError(message)
        frames, counts, flights, packing = (stored.checkpoint[name] for name in names)
        rows = {name: list(values) for name, values in stored.series.items()}
        return cls(counts, flights, list(stored.frames[: int(frames)]), rows, packing)


def _moved(simulation: Simulation, counts: NDArray[np.int64], flights: Floats) -> dict[str, Any]:
    """Return what moves were like since the last row, as local ones or event chains tell it.

    The pressure that chains measure is N (1 + Σ d·v / ⟨v²⟩ t) / V.

    Args:
        simulation: The running simulation.
        counts: Tried and accepted moves since then; shape (3, 2).
        flights: Sums over event chains since then; shape (3,).
    """
    tried, accepted = counts.T
    rates = _ratio(accepted, tried)
    found = {"acceptance_box": rates[2]}
    if simulation.moves.motion == "local":
        found |= {"acceptance_large": rates[0], "acceptance_small": rates[1]}
        return found | {"step_large": simulation.steps[0], "step_small": simulation.steps[1]}
    flown, handed_on, length = flights
    found["mean_free_path"] = _ratio(length, tried[:2].sum())
    if simulation.measures_pressure:
        virial = simulation.spheres * (1.0 + _ratio(handed_on, flown))
        found["measured_pressure"] = virial / simulation.volume
    return found


def _ratio(part: Any, whole: Any) -> Any:
    """Return part over whole, NaN where there is no whole."""
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.greater(whole, 0))
