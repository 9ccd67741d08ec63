"""The steps behind the commands: series → volume → particles."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from hsmc.tomography.alignment import AlignmentOptions, align
from hsmc.tomography.defocus import UnknownLens, fit_lens
from hsmc.tomography.lens import Lens, undo_sign_changes
from hsmc.tomography.placing import Alignment
from hsmc.tomography.preparation import line_integrals
from hsmc.tomography.reconstruction import FBP, Method, reconstruct
from hsmc.tomography.series import BRIGHT, TiltSeries
from hsmc.tomography.volume_files import Volume

Progress = Callable[[str, float], None]

SIGNAL = 0.2
"""Part of the contrast, from the emptiest to the fullest level, that counts as sample."""

MARGIN = 3.0
"""Voxels left above and below the sample, in units of the binned search for it."""

BINNED = 96
"""Width to which images are binned to find how thick the sample is."""


@dataclass(frozen=True, slots=True)
class ReconstructionOptions:
    """How a volume is made of a series.

    Attributes:
        method: The reconstruction.
        depth: Thickness of the volume in nm; None finds it.
        lens: The lens whose sign changes are undone; None for none.
        unknown: One whose defocus is fitted, and that then is the lens; None for none.
        alignment: How the series is aligned; None takes it as aligned.
        empty: Intensity of the empty beam in bright field; None finds it.
    """

    method: Method = field(default_factory=Method)
    depth: float | None = None
    lens: Lens | None = None
    unknown: UnknownLens | None = None
    alignment: AlignmentOptions | None = field(default_factory=AlignmentOptions)
    empty: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Reconstruction:
    """A volume and the series behind it.

    Attributes:
        volume: The reconstruction.
        lines: Line integrals as they were before alignment.
        placed: The same aligned, sign changes undone.
        alignment: Where images lie.
        bright: The images are a bright field's.
    """

    volume: Volume
    lines: TiltSeries
    placed: TiltSeries
    alignment: Alignment
    bright: bool


def reconstruct_series(
    series: TiltSeries, options: ReconstructionOptions, progress: Progress
) -> Reconstruction:
    """Prepare, align and reconstruct a series.

    Args:
        series: Images as stored.
        options: How.
        progress: Told what is done, and which part of it.

    Raises:
        InputError: The images are not usable, or show no rings to fit the defocus to.
    """
    prepared = line_integrals(series, options.empty)
    lines, notes = prepared.series, list(series.notes)
    notes.append(f"{100.0 * prepared.repaired:.2g} % of the pixels were outliers, and repaired")
    if np.isfinite(prepared.empty):
        notes.append(f"empty beam at {prepared.empty:.5g}, on average")
    alignment = Alignment(np.zeros((len(lines.images), 2)), 0.0, ())
    if options.alignment is not None:
        alignment = align(lines, options.alignment, progress)
    if options.unknown is not None:
        progress("fit the defocus", 0.0)
        fitted = fit_lens(lines, alignment.applied(lines), options.unknown)
        options = replace(options, lens=fitted.lens)
        notes.append(fitted.sentence())
    depth = _depth(alignment.applied(lines), options)
    if options.depth is None:
        notes.append(f"sample taken as {depth * lines.pixel:.4g} nm thick, margins included")
    bright = series.kind == BRIGHT
    return rebuild(lines, alignment, depth, options, tuple(notes), progress, bright=bright)


def rebuild(
    lines: TiltSeries,
    alignment: Alignment,
    depth: int,
    options: ReconstructionOptions,
    notes: tuple[str, ...],
    progress: Progress,
    *,
    bright: bool,
) -> Reconstruction:
    """Reconstruct line integrals with an alignment that is known."""
    placed = lines if not alignment.shifts.any() else alignment.applied(lines)
    if options.lens is not None:
        placed = undo_sign_changes(placed, options.lens)
    values = reconstruct(placed, depth, options.method, progress)
    volume = Volume(
        values,
        lines.pixel,
        lines.angles,
        options.method,
        options.lens,
        alignment.shifts,
        alignment.axis_angle,
        alignment.residuals,
        notes,
    )
    return Reconstruction(volume, lines, placed, alignment, bright)


def sample_depth(series: TiltSeries) -> int:
    """Return how many voxels along z hold the sample, margins included, from a coarse volume."""
    factor = max(1, series.images.shape[2] // BINNED)
    count, ny, nx = series.images.shape
    rows, columns = ny // factor * factor, nx // factor * factor
    blocks = series.images[:, :rows, :columns].reshape(
        count, rows // factor, factor, columns // factor, factor
    )
    coarse = replace(
        series, images=blocks.mean(axis=(2, 4)).astype(np.float32), pixel=series.pixel * factor
    )
    wide = coarse.images.shape[2]
    volume = reconstruct(coarse, wide, Method(FBP))
    inner = volume[:, :, wide // 8 : wide - wide // 8]
    level = inner.std(axis=(1, 2))
    low = float(np.median(np.sort(level)[: max(3, wide // 4)]))
    full = level > low + SIGNAL * (float(level.max()) - low)
    reach = np.abs(np.flatnonzero(full) - 0.5 * (wide - 1)).max()
    return int(min(2.0 * (reach + MARGIN), wide) * factor)


def _depth(series: TiltSeries, options: ReconstructionOptions) -> int:
    if options.depth is not None:
        return max(1, round(options.depth / series.pixel))
    return sample_depth(series)
