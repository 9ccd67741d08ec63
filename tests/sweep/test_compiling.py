"""Kernels that the tasks of a study need, compiled once a machine."""

import itertools

import pytest

from hsmc.kernels.lists import new_lists
from hsmc.sweep import compiling
from hsmc.sweep.compiling import compile_once


@pytest.fixture
def compiled(monkeypatch, tmp_path):
    """Return what is compiled, in a machine's empty cache."""
    runs = []
    monkeypatch.setattr(compiling, "CACHE", tmp_path)
    monkeypatch.setattr(compiling, "_shortest_run", lambda *run: runs.append(run))
    compiling._compile_once.cache_clear()
    yield runs
    compiling._compile_once.cache_clear()


def test_each_kind_of_task_is_compiled_once(compiled):
    """Fails if kinds are not told apart, or if all options are taken for kinds (tried)."""
    kinds = [{}, {"moves": "local"}, {"box": "floppy"}, {"box": "floppy", "moves": "local"}]
    for seed, kind in itertools.product(range(3), kinds):
        compile_once("compress", {"ratio": 0.6, "seed": seed, **kind})
    assert compiled == [("compress", kind) for kind in kinds]


def test_other_processes_find_what_was_compiled(compiled):
    """Fails if nothing is left in the cache (tried)."""
    for _ in range(2):
        compile_once("floppy", {"moves": "chain"})
        compiling._compile_once.cache_clear()
    assert len(compiled) == 1


@pytest.mark.parametrize(
    ("command", "kinds"),
    [
        ("compress", {"protocol": "paper"}),
        ("compress", {"moves": "local", "box": "fixed"}),
        ("floppy", {"moves": "chain"}),
    ],
)
def test_the_shortest_run_takes_these_options(command, kinds, monkeypatch):
    """Fails if a name is none of the command's options, or if no run has lists (tried)."""
    listed = []

    def noted(*given, **named):
        listed.append(new_lists(*given, **named))
        return listed[-1]

    monkeypatch.setattr("hsmc.simulation.new_lists", noted)
    compiling._shortest_run(command, kinds)
    assert command == "floppy" or listed
