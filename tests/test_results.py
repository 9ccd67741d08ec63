"""The result file: what is written comes back bit for bit, and damage is told in one line."""

import json
import re
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.errors import InputError
from hsmc.hdf5 import is_hdf5
from hsmc.mixture import Mixture
from hsmc.results import Frame, Result, read_result, write_result

pytestmark = pytest.mark.usefixtures("in_tmp")

FILE = Path("a.h5")


def frame(cycle: int) -> Frame:
    """Seven spheres at random places, some far out of a skewed box."""
    rng, mixture = np.random.default_rng(cycle), Mixture(0.695, 2, 5)
    box = Box(np.triu(rng.uniform(1.0, 2.0, (3, 3))))
    places = rng.normal(scale=3.0, size=(7, 3))
    return Frame(cycle, Configuration(box, places, mixture.diameters, mixture.types))


def result(**changes) -> Result:
    rng = np.random.default_rng(9)
    return replace(
        Result(
            kind="compress",
            status="unfinished",
            parameters={"ratio": 0.695, "replicate": [2, 2, 4], "fit": None, "start": "σ_L"},
            frames=(frame(0), frame(30)),
            series={
                "cycle": np.array([0, 10, 20]),
                "packing_fraction": rng.random(3),
                "acceptance_box": np.array([np.nan, 0.5, 1.0]),
                "box": rng.random((3, 3, 3)),
            },
            summary={"cycles": 30, "start": {"notes": ["scaled"]}},
            provenance={"command": "hsmc compress"},
            checkpoint={"state": rng.integers(0, 2**64, 4, np.uint64), "cycle": np.array(30)},
        ),
        **changes,
    )


def same(found, wanted):
    assert sorted(found) == sorted(wanted)
    for name, value in wanted.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name, strict=True)


def test_what_is_written_comes_back():
    """Fails if positions pass through float32, or if box vectors are stored as columns and read
    as rows (tried).
    """
    wanted = result()
    write_result(FILE, wanted)
    found = read_result(FILE)
    for name in ("kind", "status", "parameters", "summary", "provenance"):
        assert getattr(found, name) == getattr(wanted, name)
    same(found.series, wanted.series)
    same(found.checkpoint, wanted.checkpoint)
    for old, new in zip(wanted.frames, found.frames, strict=True):
        assert new.cycle == old.cycle
        same({"box": new.configuration.box.vectors}, {"box": old.configuration.box.vectors})
        for name in ("positions", "diameters", "types"):
            value = getattr(old.configuration, name)
            same({name: getattr(new.configuration, name)}, {name: value})
    assert found.final is found.frames[-1].configuration
    assert is_hdf5(FILE)


def test_finished_file_has_no_checkpoint():
    write_result(FILE, result(status="finished", checkpoint={}))
    assert read_result(FILE).checkpoint == {}
    with h5py.File(FILE) as file:
        assert sorted(file["hsmc"]) == ["parameters", "provenance", "summary"]


def test_layout_is_h5md():
    """H5MD 1.1, doi:10.1016/j.cpc.2014.01.018, Secs. 2 and 3: names, shapes and attributes.

    MDAnalysis 2.11 (no dependency) read results of isotropic and floppy runs to float32.
    Fails if rows of ``edges`` are not the box vectors (tried).
    """
    written = result()
    write_result(FILE, written)
    with h5py.File(FILE) as file:
        assert file["h5md"].attrs["version"].tolist() == [1, 1]
        assert file["h5md/author"].attrs["name"] == b"hsmc"
        assert sorted(file["h5md/creator"].attrs) == ["name", "version"]
        spheres = file["particles/spheres"]
        assert spheres["position/value"].shape == (2, 7, 3)
        assert spheres["position/value"].dtype == np.float64
        for element in ("position", "box/edges"):
            assert spheres[element]["step"][()].tolist() == [0, 30]
            assert spheres[element]["time"][()].tolist() == [0.0, 30.0]
        assert spheres["box"].attrs["dimension"] == 3
        assert list(spheres["box"].attrs["boundary"]) == [b"periodic"] * 3
        vectors = written.final.box.vectors
        np.testing.assert_array_equal(spheres["box/edges/value"][1], vectors.T)
        assert spheres["species"][()].tolist() == [0, 0, 1, 1, 1, 1, 1]
        assert spheres["diameter"][()].tolist() == [1.0] * 2 + [0.695] * 5
        assert sorted(file["observables"]) == ["acceptance_box", "box", "packing_fraction"]
        assert file["observables/box/value"].shape == (3, 3, 3)
        assert file["observables/box/step"][()].tolist() == [0, 10, 20]


def test_long_texts_are_kept():
    """HDF5 attributes end at 64 kB. Fails (OSError) if texts are attributes (tried)."""
    history = [f"φ {number}" for number in range(20_000)]
    write_result(FILE, result(summary={"history": history}))
    assert read_result(FILE).summary["history"] == history


def test_texts_are_json_for_all_readers():
    """Fails if NaN, which JSON has not, is written (tried): a bug, so no error of ours."""
    write_result(FILE, result())
    with h5py.File(FILE) as file:
        assert json.loads(file["hsmc/parameters"][()])["replicate"] == [2, 2, 4]
    before = FILE.read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_result(FILE, result(summary={"error": float("nan")}))
    assert FILE.read_bytes() == before


# What is refused


