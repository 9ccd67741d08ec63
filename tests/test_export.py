"""Each format is read back by the library that its users have, and compared in distances."""

import resource
from contextlib import contextmanager
from typing import NamedTuple

import ase.io
import numpy as np
import pytest
from gsd import hoomd

from hsmc.box import Box
from hsmc.configuration import LARGE, SMALL, Configuration
from hsmc.errors import InputError, OutputError, StorageError
from hsmc.export import FORMATS, export
from hsmc.readers import read_structure

FLOAT32 = 2e-6
"""Absolute error of a coordinate below 16 in float32, with the sum of two box vectors."""


class Stored(NamedTuple):
    """A frame, as far as the exporter looks."""

    cycle: int
    configuration: Configuration


def mixture(seed: int = 1, n_large: int = 5, n_small: int = 15) -> Configuration:
    """Random points in a triclinic box, species mixed, some places far outside of the box."""
    rng = np.random.default_rng(seed)
    n = n_large + n_small
    types = rng.permutation(np.repeat([LARGE, SMALL], [n_large, n_small]))
    box = Box.from_lengths_angles([6.0, 7.0, 8.0], [80.0, 95.0, 110.0])
    scaled = rng.random((n, 3)) + rng.integers(-2, 3, size=(n, 3))
    return Configuration.from_scaled(box, scaled, np.where(types == LARGE, 1.0, 0.695), types)


def trajectory(*seeds: int) -> list[Stored]:
    return [Stored(100 * seed, mixture(seed)) for seed in seeds]


def distances(positions: np.ndarray, vectors: np.ndarray, most: float) -> np.ndarray:
    """Sorted distances up to ``most`` of all ordered pairs, images within 3 boxes included.

    Brute force over images: places have to be in the box or near it.
    """
    steps = np.stack(np.meshgrid(*[np.arange(-3, 4)] * 3), axis=-1).reshape(-1, 3)
    apart = positions[:, None, None] - positions[None, :, None] - (steps @ vectors.T)
    found = np.linalg.norm(apart, axis=-1).ravel()
    return np.sort(found[(found > 0.0) & (found < most)])


def ours(configuration: Configuration, most: float = 4.0) -> np.ndarray:
    wrapped = configuration.box.unscale(configuration.scaled)
    return distances(wrapped, configuration.box.vectors, most)


def of_atoms(atoms: ase.Atoms, most: float = 4.0) -> np.ndarray:
    atoms.wrap()
    return distances(atoms.positions, atoms.cell.array.T, most)


# GSD


def test_gsd_holds_box_types_sizes_and_cycles(tmp_path):
    """What HOOMD-blue and OVITO look for.

    Fails if the tilts are box vectors (xy without / ly), if diameters are radii, or if gsd is left
    to choose the version of the schema (2.0 since gsd 5).
    """
    frames = trajectory(1, 2)
    export(frames, tmp_path / "a.gsd", "gsd")
    with hoomd.open(str(tmp_path / "a.gsd"), "r") as found:
        assert [frame.configuration.step for frame in found] == [100, 200]
        last = found[-1]
        assert found.file.schema_version == (1, 4)
    vectors = frames[-1].configuration.box.vectors
    lx, ly, lz, xy, xz, yz = last.configuration.box
    np.testing.assert_allclose([lx, ly, lz], np.diagonal(vectors), rtol=1e-6)
    np.testing.assert_allclose(
        [xy * ly, xz * lz, yz * lz], vectors[[0, 0, 1], [1, 2, 2]], rtol=1e-6
    )
    assert last.particles.types == ["L", "S"]
    assert last.particles.typeid.tolist() == frames[-1].configuration.types.tolist()
    np.testing.assert_allclose(last.particles.diameter, frames[-1].configuration.diameters, 1e-7)
    assert [shape["diameter"] for shape in last.particles.type_shapes] == [1.0, 0.695]


def test_gsd_places_are_in_hoomds_box_and_images_lead_back(tmp_path):
    """HOOMD's box is centred; place + image times vectors is where the sphere was.

    Fails if fractions run from 0 to 1, or if the images have the other sign.
    """
    configuration = mixture()
    export([Stored(0, configuration)], tmp_path / "a.gsd", "gsd")
    with hoomd.open(str(tmp_path / "a.gsd"), "r") as found:
        particles = found[0].particles
    fractions = configuration.box.scale(particles.position)
    assert np.abs(fractions).max() <= 0.5 + FLOAT32
    unwrapped = particles.position + configuration.box.unscale(particles.image)
    np.testing.assert_allclose(unwrapped, configuration.positions, atol=FLOAT32)


