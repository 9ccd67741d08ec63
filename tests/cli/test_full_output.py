"""Output that cannot be printed: one line on stderr, exit code 74; a closed pipe is no fault."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_results import result, write_result

FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="Linux alone has a full device")


def printed(*words, stdout=None):
    """Run a command whose stdout takes nothing, in a process of its own: Python's end counts, too.

    Args:
        *words: The command.
        stdout: File descriptor to print to, closed here; None: a full disk.
    """
    out = os.open(FULL, os.O_WRONLY) if stdout is None else stdout
    try:
        return subprocess.run(
            [sys.executable, "-m", "hsmc", *words],
            stdout=out, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    finally:
        os.close(out)


@pytest.mark.parametrize(
    "words", [("info", "a.h5"), ("info", "a.h5", "--json"), ("export", "a.h5"), ("--help",)]
)
def test_stdout_on_a_full_disk(in_tmp, words):
    """Fails (traceback, exit code 1) if the error gets out (tried)."""
    write_result(in_tmp / "a.h5", result())
    done = printed(*words)
    assert done.returncode == 74
    assert done.stderr == (
        "hsmc: cannot print: No space left on device; files that were written are intact\n"
    )


@pytest.mark.parametrize("words", [("info", "a.h5"), ("info", "a.h5", "--json"), ("--help",)])
def test_stdout_that_nobody_reads(in_tmp, words):
    """As with other programs before ``head``. Fails (1, a failed solver) by typer's way (tried)."""
    write_result(in_tmp / "a.h5", result())
    reads, writes = os.pipe()
    os.close(reads)
    done = printed(*words, stdout=writes)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_mistake_comes_before(in_tmp):
    """Nothing is printed, so nothing fails."""
    del in_tmp
    assert printed("info", "no.h5").returncode == 2


def test_other_errors_of_the_system_are_bugs(hsmc, monkeypatch):
    """They keep their traceback. Fails if every OSError is taken for a full disk (tried)."""

    def broken(*_arguments, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("hsmc.results.read_result", broken)
    with pytest.raises(PermissionError):
        hsmc("info", "a.h5")
