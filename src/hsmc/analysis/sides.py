"""What stands on the sides of a comparison: results, crystals and files, in common units."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hsmc.configuration import Configuration
from hsmc.crystal import CRYSTALS, crystal
from hsmc.errors import InputError
from hsmc.hdf5 import is_hdf5
from hsmc.options import StartOptions
from hsmc.start import DEFAULT_RATIO, read_source


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What stands on one side of a comparison.

    Attributes:
        name: Crystal or file.
        configuration: Spheres; lengths in σ_L if ``sized``.
        sized: Whether the large diameter is known.
        nanometres: σ_L in nm; None if it is not known.
        notes: What was chosen, in words for the user.
    """

    name: str
    configuration: Configuration
    sized: bool
    nanometres: float | None
    notes: tuple[str, ...]


def read_side(
    source: Path | str,
    ratio: float | None = None,
    large: str | None = None,
    diameter: float | None = None,
) -> Side:
    """Read what stands on one side of a comparison.

    Args:
        source: Result file, crystal known by name, CIF, POSCAR, extended XYZ or GSD.
        ratio: Size ratio, where the source gives none.
        large: Label of the large species in a file of another program.
        diameter: Large diameter in the unit of a file that gives no sizes.

    Raises:
        InputError: The source is unknown or unusable, or a diameter is given without need.
        StorageError: The operating system refuses to read the file.
    """
    name = str(source)
    known = name.lower() in CRYSTALS
    label = None if known or is_hdf5(Path(name)) else large
    options = StartOptions.build({"start": name, "ratio": ratio, "large": label})
    found = read_source(options, unsized_ratio=DEFAULT_RATIO)
    if diameter is None:
        unit = crystal(name).unit if known else ""
        nanometres = crystal(name).large_diameter if unit == "nm" else None
        return Side(name, found.configuration, found.sized, nanometres, found.notes)
    if found.sized:
        message = f"{name} gives its sizes itself; leave out the diameter"
        raise InputError(message)
    if not 0.0 < diameter < math.inf:
        message = f"diameter is {diameter:g}, needs to be a number > 0 in the unit of {name}"
        raise InputError(message)
    configuration = found.configuration.strained(np.eye(3) / diameter)
    return Side(name, configuration, True, None, found.notes)


def commensurate(one: Side, other: Side) -> tuple[Side, Side, bool]:
    """Give a side without sizes the other's volume a sphere; tell whether both had sizes.

    Raises:
        InputError: Neither has.
    """
    if one.sized and other.sized:
        return one, other, True
    if not (one.sized or other.sized):
        message = (
            f"neither {one.name} nor {other.name} gives the sizes of its spheres; give the large "
            "diameter of one in its unit of length (--diameter, --with-diameter)"
        )
        raise InputError(message)
    if one.sized:
        return one, _resized(other, one), False
    return _resized(one, other), other, False


def _resized(side: Side, like: Side) -> Side:
    volumes = [each.configuration.box.volume / len(each.configuration) for each in (side, like)]
    scale = (volumes[1] / volumes[0]) ** (1.0 / 3.0)
    note = f"{side.name} gives no sizes and is compared at the volume a sphere of {like.name}"
    configuration = side.configuration.strained(np.eye(3) * scale)
    return Side(side.name, configuration, False, None, (*side.notes, note))
