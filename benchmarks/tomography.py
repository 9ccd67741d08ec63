"""How well are particles, cells and defects of simulated tilt series found?

    python benchmarks/tomography.py focus 1        one row, one seed: a line of JSON
    python benchmarks/tomography.py table FILE     the table of docs/tomography.md from such lines

Rows: focus (5000 e/nm² a tilt, no shifts), underfocus (1 µm, 0.5 px rms shifts, 1000 e/nm²), shifts
(up to 5 px, tilt axis off by 1°), fault (structure 2), shear (structure 3); and focus with one
flaw each: film (10 nm of carbon under the slab), diffracting (5 % of the particles three times as
dark in an image), bits (8-bit storage), field (images of 140 × 91 nm, smaller than the slab, so
that what lies beside the volume shows in it), hard, all four, and masked, the film again but looked
for above it alone. Each row simulates
A6B19 at 0.7 nm a pixel, ±65° by 1°, 6 % size spread, 0.3 nm jitter along each axis. Particles are
matched one to one, the nearest first, within 2.0 nm (large) and 1.5 nm (small). The sample's place
and its turn about no axis are free: a rigid shift is taken out, nothing else. Recall is of the
particles whose centres lie in the volume.
"""

import json
import resource
import sys
import time
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from hsmc.box import Floats
from hsmc.crystal import UnitCell, crystal
from hsmc.errors import InputError
from hsmc.neighbors import smallest_gap
from hsmc.tomography.alignment import AlignmentOptions, without_gauge
from hsmc.tomography.crystallography import analyse
from hsmc.tomography.detection import DetectionOptions, detect
from hsmc.tomography.folding import fold
from hsmc.tomography.lens import Lens
from hsmc.tomography.measured_cell import MeasuredCell, cell_of
from hsmc.tomography.microscope import Microscope, take_series
from hsmc.tomography.particles import Ints, Particles
from hsmc.tomography.refinement import detect_again
from hsmc.tomography.slab import SlabOptions, build_slab, slab_crystal
from hsmc.tomography.translations import same_place
from hsmc.tomography.volume_files import Volume
from hsmc.tomography.workflow import ReconstructionOptions, reconstruct_series

RADII, CORES = (2.0, 1.5), (6.5, 3.4)
DOSE_LOW, ALIGNED = 1000.0, AlignmentOptions(most=12.0)
FLAWS = {"film": {"film": 10.0}, "diffracting": {"diffracting": 0.05}, "bits": {"bits": 8},
         "field": {"size": (200, 130)}}  # fmt: skip
FLAWS |= {"hard": {name: value for flaw in FLAWS.values() for name, value in flaw.items()},
          "masked": FLAWS["film"]}  # fmt: skip
ROWS = {
    "focus": (Microscope(), "none", ReconstructionOptions(alignment=None), 0),
    "underfocus": (
        Microscope(underfocus=1000.0, shifts=0.5, dose=DOSE_LOW),
        "none",
        ReconstructionOptions(lens=Lens(1000.0), alignment=ALIGNED),
        2,
    ),
    "shifts": (
        Microscope(shifts=5.0, shifts_are="uniform", axis_error=1.0),
        "none",
        ReconstructionOptions(alignment=ALIGNED),
        2,
    ),
    "fault": (Microscope(), "fault", ReconstructionOptions(alignment=None), 0),
    "shear": (Microscope(), "shear", ReconstructionOptions(alignment=None), 0),
    **{
        name: (Microscope(**flaw), "none", ReconstructionOptions(alignment=None), 0)
        for name, flaw in FLAWS.items()
    },
}


def match(found: Floats, truth: Floats, radius: float) -> Ints:
    """Return pairs (found, truth), one to one, the nearest first."""
    near = cKDTree(found).sparse_distance_matrix(cKDTree(truth), radius).tocoo()
    taken, pairs = (set(), set()), []
    for k in np.argsort(near.data):
        i, j = int(near.row[k]), int(near.col[k])
        if i not in taken[0] and j not in taken[1]:
            taken[0].add(i)
            taken[1].add(j)
            pairs.append((i, j))
    return np.array(pairs, np.int64).reshape(-1, 2)


