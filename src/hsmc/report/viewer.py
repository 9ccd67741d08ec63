"""What the interactive 3D view of a page needs, in little space."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np

from hsmc.report.entry import Entry
from hsmc.report.run_plot import place_of
from hsmc.results import Frame

MOST_SPHERES = 20_000
"""Spheres of a state that a browser on a phone still turns smoothly."""

MOST_FRAMES = 101

MOST_POSITIONS = 300_000
"""Positions in a whole page: 2.4 MB of it."""

STEPS = 65_535
"""Positions are whole numbers of this part of a box vector: 10⁻⁴ σ_L in a box of 6 σ_L."""


def viewer_states(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return the states that the 3D view offers: boxes, diameters, positions as base64.

    Args:
        entries: What is reported. Those of more than ``MOST_SPHERES`` are left out; of the
            others so many frames are kept, evenly, that the page stays small.
    """
    small = [entry for entry in entries if len(entry.best.final) <= MOST_SPHERES]
    room = MOST_POSITIONS // max(1, len(small))
    states = []
    for entry in small:
        count = max(2, min(MOST_FRAMES, room // len(entry.best.final)))
        states.append(_state(entry, _evenly(entry.frames(), count)))
    return states


def left_out(entries: Sequence[Entry]) -> list[str]:
    """Return a line on each entry that has too many spheres for the view."""
    return [
        f"{entry.name} has {len(entry.best.final)} spheres, more than the {MOST_SPHERES} that "
        "this view draws; hsmc export FILE --to gsd gives it to OVITO"
        for entry in entries
        if len(entry.best.final) > MOST_SPHERES
    ]


def _evenly(frames: Sequence[Frame], count: int) -> list[Frame]:
    """Return so many frames, the first and the last among them."""
    chosen = np.unique(np.linspace(0, len(frames) - 1, min(count, len(frames))).round())
    return [frames[int(k)] for k in chosen]


def _state(entry: Entry, frames: Sequence[Frame]) -> dict[str, Any]:
    final = entry.best.final
    return {
        "name": entry.name,
        "axis": "Run" if entry.is_search else "Time",
        "large": _packed(final.types == 0, np.uint8),
        "diameters": _packed(final.diameters, np.float32),
        "frames": [
            {
                "title": _title(entry, frame),
                "box": frame.configuration.box.vectors.T.round(6).tolist(),
                "scaled": _packed(np.rint(frame.configuration.scaled * STEPS), np.uint16),
            }
            for frame in frames
        ],
    }


def _title(entry: Entry, frame: Frame) -> str:
    place = place_of(entry.best, frame)
    return f"{place}, φ = {frame.configuration.packing_fraction:.4f}"


def _packed(values: Any, kind: Any) -> str:
    """Return an array as base64, little-endian."""
    array = np.asarray(values).astype(np.dtype(kind).newbyteorder("<"))
    return base64.b64encode(array.tobytes()).decode()
