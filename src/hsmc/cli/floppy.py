"""``hsmc floppy``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hsmc.cli import shared
from hsmc.cli.progress import Watch

if TYPE_CHECKING:
    from hsmc.floppy_search import SearchProgress
    from hsmc.options import FloppyOptions
    from hsmc.results import Result


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(floppy)


class SearchWatch(Watch):
    """Shows a search on stderr, a line whenever a run is done."""

    def __init__(self, *, quiet: bool, max_hours: float | None, jam: bool) -> None:
        """Start the clock.

        Args:
            quiet: Show nothing.
            max_hours: Stop after so many hours; None runs to the end.
            jam: Whether runs are certified.
        """
        super().__init__(quiet=quiet, max_hours=max_hours)
        self._jam = jam

    def update(self, progress: "SearchProgress") -> None:  # type: ignore[override]
        """Show the table's new last line."""
        self._running = True
        self.note(
            f"run {progress.done}/{progress.runs}  best φ {progress.best:.5f} "
            f"(found {progress.found}×)  mean {progress.mean:.4f} ± {progress.deviation:.4f}  "
            f"strictly jammed {_certified(progress.certified, progress.done, jam=self._jam)}"
        )


def floppy(
    ratio: shared.Ratio = None,
    runs: Annotated[
        str | None, typer.Option(metavar=shared.WHOLE, help="Independent runs. [default: 100]")
    ] = None,
    first_run: Annotated[
        str | None, typer.Option(metavar=shared.WHOLE, help="Number of the first. [default: 0]")
    ] = None,
    large: Annotated[
        str | None, typer.Option(metavar=shared.WHOLE, help="Large spheres. [default: 6]")
    ] = None,
    small: Annotated[
        str | None, typer.Option(metavar=shared.WHOLE, help="Small spheres. [default: 19]")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(help="random, a crystal such as a6b19, or a file. [default: random]"),
    ] = None,
    protocol: Annotated[
        str | None, typer.Option(help="paper: the published one | default.")
    ] = None,
    moves: shared.Moves = None,
    cycles: Annotated[
        str | None,
        typer.Option(metavar=shared.WHOLE, help="Compression of a run. [default: 60000]"),
    ] = None,
    ramp_start: Annotated[
        str | None,
        typer.Option(metavar=shared.NUMBER, help="βPσ_L³ at its first cycle. [default: 20]"),
    ] = None,
    pressure: Annotated[
        str | None,
        typer.Option(metavar=shared.NUMBER, help="βPσ_L³ at its end. [default: 200]"),
    ] = None,
    jam: Annotated[
        bool | None, typer.Option("--jam/--no-jam", help="Jam and certify. [default: --jam]")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes. [default: one a core]")
    ] = None,
    seed: shared.Seed = None,
    config: shared.Config = None,
    out: shared.Out = None,
    max_hours: shared.MaxHours = None,
    as_json: shared.Json = False,
    quiet: shared.Quiet = False,
) -> None:
    """Search for dense packings in a box of any shape, and certify what jams."""
    arguments = locals()
    from hsmc.checked_options import check_hours
    from hsmc.floppy_search import floppy as run
    from hsmc.options import FloppyOptions

    options = shared.given(FloppyOptions, arguments, config)
    chosen = FloppyOptions.build(options)
    path = out or _default_name(chosen)
    watch = SearchWatch(
        quiet=quiet,
        max_hours=None if max_hours is None else check_hours(max_hours),
        jam=chosen.jam,
    )
    with watch.signals():
        result = run(path, watch, workers, **options)
    shared.show_result(result, path, _sentence, watch.reason, as_json=as_json)


def _default_name(chosen: "FloppyOptions") -> Path:
    from hsmc.start import DEFAULT_RATIO

    if chosen.start == "random":
        ratio = f"{chosen.ratio or DEFAULT_RATIO:g}"
        return Path(f"floppy-{chosen.large}-{chosen.small}-{ratio}-s{chosen.seed}.h5")
    ratio = "" if chosen.ratio is None else f"-{chosen.ratio:g}"
    return Path(f"floppy-{Path(chosen.start).stem}{ratio}-s{chosen.seed}.h5")


def _certified(strict: int, runs: int, *, jam: bool) -> str:
    """Return how many of the runs are strictly jammed, if that was tested."""
    return f"{strict}/{runs}" if jam else "not tested"


def _sentence(result: "Result") -> str:
    s = result.summary
    certified = _certified(s["certified"], s["runs"], jam=result.parameters["jam"])
    return (
        f"best φ = {s['packing_fraction']:.6f} ({s['best_verdict']}; run {s['best_run']}, found in "
        f"{s['best_found']} of {s['runs']} runs)  mean {s['mean']:.4f} ± "
        f"{s['standard_deviation']:.4f} (s.d.)  strictly jammed {certified}, "
        f"{s['structures']} structures; {s['cpu_seconds_per_run']:.2f} s of CPU a run; "
        f"smallest gap {s['smallest_gap']:.1g}"
    )
