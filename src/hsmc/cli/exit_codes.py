"""How commands end, for shells and batch systems; those of 64 to 78 are of sysexits.h."""

FAILED = 1
"""A solver failed."""

WRONG_USE = 2
"""What the user gave is not usable."""

SOME_FAILED = 3
"""Tasks of a study failed."""

INPUT_OUTPUT = 74
"""The system failed to read or write."""

STOPPED = 75
"""Stopped by a signal or a time limit; to go on, give the same command again.

``compress``, ``sample``, ``floppy`` and ``sweep`` resume from what they had written; ``tomo run``
keeps the steps it had done; the others leave no unfinished file, and begin anew.
"""

CLOSED_PIPE = 141
"""Who reads the output has had enough, as ``head`` has: 128 and the number of SIGPIPE."""
