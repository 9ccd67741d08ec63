"""The seal: a line after the HDF5 content that proves a result file whole, and says what it is.

HDF5 has checksums for its headers but none for contiguous arrays, and nothing notices a missing
tail of the last one. So a file ends with one line more, which HDF5 does not look at, and cuts off
when it changes the file::

    hsmc-seal {"kind": ..., "status": ..., "packing_fraction": ..., "final_state": ...} SHA-256

The checksum is over all bytes before it. Thousands of files are checked at the speed of reading,
and a study's state needs the last line of each alone.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from hsmc.configuration import Configuration

MARK = b"\nhsmc-seal "

LINE_LENGTH = 1024
"""Bytes at the end of a file among which the seal is found."""

DIGEST_LENGTH = 65
"""Bytes of the checksum in hexadecimal figures and of the newline behind it."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What the last line of a result file says.

    Attributes:
        kind: The command that made it.
        status: "finished" or "unfinished".
        packing_fraction: Of the final state, or of the state so far.
        final_state: Digest of that state (``state_digest``).
    """

    kind: str
    status: str
    packing_fraction: float
    final_state: str

    def line(self, content: bytes | memoryview) -> bytes:
        """Return the line to write after the content of a file."""
        head = MARK + json.dumps(asdict(self)).encode() + b" "
        digest = hashlib.sha256(content)
        digest.update(head)
        return head + digest.hexdigest().encode() + b"\n"


def check_seal(content: bytes) -> Seal | None:
    """Compare a file's content with its checksum.

    Args:
        content: All bytes of the file.

    Returns:
        The seal; None if there is none (files of older versions, or changed by HDF5 itself).

    Raises:
        ValueError: The content is not what was written.
    """
    if MARK not in content[-LINE_LENGTH:]:
        return None
    found = hashlib.sha256(memoryview(content)[:-DIGEST_LENGTH]).hexdigest().encode()
    if found != content[-DIGEST_LENGTH:-1]:
        message = "its checksum does not fit its content, damaged or truncated"
        raise ValueError(message)
    return _parse(content[-LINE_LENGTH:])


def read_seal(path: Path) -> Seal | None:
    """Read what a file's last line says, without a check of the rest; None if it says nothing."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LINE_LENGTH))
            return _parse(file.read())
    except OSError:
        return None


def state_digest(configuration: Configuration) -> str:
    """Return a digest of box, positions, diameters and species: equal if all bits are."""
    digest = hashlib.sha256()
    arrays = (configuration.box.vectors, configuration.positions, configuration.diameters)
    for numbers in arrays:
        digest.update(np.ascontiguousarray(numbers, dtype="<f8").tobytes())
    digest.update(np.ascontiguousarray(configuration.types, dtype="<i8").tobytes())
    return digest.hexdigest()[:32]


def _parse(tail: bytes) -> Seal | None:
    place = tail.rfind(MARK)
    if place < 0:
        return None
    try:
        return Seal(**json.loads(tail[place + len(MARK) : -DIGEST_LENGTH]))
    except (ValueError, TypeError):
        return None
