"""Pictures of the steps from a tilt series to a unit cell."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection

from hsmc.box import Floats
from hsmc.report.style import (
    FAINT,
    INK,
    LARGE_COLOUR,
    OTHER_COLOUR,
    PAGE,
    SMALL_COLOUR,
    letter,
    look,
    new_figure,
    write_figure,
)
from hsmc.tomography.crystallography import Crystal
from hsmc.tomography.detection import Detected
from hsmc.tomography.peaks import Threshold
from hsmc.tomography.placing import without_gauge
from hsmc.tomography.volume_files import Volume
from hsmc.tomography.workflow import Reconstruction

COLOURS = (LARGE_COLOUR, SMALL_COLOUR)

NAMES = ("large", "small")


def draw_reconstruction(made: Reconstruction, path: Path, *, overwrite: bool = False) -> None:
    """Draw slices of a volume, the shifts of its images and the residual of the alignment.

    Raises:
        InputError: The extension is not one of a figure.
        OutputError: The file exists and may not be overwritten.
        StorageError: The file cannot be written.
    """
    with look():
        figure = new_figure(PAGE, 4.6)
        top, bottom = np.asarray(figure.subfigures(2, 1, height_ratios=(1.15, 1.0)))
        panels = top.subplots(1, 3)
        for axes, plane, which in zip(panels, ("xy", "xz", "yz"), "abc", strict=True):
            _slice(axes, made.volume, plane)
            letter(axes, which, f"slice, {plane}")
        shifts, residuals, image = bottom.subplots(1, 3)
        _shifts(shifts, made)
        _residuals(residuals, made)
        _image(image, made)
        write_figure(figure, path, overwrite=overwrite)


def draw_detection(volume: Volume, found: Detected, path: Path, *, overwrite: bool = False) -> None:
    """Draw detected particles over slices, their thresholds and their scores.

    Raises:
        InputError: The extension is not one of a figure.
        OutputError: The file exists and may not be overwritten.
        StorageError: The file cannot be written.
    """
    with look():
        figure = new_figure(PAGE, 4.9)
        top, bottom = np.asarray(figure.subfigures(2, 1, height_ratios=(1.4, 1.0)))
        panels = top.subplots(1, 2)
        for axes, plane, which in zip(panels, ("xy", "xz"), "ab", strict=True):
            at = _busiest(found, plane)
            _slice(axes, volume, plane, at)
            _overlay(axes, found, plane, at)
            letter(axes, which, f"particles in a slice, {plane}")
        curves, scores, errors = bottom.subplots(1, 3)
        for species, threshold in enumerate(found.thresholds):
            _threshold(curves, threshold, species)
        curves.set(
            xscale="log", yscale="log", xlabel="height of a peak (1/nm)", ylabel="peaks above it"
        )
        curves.legend()
        letter(curves, "c", "thresholds (dashed)")
        _scores(scores, found)
        _errors(errors, found)
        write_figure(figure, path, overwrite=overwrite)


def draw_cell(crystal: Crystal, path: Path, *, overwrite: bool = False) -> None:
    """Draw a measured cell from above and from the side, its occupancies and its symmetry.

    Raises:
        InputError: The extension is not one of a figure.
        OutputError: The file exists and may not be overwritten.
        StorageError: The file cannot be written.
    """
    with look():
        figure = new_figure(PAGE, 5.2)
        above, side, occupancy, groups = figure.subplots(2, 2).ravel()
        _folded(above, crystal, (0, 1))
        letter(above, "a", "all particles in one cell, along z")
        _folded(side, crystal, (0, 2))
        letter(side, "b", "the same along y")
        _occupancies(occupancy, crystal)
        _symmetry(groups, crystal)
        write_figure(figure, path, overwrite=overwrite)


def _slice(axes: Axes, volume: Volume, plane: str, at: float | None = None) -> None:
    """Show the mean over 3 nm around a plane, lengths in nm from the middle."""
    order = {"xy": 0, "xz": 1, "yz": 2}[plane]
    values = volume.values
    half = max(1, round(1.5 / volume.pixel)) if volume.pixel < 2.0 else 1  # coarse: few voxels
    middle = 0.5 * (values.shape[order] - 1) + (0.0 if at is None else at / volume.pixel)
    first = int(np.clip(round(middle) - half, 0, values.shape[order] - 2 * half))
    image = np.take(values, range(first, first + 2 * half), axis=order).mean(axis=order)
    if plane == "yz":
        image = image.T  # z to the right
    low, high = np.percentile(image, [1.0, 99.7])
    reach = [0.5 * n * volume.pixel for n in (image.shape[1], image.shape[0])]
    extent = (-reach[0], reach[0], -reach[1], reach[1])
    axes.imshow(image, cmap="gray", vmin=low, vmax=high, origin="lower", extent=extent)
    names = {"xy": "xy", "xz": "xz", "yz": "zy"}[plane]
    axes.set(xlabel=f"{names[0]} (nm)", ylabel=f"{names[1]} (nm)")


def _shifts(axes: Axes, made: Reconstruction) -> None:
    shifts = without_gauge(made.alignment.shifts, made.lines.radians)
    axes.plot(made.lines.angles, shifts[:, 1], ".", ms=3, color=LARGE_COLOUR, label="across")
    axes.plot(made.lines.angles, shifts[:, 0], ".", ms=3, color=SMALL_COLOUR, label="along")
    axes.set(xlabel="tilt (degrees)", ylabel="shift (pixels)")
    axes.legend(ncols=2, loc="upper left")
    axes.margins(y=0.2)
    letter(axes, "d", f"shifts; axis {made.alignment.axis_angle:+.2f}°")


def _residuals(axes: Axes, made: Reconstruction) -> None:
    residuals = made.alignment.residuals
    axes.plot(range(len(residuals)), residuals, "o-", color=INK)
    axes.set(xlabel="refinement (0: as recorded)", ylabel="residual / spread", ylim=(0.0, None))
    axes.set_xticks(range(len(residuals)))
    letter(axes, "e", "images against re-projections")


def _image(axes: Axes, made: Reconstruction) -> None:
    number = int(np.argmin(np.abs(made.lines.angles)))
    image = made.placed.images[number]
    reach = [0.5 * n * made.lines.pixel for n in (image.shape[1], image.shape[0])]
    low, high = np.percentile(image, [0.5, 99.5])
    extent = (-reach[0], reach[0], -reach[1], reach[1])
    axes.imshow(image, cmap="gray", vmin=low, vmax=high, origin="lower", extent=extent)
    axes.set(xlabel="x (nm)", ylabel="y (nm)")
    letter(axes, "f", f"aligned image at {made.lines.angles[number]:g}°")


def _busiest(found: Detected, plane: str) -> float:
    """Return the place along the third axis around which most large particles lie, in nm."""
    axis = {"xy": 2, "xz": 1}[plane]
    heights = found.particles.positions[found.particles.types == found.particles.types.min(), axis]
    near = np.abs(heights[:, None] - heights) < 2.0
    return float(heights[near.sum(axis=0).argmax()])


def _overlay(axes: Axes, found: Detected, plane: str, at: float) -> None:
    right, up, depth = {"xy": (0, 1, 2), "xz": (0, 2, 1)}[plane]
    particles = found.particles
    near = np.abs(particles.positions[:, depth] - at) < 2.0
    for species in (0, 1):
        own = near & (particles.types == species)
        sizes = particles.columns["diameter_nm"][own]
        circles = EllipseCollection(
            sizes, sizes, np.zeros(len(sizes)), units="xy", facecolors="none", linewidths=0.7,
            edgecolors=COLOURS[species], offsets=particles.positions[own][:, [right, up]],
            transOffset=axes.transData,
        )  # fmt: skip
        axes.add_collection(circles)


def _threshold(axes: Axes, threshold: Threshold, species: int) -> None:
    shown = threshold.counts > 0
    axes.plot(
        threshold.heights[shown], threshold.counts[shown], color=COLOURS[species],
        label=NAMES[species],
    )  # fmt: skip
    if np.isfinite(threshold.chosen):
        axes.axvline(threshold.chosen, color=COLOURS[species], ls="--", lw=0.8)


def _scores(axes: Axes, found: Detected) -> None:
    for species in (0, 1):
        own = found.particles.columns["diameter_nm"][found.particles.types == species]
        if own.size:
            axes.hist(own, bins=30, color=COLOURS[species], alpha=0.8, label=NAMES[species])
    axes.set(xlabel="diameter (nm)", ylabel="particles")
    letter(axes, "d", "sizes")


def _errors(axes: Axes, found: Detected) -> None:
    names = ("x_se_nm", "y_se_nm", "z_se_nm")
    places = np.arange(3)
    for species in (0, 1):
        own = found.particles.types == species
        if own.any():
            means = [float(np.median(found.particles.columns[name][own])) for name in names]
            axes.bar(places + 0.38 * species - 0.19, means, 0.36, color=COLOURS[species])
    axes.set_xticks(places, ["x", "y", "z"])
    axes.set(ylabel="standard error (nm)")
    letter(axes, "e", "uncertainty (median)")


def _folded(axes: Axes, crystal: Crystal, plane: tuple[int, int]) -> None:
    """Show where all particles of a domain lie in the cell, and the mean of each site."""
    cell = crystal.cell
    folded = cell.folded
    own = folded.on_lattice
    places = folded.sites[folded.site[own]] + folded.rest[own]
    kinds = folded.types[folded.site[own]]
    shift = _into_cell(folded.sites, folded.lattice)[folded.site[own]]
    places = places + shift
    for species in (0, 1):
        mine = places[kinds == species][:, plane]
        axes.plot(*mine.T, ".", ms=1.5, mew=0.0, color=COLOURS[species], alpha=0.5)
    means = cell.sites.mean + _into_cell(cell.sites.mean, cell.lattice)
    for species, size in ((0, 5.0), (1, 3.0)):
        mine = means[cell.types == species][:, plane]
        axes.plot(*mine.T, "o", ms=size, mfc="none", mec=COLOURS[species], mew=1.0)
    corners = np.array(list(itertools.product((0.0, 1.0), repeat=3)))
    for one, other in itertools.combinations(corners, 2):
        if np.abs(one - other).sum() == 1.0:
            edge = (np.array([one, other]) @ cell.lattice.T)[:, plane]
            axes.plot(*edge.T, color=FAINT, lw=0.6, zorder=0)
    axes.set(xlabel="xyz"[plane[0]] + " (nm)", ylabel="xyz"[plane[1]] + " (nm)", aspect="equal")


def _into_cell(places: Floats, lattice: Floats) -> Floats:
    return np.asarray(-np.floor(np.linalg.solve(lattice, places.T) + 1e-9).T @ lattice.T)


def _occupancies(axes: Axes, crystal: Crystal) -> None:
    cell = crystal.cell
    colours = [COLOURS[kind] for kind in cell.types]
    axes.bar(np.arange(1, len(cell.types) + 1), cell.occupancy, color=colours)
    axes.set(xlabel="site", ylabel="occupancy", ylim=(0.0, 1.05))
    letter(axes, "c", f"occupancy in {cell.cells} cells")


def _symmetry(axes: Axes, crystal: Crystal) -> None:
    """Show the space groups against tolerance, a row for each that is found.

    Numbers to scale would put P1 (1) on "none", and say nothing: they are names.
    """
    size = crystal.measured.large_diameter
    series: list[tuple[str, Any, str]] = [
        ("spglib", lambda step: step.groups.spglib, LARGE_COLOUR),
        ("moyo", lambda step: step.groups.moyo, SMALL_COLOUR),
    ]
    groups = sorted({number(step) for step in crystal.steps for _, number, _ in series})
    for width, (name, number, colour) in zip((5.0, 2.5), series, strict=True):
        levels = [(step.first * size, step.last * size, number(step)) for step in crystal.steps]
        for first, last, group in levels:
            row = groups.index(group)
            axes.plot([first, max(last, 1.05 * first)], [row, row], lw=width, color=colour,
                      solid_capstyle="butt")  # fmt: skip
        axes.plot([], [], lw=width, color=colour, label=name)
    if np.isfinite(crystal.tolerance):
        axes.axvline(crystal.tolerance, color=OTHER_COLOUR, ls="--", lw=0.8)
    axes.set(xscale="log", xlabel="tolerance (nm)", ylabel="space group number")
    axes.set_yticks(range(len(groups)), [str(group) if group else "none" for group in groups])
    axes.set_ylim(-0.5, len(groups) - 0.5)
    axes.legend(loc="best")
    letter(axes, "d", "symmetry against tolerance")
