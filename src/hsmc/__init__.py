"""Hard-sphere Monte Carlo for binary nanocrystal superlattices."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hsmc.analysis.analyze import analyze
    from hsmc.analysis.comparison import compare
    from hsmc.compression import compress
    from hsmc.floppy_search import floppy
    from hsmc.jam_start import jam
    from hsmc.report.page import write_report
    from hsmc.results import read_result
    from hsmc.sampling import sample
    from hsmc.sweep import run_study

__version__ = "0.1.0"
__all__ = [
    "analyze",
    "compare",
    "compress",
    "floppy",
    "jam",
    "read_result",
    "run_study",
    "sample",
    "write_report",
]

_HOMES = {
    "analyze": "hsmc.analysis.analyze",
    "compare": "hsmc.analysis.comparison",
    "compress": "hsmc.compression",
    "floppy": "hsmc.floppy_search",
    "jam": "hsmc.jam_start",
    "read_result": "hsmc.results",
    "run_study": "hsmc.sweep",
    "sample": "hsmc.sampling",
    "write_report": "hsmc.report.page",
}


def __getattr__(name: str) -> Any:
    """Import a public function when it is first asked for: the command line starts without."""
    if name not in _HOMES:
        message = f"module 'hsmc' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name]), name)
