"""Files written whole, and one writer at a time."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hsmc.errors import HsmcError, InputError, OutputError, StorageError

DISK_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
"""What the system says of a full or broken disk."""


_temporary: set[Path] = set()
"""Locks and unfinished files of this process."""


@contextmanager
def storage_faults(path: Path) -> Iterator[None]:
    """Name the file at which the system failed.

    Raises:
        StorageError: In place of any error of the system.
    """
    try:
        yield
    except OSError as error:
        raise StorageError(_words(path, error)) from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary file to write, which takes the place of ``path`` at the end.

    It lies in the same folder and is flushed to the disk before it takes the name of the old
    file: a kill or a full disk leaves the old file as it was.

    Raises:
        StorageError: The folder is not writable or the disk is full.
    """
    target = _target(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    with storage_faults(path):
        temporary.unlink(missing_ok=True)  # of a killed process that had the same number
        _temporary.add(temporary)
        try:
            yield temporary
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
            _temporary.discard(temporary)


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """Replace a file by new content, wholly or not at all.

    Raises:
        StorageError: The folder is not writable or the disk is full.
    """
    with replacing(path) as temporary, temporary.open("xb") as file:
        file.write(content)


@contextmanager
def sole_writer(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the right to write a file; a killed process lets go of it.

    Args:
        path: The file.
        wait: Wait until another process has written it, instead of giving up.

    Raises:
        OutputError: Another process is writing the file.
        StorageError: The file system does not let files be locked.
    """
    import filelock

    target = _target(path)
    place = target.with_name(f".{target.name}.lock")
    lock = filelock.FileLock(place, timeout=-1 if wait else 0)
    try:
        lock.acquire()
    except filelock.Timeout:
        message = f"{path} is being written by another run; wait for it or choose another --out"
        raise OutputError(message) from None
    except OSError as error:
        raise StorageError(_words(path, error)) from error
    _temporary.add(place)
    try:
        _remove_strays(target)
        yield
    finally:
        # Removed while it is held: who opened it in the meantime finds it without a name once
        # locked, and filelock tries again. (Windows refuses; there filelock removes it.)
        with suppress(OSError):
            place.unlink()
        _temporary.discard(place)
        lock.release()


def named(path: Path, fault: type[HsmcError] = InputError) -> Path:
    """Return the path of a file, after which others beside it may be named: "." has no name.

    Args:
        path: Where a file is, or is to be.
        fault: What a folder is.

    Raises:
        HsmcError: There is a folder; of the type that ``fault`` says.
    """
    if os.path.isdir(path):  # noqa: PTH112 (that of Path raises where it may not look)
        message = f"{path} is a folder; the name of a file is needed"
        raise fault(message)
    return path


def check_folder(path: Path) -> None:
    """Refuse an output whose folder is missing or not writable, before any work is done.

    No option is named: commands have several, such as ``--collect`` of a sweep.

    Raises:
        OutputError: The folder is not there.
        StorageError: It may not be written, or the disk is full or broken.
    """
    try:
        _try_folder(path)
    except OSError as error:
        if error.errno in DISK_FAULTS:
            raise StorageError(_words(path, error)) from error
        message = f"{path} cannot be written ({error.strerror}); choose another place"
        raise StorageError(message) from error


def check_new(path: Path, *, overwrite: bool) -> None:
    """Refuse an output that cannot be written, or is there and may not be replaced.

    Raises:
        OutputError: The folder is missing, or the file exists.
        StorageError: The folder is not writable, or the disk is full or broken.
    """
    check_folder(path)
    if path.exists() and not overwrite:
        message = f"{path} exists already; choose another --out, or give --overwrite"
        raise OutputError(message)


def _try_folder(path: Path) -> None:
    folder = _target(named(path, OutputError)).parent
    if not folder.is_dir():
        found = "is no folder; " if folder.exists() else "does not exist; create it or "
        message = f"folder {folder} of the output {found}choose another one"
        raise OutputError(message)
    with tempfile.TemporaryFile(dir=folder):  # permissions alone do not tell
        pass


def remove_temporary() -> None:
    """Remove what a process that ends in the middle of things would leave beside its outputs."""
    for path in _temporary:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _target(path: Path) -> Path:
    """Return the file itself where the path is a link to it."""
    return Path(os.path.realpath(path))


def _remove_strays(target: Path) -> None:
    """Remove temporary files that killed writers left; nobody else may write now."""
    for stray in target.parent.iterdir():
        if stray.name.startswith(f".{target.name}.") and stray.name.endswith(".part"):
            stray.unlink(missing_ok=True)


def _words(path: Path, error: OSError) -> str:
    return f"cannot write {path}: {error.strerror or error}; earlier files are intact"
