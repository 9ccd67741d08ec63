"""The command line: each command parses, calls one public function and prints."""

import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Any

import typer

from hsmc.cli import (
    analyze,
    compare,
    compress,
    export,
    floppy,
    info,
    jam,
    plot,
    report,
    sample,
    sweep,
    tomo,
)
from hsmc.cli.exit_codes import CLOSED_PIPE, FAILED, INPUT_OUTPUT, WRONG_USE
from hsmc.cli.progress import leave
from hsmc.errors import HsmcError, SolverError, StorageError
from hsmc.storage import DISK_FAULTS

USAGE_ERROR: Any = typer.BadParameter.__base__
"""What typer raises for wrong usage; the class itself is not public in all versions."""

app = typer.Typer(
    name="hsmc",
    help="Hard-sphere Monte Carlo for binary nanocrystal superlattices.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
commands = (
    *(compress, sample, floppy, jam, sweep),
    *(analyze, compare, info, plot, report, export, tomo),
)
for module in commands:
    module.register(app)


def _version(show: bool) -> None:
    if show:
        from hsmc import __version__

        typer.echo(f"hsmc {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    version: bool = typer.Option(  # noqa: ARG001 (its callback takes it)
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Hard-sphere Monte Carlo for binary nanocrystal superlattices."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(WRONG_USE)


def main() -> None:
    """Run the command line; a user's mistake is one line, a bug keeps its traceback."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop_at_once)
    try:
        code = app(prog_name="hsmc", standalone_mode=False)
    except SystemExit as end:  # typer's, with 1, of a closed pipe: no solver failed
        if isinstance(end.__context__, BrokenPipeError):
            sys.exit(CLOSED_PIPE)
        raise
    except HsmcError as error:
        _complain(str(error))
        sys.exit(_exit_code(error))
    except USAGE_ERROR as error:
        command = error.ctx.command_path if error.ctx else "hsmc"
        _complain(f"{error.format_message()} (see {command} --help)")
        sys.exit(WRONG_USE)
    except MemoryError as error:
        _complain(
            f"out of memory ({str(error) or 'no more is given'}); take fewer spheres or frames"
        )
        sys.exit(WRONG_USE)
    except OSError as error:  # of printing: what is written elsewhere has errors of its own
        if error.errno not in DISK_FAULTS:
            raise
        _complain(f"cannot print: {error.strerror}; files that were written are intact")
        sys.exit(INPUT_OUTPUT)
    sys.exit(code)


def _complain(words: str) -> None:
    """Say on stderr what is wrong."""
    with suppress(OSError):  # stderr may lie on the same full disk
        typer.echo(f"hsmc: {words}", err=True)


def _stop_at_once(number: int, _frame: FrameType | None) -> None:
    """Stop where nothing can be lost: commands that compute have a handler of their own."""
    leave(signal.Signals(number).name)


def _exit_code(error: HsmcError) -> int:
    if isinstance(error, StorageError):
        return INPUT_OUTPUT
    return FAILED if isinstance(error, SolverError) else WRONG_USE