def test_freud_finds_our_neighbor_distances_in_gsd(tmp_path):
    """Fails if a tilt is wrong: freud builds its box from the file.

    2.5 is less than half the smallest distance of two faces, freud's limit.
    """
    import freud

    configuration = mixture()
    export([Stored(0, configuration)], tmp_path / "a.gsd", "gsd")
    with hoomd.open(str(tmp_path / "a.gsd"), "r") as found:
        frame = found[0]
    assert configuration.box.face_distances.min() / 2.0 > 2.5
    query = freud.locality.AABBQuery.from_system(frame)
    pairs = query.query(frame.particles.position, {"r_max": 2.5, "exclude_ii": True})
    expected = ours(configuration, 2.5)
    assert expected.size > 30
    np.testing.assert_allclose(
        np.sort(pairs.toNeighborList().distances), expected, atol=4.0 * FLOAT32
    )


def test_gsd_of_one_species(tmp_path):
    """Fails if the absent species has a shape taken from an empty list."""
    export([Stored(0, mixture(n_small=0))], tmp_path / "l.gsd", "gsd")
    export([Stored(0, mixture(n_large=0))], tmp_path / "s.gsd", "gsd")
    with hoomd.open(str(tmp_path / "l.gsd"), "r") as large:
        assert large[0].particles.types == ["L"]
    with hoomd.open(str(tmp_path / "s.gsd"), "r") as small:
        assert small[0].particles.types == ["L", "S"]
        assert small[0].particles.type_shapes[1]["diameter"] == 0.695


# Extended XYZ


def test_extended_xyz_is_exact_in_ase(tmp_path):
    """Every frame, bit for bit: places as stored, box, radii, species, cycle.

    Fails with ASE's own writer, which keeps 8 digits, if diameters pass for radii, and if
    Lattice lists rows of our matrix.
    """
    frames = trajectory(1, 2, 3)
    export(frames, tmp_path / "a.xyz", "extxyz")
    found = ase.io.read(tmp_path / "a.xyz", index=":", format="extxyz")
    assert [atoms.info["cycle"] for atoms in found] == [100, 200, 300]
    for atoms, frame in zip(found, frames, strict=True):
        configuration = frame.configuration
        np.testing.assert_array_equal(atoms.positions, configuration.positions)
        np.testing.assert_array_equal(atoms.cell.array.T, configuration.box.vectors)
        np.testing.assert_array_equal(2.0 * atoms.arrays["radius"], configuration.diameters)
        is_large = np.array(atoms.get_chemical_symbols()) == "Pb"
        np.testing.assert_array_equal(is_large, configuration.types == LARGE)
        assert atoms.pbc.all()
        np.testing.assert_allclose(of_atoms(atoms), ours(configuration), rtol=1e-12)


# CIF and POSCAR


@pytest.mark.parametrize("file_format", ["cif", "poscar"])
def test_crystal_formats_keep_distances_and_species(tmp_path, file_format):
    """The last frame, at full accuracy, read by ASE.

    Fails with vectors as rows, with angles exchanged, with the first frame, with 8 digits, and
    (POSCAR) with species not sorted.
    """
    frames = trajectory(1, 2)
    export(frames, tmp_path / "a", file_format)
    atoms = ase.io.read(tmp_path / "a", format={"poscar": "vasp"}.get(file_format, file_format))
    configuration = frames[-1].configuration
    np.testing.assert_allclose(atoms.cell.lengths(), configuration.box.lengths, rtol=1e-14)
    np.testing.assert_allclose(atoms.cell.angles(), configuration.box.angles, rtol=1e-13)
    np.testing.assert_allclose(of_atoms(atoms), ours(configuration), rtol=1e-11)
    large = configuration.types == LARGE
    part = Configuration.from_scaled(
        configuration.box,
        configuration.scaled[large],
        configuration.diameters[large],
        configuration.types[large],
    )
    lead = atoms[np.array(atoms.get_chemical_symbols()) == "Pb"]
    np.testing.assert_allclose(of_atoms(lead, 6.0), ours(part, 6.0), rtol=1e-11)


