"""Progress on stderr, and stopping by a signal or a time limit."""

import math
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from hsmc.cli.exit_codes import STOPPED
from hsmc.storage import remove_temporary

if TYPE_CHECKING:
    from hsmc.monitor import Progress

PLAIN_SECONDS = 10.0
"""Time between two lines where stderr is no terminal."""


def leave(reason: str, when: str = "") -> NoReturn:
    """End the process at once, and not by an exception.

    Kernels may be compiling: an exception on its way through LLVM is swallowed, turned into
    another one or crashes the process.
    """
    os.write(2, f"hsmc: stopped ({reason}){when}\n".encode())
    for child in multiprocessing.active_children():
        child.kill()  # a milder signal is lost on one that is being forked
    remove_temporary()
    os._exit(STOPPED)


@contextmanager
def counting(what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Give a function that shows on stderr how many of something are done.

    Args:
        what: The things that are counted.
        quiet: Show nothing.
    """
    from tqdm import tqdm

    bar = tqdm(
        desc=what,
        file=sys.stderr,
        disable=quiet,
        mininterval=0.2 if sys.stderr.isatty() else PLAIN_SECONDS,
        delay=1.0,
        leave=False,
    )

    def update(done: int, count: int) -> None:
        bar.total = count
        bar.update(done - bar.n)

    try:
        yield update
    finally:
        bar.close()


class Watch:
    """Shows a run on stderr and tells it to stop.

    Attributes:
        reason: Why the run was told to stop; empty if it was not.
    """

    def __init__(self, *, quiet: bool, max_hours: float | None) -> None:
        """Start the clock.

        Args:
            quiet: Show nothing.
            max_hours: Stop after so many hours; None runs to the end.
        """
        self.reason = ""
        self._quiet = quiet
        hours = math.inf if max_hours is None else max_hours
        self._deadline = time.monotonic() + 3600.0 * hours
        self._bar: Any = None
        self._first: tuple[float, int] | None = None
        self._next_line = 0.0
        self._running = False

    def note(self, words: str) -> None:
        """Say what was chosen."""
        if not self._quiet:
            typer.echo(words, err=True)

    def update(self, progress: "Progress") -> None:
        """Show how far the run is."""
        self._running = True
        now = time.monotonic()
        self._first = self._first or (now, progress.cycle)
        if self._quiet:
            return
        if sys.stderr.isatty():
            self._draw(progress)
        elif now >= self._next_line or progress.cycle == progress.cycles:
            self._next_line = now + PLAIN_SECONDS
            typer.echo(self._line(progress, now), err=True)

    def stop(self) -> str:
        """Return why the run has to stop now, or an empty string."""
        if not self.reason and time.monotonic() > self._deadline:
            self.reason = "time limit"
        return self.reason

    def close(self) -> None:
        """Leave the terminal in order."""
        if self._bar is not None:
            self._bar.close()

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Turn SIGINT and SIGTERM into a stop at the next block of cycles.

        Before the first one nothing can be lost, and the process ends at once.
        """
        # A process that ends at once leaves semaphores of its pool; Python tidies up after it in a
        # process of its own, which would tell the user.
        os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker")
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self._catch) for number in numbers}
        try:
            yield
        finally:
            self.close()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _catch(self, number: int, _frame: FrameType | None) -> None:
        self.reason = signal.Signals(number).name
        if not self._running:
            leave(self.reason, " before the first cycles")

    def _line(self, progress: "Progress", now: float) -> str:
        accepted = "accepted L {:.2f} S {:.2f} box {:.2f}"
        moves = told(progress, accepted, "free path {:.2g}", "no sphere hit")
        return (
            f"{progress.phase}: cycle {progress.cycle}/{progress.cycles}  "
            f"φ {progress.packing_fraction:.4f}  {imposed(progress, 'βPσ³ {:.3g}  ')}"
            f"{moves}  {self._rate(progress, now)}"
        )

    def _rate(self, progress: "Progress", now: float) -> str:
        began, first = self._first or (now, progress.cycle)
        if progress.cycle == first or now == began:
            return "starting"
        speed = (progress.cycle - first) / (now - began)
        left = (progress.cycles - progress.cycle) / speed
        trials = f"{speed * progress.spheres / 1e6:.2f} M"
        rate = told(progress, f"{trials} moves", f"{trials} collisions", f"{speed:.0f} cycles")
        return f"{rate}/s  {duration(left)} left"

    def _draw(self, progress: "Progress") -> None:
        from tqdm import tqdm

        if self._bar is None:
            self._bar = tqdm(
                total=progress.cycles,
                initial=progress.cycle,
                unit="cycle",
                unit_scale=True,
                dynamic_ncols=True,
                file=sys.stderr,
            )
        moves = told(progress, "acc {:.2f}/{:.2f}/{:.2f}", "path {:.1g}", "no sphere hit")
        self._bar.set_description(progress.phase, refresh=False)
        self._bar.set_postfix_str(
            f"φ {progress.packing_fraction:.4f} {imposed(progress, 'βPσ³ {:.2g} ')}{moves}",
            refresh=False,
        )
        self._bar.update(progress.cycle - self._bar.n)


def told(progress: "Progress", trials: str, chains: str, unhit: str) -> str:
    """Return the words for trial moves with the acceptances, or for chains with the free path.

    Args:
        progress: Of a run.
        trials: Of trial moves, with room for three acceptances.
        chains: Of event chains, with room for the free path.
        unhit: Of event chains that hit nothing.
    """
    if progress.free_path is None:
        return trials.format(*progress.acceptance)
    return unhit if math.isnan(progress.free_path) else chains.format(progress.free_path)


def imposed(progress: "Progress", words: str) -> str:
    """Return the words with the pressure; none if the box is fixed."""
    return "" if progress.pressure is None else words.format(progress.pressure)


def duration(seconds: float) -> str:
    """Return seconds as hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
