"""``hsmc sweep``."""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hsmc.cli import shared
from hsmc.cli.exit_codes import SOME_FAILED
from hsmc.cli.progress import PLAIN_SECONDS, Watch, duration, leave

if TYPE_CHECKING:
    from hsmc.sweep.progress import StudyProgress
    from hsmc.sweep.tasks import Task

TERMINAL_SECONDS = 0.5
"""Time between two lines on a terminal, where they overwrite each other."""

CLEAR = "\r\x1b[K"
"""What takes a line of a terminal away."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sweep)


class StudyWatch(Watch):
    """Shows a study on stderr and tells it to stop."""

    def __init__(self, results: Path, *, quiet: bool, max_hours: float | None) -> None:
        super().__init__(quiet=quiet, max_hours=max_hours)
        self._results = results
        self._clear = CLEAR if sys.stderr.isatty() else ""

    def update(self, progress: "StudyProgress") -> None:  # type: ignore[override]
        """Show how far the study is."""
        self._running = True
        now = time.monotonic()
        if self._quiet or now < self._next_line:
            return
        self._next_line = now + (TERMINAL_SECONDS if self._clear else PLAIN_SECONDS)
        typer.echo(f"{self._clear}{_line(progress)}", err=True, nl=not self._clear)

    def note(self, words: str) -> None:
        """Say what happened, on a line of its own."""
        super().note(f"{self._clear}{words}")

    def stopped(self, progress: "StudyProgress") -> None:
        """End the process at once: checkpoints are written."""
        leave(
            progress.stopped,
            f" after {progress.done} of {progress.tasks} tasks; "
            f"the same command resumes {self._results}",
        )


def sweep(
    study: Annotated[Path, typer.Argument(help="Study file (TOML).")],
    results: Annotated[
        Path | None,
        typer.Option(help="Folder of the results. [default: results/NAME beside STUDY]"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the tasks only.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Show how far the study is.")] = False,
    collect: Annotated[
        Path | None, typer.Option(help="Write the table of all runs: .csv, .parquet or .h5.")
    ] = None,
    emit: Annotated[str | None, typer.Option(help="Print a job script: slurm.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes. [default: one a core]")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a running Dask scheduler to use.")
    ] = None,
    scheduler_file: Annotated[
        str | None, typer.Option(help="Scheduler file of a running Dask scheduler to use.")
    ] = None,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Only the I-th of N equal shares.")
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try failed tasks again.")
    ] = False,
    max_hours: shared.MaxHours = None,
    as_json: shared.Json = False,
    quiet: shared.Quiet = False,
) -> None:
    """Run a study: many runs along axes of parameters. The same command resumes it."""
    if dry_run + status + (collect is not None) + (emit is not None) > 1:
        message = "give one of --dry-run, --status, --collect and --emit"
        raise typer.BadParameter(message)
    if scheduler is not None and scheduler_file is not None:
        message = "give one of --scheduler and --scheduler-file"
        raise typer.BadParameter(message)
    if emit not in (None, "slurm"):
        message = f"emit is {emit}, needs to be slurm"
        raise typer.BadParameter(message)
    from hsmc.sweep.study import read_study
    from hsmc.sweep.tasks import plan, share

    file = read_study(study)
    folder = (results or file.results).absolute()
    tasks = plan(file)
    tasks = tasks if shard is None else share(tasks, shard)
    if dry_run:
        _dry_run(tasks, folder)
    elif status:
        _status(tasks, folder, as_json=as_json)
    elif collect is not None:
        _collect(tasks, folder, collect)
    elif emit is not None:
        _emit(file.path, folder, tasks)
    else:
        from hsmc.checked_options import check_hours
        from hsmc.sweep.engine import run_tasks

        hours = None if max_hours is None else check_hours(max_hours)
        watch = StudyWatch(folder, quiet=quiet, max_hours=hours)
        with watch.signals():
            progress = run_tasks(
                tasks,
                folder,
                monitor=watch,
                workers=workers,
                scheduler=scheduler or scheduler_file,
                retry_failed=retry_failed,
            )
        _finish(progress, folder, as_json=as_json)


def _dry_run(tasks: Sequence["Task"], folder: Path) -> None:
    for task in tasks:
        typer.echo(f"{task.id}  {task.describe()}")
    typer.echo(f"{len(tasks)} tasks, {_time(tasks, folder)}")


def _status(tasks: Sequence["Task"], folder: Path, *, as_json: bool) -> None:
    from hsmc.sweep.folder import Folder

    survey = Folder(folder).survey(tasks)
    best = (
        max((seal.packing_fraction, task) for task, seal in survey.done.items())
        if survey.done
        else None
    )
    names = {task.id: task for task in tasks}
    left = [task for task in tasks if task.id not in survey.done and task.id not in survey.failed]
    counts = {
        "tasks": len(tasks),
        "done": len(survey.done),
        "running": len(survey.running),
        "interrupted": len(survey.interrupted),
        "failed": len(survey.failed),
        "waiting": len(left) - len(survey.running) - len(survey.interrupted),
        "damaged": survey.damaged,
    }
    if as_json:
        typer.echo(json.dumps({**counts, "packing_fraction": best[0] if best else None}))
        return
    typer.echo("  ".join(f"{name} {count}" for name, count in counts.items()))
    if best is not None:
        typer.echo(f"best φ = {best[0]:.6f}: {names[best[1]].describe()}")
    if left:
        typer.echo(f"left: {_time(left, folder, tasks)}")
    for task in sorted(survey.failed):
        typer.echo(f"failed: {names[task].describe()} ({Folder(folder).failure(task)})")


def _time(tasks: Sequence["Task"], folder: Path, study: Sequence["Task"] = ()) -> str:
    from hsmc.sweep.estimate import cpu_seconds

    seconds, measured = cpu_seconds(tasks, folder, study)
    if measured:
        return f"about {duration(seconds)} of CPU, by {measured} finished runs"
    return f"about {duration(seconds)} of CPU, within a factor of 2"


def _collect(tasks: Sequence["Task"], folder: Path, out: Path) -> None:
    from hsmc.sweep.table import check_table_name, collect, write_table

    check_table_name(out)
    table = collect(tasks, folder)
    for name in table.damaged:
        typer.echo(f"left out, damaged: {name}; run the sweep again to compute it anew", err=True)
    if len(table) < table.tasks:
        typer.echo(f"{table.tasks - len(table)} of {table.tasks} tasks have no result", err=True)
    write_table(table, out)
    typer.echo(f"{len(table)} rows, digest {table.digest} (of all but CPU times and files)")
    typer.echo(str(out))


def _emit(study: Path, folder: Path, tasks: Sequence["Task"]) -> None:
    from hsmc.sweep.estimate import cpu_seconds
    from hsmc.sweep.slurm import slurm_script

    script = slurm_script(study, folder, len(tasks), cpu_seconds(tasks, folder)[0])
    typer.echo(script, nl=False)


def _finish(progress: "StudyProgress", folder: Path, *, as_json: bool) -> None:
    """Print the last line of a sweep.

    Raises:
        typer.Exit: 3 if tasks failed.
    """
    if as_json:
        typer.echo(json.dumps({**asdict(progress), "results": str(folder)}))
    else:
        best = "" if progress.best is None else f", best φ = {progress.best:.6f}"
        failed = f", {progress.failed} failed" if progress.failed else ""
        typer.echo(f"{progress.done} of {progress.tasks} tasks done{failed}{best}")
        typer.echo(str(folder))
    if progress.failed:
        where = folder / "failed"
        typer.echo(f"what failed stands in {where}; --retry-failed runs it again", err=True)
        raise typer.Exit(SOME_FAILED)


def _line(progress: "StudyProgress") -> str:
    best = "" if progress.best is None else f"best φ {progress.best:.5f}  "
    left = "" if progress.seconds_left is None else f"{duration(progress.seconds_left)} left"
    return (
        f"done {progress.done}/{progress.tasks}  running {progress.running}  "
        f"failed {progress.failed}  {best}{left}"
    )