def scores(
    found: Floats, truth: Floats, types: Ints, true_types: Ints, field: Floats
) -> dict[str, list[float]]:
    """Return recall, precision, mean error and recall off the faces, by species.

    Args:
        found: Centres that were found, in nm; shape (N, 3).
        truth: Centres of all particles; shape (M, 3).
        types: Species of the found ones.
        true_types: Of all particles.
        field: Halves of the width of the volume along x and y, in nm.
    """
    out = {}
    low, high = truth[:, 2].min(), truth[:, 2].max()
    for species, name in enumerate(("large", "small")):
        mine, real = found[types == species], truth[true_types == species]
        pairs = match(mine, real, RADII[species])
        error = np.linalg.norm(mine[pairs[:, 0]] - real[pairs[:, 1]], axis=1)
        hit = np.zeros(len(real), bool)
        hit[pairs[:, 1]] = True
        seen = (np.abs(real[:, :2]) <= field).all(axis=1)
        inner = seen & (real[:, 2] > low + CORES[species]) & (real[:, 2] < high - CORES[species])
        off = error.mean() if len(error) else np.nan
        out[name] = [hit[seen].mean(), len(pairs) / len(mine), off, hit[inner].mean()]
    return out


def in_place(found: Particles, truth: Particles, start: Floats) -> Floats:
    """Return found positions without the rigid shift that no image can tell."""
    places = found.positions + start
    for radius in (4.0, 3.0, 2.0, 2.0):
        large = found.types == 0
        pairs = match(places[large], truth.positions[truth.types == 0], radius)
        real = truth.positions[truth.types == 0][pairs[:, 1]]
        places = places - (places[large][pairs[:, 0]] - real).mean(axis=0)
    return places


def sites_against(cell: MeasuredCell, truth: Particles) -> Floats:
    """Return the distance of each site from that of the true particles, after the best origin."""
    real = cell_of(truth, fold(truth, cell.lattice, same_place(truth)))
    best = None
    for origin in np.flatnonzero(real.types == 0):
        away = cell.fractions.mean[:, None] - real.fractions.mean[None]
        away -= cell.fractions.mean[0] - real.fractions.mean[origin]
        away = (away - np.rint(away)) @ cell.lattice.T
        length = np.linalg.norm(away, axis=2)
        length[cell.types[:, None] != real.types[None]] = np.inf
        left = away[np.arange(len(cell.types)), length.argmin(axis=1)]
        left = np.linalg.norm(left - left.mean(axis=0), axis=1)
        if best is None or left.max() < best.max():
            best = left
    return best


def rigid_packing(cell: UnitCell) -> float:
    """Return the largest overlap-free φ of a rigid cell, scaled isotropically, at γ = 0.695."""
    configuration = cell.configuration(0.695)
    return configuration.packing_fraction * (1.0 + smallest_gap(configuration).gap) ** 3


def run(row: str, seed: int) -> dict[str, Any]:
    """Simulate and measure; return figures for the table."""
    microscope, defect, options, passes = ROWS[row]
    cell, layers = slab_crystal("a6b19", defect, 8 if defect == "shear" else 4)
    copies = (4, 5, layers) if defect == "shear" else (5, 5, layers)
    thickness = 45.0 if defect == "shear" else None
    truth = build_slab(cell, SlabOptions(copies=copies, thickness=thickness, seed=seed))
    microscope = Microscope(
        **{**{f: getattr(microscope, f) for f in microscope.__slots__}, "seed": seed}
    )
    taken = take_series(truth, microscope, quiet)
    start, worked = time.perf_counter(), time.process_time()
    made = reconstruct_series(taken.series, options, quiet)
    if row == "masked":
        mask = above_the_film(made.volume, truth)
        found = detect(made.volume.values, made.volume.imaging, DetectionOptions(), mask)
    else:
        made, found = detect_again(made, options, DetectionOptions(), passes, quiet)
    seconds = time.perf_counter() - start
    figures = cell_figures(found.particles, truth if defect == "none" else None)
    whole, work = time.perf_counter() - start, time.process_time() - worked
    wrong = made.alignment.shifts - taken.shifts[:, ::-1]
    waves = np.column_stack([np.cos(made.lines.radians), np.sin(made.lines.radians)])
    x, z = np.linalg.lstsq(waves, wrong[:, 1], rcond=None)[0]
    places = in_place(found.particles, truth, np.array([x, wrong[:, 0].mean(), z]) * 0.7)
    field = 0.5 * microscope.pixel * np.array(taken.series.images.shape[:0:-1])
    return {
        "row": row,
        "seed": seed,
        **scores(places, truth.positions, found.particles.types, truth.types, field),
        "shift_rms_px": np.sqrt((without_gauge(wrong, made.lines.radians) ** 2).mean(axis=0)),
        "axis_error_deg": made.alignment.axis_angle - microscope.axis_error,
        "seconds": seconds,
        "seconds_to_cell": whole,
        "cpu_seconds_to_cell": work,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "notes": [note for note in made.volume.notes if "contrast" in note],
        **figures,
    }


