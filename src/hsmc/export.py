"""Configurations as files for other programs: GSD, extended XYZ, CIF and POSCAR."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from hsmc.box import Box, Floats
from hsmc.configuration import Configuration
from hsmc.errors import InputError
from hsmc.storage import check_new, replacing

Names = tuple[str, str]

LABELS: Names = ("L", "S")
"""Default names of the species in GSD, which takes any."""

ELEMENTS: Names = ("Pb", "Cd")
"""Default names elsewhere, where programs want chemical elements: A6B19 is PbSe and CdSe."""

GSD_SCHEMA = (1, 4)
"""Version of the hoomd schema written; most releases of HOOMD-blue refuse 2.0."""


class Frame(Protocol):
    """One configuration of a trajectory.

    Attributes:
        cycle: Cycles done when it was stored.
        configuration: Spheres in their box.
    """

    @property
    def cycle(self) -> int: ...  # noqa: D102

    @property
    def configuration(self) -> Configuration: ...  # noqa: D102


def export(
    frames: Sequence[Frame],
    path: Path | str,
    file_format: str,
    names: Names | None = None,
    *,
    overwrite: bool = False,
) -> None:
    """Write frames to a file that other programs read, wholly or not at all.

    Lengths stay in σ_L.

    - ``gsd``: all frames, for HOOMD-blue, OVITO and freud; with diameters. Its numbers are
      float32, which turns contacts into overlaps: never judge a dense state from it.
    - ``extxyz``: all frames, for OVITO and ASE; with radii, and exact in float64.
    - ``cif``, ``poscar``: the last frame, for crystallography and electronic structure; they
      have no place for radii, which are noted in a comment.

    Args:
        frames: What to write, in order of cycles; at least one.
        path: The file to write.
        file_format: One of ``FORMATS``.
        names: Names of the large and the small species, element symbols except for GSD;
            ``LABELS`` or ``ELEMENTS`` by default.
        overwrite: Replace a file of that name.

    Raises:
        InputError: The format is unknown, there is no frame, or a name is not usable.
        OutputError: The file exists and may not be overwritten, or its folder is not there or
            not writable.
        StorageError: The disk is full.
    """
    path = Path(path)
    if file_format not in FORMATS:
        message = f"format is {file_format!r}, needs one of {', '.join(FORMATS)}"
        raise InputError(message)
    if not frames:
        message = "there are 0 frames to export, at least 1 is needed"
        raise InputError(message)
    names = names or (LABELS if file_format == "gsd" else ELEMENTS)
    _check_names(names, file_format)
    check_new(path, overwrite=overwrite)
    with replacing(path) as temporary:
        _WRITERS[file_format](temporary, frames, names)


def _check_names(names: Names, file_format: str) -> None:
    if names[0] == names[1]:
        message = f"both species are named {names[0]!r}, needs two different names"
        raise InputError(message)
    if file_format == "gsd":
        return
    from ase.data import chemical_symbols

    for name in names:
        if name not in chemical_symbols[1:]:  # the first is X, a stand-in
            message = f"species is named {name!r}, {file_format} needs an element symbol such as Pb"
            raise InputError(message)


def _write_gsd(path: Path, frames: Sequence[Frame], names: Names) -> None:
    import gsd.fl
    import gsd.hoomd

    path.touch()  # as readable as any other file; gsd would make one that only a group can read
    file = gsd.fl.open(str(path), "w", "hsmc", "hoomd", GSD_SCHEMA)
    with gsd.hoomd.HOOMDTrajectory(file) as trajectory:
        for frame in frames:
            trajectory.append(_gsd_frame(frame, names))


def _gsd_frame(frame: Frame, names: Names) -> Any:
    """Return a frame of the hoomd schema; position + image @ box is the place as stored here."""
    from gsd import hoomd

    configuration = frame.configuration
    scaled = configuration.box.scale(configuration.positions)
    image = np.floor(scaled + 0.5)  # HOOMD's box is centred: fractions in [-1/2, 1/2)
    sizes = _sizes(configuration)
    out = hoomd.Frame()
    out.configuration.step = frame.cycle
    out.configuration.box = _hoomd_box(configuration.box)
    particles = out.particles
    particles.N = len(configuration)
    particles.types = list(names[: len(sizes)])
    particles.typeid = configuration.types
    particles.position = configuration.box.unscale(scaled - image)
    particles.image = image.astype(np.int32)
    particles.diameter = configuration.diameters
    particles.type_shapes = [{"type": "Sphere", "diameter": size} for size in sizes]
    return out


def _hoomd_box(box: Box) -> list[float]:
    """Return lx, ly, lz and the tilts xy, xz, yz (c_x = xz lz, not xz) of the hoomd schema."""
    (lx, bx, cx), (_, ly, cy), (_, _, lz) = box.vectors.tolist()
    return [lx, ly, lz, bx / ly, cx / lz, cy / lz]


def _sizes(configuration: Configuration) -> list[float]:
    """Return the diameters of the species, in σ_L; a species without spheres counts as 1."""
    of_species = [
        configuration.diameters[configuration.types == species]
        for species in range(int(configuration.types.max()) + 1)
    ]
    return [float(diameters[0]) if diameters.size else 1.0 for diameters in of_species]


def _write_extxyz(path: Path, frames: Sequence[Frame], names: Names) -> None:
    _write_lines(path, (line for frame in frames for line in _extxyz_lines(frame, names)))


def _extxyz_lines(frame: Frame, names: Names) -> Iterator[str]:
    configuration = frame.configuration
    lattice = _digits(configuration.box.vectors.T.ravel())
    yield str(len(configuration))
    yield (
        f'Lattice="{lattice}" Properties=species:S:1:pos:R:3:radius:R:1 '
        f'pbc="T T T" cycle={frame.cycle}'
    )
    rows = np.column_stack([configuration.positions, 0.5 * configuration.diameters])
    for species, row in zip(configuration.types.tolist(), rows, strict=True):
        yield f"{names[species]} {_digits(row)}"


def _digits(numbers: Floats) -> str:
    """Return numbers with as many digits (up to 17) as bring the same float64 back."""
    return " ".join(map(repr, numbers.tolist()))


def _write_cif(path: Path, frames: Sequence[Frame], names: Names) -> None:
    configuration = frames[-1].configuration
    box = configuration.box
    cell = (*(f"length_{side}" for side in "abc"), "angle_alpha", "angle_beta", "angle_gamma")
    numbers = [*box.lengths.tolist(), *box.angles.tolist()]
    lines = [
        f"# {_note(frames[-1], names)}",
        f"data_hsmc_cycle_{frames[-1].cycle}",
        *(f"_cell_{name} {number!r}" for name, number in zip(cell, numbers, strict=True)),
        "_space_group_name_H-M_alt 'P 1'",
        "_space_group_IT_number 1",
        "loop_",
        "_space_group_symop_operation_xyz",
        "'x, y, z'",
        "loop_",
        *(f"_atom_site_{column}" for column in ("label", "type_symbol", "occupancy")),
        *(f"_atom_site_fract_{axis}" for axis in "xyz"),
    ]
    sites = zip(configuration.types.tolist(), configuration.scaled, strict=True)
    for number, (species, place) in enumerate(sites, start=1):
        name = names[species]
        lines.append(f"{name}{number} {name} 1 {_fractions(place)}")
    _write_lines(path, lines)


def _write_poscar(path: Path, frames: Sequence[Frame], names: Names) -> None:
    configuration = frames[-1].configuration
    species, counts = np.unique(configuration.types, return_counts=True)
    order = np.argsort(configuration.types, kind="stable")  # POSCAR lists species by species
    lines = [
        _note(frames[-1], names),
        "1.0",
        *(_digits(vector) for vector in configuration.box.vectors.T),
        " ".join(names[kind] for kind in species),
        " ".join(map(str, counts)),
        "Direct",
        *(_fractions(place) for place in configuration.scaled[order]),
    ]
    _write_lines(path, lines)


def _note(frame: Frame, names: Names) -> str:
    """Return what CIF and POSCAR have no place for, in plain ASCII."""
    sizes = ", ".join(
        f"{name} {size!r}" for name, size in zip(names, _sizes(frame.configuration), strict=False)
    )
    return (
        f"hsmc, cycle {frame.cycle}; unit of length: diameter of the large spheres; "
        f"diameters: {sizes}"
    )


def _fractions(place: Floats) -> str:
    # no exponents: not all readers of CIF and POSCAR take them
    return " ".join(f"{fraction:.16f}" for fraction in place.tolist())


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with path.open("x", encoding="ascii") as file:
        file.writelines(line + "\n" for line in lines)


_WRITERS: dict[str, Callable[[Path, Sequence[Frame], Names], None]] = {
    "gsd": _write_gsd,
    "extxyz": _write_extxyz,
    "cif": _write_cif,
    "poscar": _write_poscar,
}

FORMATS = tuple(_WRITERS)
"""Names of the formats."""
