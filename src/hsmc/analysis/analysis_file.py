"""The analysis file: HDF5 beside a result, never inside it.

Layout::

    hsmc-analysis/               attributes: schema, source, kind, units
    hsmc-analysis/parameters, facts, notes, provenance   texts in JSON
    scalars/NAME                 attributes of an estimate: mean, standard_error ...
    curves/NAME/                 x (B,), parts, mean and standard_error (parts, B)
    spheres/NAME                 (N,), of the last configuration; type: 0 large, 1 small
    reflections/                 hkl (M, 3), k (M,), amplitudes (2, M), numbers
    zone_axes/u_v_w/             thickness (P, P), period (2, 2), pixel, depth
"""

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from hsmc.analysis.statistics import MeanEstimate
from hsmc.analysis.structure_factor import Reflections
from hsmc.analysis.zone_axis import Projection
from hsmc.box import Floats
from hsmc.errors import InputError
from hsmc.hdf5 import LIBVER, readable, text_of
from hsmc.results import ANALYSIS
from hsmc.storage import write_whole

SCHEMA = 1
"""Version of the layout; a reader refuses a newer one."""

ROOT = ANALYSIS

UNITS = "length: large diameter; angles: degrees"


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Averages over configurations of a function, by parts.

    Attributes:
        x: Middle of each bin; shape (B,).
        parts: Names of the parts: LL, LS, SS; large, small ...
        mean: NaN in bins without data; shape (parts, B).
        standard_error: NaN for a single configuration; shape (parts, B).
    """

    x: Floats
    parts: tuple[str, ...]
    mean: Floats
    standard_error: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What was measured, averaged over configurations where there are several.

    Attributes:
        source: File or crystal.
        kind: Command that made a result; "crystal" or "structure" for others.
        cycles: Of the configurations measured; shape (F,).
        parameters: The resolved options.
        notes: What was chosen, in words for the user.
        facts: Composition, box and kagome layers of the last configuration, by name.
        scalars: Means by name.
        curves: "pair_correlation" (r in σ_L), "structure_factor" (k in 1/σ_L) and
            "bond_angles" (degrees; density in 1/degree).
        types: Species of each sphere; shape (N,).
        spheres: Numbers of each sphere of the last configuration by name; shapes (N,).
        reflections: Of the last configuration.
        projections: Of the last configuration, along each zone axis.
        provenance: Version, commit, command line, when.
    """

    source: str
    kind: str
    cycles: NDArray[np.int64]
    parameters: Mapping[str, Any]
    notes: tuple[str, ...]
    facts: Mapping[str, Any]
    scalars: Mapping[str, MeanEstimate]
    curves: Mapping[str, Curve]
    types: NDArray[np.int64]
    spheres: Mapping[str, Floats]
    reflections: Reflections
    projections: tuple[Projection, ...]
    provenance: Mapping[str, Any]


def write_analysis(path: Path, analysis: Analysis) -> None:
    """Write an analysis file, wholly or not at all.

    Raises:
        StorageError: The folder is not writable or the disk is full.
    """
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=LIBVER) as file:
        _write(file, analysis)
    write_whole(path, buffer.getbuffer())


def read_analysis(path: Path) -> Analysis:
    """Read an analysis file.

    Raises:
        InputError: The file is missing, is none of hsmc, is damaged, or has a newer schema
            than this version knows.
    """
    with readable(path, "analysis file"), h5py.File(path, "r") as file:
        if ROOT not in file:
            message = f"is HDF5 but no analysis file of hsmc (no group {ROOT!r})"
            raise InputError(message)
        schema = int(file[ROOT].attrs["schema"])
        if schema > SCHEMA:
            message = f"has schema {schema}, this hsmc knows up to {SCHEMA}; upgrade hsmc"
            raise InputError(message)
        return _read(file)


def _write(file: h5py.File, analysis: Analysis) -> None:
    own = file.create_group(ROOT)
    own.attrs["schema"], own.attrs["units"] = SCHEMA, np.bytes_(UNITS)
    own.attrs["kind"] = np.bytes_(analysis.kind)
    own.attrs["source"] = np.bytes_(analysis.source.encode())
    own["cycles"] = analysis.cycles
    for name in ("parameters", "facts", "notes", "provenance"):
        own[name] = np.bytes_(json.dumps(getattr(analysis, name), allow_nan=False))
    scalars = file.create_group("scalars")
    for name, estimate in analysis.scalars.items():
        scalars.create_group(name).attrs.update(asdict(estimate))
    for name, curve in analysis.curves.items():
        group = file.create_group(f"curves/{name}")
        group["x"], group["mean"], group["standard_error"] = (
            curve.x,
            curve.mean,
            curve.standard_error,
        )
        group.attrs["parts"] = np.array(curve.parts, dtype=np.bytes_)
    spheres = file.create_group("spheres")
    spheres["type"] = analysis.types
    for name, values in analysis.spheres.items():
        spheres[name] = values
    group = file.create_group("reflections")
    for name in ("hkl", "k", "amplitudes", "numbers"):
        group[name] = getattr(analysis.reflections, name)
    zones = file.create_group("zone_axes")
    for each in analysis.projections:
        group = zones.create_group("_".join(map(str, each.zone)))
        group.attrs["pixel"], group.attrs["depth"] = each.pixel, each.depth
        group["period"] = each.period
        picture = each.thickness.astype(np.float32)  # for the eye, that will do
        group.create_dataset("thickness", data=picture, compression="gzip", shuffle=True)


def _read(file: h5py.File) -> Analysis:
    own, spheres, group = file[ROOT], file["spheres"], file["reflections"]
    texts = {name: json.loads(own[name][()]) for name in ("parameters", "facts", "notes")}
    n_large, n_small = group["numbers"][()].tolist()
    return Analysis(
        source=text_of(own.attrs["source"]),
        kind=text_of(own.attrs["kind"]),
        cycles=own["cycles"][()],
        parameters=texts["parameters"],
        notes=tuple(texts["notes"]),
        facts=texts["facts"],
        scalars={name: _estimate(each.attrs) for name, each in file["scalars"].items()},
        curves={
            name: Curve(
                each["x"][()],
                tuple(map(text_of, each.attrs["parts"])),
                each["mean"][()],
                each["standard_error"][()],
            )
            for name, each in file["curves"].items()
        },
        types=spheres["type"][()],
        spheres={name: each[()] for name, each in spheres.items() if name != "type"},
        reflections=Reflections(
            group["hkl"][()], group["k"][()], group["amplitudes"][()], (n_large, n_small)
        ),
        projections=tuple(_projection(name, each) for name, each in file["zone_axes"].items()),
        provenance=json.loads(own["provenance"][()]),
    )


def _estimate(attributes: Mapping[str, Any]) -> MeanEstimate:
    return MeanEstimate(
        mean=float(attributes["mean"]),
        standard_error=float(attributes["standard_error"]),
        effective_samples=float(attributes["effective_samples"]),
        autocorrelation_time=float(attributes["autocorrelation_time"]),
        reliable=bool(attributes["reliable"]),
    )


def _projection(name: str, group: h5py.Group) -> Projection:
    u, v, w = map(int, name.split("_"))
    return Projection(
        (u, v, w),
        group["thickness"][()].astype(np.float64),
        float(group.attrs["pixel"]),
        group["period"][()],
        float(group.attrs["depth"]),
    )
