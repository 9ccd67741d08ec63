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
from tomography_scores import in_place, rigid_packing, scores, sites_against

from hsmc.crystal import crystal
from hsmc.errors import InputError
from hsmc.tomography.alignment import AlignmentOptions
from hsmc.tomography.crystallography import analyse
from hsmc.tomography.detection_options import DetectionOptions
from hsmc.tomography.lens import Lens
from hsmc.tomography.microscope import Microscope, take_series
from hsmc.tomography.particles import Particles
from hsmc.tomography.placing import without_gauge
from hsmc.tomography.refinement import detect_again
from hsmc.tomography.slab import SlabOptions, build_slab, slab_crystal
from hsmc.tomography.volume_files import Volume
from hsmc.tomography.workflow import ReconstructionOptions, reconstruct_series

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
    mask = above_the_film(made.volume, truth) if row == "masked" else None
    made, found = detect_again(made, options, DetectionOptions(), passes, quiet, mask)
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
