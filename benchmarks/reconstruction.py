"""Time and memory of reconstructions from 131 tilts, each in a process of its own.

    python benchmarks/reconstruction.py                all of the table of docs/tomography.md
    python benchmarks/reconstruction.py fbp-256        one row: a line of JSON

Rows: fbp-256 and sirt-256 (256 × 256 × 64 voxels, SIRT of 30 iterations); fbp-1024 and sirt-1024
(1024 × 1024 × 256 voxels, 1.07 GB, SIRT of 2). Kernels are compiled before the clock starts. The
images are random numbers: time does not depend on what is in them. ``memory_mb`` is the largest
that the process ever had, Python, libraries, images and volume included.
"""

import json
import resource
import subprocess
import sys
import time

import numpy as np

from hsmc.tomography.reconstruction import FBP, SIRT, Method, reconstruct
from hsmc.tomography.series import LINES, TiltSeries

ROWS = {
    "fbp-256": (256, 64, Method(FBP)),
    "sirt-256": (256, 64, Method(SIRT, 30)),
    "fbp-1024": (1024, 256, Method(FBP)),
    "sirt-1024": (1024, 256, Method(SIRT, 2)),
}


def series(width: int) -> TiltSeries:
    """Return 131 square images of random numbers, ±65° by 1°."""
    random = np.random.default_rng(1)
    images = random.random((131, width, width), np.float32)
    return TiltSeries(images, np.arange(-65.0, 66.0), 0.7, LINES)


def measure(row: str) -> dict[str, object]:
    """Return seconds, seconds of CPU and the largest memory of one row."""
    width, depth, method = ROWS[row]
    reconstruct(series(16), 4, Method(method.name, 1))
    images = series(width)
    wall, cpu = time.perf_counter(), time.process_time()
    volume = reconstruct(images, depth, method)
    return {
        "row": row,
        "voxels": [width, width, depth],
        "iterations": method.iterations if method.name == SIRT else 0,
        "seconds": round(time.perf_counter() - wall, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "volume_mb": round(volume.nbytes / 1e6),
    }


def table() -> None:
    """Run all rows and print a table."""
    print("| voxels | method | s | CPU s | MB, all | MB, volume |")
    print("| --- | --- | --- | --- | --- | --- |")
    for row, (_, _, method) in ROWS.items():
        done = subprocess.run(
            [sys.executable, __file__, row], capture_output=True, text=True, check=True
        )
        one = json.loads(done.stdout)
        name = f"SIRT-{method.iterations}" if method.name == SIRT else "FBP"
        print(
            f"| {' × '.join(map(str, one['voxels']))} | {name} | {one['seconds']} | "
            f"{one['cpu_seconds']} | {one['memory_mb']} | {one['volume_mb']} |",
            flush=True,
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1])))
    else:
        table()
