"""Who watches what takes long, and what is heard of a run."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

P = TypeVar("P", contravariant=True)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes:
        phase: Name of the phase.
        cycle: Cycles done, in all phases.
        cycles: Cycles to do, in all phases.
        packing_fraction: Of the moment.
        pressure: βPσ_L³ of the moment; None if the box is fixed.
        acceptance: Accepted over tried moves since the start: large, small, box.
        free_path: Mean free path of event chains, in σ_L; NaN if nothing was hit, None if moves
            are local.
        spheres: Number of spheres.
    """

    phase: str
    cycle: int
    cycles: int
    packing_fraction: float
    pressure: float | None
    acceptance: tuple[float, float, float]
    free_path: float | None
    spheres: int


class Monitor(Protocol[P]):
    """Who watches what takes long, and may stop it."""

    def note(self, words: str) -> None:
        """Hear a choice that was made."""

    def update(self, progress: P) -> None:
        """Hear how far it is: a run several times a second, a search after each run."""

    def stop(self) -> str:
        """Return why it has to stop now, or an empty string."""


class Silent:
    """A monitor that hears nothing and never stops anything."""

    def note(self, words: str) -> None:
        """Hear nothing."""

    def update(self, progress: object) -> None:
        """Hear nothing."""

    def stop(self) -> str:
        """Never stop."""
        return ""
