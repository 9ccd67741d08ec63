"""The seal: any damage is found, and what it says is true."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from hsmc.configuration import Configuration
from hsmc.errors import InputError
from hsmc.results import read_result, read_summary, write_result
from hsmc.seal import MARK, check_seal, read_seal, state_digest
from tests.test_results import result

pytestmark = pytest.mark.usefixtures("in_tmp")

FILE = Path("a.h5")


def write(**changes):
    """Write a result and return its bytes."""
    write_result(FILE, result(**changes))
    return FILE.read_bytes()


def test_seal_says_what_is_in_the_file():
    """Fails if the first frame is sealed in place of the last (tried)."""
    content = write()
    final = result().final
    seal = check_seal(content)
    assert seal == read_seal(FILE)
    assert (seal.kind, seal.status) == ("compress", "unfinished")
    assert seal.packing_fraction == final.packing_fraction
    assert seal.final_state == state_digest(read_result(FILE).final)


def test_every_changed_bit_is_found():
    """In the arrays, which HDF5 does not guard, the headers, and the seal itself.

    Fails if the seal's own line is left out of the checksum (tried).
    """
    content = write()
    start = content.rfind(MARK)
    places = [*range(0, start, 97), *range(start + len(MARK), len(content) - 1, 7)]
    assert len(places) > 50
    for place in places:
        changed = bytearray(content)
        changed[place] ^= 1 << place % 8
        with pytest.raises(ValueError, match="its checksum does not fit its content"):
            check_seal(bytes(changed))


def test_changed_position_is_refused_by_the_reader():
    """A coordinate is found among the bytes and one bit of it flipped.

    Fails if ``read_result`` does not look at the seal (tried).
    """
    content = bytearray(write())
    place = content.find(result().final.positions[0].tobytes())
    assert place > 0
    content[place] ^= 1
    FILE.write_bytes(content)
    for read in (read_result, read_summary):
        with pytest.raises(InputError, match=r"^a\.h5 is no readable HDF5 .*checksum"):
            read(FILE)


def test_truncated_and_empty_files_have_no_valid_seal():
    """Nor does a file that lacks its last byte."""
    content = write()
    for length in (0, 10, len(content) // 2, content.rfind(MARK)):
        assert check_seal(content[:length]) is None
    with pytest.raises(ValueError, match="checksum"):
        check_seal(content[:-1])


def test_files_without_a_seal_are_read():
    """As older versions wrote them; and HDF5 takes the seal away from a file that it changes."""
    content = write()
    FILE.write_bytes(content[: content.rfind(MARK)])
    assert read_result(FILE).final.packing_fraction == result().final.packing_fraction
    with pytest.raises(InputError, match="it has no checksum"):
        read_summary(FILE)
    write()
    with h5py.File(FILE, "r+") as file:
        file["hsmc"].attrs["schema"] = 1
    assert check_seal(FILE.read_bytes()) is None
    assert read_result(FILE).kind == "compress"
    assert read_seal(Path("none")) is None


def test_summary_is_that_of_the_whole_result():
    write()
    seal, parameters, summary = read_summary(FILE)
    whole = read_result(FILE)
    assert (seal.status, parameters, summary) == (whole.status, whole.parameters, whole.summary)


def test_state_digest_is_of_all_bits():
    """Fails if the box or the species are left out (tried)."""
    one = result().final
    digests = {state_digest(one)}
    moved = np.array(one.positions)
    moved[3, 1] = np.nextafter(moved[3, 1], np.inf)
    box = type(one.box)(np.nextafter(one.box.vectors, one.box.vectors * 2))
    for other in (
        replace(one, positions=moved),
        replace(one, box=box),
        Configuration(one.box, one.positions, 0.9 * one.diameters, one.types),
        Configuration(one.box, one.positions, one.diameters, one.types[::-1].copy()),
    ):
        digests.add(state_digest(other))
    assert len(digests) == 5
