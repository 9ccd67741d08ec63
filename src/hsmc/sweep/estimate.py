"""How long a study will take: from its own results, or else from the number of moves."""

import math
import statistics
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path

from hsmc.crystal import CRYSTALS, crystal
from hsmc.ensemble import Motion
from hsmc.errors import InputError
from hsmc.hdf5 import is_hdf5
from hsmc.options import CompressOptions, FloppyOptions
from hsmc.readers import read_structure
from hsmc.results import read_result, read_summary
from hsmc.start import A6B19_REPLICATE, DEFAULT_COMPOSITION, FLUID
from hsmc.sweep.folder import Folder
from hsmc.sweep.study import MODELS
from hsmc.sweep.tasks import Task

MOVES_PER_SECOND: dict[Motion, float] = {"local": 5e6, "chain": 2e6, "newtonian": 2e6}
"""Trials or collisions a CPU second, box moves included: good to a factor of 2."""

JAM_SECONDS = 0.2
"""Jamming and certificate of 25 spheres."""

SAMPLE = 20
"""Finished results that are looked at, at most."""


def cpu_seconds(tasks: Sequence[Task], root: Path, study: Sequence[Task] = ()) -> tuple[float, int]:
    """Estimate the CPU time of tasks.

    Args:
        tasks: What is to be computed.
        root: Folder of the study's results.
        study: All tasks of the study, from whose results the speed is known; none: ``tasks``.

    Returns:
        CPU seconds of all together, and the number of finished results that it rests on; with 0
        it is good to a factor of about 2.
    """
    ratios = list(islice(_measured(study or tasks, Folder(root)), SAMPLE))
    scale = statistics.median(ratios) if ratios else 1.0
    return scale * sum(_guess(task) for task in tasks), len(ratios)


def _measured(tasks: Sequence[Task], folder: Folder) -> Iterator[float]:
    """Yield measured over guessed times of finished results."""
    for task in tasks:
        path = folder.result(task.id)
        if path.exists():
            with suppress(InputError):  # damaged: the sweep itself will see to it
                yield read_summary(path)[2]["cpu_seconds"] / _guess(task)


def _guess(task: Task) -> float:
    chosen = MODELS[task.command].build(task.options)
    if isinstance(chosen, FloppyOptions):
        moves = chosen.cycles * (chosen.large + chosen.small)
        return moves / MOVES_PER_SECOND[chosen.moves] + JAM_SECONDS * chosen.jam
    assert isinstance(chosen, CompressOptions)
    spheres = _spheres(chosen.start, chosen.ratio, chosen.large, chosen.composition)
    default = A6B19_REPLICATE if chosen.start.lower().startswith("a6b19") else (1, 1, 1)
    moves = chosen.cycles * spheres * math.prod(chosen.replicate or default)
    return moves / MOVES_PER_SECOND[chosen.moves]


@cache
def _spheres(
    start: str, ratio: float | None, large: str | None, composition: tuple[int, int] | None
) -> int:
    """Return the number of spheres of a start before it is replicated."""
    if start.lower() == FLUID:
        return sum(composition or DEFAULT_COMPOSITION)
    if start.lower() in CRYSTALS:
        return len(crystal(start))
    path = Path(start)
    if is_hdf5(path):
        return len(read_result(path).final)
    return len(read_structure(path, ratio, large).configuration)
