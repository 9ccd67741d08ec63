"""Hurts this process from within, as the environment says: Python imports it as it starts.

FAULT_TASK, FAULT_SIGNAL, FAULT_TIMES, FAULT_FOLDER: while the file of this task is being written,
the process sends itself this signal; so many times in all, counted in this folder.

FAULT_CLOCK: after so many seconds of process life, the clock is a day back; from a moment at which
nobody has asked for the time for a while. Within 2 ms of a message, Dask (2026.8) keeps the next
one until its deadline, by that clock, is over: a day.
"""

import os
import threading
import time
from pathlib import Path

WHILE = 0.05
"""Seconds without a question for the time, by which Dask has sent what it had to."""

_fsync, _time, _began = os.fsync, time.time, time.monotonic()
_asked, _back = _began, 0.0


def fsync(descriptor):
    _fsync(descriptor)
    if f"/.{os.environ['FAULT_TASK']}.h5." in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
        folder = Path(os.environ["FAULT_FOLDER"])
        times = len(list(folder.iterdir()))
        if times < int(os.environ["FAULT_TIMES"]):
            (folder / str(times)).touch()
            os.kill(os.getpid(), int(os.environ["FAULT_SIGNAL"]))
            threading.Event().wait()  # this thread must not go on until the signal is served


def clock():
    global _asked, _back
    now = time.monotonic()
    if now - _began > float(os.environ["FAULT_CLOCK"]) and now - _asked > WHILE:
        _back = 86400.0
    _asked = now
    return _time() - _back


if "FAULT_TASK" in os.environ:
    os.fsync = fsync
if "FAULT_CLOCK" in os.environ:
    time.time = clock
