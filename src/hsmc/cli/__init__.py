"""The command line: each command parses, calls one public function and prints."""

import sys

import typer

from hsmc.cli import compress, export, info, plot, sample
from hsmc.errors import HsmcError, SolverError, StorageError

DONE, FAILED, WRONG_USE, INPUT_OUTPUT, STOPPED = 0, 1, 2, 74, 75

app = typer.Typer(
    name="hsmc",
    help="Hard-sphere Monte Carlo for binary nanocrystal superlattices.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
for module in (compress, sample, info, plot, export):
    module.register(app)


def _version(show: bool) -> None:
    if show:
        from hsmc import __version__

        typer.echo(f"hsmc {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Hard-sphere Monte Carlo for binary nanocrystal superlattices."""


def main() -> None:
    """Run the command line; a user's mistake is one line, a bug keeps its traceback."""
    try:
        app()
    except HsmcError as error:
        typer.echo(f"hsmc: {error}", err=True)
        sys.exit(_exit_code(error))


def _exit_code(error: HsmcError) -> int:
    if isinstance(error, StorageError):
        return INPUT_OUTPUT
    return FAILED if isinstance(error, SolverError) else WRONG_USE