def above_the_film(volume: Volume, truth: Particles) -> Any:
    """Return which voxels lie above the lowest point of the slab, where a film ends."""
    lowest = (truth.positions[:, 2] - truth.columns["radius_nm"]).min()
    depth = volume.values.shape[0]
    heights = volume.pixel * (np.arange(depth) - 0.5 * (depth - 1))
    return np.broadcast_to((heights > lowest)[:, None, None], volume.values.shape)


def cell_figures(found: Particles, truth: Particles | None) -> dict[str, Any]:
    """Return what becomes of the particles as a crystal, held against the true ones if given."""
    try:
        crystal_ = analyse(found, 9.4)
    except InputError as error:
        return {"words": [str(error)]}
    result = {
        "lattice": np.linalg.norm(crystal_.cell.lattice, axis=0),
        "volume": crystal_.cell.volume,
        "sites": np.bincount(crystal_.cell.types),
        "layers_deg": crystal_.layers,
        "words": crystal_.sentences(),
    }
    if truth is not None and len(crystal_.cell.types) == len(crystal("a6b19")):
        off = sites_against(crystal_.cell, truth)
        result["sites_off_nm"] = [off.max(), np.sqrt((off**2).mean())]
        result["rigid_packing"] = [
            rigid_packing(one) for one in (crystal_.symmetric, crystal("a6b19"))
        ]
    return result


def quiet(_what: str, _part: float) -> None:
    """Show nothing."""


def plain(value: Any) -> Any:
    """Return numbers as JSON has them."""
    if isinstance(value, np.ndarray):
        return [round(float(one), 5) for one in value]
    return round(float(value), 5)


def table(path: str) -> None:
    """Print the table of the documentation; of the sites, the one that is off most."""
    print(
        "| row | seed | large: recall / precision / error nm (off the faces) | small | shifts px "
        "| axis ° | sites nm | CPU s | MB |\n|" + 9 * " --- |"
    )
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        lines = [json.loads(line) for line in file]
    for one in sorted(lines, key=lambda line: (list(ROWS).index(line["row"]), line["seed"])):
        species = [
            "{:.3f} / {:.3f} / {:.3f} ({:.3f})".format(*one[name]) for name in ("large", "small")
        ]
        shift = np.hypot(*one["shift_rms_px"])
        worst = f"{one['sites_off_nm'][0]:.3f}" if "sites_off_nm" in one else "–"
        print(
            f"| {one['row']} | {one['seed']} | {species[0]} | {species[1]} | {shift:.2f} | "
            f"{one['axis_error_deg']:+.2f} | {worst} | "
            f"{one['cpu_seconds_to_cell']:.0f} | {one['memory_mb']:.0f} |"
        )
    for one in lines:
        if "sites_off_nm" in one:
            print(
                f"{one['row']} {one['seed']}: lattice {one['lattice']}, sites {one['sites']}, off "
                f"{one['sites_off_nm']} (max, RMS), rigid φ {one['rigid_packing']}"
            )
        else:
            print(f"{one['row']} {one['seed']}: " + "; ".join(one["words"]))


if __name__ == "__main__":
    if sys.argv[1] == "table":
        table(sys.argv[2])
    else:
        print(json.dumps(run(sys.argv[1], int(sys.argv[2])), default=plain))
