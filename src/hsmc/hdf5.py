"""HDF5 files, whatever is in them: how they are written, and what is said of unreadable ones."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from hsmc.errors import InputError

LIBVER = "v110"
"""Oldest HDF5 that reads the files: it brought checksums, without which damage crashes HDF5.

Texts are of fixed length for the same reason: HDF5 keeps others in heaps without checksums, and
reads a damaged one for ever.
"""


@contextmanager
def readable(path: Path, what: str) -> Iterator[None]:
    """Turn whatever h5py says of a missing, foreign or damaged file into one line.

    Args:
        path: The file that is read inside.
        what: What it is to be: "result file".

    Raises:
        InputError: The file is missing or not readable.
    """
    try:
        yield
    except InputError as error:
        message = f"{path}: {error}"
        raise InputError(message) from error
    except FileNotFoundError:
        message = f"{path} does not exist; give {_article(what)} of hsmc"
        raise InputError(message) from None
    except (OSError, LookupError, ValueError, RuntimeError, TypeError, AttributeError) as error:
        message = f"{path} is no readable HDF5 {what}: {_words(error)}"
        raise InputError(message) from error


def is_hdf5(path: Path) -> bool:
    """Tell whether a file is HDF5 by its first bytes."""
    try:
        return bool(path.is_file() and h5py.is_hdf5(path))
    except OSError:
        return False


def text_of(stored: str | bytes) -> str:
    """Return a text of fixed length, or of any length as in files of earlier versions."""
    return stored if isinstance(stored, str) else stored.decode()


def _article(what: str) -> str:
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)  # HDF5 adds times and addresses
    return " ".join(str(error).split()) or type(error).__name__
