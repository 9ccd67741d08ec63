"""CPU times, tables and the machine they are from."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llvmlite
import numpy as np

from hsmc.provenance import provenance

Row = dict[str, Any]

Work = Callable[[], float]
"""A call that returns how much it has done."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of results.

    Attributes:
        title: What is measured.
        rows: Gives one row after the other; an argument is how often to repeat.
    """

    title: str
    rows: Callable[[int], Iterator[Row]]


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU time of one call."""
    began = time.process_time()
    work()
    return time.process_time() - began


def in_turns(works: Sequence[Callable[[], object]], repeats: int) -> list[list[float]]:
    """Return the CPU times of several calls, made in turns: a busy moment then hits them all."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for work, seconds in zip(works, times, strict=True):
            seconds.append(cpu_seconds(work))
    return times


def speeds_in_turns(works: Sequence[Work], repeats: int) -> np.ndarray:
    """Return the amounts of work a CPU second of calls made in turns; shape (repeats, works)."""
    speeds = np.empty((repeats, len(works)))
    for turn in speeds:
        for place, work in enumerate(works):
            began = time.process_time()
            amount = work()
            turn[place] = amount / (time.process_time() - began)
    return speeds


def rates(amount: float, seconds: Sequence[float]) -> dict[str, float]:
    """Return the median and the best of amount per second."""
    return {"median": amount / statistics.median(seconds), "best": amount / min(seconds)}


def machine() -> dict[str, Any]:
    """Return what the figures depend on, apart from the code."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "llvmlite": llvmlite.__version__,
        "platform": platform.platform(),
        **provenance(),
    }


def _cpu() -> str:
    """Return the processor's name, family and model, where the system tells."""
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor()
    first = info.read_text(encoding="utf-8").split("\n\n")[0]
    facts = dict(line.split(":", 1) for line in first.splitlines() if ":" in line)
    named = {name.strip(): value.strip() for name, value in facts.items()}
    return ", ".join(
        [
            named.get("model name", ""),
            *(f"{k} {named[k]}" for k in ("cpu family", "model") if k in named),
        ]
    )


def shown(value: object) -> str:
    """Return a value as a table shows it: three figures."""
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return "-" if value is None else str(value)


def run(tables: dict[str, Table], repeats: int, file: Path | None) -> None:
    """Print tables row by row, and write them with the machine as JSON."""
    before = machine()
    print(", ".join(f"{name} {value}" for name, value in before.items()))
    results: dict[str, Any] = {"machine": before, "repeats": repeats, "tables": {}}
    for name, table in tables.items():
        rows: list[Row] = []
        print(f"\n{name}: {table.title}\n", flush=True)
        for row in table.rows(repeats):
            if not rows:
                print("| " + " | ".join(row) + " |")
                print("| " + " | ".join("---" for _ in row) + " |")
            print("| " + " | ".join(map(shown, row.values())) + " |", flush=True)
            rows.append(row)
        results["tables"][name] = {"title": table.title, "rows": rows}
        results["load_after"] = os.getloadavg()[0]
        if file is not None:
            file.write_text(json.dumps(results, indent=1, ensure_ascii=False), encoding="utf-8")
    print(f"\nload {before['load']:.1f} before, {os.getloadavg()[0]:.1f} after")
