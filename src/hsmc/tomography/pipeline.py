"""All steps in one, each of them kept: a second run goes on where the first one stopped."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hsmc.analysis.group_scores import GroupScore
from hsmc.storage import check_folder, named, sole_writer, write_whole
from hsmc.tomography.crystallography import Crystal, analyse, write_outputs
from hsmc.tomography.detection import Detected
from hsmc.tomography.detection_options import DetectionOptions
from hsmc.tomography.group_table import crystal_scores, write_group_table
from hsmc.tomography.particle_files import read_particles, write_particles
from hsmc.tomography.plain_volumes import read_mask
from hsmc.tomography.refinement import detect_again
from hsmc.tomography.series_files import ReadOptions, read_series
from hsmc.tomography.volume_files import write_volume
from hsmc.tomography.workflow import (
    Progress,
    Reconstruction,
    ReconstructionOptions,
    reconstruct_series,
)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """All that a run is told.

    Attributes:
        reading: What is said of the series.
        reconstruction: How the volume is made.
        detection: What is looked for.
        passes: Alignments by the particles.
        large_diameter: The length that is σ_L, in nm.
        exclusion: See ``measure_cell``.
        mask: MRC of the volume's shape, particles are where it is > 0; None for everywhere.
    """

    reading: ReadOptions
    reconstruction: ReconstructionOptions
    detection: DetectionOptions
    passes: int
    large_diameter: float
    exclusion: float
    mask: Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What a run came to.

    Attributes:
        crystal: The crystal.
        scores: Of the space groups that its lattice allows, in nm.
        written: Files, the CIF first.
        fresh: Volume and particles, if they were made now and not found ready.
    """

    crystal: Crystal
    scores: tuple[GroupScore, ...]
    written: list[Path]
    fresh: tuple[Reconstruction, Detected] | None


def run_all(
    tilts: Path, out: Path, options: RunOptions, progress: Progress, note: Callable[[str], None]
) -> Run:
    """Go from a tilt series to a unit cell.

    Volume and particles are written beside ``out``; if they are there already, made of the same
    series with the same options, they are used as they are.

    Args:
        tilts: The series.
        out: The CIF to write.
        options: All else.
        progress: Told what is done, and which part of it.
        note: Told what was assumed.

    Raises:
        InputError: The series is not usable, or no particle or lattice is found.
        OutputError: Another process is writing, or an output has no folder, or is one.
        StorageError: A file cannot be written.
    """
    volume, table, marks = beside = [
        named(out).with_name(out.stem + ending)
        for ending in ("-volume.h5", "-particles.h5", "-run.json")
    ]
    for path in (out, *beside):
        check_folder(path)
    with sole_writer(out):
        mark = _mark(tilts, options)
        fresh = None
        if table.is_file() and volume.is_file() and _read_mark(marks) == mark:
            note(f"{table} is of the same series and options: detection is not done again")
            particles = read_particles(table)
        else:
            series = read_series(tilts, options.reading)
            mask = None if options.mask is None else read_mask(options.mask)
            made = reconstruct_series(series, options.reconstruction, progress)
            for line in made.volume.notes:
                note(f"note: {line}")
            fresh = detect_again(
                made, options.reconstruction, options.detection, options.passes, progress, mask
            )
            for line in fresh[0].volume.notes[len(made.volume.notes) :]:
                note(f"note: {line}")
            write_volume(volume, fresh[0].volume)
            write_particles(table, fresh[1].particles)
            write_particles(table.with_suffix(".csv"), fresh[1].particles)
            write_whole(marks, json.dumps(mark).encode())
            particles = fresh[1].particles
        crystal = analyse(particles, options.large_diameter, options.exclusion)
        scores = crystal_scores(crystal)
        written = write_outputs(out, crystal)
        written.append(write_group_table(out.with_suffix(""), scores))
    return Run(crystal, scores, [*written, volume, table, table.with_suffix(".csv")], fresh)


def _mark(tilts: Path, options: RunOptions) -> dict[str, Any]:
    """Return what volume and particles depend on: what is in the files, and the options."""
    chosen = asdict(options)
    for name in ("large_diameter", "exclusion", "mask"):
        del chosen[name]
    return {
        "series": _digest(tilts),
        "mask": _digest(options.mask),
        "options": json.loads(json.dumps(chosen, default=str)),
    }


def _digest(path: Path | None) -> str:
    if path is None or not path.is_file():
        return ""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read_mark(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
