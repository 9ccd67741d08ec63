"""Results and studies that reports are made of."""

import numpy as np

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.fit import at_packing
from hsmc.results import Frame, Result, write_result
from hsmc.sweep.folder import Folder
from hsmc.sweep.worker import run_task
from tests.sweep.support import tasks_of

STUDY = """
command = "compress"
runs = 2
options = { start = "fluid", composition = [2, 6], cycles = 50, frames = 0 }
axes = { ratio = [0.6, 0.7], box = ["isotropic", "floppy"] }
"""
"""Eight tasks of some milliseconds."""

MADE = {"hsmc": "0.1.0", "commit": "abc", "command": "hsmc compress --seed 7", "written": "today"}


def states(count, ratio=0.695):
    """Return A6B19 at rising packing fractions, spheres displaced at random."""
    cell = crystal("a6b19").configuration(ratio)
    rng = np.random.default_rng(3)
    found = []
    for fraction in np.linspace(0.10, 0.64, count):
        state = at_packing(cell, float(fraction))
        moved = state.positions + 0.05 * rng.standard_normal((25, 3))
        found.append(Configuration(state.box, moved, state.diameters, state.types))
    return found


def compression(axes="xyz", frames=5, status="finished", ratio=0.695):
    """Return a result such as a compression leaves."""
    shown = states(frames, ratio)
    cycles = np.arange(frames) * 100
    series = {
        "cycle": cycles,
        "packing_fraction": np.array([state.packing_fraction for state in shown]),
        "beta_pressure": 10.0 ** np.linspace(1, 6, frames),
    }
    parameters = {"seed": 7, "axes": axes, "start": "a6b19-measured", "protocol": "paper"}
    kept = tuple(Frame(int(cycle), state) for cycle, state in zip(cycles, shown, strict=True))
    return Result("compress", status, parameters, kept, series, {}, MADE)


def search(fractions=(0.60, 0.62, 0.65), strict=2, ratio=0.695):
    """Return a result such as a search leaves: runs 0, 1 ..., so many certified."""
    base = states(1)[0]
    runs = tuple(Frame(run, at_packing(base, fraction)) for run, fraction in enumerate(fractions))
    verdicts = np.array([2.0 if k < strict else 0.0 for k in range(len(runs))])
    series = {
        "cycle": np.arange(len(runs)),
        "packing_fraction": np.array(fractions),
        "verdict": verdicts,
        "contacts": np.full(len(runs), 78.0),
    }
    parameters = {"ratio": ratio, "large": 6, "small": 19, "protocol": "default", "seed": 1}
    return Result("floppy", "finished", parameters, runs, series, {"best_verdict": "strict"}, MADE)


def two_spheres(ratio=0.5):
    """Return a jam result of a large and a small sphere far apart, side by side from the top."""
    places = np.array([[0.25, 0.5, 0.5], [0.75, 0.5, 0.5]])
    state = Configuration.from_scaled(
        Box.cubic(4.0), places, np.array([1.0, ratio]), np.array([0, 1])
    )
    series = {"cycle": np.array([0]), "packing_fraction": np.array([state.packing_fraction])}
    return Result("jam", "finished", {}, (Frame(0, state),), series, {"verdict": "none"}, MADE)


def write_half_study(folder, done):
    """Write a study and run the first tasks of it; return its file."""
    path = folder / "half.toml"
    path.write_text(STUDY, encoding="utf-8")
    results = Folder(folder / "results" / "half")
    results.prepare()
    for task in tasks_of(path)[:done]:
        run_task(task, str(results.root), "test")
    return path


__all__ = ["compression", "search", "two_spheres", "write_half_study", "write_result"]
