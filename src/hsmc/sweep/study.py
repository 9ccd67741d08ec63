"""A study: one TOML file with a command, its options, and the axes along which they vary."""

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from hsmc.checked_options import Options, read_config
from hsmc.errors import InputError
from hsmc.options import CompressOptions, FloppyOptions

Command = Literal["compress", "floppy"]
Number = Annotated[float, Field(strict=True)]

MODELS: dict[str, type[Options]] = {"compress": CompressOptions, "floppy": FloppyOptions}
"""Options of each command that a study can repeat."""

OWN = ("seed", "runs", "first_run")
"""Options that a study sets itself, from its own keys; ``seed`` may be an axis."""

MOST_VALUES = 1_000_000
"""Values of an axis, at most."""


class Range(Options):
    """Evenly spaced values of an axis; one of ``step`` and ``points`` is given.

    Attributes:
        first: First value.
        last: Last value, which is among them.
        step: Distance of two.
        points: Their number, at least 2.
        scale: "log" spaces their logarithms evenly.
    """

    first: Number
    last: Number
    step: Number | None = None
    points: Annotated[int, Field(ge=2, le=MOST_VALUES)] | None = None
    scale: Literal["linear", "log"] = "linear"

    def values(self, name: str) -> list[float]:
        """Return the values, rounded to 12 digits: the same on every machine.

        Raises:
            InputError: The range does not make sense; the message names the axis.
        """
        steps = self._steps(name)
        low, high = self.first, self.last
        if self.scale == "log":
            if min(low, high) <= 0.0:
                message = f"axis {name} goes from {low:g} to {high:g}; scale log needs values > 0"
                raise InputError(message)
            low, high = math.log(low), math.log(high)
        inner = [low + (high - low) * k / steps for k in range(1, steps)]
        if self.scale == "log":
            inner = [math.exp(value) for value in inner]
        return [float(f"{value:.12g}") for value in (self.first, *inner, self.last)]

    def _steps(self, name: str) -> int:
        if (self.step is None) == (self.points is None):
            message = f"axis {name} needs either step or points (or a list of values)"
            raise InputError(message)
        if self.points is not None:
            return self.points - 1
        if self.scale == "log":
            message = f"axis {name} has scale log and a step; give points instead"
            raise InputError(message)
        steps = (self.last - self.first) / self.step if self.step else -1.0
        if not 1.0 - 1e-9 <= steps <= MOST_VALUES or abs(steps - round(steps)) > 1e-6:
            message = (
                f"axis {name} does not get from {self.first:g} to {self.last:g} "
                f"by whole steps of {self.step:g}"
            )
            raise InputError(message)
        return round(steps)


class Study(Options):
    """What a study file says.

    Attributes:
        command: What is run: "compress" or "floppy".
        seed: Root seed. Run k of a compression has the seed ``seed`` + k; that of a floppy-box
            search is run k of the search with this seed.
        runs: Independent runs of every combination of values.
        options: Options of the command, the same in all tasks.
        axes: Options that vary, by name: a list of values, or a ``Range``.
    """

    command: Command
    seed: Annotated[int, Field(ge=0)] = 1
    runs: Annotated[int, Field(ge=1, le=MOST_VALUES)] = 1
    options: dict[str, Any] = Field(default_factory=dict)
    axes: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def build(cls, given: Mapping[str, Any]) -> Self:
        """Check a study; ranges become lists.

        Raises:
            InputError: A key is unknown or a value not usable; the message names it.
        """
        if "command" not in given:
            message = f"command is missing, needs to be one of {', '.join(MODELS)}"
            raise InputError(message)
        study = super().build(given)
        options, axes = _plain(study.options), _plain(study.axes)
        for name in (*options, *axes):
            study._check_name(name)
        both = [name for name in axes if name in options]
        if both:
            message = f"{both[0]} is both an option and an axis; give it once"
            raise InputError(message)
        values = {name: _values(name, axis) for name, axis in axes.items()}
        return study.model_copy(update={"options": options, "axes": values})

    def _check_name(self, name: str) -> None:
        if name in OWN and not (name == "seed" and "seed" in _plain(self.axes)):
            message = f"{name} is set by the study; give seed and runs at the top of the file"
            raise InputError(message)
        if name not in MODELS[self.command].model_fields:
            MODELS[self.command].build({name: None})  # raises, with the nearest name

    def points(self) -> Iterator[dict[str, Any]]:
        """Yield every combination of values by axis, the last axis running fastest."""
        for values in itertools.product(*self.axes.values()):
            yield dict(zip(self.axes, values, strict=True))

    @property
    def size(self) -> int:
        """Number of tasks."""
        return self.runs * math.prod(len(values) for values in self.axes.values())


@dataclass(frozen=True, slots=True)
class StudyFile:
    """A study and where it was read.

    Attributes:
        path: The TOML file, absolute.
        study: What it says.
    """

    path: Path
    study: Study

    @property
    def results(self) -> Path:
        """Folder of the results if no other is chosen: results/NAME beside the file."""
        return self.path.parent / "results" / self.path.stem


def read_study(path: Path) -> StudyFile:
    """Read a study file.

    Raises:
        InputError: The file is missing, no TOML, or no study; the message names the fault.
    """
    given = read_config(path, "study")
    try:
        return StudyFile(path.absolute(), Study.build(given))
    except InputError as error:
        message = f"study {path}: {error}"
        raise InputError(message) from None


def _plain(names: Mapping[str, Any]) -> dict[str, Any]:
    return {name.replace("-", "_"): value for name, value in names.items()}


def _values(name: str, axis: object) -> list[Any]:
    if isinstance(axis, dict):
        if not {"first", "last"} <= axis.keys():
            message = f"axis {name} is {axis}, needs first and last, and step or points"
            raise InputError(message)
        try:
            return list(Range.build(axis).values(name))
        except InputError as error:
            message = str(error) if str(error).startswith("axis ") else f"axis {name}: {error}"
            raise InputError(message) from None
    if not isinstance(axis, list) or not axis:
        message = (
            f"axis {name} is {axis}, needs to be a list of values or a table such as "
            "{ first = 0.61, last = 0.72, step = 0.01 }"
        )
        raise InputError(message)
    return axis
