"""Which runs may be resumed from the file they left."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hsmc.checked_options import differences
from hsmc.errors import OutputError
from hsmc.hdf5 import is_hdf5
from hsmc.results import Result, read_result


def read_unfinished(out: Path, kind: str, wanted: Mapping[str, Any]) -> Result | None:
    """Return what an unfinished run left in its file; None if there is no file.

    Args:
        out: The file.
        kind: The command that is to go on.
        wanted: Its parameters; those left out may be any.

    Raises:
        InputError: The file is damaged.
        OutputError: It holds something else, which is not to be overwritten.
    """
    if not out.exists():
        return None
    if not is_hdf5(out):
        message = f"{out} exists and is no result file of hsmc; choose another --out"
        raise OutputError(message)
    stored = read_result(out)
    if stored.status == "finished":
        raise OutputError(finished(out, stored, kind, wanted))
    if stored.kind != kind:
        message = f"{out} is an unfinished hsmc {stored.kind}, not {kind}; choose another --out"
        raise OutputError(message)
    if other := differences(stored.parameters, wanted):
        message = f"{out} is an unfinished run of other options ({other}); choose another --out"
        raise OutputError(message)
    return stored


def finished(out: Path, stored: Result, kind: str, wanted: Mapping[str, Any]) -> str:
    """Return why a finished result is not replaced: whether it is what is asked for, or how not.

    Default names do not tell all options, so that unlike runs may meet in one.

    Args:
        out: Its file.
        stored: The result.
        kind: The command that would write it.
        wanted: Its parameters.
    """
    if stored.kind != kind:
        return f"{out} exists and is a finished hsmc {stored.kind}; choose another --out"
    if other := differences(stored.parameters, wanted):
        return f"{out} exists and is a run of other options ({other}); choose another --out"
    return f"{out} exists and is finished; choose another --out, or remove it first"
