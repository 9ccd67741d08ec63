"""A result file, or the runs of a study at one state point: what a report has a row for."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Floats
from hsmc.configuration import LARGE
from hsmc.floppy_table import VERDICTS
from hsmc.report.run_plot import is_search
from hsmc.results import Frame, Result

STRICT = VERDICTS.index("strict")


@dataclass(frozen=True, eq=False)
class Entry:
    """A result file, or the runs of a study at one state point.

    Attributes:
        name: What it is called in the report.
        files: The result files, as many as results.
        results: What they hold; at least one.
    """

    name: str
    files: tuple[Path, ...]
    results: tuple[Result, ...]

    @cached_property
    def place(self) -> int:
        """Index of the result with the densest final state."""
        return int(np.argmax([result.final.packing_fraction for result in self.results]))

    @property
    def best(self) -> Result:
        """The result with the densest final state."""
        return self.results[self.place]

    @property
    def best_file(self) -> Path:
        """Its file."""
        return self.files[self.place]

    @property
    def kind(self) -> str:
        """The command that made the results."""
        return self.results[0].kind

    @property
    def is_search(self) -> bool:
        """Whether frames are ends of many runs, not states of one."""
        return is_search(self.results[0])

    @property
    def packing_fractions(self) -> Floats:
        """Of the final state of every run; shape (runs,)."""
        if self.is_search:
            return np.concatenate([result.series["packing_fraction"] for result in self.results])
        return np.array([result.final.packing_fraction for result in self.results])

    @property
    def strict(self) -> NDArray[np.bool_]:
        """Whether each run is certified strictly jammed; shape (runs,)."""
        if self.is_search:
            verdicts = [result.series["verdict"] for result in self.results]
            return np.asarray(np.concatenate(verdicts) == STRICT)
        return np.array([result.summary.get("verdict") == "strict" for result in self.results])

    @property
    def composition(self) -> tuple[int, int]:
        """Numbers of large and small spheres."""
        final = self.best.final
        large = int(np.sum(final.types == LARGE))
        return large, len(final) - large

    @property
    def ratio(self) -> float:
        """Size ratio γ."""
        return self.best.final.size_ratio

    @property
    def commands(self) -> tuple[str, ...]:
        """The command lines that made the results, each once."""
        made = (str(result.provenance.get("command", "not known")) for result in self.results)
        return tuple(dict.fromkeys(made))

    @property
    def course(self) -> Result:
        """One result with the frames and the course of all: of a search, its runs by rank."""
        if not self.is_search:
            return self.best
        frames = self.frames()
        fractions = [frame.configuration.packing_fraction for frame in frames]
        cycles = np.array([frame.cycle for frame in frames])
        series = {"cycle": cycles, "packing_fraction": np.array(fractions)}
        return replace(self.best, frames=frames, series=series)

    def frames(self) -> tuple[Frame, ...]:
        """Return the ends of all runs of a search, the densest last; else the best run's frames."""
        if not self.is_search:
            return self.best.frames
        every = [frame for result in self.results for frame in result.frames]
        return tuple(sorted(every, key=lambda frame: frame.configuration.packing_fraction))
