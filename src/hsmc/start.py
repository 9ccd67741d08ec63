"""The configuration that a run starts from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hsmc import fit
from hsmc.checked_options import nearest_name, shown
from hsmc.configuration import Configuration
from hsmc.crystal import CRYSTALS, crystal
from hsmc.errors import InputError
from hsmc.hdf5 import is_hdf5
from hsmc.mixture import Mixture, diameters_of
from hsmc.options import Fit, StartOptions
from hsmc.readers import read_structure
from hsmc.results import read_result

DEFAULT_RATIO = 0.695
"""Size ratio of the paper's simulations."""

FLUID = "fluid"
"""Start from spheres at random places, moved until none overlap: many are squeezed, few relaxed."""

FLUID_PACKING = 0.3
"""Packing fraction of a fluid by default."""

DEFAULT_COMPOSITION = (96, 304)
"""Large and small spheres of a fluid: as many as in the default crystal."""

A6B19_REPLICATE = (2, 2, 4)
"""Copies of the A6B19 unit cell by default: 400 spheres in a box about as high as wide."""


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """A start configuration and the choices that led to it.

    Attributes:
        configuration: Spheres in their box.
        source: Name of the crystal, "fluid" or file.
        replicate: Copies along each box vector.
        fit: What was done about overlaps.
        notes: What was chosen, in words for the user.
    """

    configuration: Configuration
    source: str
    replicate: tuple[int, int, int]
    fit: Fit
    notes: tuple[str, ...]

    @property
    def facts(self) -> dict[str, Any]:
        """What was chosen, as numbers and texts for the result file."""
        return {
            "source": self.source,
            "replicate": list(self.replicate),
            "fit": self.fit,
            "spheres": len(self.configuration),
            "ratio": self.configuration.size_ratio,
            "packing_fraction": self.configuration.packing_fraction,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Spheres as a crystal, a file or a fluid has them.

    Attributes:
        configuration: The spheres, overlapping or not.
        sized: Lengths are in σ_L; in a unit of the file's own otherwise.
        fit: What is done about overlaps by default.
        notes: What was chosen, in words for the user.
    """

    configuration: Configuration
    sized: bool
    fit: Fit
    notes: tuple[str, ...] = ()


def build_start(options: StartOptions) -> Start:
    """Build the start configuration: source, replicate, then fit.

    Raises:
        InputError: The source is unknown or unusable, or options contradict each other.
    """
    source = read_source(options)
    repeat = options.replicate or _default_replicate(options.start.lower())
    configuration = source.configuration.replicated(*repeat)
    choice = options.fit or source.fit
    _check_choice(choice, options, sized=source.sized)
    fitted, note = _fit(configuration, choice, options)
    summary = (
        f"start {options.start}: {len(fitted)} spheres, ratio {fitted.size_ratio:g}, "
        f"packing fraction {fitted.packing_fraction:.4f}{note}"
    )
    return Start(fitted, options.start, repeat, choice, (*source.notes, summary))


def _default_replicate(name: str) -> tuple[int, int, int]:
    return A6B19_REPLICATE if name in CRYSTALS and name.startswith("a6b19") else (1, 1, 1)


def _check_choice(choice: Fit, options: StartOptions, *, sized: bool) -> None:
    """Refuse options that contradict each other or would be ignored."""
    fluid = options.start.lower() == FLUID
    if options.composition is not None and not fluid:
        message = f"composition is of a fluid, but start is {options.start}; give --start fluid"
        raise InputError(message)
    if choice == "none" and options.packing is not None and not fluid:
        message = (
            f"packing is {options.packing:g}, but fit none keeps the size that {options.start} "
            "has; choose another --fit"
        )
        raise InputError(message)
    if choice == "none" and not sized:
        message = f"fit none needs sizes, which {options.start} has not; choose another --fit"
        raise InputError(message)
    if choice == "relax" and options.packing is None and not sized:
        message = f"fit relax of {options.start} needs a size to start at; give --packing"
        raise InputError(message)


def read_source(options: StartOptions, unsized_ratio: float | None = None) -> Source:
    """Return the spheres of a crystal, a fluid or a file, as they are.

    Args:
        options: Which, and how to read it; fit, copies and packing fraction are left aside.
        unsized_ratio: Size ratio for a file that gives no sizes; None refuses it.

    Raises:
        InputError: There is no such crystal or file, or it is not usable.
        StorageError: The operating system refuses to read the file.
    """
    name, path = options.start.lower(), Path(options.start)
    ratio = DEFAULT_RATIO if options.ratio is None else options.ratio
    if options.large is not None and (name in (FLUID, *CRYSTALS) or is_hdf5(path)):
        message = f"large is {options.large}, but {options.start} says itself which are large"
        raise InputError(message)
    if name == FLUID:
        mixture = Mixture(ratio, *(options.composition or DEFAULT_COMPOSITION))
        fluid = fit.random_fluid(mixture, options.packing or FLUID_PACKING, options.seed)
        return Source(fluid, sized=True, fit="none")
    if name in CRYSTALS:
        return Source(crystal(name).configuration(ratio), sized=True, fit="dilate")
    if is_hdf5(path):
        return _from_result(path, options.ratio)
    if path.suffix or path.exists():
        return _from_structure(path, options, unsized_ratio)
    near = nearest_name(name, [*CRYSTALS, FLUID])
    hint = f"did you mean {near}?" if near else f"crystals are {', '.join(CRYSTALS)}"
    message = f"{shown(options.start)} is neither a crystal nor {FLUID} nor a file; {hint}"
    raise InputError(message)


def _from_result(path: Path, ratio: float | None) -> Source:
    result = read_result(path)
    final, cycle = result.final, result.frames[-1].cycle
    if ratio is not None:
        diameters = diameters_of(final.types, ratio)
        final = Configuration(final.box, final.positions, diameters, final.types)
    if result.status == "finished":
        return Source(final, sized=True, fit="none")
    note = f"{path} is {result.status}; its state at cycle {cycle} is taken"
    return Source(final, sized=True, fit="none", notes=(note,))


def _from_structure(path: Path, options: StartOptions, unsized_ratio: float | None) -> Source:
    if path.suffix in {".h5", ".hdf5"} and path.is_file():
        read_result(path)  # raises: not HDF5
    structure = read_structure(path, options.ratio, options.large, unsized_ratio)
    note = f"large species: {structure.large} ({structure.reason})"
    return Source(structure.configuration, structure.has_sizes, "dilate", (note,))


def _fit(
    configuration: Configuration, choice: Fit, options: StartOptions
) -> tuple[Configuration, str]:
    """Return the fitted configuration and what was done, for the user."""
    packing = options.packing
    if choice == "none":
        return configuration, ""
    if choice == "relax":
        if packing is not None:
            configuration = fit.at_packing(configuration, packing)
        relaxed = fit.relax(configuration, options.seed)
        grown = (relaxed.box.volume / configuration.box.volume) ** (1.0 / 3.0) - 1.0
        return relaxed, f" (overlaps relaxed away; box grown by {grown:.2%} in length)"
    fitted = fit.stretch(configuration) if choice == "stretch" else fit.dilate(configuration)
    if packing is not None:
        fitted = fit.expand_to(fitted, packing)
    words = "stretched along xy and z" if choice == "stretch" else "scaled"
    return fitted, f" ({words} until no spheres overlap)"
