"""Many compressions in two processes, kept in runs/results and not repeated."""

import csv
import math
import statistics
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hsmc.checked_options import differences
from hsmc.compression import compress
from hsmc.options import CompressOptions
from hsmc.results import Result, read_result

ROOT = Path(__file__).resolve().parent.parent
RESULTS, FIGURES = ROOT / "runs" / "results", ROOT / "docs" / "figures"


@dataclass(frozen=True)
class Job:
    """One compression: its file in runs/results and its options."""

    name: str
    options: dict[str, Any] = field(hash=False)

    @property
    def path(self) -> Path:
        """The result file."""
        return RESULTS / f"{self.name}.h5"


def run_all(jobs: Sequence[Job], workers: int = 2) -> list[Result]:
    """Run what is not yet there, and return all results in order."""
    missing = [job for job in jobs if not is_done(job)]
    with ProcessPoolExecutor(workers) as pool:
        for _ in tqdm(pool.map(_run, missing), total=len(missing), disable=not missing):
            pass
    return [read_result(job.path) for job in jobs]


def is_done(job: Job) -> bool:
    """Tell whether the file of a job holds its finished run; stop if it holds another."""
    if not job.path.exists():
        return False
    stored = read_result(job.path)
    wanted = CompressOptions.build(job.options).model_dump(mode="json")
    if other := differences(stored.parameters, wanted):
        raise SystemExit(f"{job.path} is a run of other parameters ({other}); remove it first")
    return stored.status == "finished"


def _run(job: Job) -> None:
    job.path.parent.mkdir(parents=True, exist_ok=True)
    compress(job.path, **job.options)


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean of independent values and its standard error."""
    return statistics.fmean(values), statistics.stdev(values) / math.sqrt(len(values))


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
