"""How many cores a process takes where it is not told."""

import os

import pytest

from hsmc import floppy_search
from hsmc.sweep import cluster
from hsmc.threads import usable_cores
from hsmc.tomography import threads


@pytest.fixture
def granted(monkeypatch):
    """Let the system grant three cores of many."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)


@pytest.mark.usefixtures("granted")
def test_cores_that_are_granted(monkeypatch):
    """By a batch system, to searches and tomography as to sweeps.

    Fails if either counts the cores of the machine (tried).
    """
    assert usable_cores() == cluster.usable_cores() == 3
    counts = []
    monkeypatch.setattr(floppy_search, "_run", lambda *given: counts.append(given[-1]))
    floppy_search.floppy(runs=1)
    pool = threads.ThreadPoolExecutor
    monkeypatch.setattr(
        threads, "ThreadPoolExecutor", lambda count: counts.append(count) or pool(count)
    )
    threads.in_threads(lambda _: None, range(2))
    assert counts == [3, 3]


@pytest.mark.usefixtures("granted")
def test_cores_where_none_are_granted(monkeypatch):
    """Not all systems grant cores. Fails if the function is asked for without a look (tried)."""
    monkeypatch.delattr(os, "sched_getaffinity")
    assert usable_cores() == 64
