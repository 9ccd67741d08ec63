"""Analysis of a file or a crystal: measured frame by frame, averaged, kept in a file."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from hsmc.analysis.analysis_file import Analysis, Curve, write_analysis
from hsmc.analysis.kagome import KagomeStack
from hsmc.analysis.measurement import Measurement, Ranges, measure
from hsmc.analysis.packing import EFFECTIVE
from hsmc.analysis.pair_correlation import PAIRS
from hsmc.analysis.source import Source, open_source
from hsmc.analysis.statistics import MeanEstimate, estimate_mean
from hsmc.analysis.structure_factor import PARTS, reciprocal_vectors, reflections
from hsmc.analysis.zone_axis import project
from hsmc.box import Floats
from hsmc.configuration import LARGE, Configuration
from hsmc.crystal import CRYSTALS
from hsmc.options import AnalyzeOptions
from hsmc.provenance import provenance
from hsmc.results import Frame
from hsmc.storage import check_new, named

SUFFIX = ".analysis.h5"
"""Ending of an analysis file beside its result."""

MOST_REFLECTIONS = 20_000
"""Shortest reciprocal vectors that are kept one by one."""

Watch = Callable[[Iterable[Frame]], Iterable[Frame]]


def analyze(
    source: str | Path,
    out: Path | str | None = None,
    *,
    overwrite: bool = False,
    watch: Watch | None = None,
    **options: Any,
) -> Analysis:
    """Measure what there is in a result, a structure file or a crystal.

    Args:
        source: Result file, CIF, POSCAR, extended XYZ, GSD, or the name of a crystal.
        out: Analysis file (HDF5) to write; None writes none.
        overwrite: Replace an existing analysis file.
        watch: Shows how far it is: gets the frames and returns them one by one.
        **options: Fields of ``AnalyzeOptions``: ``ratio``, ``r_max``, ``zones`` ...

    Raises:
        InputError: An option or the source is not usable.
        OutputError: The file exists and may not be overwritten, or its folder is missing.
        StorageError: A file cannot be read or written.
    """
    chosen = AnalyzeOptions.build(options)
    if out is not None:
        check_new(Path(out), overwrite=overwrite)
    found = open_source(str(source), chosen)
    gap = found.gap if chosen.gap is None else chosen.gap
    ranges = Ranges(chosen.r_max, chosen.k_max, gap, chosen.sigma_nm)
    frames = watch(found.frames) if watch else found.frames
    measured = [measure(frame.configuration, ranges) for frame in frames]
    analysis = _gathered(found, chosen.model_copy(update={"gap": gap}), measured)
    if out is not None:
        write_analysis(Path(out), analysis)
    return analysis


def default_out(source: str) -> Path:
    """Return the analysis file beside a result, or in the folder for a crystal.

    Other files keep their whole name in it: an export is beside its result, and named as it is.

    Raises:
        InputError: The source is a folder.
    """
    path = Path(source)
    if source.lower() not in CRYSTALS:  # whose names folders may have
        named(path)
    return path.with_name(f"{path.stem if path.suffix == '.h5' else path.name}{SUFFIX}")


def _gathered(source: Source, options: AnalyzeOptions, measured: list[Measurement]) -> Analysis:
    last = measured[-1]
    configuration = last.configuration
    scalars = _scalars(source, measured)
    hkl = reciprocal_vectors(configuration.box, options.k_max)[:MOST_REFLECTIONS]
    facts = _facts(configuration, options)
    if last.kagome is not None:
        facts["kagome"] = _kagome_facts(last.kagome, options)
    return Analysis(
        source=source.name,
        kind=source.kind,
        cycles=np.array([frame.cycle for frame in source.frames]),
        parameters=options.model_dump(mode="json"),
        notes=source.notes,
        facts=facts,
        scalars=scalars,
        curves=_curves(measured),
        types=configuration.types,
        spheres=last.per_sphere,
        reflections=reflections(configuration, hkl),
        # Cores have the paper's part of σ_L, whatever that is in nm: no others are known.
        projections=tuple(project(configuration, zone, EFFECTIVE.large) for zone in options.zones),
        provenance=provenance(),
    )


def _scalars(source: Source, measured: list[Measurement]) -> dict[str, MeanEstimate]:
    every = [each.scalars for each in measured]
    names = [name for name in every[0] if all(name in each for each in every)]
    found = {name: estimate_mean([each[name] for each in every]) for name in names}
    if source.fractions.size:  # finer than the frames; the other sizes differ by a factor
        own = every[0]["packing_fraction"]
        for name in (name for name in names if name.startswith("packing_fraction")):
            found[name] = estimate_mean(source.fractions * (every[0][name] / own))
    return found


def _curves(measured: list[Measurement]) -> dict[str, Curve]:
    first = measured[0]
    return {
        "pair_correlation": _averaged(first.pairs.r, PAIRS, [m.pairs.g for m in measured]),
        "structure_factor": _averaged(first.powder.k, PARTS, [m.powder.s for m in measured]),
        "bond_angles": _averaged(
            first.angles.angle, ("large", "small"), [m.angles.density for m in measured]
        ),
    }


def _averaged(x: Floats, parts: tuple[str, ...], values: list[Floats]) -> Curve:
    """Average each bin over the frames that have it."""
    stack = np.stack(values)
    mean, error = np.full(stack.shape[1:], np.nan), np.full(stack.shape[1:], np.nan)
    for place in np.ndindex(*mean.shape):
        series = stack[(slice(None), *place)]
        series = series[np.isfinite(series)]
        if series.size:
            estimate = estimate_mean(series)
            mean[place] = estimate.mean
            error[place] = estimate.standard_error if series.size > 1 else np.nan
    return Curve(x, parts, mean, error)


def _facts(configuration: Configuration, options: AnalyzeOptions) -> dict[str, Any]:
    n_large = int(np.sum(configuration.types == LARGE))
    return {
        "large": n_large,
        "small": len(configuration) - n_large,
        "ratio": configuration.size_ratio,
        "edges": configuration.box.lengths.tolist(),
        "box_angles": configuration.box.angles.tolist(),
        "volume": configuration.box.volume,
        "volume_nm3": configuration.box.volume * options.sigma_nm**3,
    }


def _kagome_facts(stack: KagomeStack, options: AnalyzeOptions) -> dict[str, Any]:
    layers = stack.layers
    constants = np.linalg.norm(stack.lattice, axis=0)
    return {
        "is_kagome": stack.is_kagome,
        "layers": layers.count,
        "planes": list(layers.miller),
        "normal": layers.normal.tolist(),
        "angle_to_normal": layers.angle_to(np.array(options.normal)),
        "order": layers.order,
        "spacing": layers.spacing,
        "roughness": layers.roughness,
        "vertices": stack.vertices,
        "lattice_constants": [_number(a) for a in constants],
        "tilt": _number(stack.tilt),
        "small_triangles": [_number(layer.small) for layer in stack.each],
        "large_triangles": [_number(layer.large) for layer in stack.each],
        "turns": [_number(step.turn) for step in stack.steps],
        "shifts": [step.shift.tolist() for step in stack.steps],
        "shift_lengths": [step.distance for step in stack.steps],
        "faults": [k for k, step in enumerate(stack.steps) if step.is_fault],
    }


def _number(value: float) -> float | None:
    """Return None for what JSON does not know."""
    return float(value) if np.isfinite(value) else None
