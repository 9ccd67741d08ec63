"""The names a user imports."""

import subprocess
import sys

import pytest

import hsmc


def test_public_functions_stay_functions():
    """Fails if a module has the name of a public function: its import hides it (seen)."""
    code = (
        "import hsmc\n"
        "for name in hsmc.__all__:\n"
        "    for _ in range(2):\n"
        "        assert callable(getattr(hsmc, name)), name\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_names_are_refused():
    """As for any module."""
    with pytest.raises(AttributeError, match="no attribute 'crush'"):
        _ = hsmc.crush
