"""The table of a floppy-box search: its runs, ranked, grouped, and as a result."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hsmc.floppy_box import Packing
from hsmc.neighbors import check_overlap_free, smallest_gap
from hsmc.options import FloppyOptions
from hsmc.provenance import provenance
from hsmc.results import Arrays, Frame, Result
from hsmc.resuming import read_unfinished
from hsmc.structures import fingerprint, group

VERDICTS = ("none", "collective", "strict", "unknown")
"""Verdicts by the number that stands for them in the file."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A finished run.

    Attributes:
        frame: Its final state, by its number.
        values: What stands in the table, by name.
        rattlers: Indices of the rattlers.
    """

    frame: Frame
    values: dict[str, float]
    rattlers: np.ndarray

    @property
    def packing_fraction(self) -> float:
        """Of the final state."""
        return self.frame.configuration.packing_fraction


def row_of(packing: Packing) -> Row:
    """Check a run's final state and make it a row.

    Raises:
        OverlapError: The final state has an overlap: a bug.
    """
    check_overlap_free(packing.configuration, "this is a bug of hsmc: please report it")
    values = {
        "packing_fraction": packing.configuration.packing_fraction,
        "packing_fraction_compressed": packing.compressed,
        "verdict": float(VERDICTS.index(packing.verdict)),
        "contacts": float(packing.contacts),
        "isostatic_count": float(packing.isostatic),
        "rattlers": float(len(packing.rattlers)),
        "largest_contact_gap": packing.contact_gap,
        "smallest_other_gap": packing.other_gap,
        "smallest_gap": smallest_gap(packing.configuration).gap,
        "cpu_seconds": packing.seconds,
    }
    return Row(Frame(packing.run, packing.configuration), values, packing.rattlers)


def stored_rows(path: Path, chosen: FloppyOptions) -> list[Row]:
    """Return the runs that an unfinished file holds already."""
    stored = read_unfinished(path, "floppy", chosen.model_dump(mode="json"))
    if stored is None:
        return []
    rattlers = stored.checkpoint["rattling"]
    names = [name for name in stored.series if name not in {"cycle", "structure"}]
    return [
        Row(
            frame,
            {name: float(stored.series[name][k]) for name in names},
            np.flatnonzero(rattlers[k]),
        )
        for k, frame in enumerate(stored.frames)
    ]


def result_of(chosen: FloppyOptions, rows: list[Row], status: str) -> Result:
    """Return the runs ranked by packing fraction, the densest last."""
    ranked = sorted(rows, key=lambda row: (row.packing_fraction, row.frame.cycle))
    marks = [fingerprint(row.frame.configuration, row.rattlers) for row in ranked]
    series: Arrays = {"cycle": np.array([row.frame.cycle for row in ranked])}
    for name in ranked[0].values:
        series[name] = np.array([row.values[name] for row in ranked])
    series["structure"] = np.array(group(marks))
    checkpoint = {}
    if status == "unfinished":
        rattling = np.zeros((len(ranked), len(ranked[0].frame.configuration)), dtype=bool)
        for k, row in enumerate(ranked):
            rattling[k, row.rattlers] = True
        checkpoint = {"rattling": rattling}
    return Result(
        "floppy",
        status,
        chosen.model_dump(mode="json"),
        tuple(row.frame for row in ranked),
        series,
        _summary(series),
        provenance(),
        checkpoint,
    )


def _summary(series: Arrays) -> dict[str, Any]:
    fractions, strict = series["packing_fraction"], VERDICTS.index("strict")
    return {
        "packing_fraction": float(fractions[-1]),
        "best_run": int(series["cycle"][-1]),
        "best_found": int(np.sum(series["structure"] == series["structure"][-1])),
        "best_verdict": VERDICTS[int(series["verdict"][-1])],
        "mean": float(fractions.mean()),
        "standard_deviation": float(fractions.std(ddof=1)) if len(fractions) > 1 else 0.0,
        "runs": len(fractions),
        "structures": len(np.unique(series["structure"])),
        "certified": int(np.sum(series["verdict"] == strict)),
        "smallest_gap": float(series["smallest_gap"].min()),
        "cpu_seconds": float(series["cpu_seconds"].sum()),
        "cpu_seconds_per_run": float(np.median(series["cpu_seconds"])),
    }
