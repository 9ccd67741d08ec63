"""Where a result came from."""

import datetime as dt
import platform
import shlex
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numba
import numpy as np

from hsmc import __version__


def provenance() -> dict[str, Any]:
    """Return versions, git commit (of a source checkout), command line and time."""
    return {
        "hsmc": __version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "scipy": version("scipy"),
        "highspy": version("highspy"),  # its pivots decide which of several jammed states is found
        "command": shlex.join([_program(), *sys.argv[1:]]),
        **written(),
    }


def written() -> dict[str, str]:
    """Return the time of the moment."""
    return {"written": dt.datetime.now(dt.UTC).isoformat(timespec="seconds")}


def _program() -> str:
    """Return the name of what runs; ``python -m hsmc`` runs ``hsmc/__main__.py``."""
    path = Path(sys.argv[0])
    return path.parent.name if path.name == "__main__.py" else path.name


@cache
def _commit() -> str:
    """Return the commit of the checkout that holds this file, or "" if there is none."""
    folder = Path(__file__).parent
    if not any((parent / ".git").exists() for parent in folder.parents[:3]):
        return ""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(  # noqa: S603
            command, cwd=folder, capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
