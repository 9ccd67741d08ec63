"""What there is to analyse: the configurations of a file, or a crystal known by name."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hsmc.box import Box, Floats
from hsmc.configuration import Configuration
from hsmc.crystal import CRYSTALS
from hsmc.errors import InputError
from hsmc.hdf5 import is_hdf5
from hsmc.options import AnalyzeOptions, StartOptions
from hsmc.readers import read_structure
from hsmc.results import Frame, Result, read_result
from hsmc.start import build_start

ANGSTROM = 0.1
"""Length unit, in nm, of files that give no sizes of spheres: CIF and POSCAR are in Å."""

LIKELY = (1e-3, 2.0)
"""Packing fractions outside of which the unit of length is taken to be wrong."""

CERTIFIED_GAP, GAP = 1e-6, 1e-4
"""Gaps of contacts: in jammed states, as in their certificate, and in all others."""

CERTIFIED = ("jam", "floppy")


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Configurations to analyse.

    Attributes:
        name: File or crystal.
        kind: Command that made a result; "crystal" or "structure" for others.
        frames: Configurations with their cycles; averages are taken over them.
        fractions: Packing fractions of a time series finer than the frames; empty if there is
            none; shape (S,).
        gap: Gap of contacts that suits it.
        notes: What was chosen, in words for the user.
    """

    name: str
    kind: str
    frames: tuple[Frame, ...]
    fractions: Floats
    gap: float
    notes: tuple[str, ...]


def open_source(name: str, options: AnalyzeOptions) -> Source:
    """Return what is to be analysed of a file or a crystal.

    Of a sampling run these are all configurations after equilibration, of other results the
    last: the final state of a compression, the densest packing of a search.

    Raises:
        InputError: There is no such file or crystal, or it is not usable.
        StorageError: The file cannot be read.
    """
    path = Path(name)
    if (name.lower() not in CRYSTALS and path.suffix in {".h5", ".hdf5"}) or is_hdf5(path):
        return _of_result(name, read_result(path), options.ratio)
    if name.lower() not in CRYSTALS and (path.suffix or path.exists()):
        return _of_structure(name, options)
    given: dict[str, Any] = {"start": name, "fit": "none", "replicate": (1, 1, 1)}
    start = build_start(StartOptions.build({**given, "ratio": options.ratio}))
    frame = Frame(0, start.configuration)
    return Source(name, "crystal", (frame,), np.zeros(0), GAP, start.notes)


def _of_result(name: str, result: Result, ratio: float | None) -> Source:
    notes, frames, fractions = [], result.frames[-1:], np.zeros(0)
    if result.status != "finished":
        notes.append(f"{name} is {result.status}: what there is so far is analysed")
    if result.kind == "sample":
        begin = result.parameters["equilibrate"]
        later = tuple(frame for frame in result.frames if frame.cycle > begin)
        if later:
            frames = later
            fractions = result.series["packing_fraction"][result.series["cycle"] > begin]
        else:
            notes.append("no configuration after equilibration: the last one is analysed")
    if ratio is not None and ratio != frames[-1].configuration.size_ratio:
        found = frames[-1].configuration.size_ratio
        message = f"ratio is {ratio:g}, but {name} has {found:g}; leave --ratio out"
        raise InputError(message)
    gap = CERTIFIED_GAP if result.kind in CERTIFIED else GAP
    return Source(name, result.kind, frames, fractions, gap, tuple(notes))


def _of_structure(name: str, options: AnalyzeOptions) -> Source:
    structure = read_structure(name, options.ratio, options.large)
    configuration = structure.configuration
    notes = [f"large species: {structure.large} ({structure.reason})"]
    if not structure.has_sizes:
        unit = ANGSTROM if options.unit_nm is None else options.unit_nm
        notes.append(f"lengths in units of {unit:g} nm, σ_L = {options.sigma_nm:g} nm")
        scale = unit / options.sigma_nm
        configuration = replace(
            configuration,
            box=Box(configuration.box.vectors * scale),
            positions=configuration.positions * scale,
        )
        _check_unit(name, configuration, unit)
    elif options.unit_nm is not None:
        message = f"unit-nm is {options.unit_nm:g}, but {name} gives sizes; leave --unit-nm out"
        raise InputError(message)
    return Source(name, "structure", (Frame(0, configuration),), np.zeros(0), GAP, tuple(notes))


def _check_unit(name: str, configuration: Configuration, unit: float) -> None:
    """Refuse a box so small or large that its unit must be another one."""
    fraction = configuration.packing_fraction
    if not LIKELY[0] < fraction < LIKELY[1]:
        message = (
            f"{name} has packing fraction {fraction:.3g} if its unit of length is {unit:g} nm; "
            "give the unit by --unit-nm (1 for nm, 9.4 for σ_L)"
        )
        raise InputError(message)
