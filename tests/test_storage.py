"""Files whole or not at all, one writer at a time, folders tried before any work."""

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import filelock
import pytest

from hsmc import storage
from hsmc.errors import OutputError, StorageError
from hsmc.storage import check_folder, remove_temporary, replacing, sole_writer, write_whole

pytestmark = pytest.mark.usefixtures("in_tmp")

NOBODY = 65534
"""User without rights: root may write everywhere."""

HOLD = """
import sys, time
from pathlib import Path
from hsmc.storage import sole_writer
with sole_writer(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""

KILLED = """
import os, sys, time
from pathlib import Path
from hsmc.storage import write_whole
os.fsync = lambda _: (os.kill(os.getpid(), 9), time.sleep(60))
write_whole(Path(sys.argv[1]), b"new")
"""


@contextmanager
def python(program, *arguments):
    """Start a program; it is killed at the end if it still runs."""
    command = [sys.executable, "-c", program, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@contextmanager
def without_rights():
    """Act as a user who is not root, where the tests run as root."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def small_disk(size):
    """Let the system refuse to write files beyond a size: real errors of real writes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# Whole or not at all


def test_new_file_has_the_usual_rights(in_tmp):
    """Fails if the file keeps the rights of ``mkstemp``, 0600 (tried)."""
    mask = os.umask(0o027)
    try:
        write_whole(Path("a"), b"new")
    finally:
        os.umask(mask)
    assert Path("a").read_bytes() == b"new"
    assert stat.S_IMODE(Path("a").stat().st_mode) == 0o640
    assert names(in_tmp) == ["a"]


def test_full_disk_leaves_the_old_file(in_tmp):
    """Fails if the target is written in place, or if the part of the new file stays (tried)."""
    write_whole(Path("a"), b"old")
    with (
        small_disk(1000),
        pytest.raises(StorageError, match="cannot write a: File too large; earlier files are"),
    ):
        write_whole(Path("a"), bytes(10_000))
    assert Path("a").read_bytes() == b"old"
    assert names(in_tmp) == ["a"]


def test_killed_writer_leaves_the_old_file(in_tmp):
    """Nothing can remove its part at once; the next writer does.

    Fails if the target is written in place, or if strays are left (tried).
    """
    write_whole(Path("a"), b"old")
    with python(KILLED, "a") as writer:
        assert writer.wait(30) == -signal.SIGKILL
    assert Path("a").read_bytes() == b"old"
    assert len(names(in_tmp)) == 2
    Path(".ab.1.part").touch()
    with sole_writer(Path("a")):
        assert names(in_tmp) == [".a.lock", ".ab.1.part", "a"]


def test_part_of_a_killed_process_of_the_same_number(in_tmp):
    """In containers, process numbers repeat. Fails ("File exists") if it is not removed (tried)."""
    Path(f".a.{os.getpid()}.part").write_bytes(b"stray")
    write_whole(Path("a"), b"new")
    assert names(in_tmp) == ["a"]


def test_link_stays_a_link():
    """Fails if the link itself is replaced (tried)."""
    Path("far").mkdir()
    Path("a").symlink_to("far/b")
    write_whole(Path("a"), b"new")
    assert Path("a").is_symlink()
    assert Path("far/b").read_bytes() == b"new"
    assert names(Path("far")) == ["b"]


# One writer at a time


def test_second_writer_is_refused_and_nothing_is_left(in_tmp):
    """Fails if the lock file is not removed (tried)."""
    with sole_writer(Path("a")):
        with (
            pytest.raises(OutputError, match="a is being written by another run; wait for it or"),
            sole_writer(Path("a")),
        ):
            pass
        assert names(in_tmp) == [".a.lock"]
    assert names(in_tmp) == []


def test_link_and_file_have_one_lock():
    """Fails if the lock lies beside the link (tried)."""
    Path("far").mkdir()
    Path("a").symlink_to("far/b")
    with (
        sole_writer(Path("a")),
        pytest.raises(OutputError, match="being written"),
        sole_writer(Path("far/b")),
    ):
        pass


def test_killed_holder_lets_go(in_tmp):
    """Fails if the lock is the mere existence of its file (tried)."""
    with python(HOLD, "a") as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(OutputError, match="being written by"), sole_writer(Path("a")):
            pass
    with sole_writer(Path("a")):
        pass
    assert names(in_tmp) == []


def test_lock_is_removed_while_it_is_held(monkeypatch, in_tmp):
    """Else a third process could make and hold a new file while a second holds the old one.

    Fails if the lock is let go of before its file is removed (tried).
    """
    remove, tried = Path.unlink, []

    def try_and_remove(path, **options):
        if path.name == ".a.lock":
            tried.append(path)
            with pytest.raises(filelock.Timeout):
                filelock.FileLock(path, timeout=0).acquire()
        remove(path, **options)

    monkeypatch.setattr(Path, "unlink", try_and_remove)
    with sole_writer(Path("a")):
        pass
    assert tried == [in_tmp / ".a.lock"]


def test_error_inside_lets_go(in_tmp):
    """Fails if lock and file are given back only at a good end (tried)."""
    with pytest.raises(ZeroDivisionError), sole_writer(Path("a")):
        _ = 1 / 0
    assert names(in_tmp) == []
    with sole_writer(Path("a")):
        pass


def test_hard_end_leaves_nothing(in_tmp):
    """A process may have to end in the middle. Fails if lock or part is forgotten (tried)."""
    with sole_writer(Path("a")), replacing(Path("a")) as part:
        part.touch()
        assert names(in_tmp) == [f".a.{os.getpid()}.part", ".a.lock"]
        remove_temporary()
        assert names(in_tmp) == []
        part.touch()
    assert names(in_tmp) == ["a"]
    remove_temporary()
    assert names(in_tmp) == ["a"]


# Folders


def test_good_folder_is_left_as_it_was(in_tmp):
    check_folder(Path("a"))
    assert names(in_tmp) == []


def test_missing_folder():
    with pytest.raises(OutputError, match="folder /no/such of the output does not exist; create"):
        check_folder(Path("/no/such/a.h5"))


def test_file_as_folder():
    Path("b").touch()
    with pytest.raises(OutputError, match=r"folder .*/b of the output is no folder; choose"):
        check_folder(Path("b/a.h5"))


def test_folder_as_file():
    with pytest.raises(OutputError, match=r"\. is a folder; the name of a file is needed"):
        check_folder(Path())


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="there is no /proc")
def test_folder_that_takes_no_files():
    """Root, too, cannot write into /proc. Fails if ``os.access`` is believed (tried)."""
    with pytest.raises(StorageError, match=r"/proc/a\.h5 cannot be written \(.+\); choose another"):
        check_folder(Path("/proc/a.h5"))


@pytest.mark.parametrize("mode", [0o555, 0o000])
def test_folder_without_rights(mode):
    """Without x, the folder cannot even be looked into. Fails if only the trial file is in
    the ``try`` (tried: PermissionError of ``is_dir``).
    """
    with tempfile.TemporaryDirectory() as outer:  # pytest's folders are open to their owner only
        Path(outer).chmod(0o755)
        folder = Path(outer) / "closed"
        folder.mkdir(mode=mode)
        (Path(outer) / "closed").chmod(mode)
        with (
            without_rights(),
            pytest.raises(StorageError, match=r"a\.h5 cannot be written \(Permission denied\)"),
        ):
            check_folder(folder / "a.h5")
        folder.chmod(0o700)


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_folder_that_may_not_be_written(monkeypatch, number):
    """A fault of the system, as for a sweep. Fails if it is an OutputError (tried)."""

    def refuse(**_options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(storage.tempfile, "TemporaryFile", refuse)
    with pytest.raises(
        StorageError, match=rf"a cannot be written \({os.strerror(number)}\); choose"
    ):
        check_folder(Path("a"))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_full_disk_is_no_wrong_use(monkeypatch, number):
    """The system's refusal is made up. Fails if every refusal is an OutputError (tried)."""

    def refuse(**_options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(storage.tempfile, "TemporaryFile", refuse)
    with pytest.raises(StorageError, match=f"cannot write a: {os.strerror(number)}"):
        check_folder(Path("a"))
