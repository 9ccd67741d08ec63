"""Files written whole, and one writer at a time."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hsmc.errors import OutputError, StorageError


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file by new content, wholly or not at all.

    The content goes to a temporary file in the same folder, is flushed to the disk and takes
    the name of the old one: a kill or a full disk leaves the old file as it was.

    Raises:
        StorageError: The folder is not writable or the disk is full.
    """
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise StorageError(_words(path, error)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise StorageError(_words(path, error)) from error
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def sole_writer(path: Path) -> Iterator[None]:
    """Hold the right to write a file; a second process is refused, and a killed one lets go.

    Raises:
        OutputError: Another process is writing the file.
        StorageError: The folder does not exist or is not writable.
    """
    import filelock

    lock = filelock.FileLock(path.with_name(f".{path.name}.lock"), timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        message = f"{path} is being written by another run; wait for it or choose another --out"
        raise OutputError(message) from None
    except OSError as error:
        raise StorageError(_words(path, error)) from error
    try:
        yield
    finally:
        lock.release()


def check_folder(path: Path) -> None:
    """Refuse an output whose folder is missing or not writable, before any work is done.

    Raises:
        OutputError: The folder is not there, or may not be written.
    """
    folder = path.parent
    if not folder.is_dir():
        message = f"folder {folder} of the output does not exist; create it or choose another --out"
        raise OutputError(message)
    if not os.access(folder, os.W_OK | os.X_OK):
        message = f"folder {folder} is not writable; choose another --out"
        raise OutputError(message)
    if path.is_dir():
        message = f"{path} is a folder; --out needs the name of a file"
        raise OutputError(message)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _words(path: Path, error: OSError) -> str:
    return f"cannot write {path}: {error.strerror or error}; earlier files are intact"
