"""Imports point down, and the command line starts without the heavy libraries."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import hsmc

ROOT = Path(hsmc.__file__).parent

ORDER = [
    "errors", "rng", "threads", "kernels",
    "box", "configuration", "mixture",
    "crystal", "defects", "neighbors", "structures", "squeeze", "fit",
    "analysis.statistics", "analysis.relaxation", "analysis.densest", "analysis.equations_of_state",
    "seal", "storage", "provenance",
    "parsers", "readers", "export",
    "ensemble", "schedule", "lattice",
    "jamming",
    "ways", "simulation", "first_run", "monitor",
    "checked_options", "options", "hdf5", "results", "resuming", "recording", "start",
    "driver",
    "floppy_box", "floppy_table",
    "sampling", "compression", "floppy_search", "jam_start",
    "analysis",
    "sweep",
    "tomography",
    "report",
    "cli",
    "__main__",
]  # fmt: skip
"""Modules and packages from low to high; each may import those before it."""

HEAVY = {
    "ase", "dask", "distributed", "freud", "gsd", "jinja2", "matplotlib", "moyopy", "mrcfile",
    "pymatgen", "spglib", "tifffile",
}  # fmt: skip
"""Libraries that take long to import, so only inside of functions that need them."""

SLOW_TO_START = {"h5py", "numba", "numpy", "pydantic", "scipy", "tqdm", *HEAVY}
"""What ``hsmc --help`` does without."""


def modules():
    """Return the path of each module by its name below ``hsmc``; packages by their own."""
    names = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            names[name] = path
    return names


MODULES = modules()


def imports(nodes):
    """Yield the full names that statements import: modules, or modules and what is in them."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported(name):
    """Return our modules that a module imports, wherever in its file."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    ours = {full.removeprefix("hsmc.") for full in imports(ast.walk(tree)) if "hsmc." in full}
    return {full if full in MODULES else full.rpartition(".")[0] for full in ours} & set(MODULES)


def place(name):
    """Return where in the order a module is: at its own place, or at its package's."""
    while name not in ORDER:
        assert "." in name, f"{name} has no place in ORDER: put it where its imports allow"
        name = name.rpartition(".")[0]
    return ORDER.index(name)


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_down(name):
    """Fails if ``simulation`` imports ``results`` or ``driver`` imports ``compress`` (tried)."""
    for other in imported(name):
        if place(other) == place(name):
            continue  # inside of one package, which the next test looks at
        assert place(other) < place(name), f"{name} imports {other}, which lies above it"


def test_no_module_imports_itself_by_way_of_others():
    """Inside of packages, too. Fails if ``kernels.random`` imports ``kernels.run`` (tried)."""
    remaining = {name: imported(name) - {name} for name in MODULES}
    while remaining:
        free = [name for name, others in remaining.items() if not others & remaining.keys()]
        assert free, f"these import each other: {', '.join(remaining)}"
        for name in free:
            del remaining[name]


def test_order_has_no_ghosts():
    """Fails if a module that is gone keeps its place (tried)."""
    assert [name for name in ORDER if name not in MODULES] == []


@pytest.mark.parametrize("name", MODULES)
def test_heavy_libraries_are_imported_where_they_are_used(name):
    """Only what draws needs matplotlib everywhere. Fails if ``lattice`` imports spglib at its
    top (tried).
    """
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    at_top = {full.split(".")[0] for full in imports(tree.body)}
    drawing = {"matplotlib"} if name.startswith("report.") else set()
    assert not at_top & HEAVY - drawing


def test_help_starts_light():
    """Fails if a command imports ``hsmc.driver`` at its top (tried)."""
    program = "import sys, hsmc.cli; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "typer" in loaded
    assert not loaded & SLOW_TO_START