@pytest.mark.parametrize("file_format", ["cif", "poscar"])
def test_crystal_formats_note_the_sizes(tmp_path, file_format):
    export(trajectory(2), tmp_path / "a", file_format, ("Au", "Ag"))
    first = (tmp_path / "a").read_text(encoding="ascii").splitlines()[0]
    assert first.endswith(
        "hsmc, cycle 200; unit of length: diameter of the large spheres; "
        "diameters: Au 1.0, Ag 0.695"
    )


# Back again


@pytest.mark.parametrize(
    ("name", "file_format", "tolerance"),
    [("a.gsd", "gsd", 4.0 * FLOAT32), ("a.xyz", "extxyz", 1e-12)],
)
def test_our_reader_takes_what_we_write(tmp_path, name, file_format, tolerance):
    """Fails if either side takes radii for diameters."""
    configuration = mixture()
    export([Stored(0, configuration)], tmp_path / name, file_format)
    structure = read_structure(tmp_path / name)
    assert (structure.has_sizes, structure.reason) == (True, "by radius")
    found = structure.configuration
    assert found.types.tolist() == configuration.types.tolist()
    np.testing.assert_allclose(found.diameters, configuration.diameters, rtol=1e-7)
    np.testing.assert_allclose(ours(found), ours(configuration), atol=tolerance)


@pytest.mark.parametrize(("name", "file_format"), [("a.cif", "cif"), ("POSCAR", "poscar")])
def test_our_reader_takes_our_crystals_without_sizes(tmp_path, name, file_format):
    configuration = mixture()
    export([Stored(0, configuration)], tmp_path / name, file_format)
    structure = read_structure(tmp_path / name, size_ratio=0.695)
    assert (structure.has_sizes, structure.large) == (False, "Pb")
    np.testing.assert_allclose(ours(structure.configuration), ours(configuration), rtol=1e-11)


# What is refused


def test_unknown_format(tmp_path):
    with pytest.raises(InputError, match="'pdb', needs one of gsd, extxyz, cif, poscar"):
        export(trajectory(1), tmp_path / "a", "pdb")


def test_no_frames(tmp_path):
    with pytest.raises(InputError, match="0 frames to export, at least 1"):
        export([], tmp_path / "a", "gsd")


def test_one_name_for_both(tmp_path):
    with pytest.raises(InputError, match="both species are named 'A'"):
        export(trajectory(1), tmp_path / "a", "gsd", ("A", "A"))


@pytest.mark.parametrize("file_format", ["extxyz", "cif", "poscar"])
@pytest.mark.parametrize("name", ["L", "X", ""])
def test_name_that_is_no_element(tmp_path, name, file_format):
    with pytest.raises(InputError, match=f"named '{name}', {file_format} needs an element"):
        export(trajectory(1), tmp_path / "a", file_format, ("Pb", name))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("file_format", FORMATS)
def test_an_existing_file_is_kept_unless_told(tmp_path, file_format):
    """Fails if the test of existence, or overwrite, is left out."""
    path = tmp_path / "a"
    path.write_text("mine")
    with pytest.raises(OutputError, match="a exists already; choose another --out, or give --over"):
        export(trajectory(1), path, file_format)
    assert path.read_text() == "mine"
    export(trajectory(1), path, file_format, overwrite=True)
    assert path.stat().st_size > 500
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_new_file_is_as_readable_as_any(tmp_path, file_format):
    """Fails for GSD if gsd makes the file: it leaves others out (tried)."""
    (tmp_path / "any").touch()
    export(trajectory(1), tmp_path / "a", file_format)
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "any").stat().st_mode


@pytest.mark.parametrize("file_format", FORMATS)
def test_no_such_folder(tmp_path, file_format):
    with pytest.raises(OutputError, match=r"folder .*/no of the output does not exist; create it"):
        export(trajectory(1), tmp_path / "no" / "a", file_format)


@contextmanager
def small_disk(size: int):
    """Let the system refuse to write files beyond a size: real errors of real writes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("file_format", FORMATS)
def test_full_disk_leaves_the_old_file(tmp_path, file_format):
    """Fails if the target is written in place, or if a part of the new file stays."""
    path = tmp_path / "a"
    path.write_text("mine")
    frames = [Stored(0, mixture(1, 1000, 1000))]
    with (
        small_disk(20_000),
        pytest.raises(StorageError, match=r"cannot write .*/a: File too large"),
    ):
        export(frames, path, file_format, overwrite=True)
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]