def refused(match: str, path: Path = FILE) -> None:
    with pytest.raises(InputError, match=match) as caught:
        read_result(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def damaged(name: str, value: object) -> None:
    """Write a sound file, then put something else in one place."""
    write_result(FILE, result())
    with h5py.File(FILE, "r+") as file:
        del file[name]
        if value is not None:
            file[name] = value


def test_missing():
    refused("does not exist; give a result file of hsmc")


def test_folder():
    refused("is no readable HDF5 result file: Is a directory$", Path())


@pytest.mark.parametrize("content", [b"", b"cycle 1", b"\x89HDF\r\n\x1a\n"])
def test_not_hdf5(content):
    """Fails if an error of h5py gets out (tried)."""
    FILE.write_bytes(content)
    refused("is no readable HDF5 result file: .")


def test_truncated():
    """Wherever the file ends. Fails if an error of h5py gets out (tried)."""
    write_result(FILE, result())
    content = FILE.read_bytes()
    for length in range(1, len(content), len(content) // 20):
        FILE.write_bytes(content[:length])
        refused("is no readable HDF5 result file: .")


def test_damaged_headers():
    """A changed byte in the header of a dataset or group is found by its checksum.

    Fails if the layout is that of the oldest HDF5, which has none and crashes (tried).
    """
    write_result(FILE, result())
    content, found = FILE.read_bytes(), 0
    for header in re.finditer(b"OHDR", content):
        place = header.start() + 20
        FILE.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        try:
            read_result(FILE)  # of some groups, nothing is read
        except InputError as error:
            found += "is no readable HDF5 result file: " in str(error)
    assert found > 20


def test_texts_are_of_fixed_length():
    """Others lie in heaps without checksums: of 3000 randomly damaged files, two were read for
    ever (in ``H5HG__cache_heap_deserialize`` of HDF5 2.0). Fails if one text is a ``str`` (tried).
    """
    write_result(FILE, result())
    with h5py.File(FILE) as file:
        names = ["/"]
        file.visit(names.append)
        types = [file[name].dtype for name in names if isinstance(file[name], h5py.Dataset)]
        for name in names:
            attributes = file[name].attrs
            types += [attributes.get_id(attribute).dtype for attribute in attributes]
    assert len(types) > 30
    assert any(kind.kind == "S" for kind in types)
    assert not any(kind.hasobject for kind in types)


def test_texts_of_any_length_are_read():
    """As earlier versions wrote them. Fails if all texts are taken for bytes (tried)."""
    write_result(FILE, result())
    with h5py.File(FILE, "r+") as file:
        for name in ("kind", "status"):
            file["hsmc"].attrs[name] = file["hsmc"].attrs[name].decode()
    found = read_result(FILE)
    assert (found.kind, found.status) == (result().kind, result().status)


def test_hdf5_of_others():
    with h5py.File(FILE, "w") as file:
        file["x"] = 1
    refused(r"is HDF5 but no result file of hsmc \(no group 'hsmc'\)")


def test_newer_schema():
    """Fails if the schema is not compared, or must be equal (tried)."""
    write_result(FILE, result())
    with h5py.File(FILE, "r+") as file:
        file["hsmc"].attrs["schema"] = 7
    refused(r"has schema 7, hsmc .+ knows up to 1; upgrade hsmc")


@pytest.mark.parametrize(
    "name",
    ["particles", "particles/spheres/box", "particles/spheres/species", "hsmc/summary"],
)
def test_missing_part(name):
    """Fails if a KeyError gets out (tried)."""
    damaged(name, None)
    refused("is no readable HDF5 result file: .")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hsmc/summary", "{"),
        ("hsmc/summary", 3.0),
        ("hsmc/summary", "3"),
        ("particles/spheres/position", 3.0),
        ("particles/spheres/position/step", np.arange(3)),
        ("observables/box", 3.0),
        ("observables", 3.0),
        ("hsmc/checkpoint", 3.0),
    ],
)
def test_wrong_part(name, value):
    """Fails if a TypeError, ValueError or AttributeError gets out (tried)."""
    damaged(name, value)
    refused("is no readable HDF5 result file: .")


def test_position_that_is_no_number():
    """Fails if the message does not begin with the file (tried)."""
    places = np.zeros((2, 7, 3))
    places[1, 4, 2] = np.nan
    damaged("particles/spheres/position/value", places)
    refused(r"position of sphere 4 is not finite: \[ ?0\. +0\. +nan\]")


def test_left_handed_box():
    damaged("particles/spheres/box/edges/value", np.stack([np.diag([1.0, 1.0, -1.0])] * 2))
    refused("box is left-handed: volume -1, needs > 0")


def test_singular_box():
    damaged("particles/spheres/box/edges/value", np.ones((2, 3, 3)))
    refused("box is singular: volume 0")


def test_no_frames():
    """Fails (IndexError where ``final`` is asked for) if frames are not counted (tried)."""
    write_result(FILE, result())
    with h5py.File(FILE, "r+") as file:
        spheres = file["particles/spheres"]
        for element in (spheres["position"], spheres["box/edges"]):
            for name in ("step", "time", "value"):
                shape, dtype = element[name].shape, element[name].dtype
                del element[name]
                element.create_dataset(name, (0, *shape[1:]), dtype)
    refused("holds 0 frames, at least 1 is needed")


def test_other_files_are_no_hdf5():
    FILE.write_text("no")
    assert not is_hdf5(FILE)
    assert not is_hdf5(Path("none"))
    assert not is_hdf5(Path())


@pytest.mark.skipif(not Path("/proc/self/mem").is_file(), reason="there is no /proc")
def test_unreadable_file_is_no_hdf5():
    """Fails if an OSError of h5py gets out (tried)."""
    assert not is_hdf5(Path("/proc/self/mem"))
