"""How far a study is, and who watches it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StudyProgress:
    """How far a study is.

    Attributes:
        tasks: Tasks of the study, or of the shard.
        done: Those with a result.
        running: Those at work in this sweep.
        failed: Those in quarantine.
        best: Highest packing fraction so far; None without a result.
        seconds_left: What the rest will take, from the tasks of this sweep; None before the
            first.
        stopped: Why the sweep stopped early; empty if it did not.
    """

    tasks: int
    done: int
    running: int
    failed: int
    best: float | None
    seconds_left: float | None
    stopped: str = ""


class StudyMonitor(Protocol):
    """Who watches a study, and may stop it."""

    def note(self, words: str) -> None:
        """Hear of something that happened."""

    def update(self, progress: StudyProgress) -> None:
        """Hear how far the study is; called several times a second."""

    def stop(self) -> str:
        """Return why the study has to stop now, or an empty string."""

    def stopped(self, progress: StudyProgress) -> None:
        """Hear that checkpoints are written; workers are yet to be ended, which takes seconds."""


class Silent:
    """A monitor that hears nothing and never stops a study."""

    def note(self, words: str) -> None:
        """Hear nothing."""

    def update(self, progress: StudyProgress) -> None:
        """Hear nothing."""

    def stop(self) -> str:
        """Never stop."""
        return ""

    def stopped(self, progress: StudyProgress) -> None:
        """Hear nothing."""
