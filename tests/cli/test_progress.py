"""Progress on stderr: plain lines, a bar on a terminal, and times."""

import io
import math
import sys

import pytest

from hsmc.cli import progress
from hsmc.cli.progress import Watch, duration
from hsmc.monitor import Progress


def at(cycle, spheres=1000, free_path=None):
    return Progress("tune", cycle, 5000, 0.4567, 123.4, (0.31, 0.29, 1.0), free_path, spheres)


@pytest.fixture
def clock(monkeypatch):
    """Let a list's only number be the time."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_plain_lines(capsys, clock):
    """The first at once, then one in ten seconds, and the last.

    Fails if the rate is of all cycles, not of those seen: a run may be resumed; or if the last
    line waits for its time (tried).
    """
    watch = Watch(quiet=False, max_hours=None)
    for seconds, cycle in ((0.0, 1000), (1.0, 1100), (10.0, 2000), (12.0, 2200), (16.0, 5000)):
        clock[0] = 100.0 + seconds
        watch.update(at(cycle))
    lines = capsys.readouterr().err.splitlines()
    common = "tune: cycle {}/5000  φ 0.4567  βPσ³ 123  accepted L 0.31 S 0.29 box 1.00  {}"
    assert lines == [
        common.format(1000, "starting"),
        common.format(2000, "0.10 M moves/s  0:30 left"),
        common.format(5000, "0.25 M moves/s  0:00 left"),
    ]


def test_event_chains_show_their_free_path(capsys, clock):
    """Their acceptance would always be 1."""
    watch = Watch(quiet=False, max_hours=None)
    for seconds, cycle in ((0.0, 1000), (16.0, 5000)):
        clock[0] = 100.0 + seconds
        watch.update(at(cycle, free_path=0.01234))
    common = "tune: cycle {}/5000  φ 0.4567  βPσ³ 123  free path 0.012  {}"
    assert capsys.readouterr().err.splitlines() == [
        common.format(1000, "starting"),
        common.format(5000, "0.25 M collisions/s  0:00 left"),
    ]


def test_event_chains_that_hit_nothing_say_so(capsys, clock):
    """There were no collisions to count. Fails with a free path of nan (tried)."""
    watch = Watch(quiet=False, max_hours=None)
    for seconds, cycle in ((0.0, 1000), (16.0, 5000)):
        clock[0] = 100.0 + seconds
        watch.update(at(cycle, free_path=math.nan))
    common = "tune: cycle {}/5000  φ 0.4567  βPσ³ 123  no sphere hit  {}"
    assert capsys.readouterr().err.splitlines() == [
        common.format(1000, "starting"),
        common.format(5000, "250 cycles/s  0:00 left"),
    ]


def test_bar_on_a_terminal(monkeypatch):
    """Fails if plain lines are printed on a terminal (tried)."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    watch = Watch(quiet=False, max_hours=None)
    with watch.signals():
        for cycle in (1000, 3000, 5000):
            watch.update(at(cycle))
    shown = sys.stderr.getvalue()
    assert shown.endswith("\n")
    assert "tune: 100%" in shown
    assert "φ 0.4567 βPσ³ 1.2e+02 acc 0.31/0.29/1.00" in shown
    assert "cycle 1000/5000" not in shown


def test_quiet_watch(capsys, clock):
    del clock
    watch = Watch(quiet=True, max_hours=None)
    watch.note("words")
    watch.update(at(5000))
    assert capsys.readouterr() == ("", "")


def test_time_limit(clock):
    """Counted from the start. Fails if hours are taken for seconds (tried)."""
    watch = Watch(quiet=True, max_hours=0.5)
    clock[0] += 1799.0
    assert watch.stop() == ""
    clock[0] += 2.0
    assert watch.stop() == "time limit"


def test_no_time_limit(clock):
    watch = Watch(quiet=True, max_hours=None)
    clock[0] += 1e9
    assert watch.stop() == ""


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.4, "0:00"), (59.6, "1:00"), (3599.0, "59:59"), (36_061.0, "10:01:01")]
)
def test_times(seconds, shown):
    """Fails if minutes pass 60 (tried)."""
    assert duration(seconds) == shown
