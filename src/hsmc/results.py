"""The result file: HDF5 in H5MD 1.1 layout, float64, written whole.

Layout (H5MD, doi:10.1016/j.cpc.2014.01.018, and one group of our own)::

    h5md/                        version, author, creator
    particles/spheres/position/  step, time, value (F, N, 3), in σ_L
    particles/spheres/box/edges/ step, time, value (F, 3, 3); rows are the box vectors
    particles/spheres/species    (N,), 0 large and 1 small; diameter (N,), in σ_L
    observables/NAME/            step, time, value (S, ...)
    hsmc/                        attributes: schema, kind, status, units
    hsmc/parameters, summary, provenance   texts in JSON (attributes end at 64 kB)
    hsmc/tables/                 arrays of the command's own, a certificate's forces say
    hsmc/checkpoint/             arrays that a restart needs; absent once finished

The last frame is the final state, or the state so far. ``time`` repeats the cycle: Monte Carlo has
no other. A line after the HDF5 content seals it with a checksum (``hsmc.seal``).
"""

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from hsmc import __version__
from hsmc.box import Box, Floats
from hsmc.configuration import Configuration
from hsmc.errors import InputError
from hsmc.hdf5 import LIBVER, readable, text_of
from hsmc.seal import Seal, check_seal, state_digest
from hsmc.storage import write_whole

SCHEMA = 1
"""Version of the layout; a reader refuses a newer one."""

ANALYSIS = "hsmc-analysis"
"""Group that analysis files have in place of ours."""

