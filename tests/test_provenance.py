"""Where a result came from."""

import datetime as dt
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numba
import numpy as np
import pytest
import scipy

from hsmc import __version__, provenance
from hsmc.results import read_result


@pytest.fixture
def fresh(monkeypatch):
    """Let the commit be asked for anew: it is remembered otherwise."""
    provenance._commit.cache_clear()
    yield monkeypatch
    provenance._commit.cache_clear()


@pytest.mark.usefixtures("in_tmp")
def test_command_of_a_module():
    """``python -m hsmc`` is called ``hsmc``. Fails if the file that runs is (tried)."""
    words = ["compress", "--start", "fcc", "--ratio", "1", "--cycles", "1", "--out", "a.h5"]
    subprocess.run([sys.executable, "-m", "hsmc", *words], check=True, capture_output=True)
    assert read_result("a.h5").provenance["command"] == f"hsmc {' '.join(words)}"


def test_versions_command_and_time(monkeypatch):
    """Fails if words with blanks lose their quotes, or if times have no zone (tried)."""
    monkeypatch.setattr(sys, "argv", ["/usr/bin/hsmc", "compress", "--start", "my file.cif"])
    found = provenance.provenance()
    assert found["command"] == "hsmc compress --start 'my file.cif'"
    assert (found["hsmc"], found["numpy"]) == (__version__, np.__version__)
    assert found["numba"] == numba.__version__
    assert found["scipy"] == scipy.__version__
    assert found["highspy"] == metadata.version("highspy")
    assert found["python"] == sys.version.split()[0]
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(found["written"])
    assert abs(age) < dt.timedelta(seconds=5)


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_commit_of_a_checkout(fresh, in_tmp):
    """Fails if changes beside the commit are not told (tried)."""
    package = in_tmp / "src" / "hsmc"
    package.mkdir(parents=True)
    fresh.setattr(provenance, "__file__", str(package / "provenance.py"))
    assert provenance._commit() == ""
    git = ["git", "-c", "user.name=n", "-c", "user.email=e"]
    (package / "a").touch()
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], cwd=in_tmp, check=True)
    provenance._commit.cache_clear()
    commit = provenance._commit()
    assert len(commit) == 12
    (package / "a").write_text("changed")
    provenance._commit.cache_clear()
    assert provenance._commit() == f"{commit}-dirty"


def test_checkout_above_an_installed_package_is_not_ours(fresh, in_tmp):
    """An environment may lie in somebody's checkout. Fails if all parents are looked at (tried)."""
    package = in_tmp / ".venv" / "lib" / "python3" / "site-packages" / "hsmc"
    package.mkdir(parents=True)
    (in_tmp / ".git").mkdir()
    fresh.setattr(provenance, "__file__", str(package / "provenance.py"))
    fresh.setattr(provenance.subprocess, "run", pytest.fail)
    assert provenance._commit() == ""


@pytest.mark.parametrize(
    "error", [FileNotFoundError("git"), subprocess.TimeoutExpired("git", 5)], ids=["none", "slow"]
)
def test_git_that_does_not_answer(fresh, in_tmp, error):
    """Fails if its error gets out (tried)."""

    def refuse(*_words, **_options):
        raise error

    (in_tmp / ".git").mkdir()
    fresh.setattr(provenance, "__file__", str(Path(in_tmp, "hsmc", "provenance.py")))
    fresh.setattr(provenance.subprocess, "run", refuse)
    assert provenance._commit() == ""
