"""The command line as a user has it: words in; exit code, stdout and stderr out."""

import signal
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from hsmc.cli import main


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


def folder():
    """Return what is in the folder, hidden files too."""
    return {str(path): path.is_file() and path.read_bytes() for path in Path().rglob("*")}


@pytest.fixture
def hsmc(in_tmp, monkeypatch, capsys):
    """Return a function that runs one command in an empty folder."""
    del in_tmp

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["hsmc", *map(str, words)])
        numbers = (signal.SIGINT, signal.SIGTERM)
        handlers = [signal.getsignal(number) for number in numbers]
        try:
            with pytest.raises(SystemExit) as stop:
                main()
        finally:
            for number, handler in zip(numbers, handlers, strict=True):
                signal.signal(number, handler)
        return Outcome(stop.value.code or 0, *capsys.readouterr())

    return run


@pytest.fixture
def refused(hsmc):
    """Return a function that runs a command which must fail and leave all as it was."""

    def run(*words, code=2):
        before = folder()
        outcome = hsmc(*words)
        assert (outcome.code, outcome.out) == (code, "")
        assert folder() == before
        assert outcome.err.startswith("hsmc: ")
        assert outcome.err.count("\n") == 1
        assert outcome.err.endswith("\n")
        return outcome.err.removeprefix("hsmc: ").rstrip()

    return run