UNITS = "length: large diameter; energy: kT; pressure: beta P sigma_L^3"

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Frame:
    """One stored configuration.

    Attributes:
        cycle: Cycles done when it was stored.
        configuration: Spheres in their box.
    """

    cycle: int
    configuration: Configuration


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What a result file holds.

    Attributes:
        kind: The command that made it: "compress", "sample", "floppy", "jam".
        status: "finished" or "unfinished".
        parameters: The resolved parameters.
        frames: Stored configurations in order of cycles; the last is the final state, or the
            state so far.
        series: Time series by name, "cycle" among them; first axis of length S.
        summary: Figures of the run: packing fraction, smallest gap, CPU seconds ...
        provenance: Version, commit, command line, when.
        checkpoint: Arrays for a restart; empty once finished.
        tables: Arrays of the command's own by name.
    """

    kind: str
    status: str
    parameters: Mapping[str, Any]
    frames: tuple[Frame, ...]
    series: Arrays
    summary: Mapping[str, Any]
    provenance: Mapping[str, Any]
    checkpoint: Arrays = field(default_factory=dict)
    tables: Arrays = field(default_factory=dict)

    def __repr__(self) -> str:
        frames, final = len(self.frames), self.final
        return (
            f"<Result of hsmc {self.kind}, {self.status}: {frames} "
            f"{'frame' if frames == 1 else 'frames'} of {len(final)} spheres, "
            f"φ = {final.packing_fraction:.5f} at the end>"
        )

    @property
    def final(self) -> Configuration:
        """The last stored configuration."""
        return self.frames[-1].configuration

    @property
    def nothing_hit(self) -> bool:
        """Whether event chains ran and no sphere hit another, as one alone in its box."""
        paths = self.series.get("mean_free_path", np.zeros(0))[1:]  # none before the first row
        return bool(len(paths) and np.isnan(paths).all())


def write_result(path: Path, result: Result) -> None:
    """Write a result file, wholly or not at all.

    The image is built in memory and renamed into place: HDF5 itself loses files when it is
    killed or the disk is full.

    Raises:
        StorageError: The folder is not writable or the disk is full.
    """
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=LIBVER) as file:
        _write_h5md(file)
        _write_particles(file, result.frames)
        _write_series(file, result.series)
        _write_own(file, result)
    final = result.final
    seal = Seal(result.kind, result.status, final.packing_fraction, state_digest(final))
    with buffer.getbuffer() as image:
        line = seal.line(image)
    buffer.seek(0, io.SEEK_END)
    buffer.write(line)
    write_whole(path, buffer.getbuffer())


def read_result(path: Path | str) -> Result:
    """Read a result file.

    Args:
        path: Its place.

    Raises:
        InputError: The file is missing, is no result of hsmc, is damaged, or has a newer
            schema than this version knows.
    """
    with _opened(Path(path)) as (file, _):
        return _read(file)


def read_summary(path: Path) -> tuple[Seal, dict[str, Any], dict[str, Any]]:
    """Read the seal, the parameters and the summary of a result, in a tenth of the time.

    Raises:
        InputError: As for ``read_result``; or the file has no seal.
    """
    with _opened(path) as (file, seal):
        if seal is None:
            message = "it has no checksum"
            raise ValueError(message)
        parameters, summary = (_read_text(file["hsmc"], name) for name in ("parameters", "summary"))
        return seal, parameters, summary


@contextmanager
def _opened(path: Path) -> Iterator[tuple[h5py.File, Seal | None]]:
    """Open a result file, its checksum and schema checked."""
    with readable(path, "result file"):
        seal = check_seal(path.read_bytes())  # before HDF5 sees what may be damaged
        with h5py.File(path, "r") as file:
            _check_schema(file)
            yield file, seal


def _write_h5md(file: h5py.File) -> None:
    group = file.create_group("h5md")
    group.attrs["version"] = np.array([1, 1])
    group.create_group("author").attrs["name"] = np.bytes_("hsmc")
    creator = group.create_group("creator")
    creator.attrs["name"], creator.attrs["version"] = np.bytes_("hsmc"), np.bytes_(__version__)


def _write_particles(file: h5py.File, frames: tuple[Frame, ...]) -> None:
    group = file.create_group("particles/spheres")
    cycles = np.array([frame.cycle for frame in frames])
    configurations = [frame.configuration for frame in frames]
    positions = _write_times(group, "position", cycles).create_dataset(
        "value", (len(frames), len(configurations[0]), 3), np.float64
    )
    for number, configuration in enumerate(configurations):  # one by one: they may be large
        positions[number] = configuration.positions
    box = group.create_group("box")
    box.attrs["dimension"] = 3
    box.attrs["boundary"] = np.array([b"periodic"] * 3)
    edges = np.stack([c.box.vectors.T for c in configurations])
    _write_times(box, "edges", cycles)["value"] = edges
    group["species"] = configurations[0].types
    group["diameter"] = configurations[0].diameters


def _write_times(group: h5py.Group, name: str, cycles: NDArray[Any]) -> h5py.Group:
    """Return a new H5MD element that lacks its value only."""
    element = group.create_group(name)
    element["step"] = cycles
    element["time"] = cycles.astype(np.float64)
    return element


def _write_series(file: h5py.File, series: Arrays) -> None:
    group = file.create_group("observables")
    for name, value in series.items():
        if name != "cycle":
            _write_times(group, name, series["cycle"])["value"] = value


def _write_own(file: h5py.File, result: Result) -> None:
    group = file.create_group("hsmc")
    group.attrs["schema"] = SCHEMA
    group.attrs["kind"] = np.bytes_(result.kind)
    group.attrs["status"] = np.bytes_(result.status)
    group.attrs["units"] = np.bytes_(UNITS)
    for name in ("parameters", "summary", "provenance"):
        group[name] = np.bytes_(json.dumps(dict(getattr(result, name)), allow_nan=False))
    for folder, arrays in (("checkpoint", result.checkpoint), ("tables", result.tables)):
        for name, value in arrays.items():
            group[f"{folder}/{name}"] = value


def _check_schema(file: h5py.File) -> None:
    if ANALYSIS in file:
        message = "is an analysis file of hsmc; give the result that was analysed"
        raise InputError(message)
    if "hsmc" not in file or "schema" not in file["hsmc"].attrs:
        message = "is HDF5 but no result file of hsmc (no group 'hsmc')"
        raise InputError(message)
    schema = int(file["hsmc"].attrs["schema"])
    if schema > SCHEMA:
        message = f"has schema {schema}, hsmc {__version__} knows up to {SCHEMA}; upgrade hsmc"
        raise InputError(message)


def _read(file: h5py.File) -> Result:
    own = file["hsmc"]
    texts = {name: _read_text(own, name) for name in ("parameters", "summary", "provenance")}
    return Result(
        kind=text_of(own.attrs["kind"]),
        status=text_of(own.attrs["status"]),
        frames=_read_frames(file["particles/spheres"]),
        series=_read_series(file["observables"]),
        checkpoint={name: value[()] for name, value in own.get("checkpoint", {}).items()},
        tables={name: value[()] for name, value in own.get("tables", {}).items()},
        **texts,
    )


def _read_text(own: h5py.Group, name: str) -> dict[str, Any]:
    return dict(json.loads(own[name][()]))


def _read_frames(group: h5py.Group) -> tuple[Frame, ...]:
    cycles, positions = group["position/step"][()], group["position/value"][()]
    edges: Floats = group["box/edges/value"][()]
    diameters, species = group["diameter"][()], group["species"][()]
    if not len(cycles):
        message = "holds 0 frames, at least 1 is needed"
        raise InputError(message)
    return tuple(
        Frame(int(cycle), Configuration(Box(np.array(e.T, order="C")), r, diameters, species))
        for cycle, r, e in zip(cycles, positions, edges, strict=True)
    )


def _read_series(group: h5py.Group) -> Arrays:
    series = {name: element["value"][()] for name, element in group.items()}
    for element in group.values():
        series["cycle"] = element["step"][()]
    return series
