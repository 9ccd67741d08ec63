"""Files of other programs, small enough to read here; right answers written out by hand."""

from pathlib import Path

import numpy as np
import pytest
from gsd import hoomd

from hsmc.box import Box
from hsmc.configuration import LARGE, SMALL
from hsmc.errors import InputError, StorageError
from hsmc.readers import read_structure

CELL = """data_crystal
_cell_length_a {a}
_cell_length_b 5.0
_cell_length_c 5.0
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma {gamma}
_symmetry_cell_setting cubic
_symmetry_Int_Tables_number {group}
"""
SITES = """loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
"""
POSCAR = "comment\n{scale}\n{lattice}\nPb Cd\n1 2\nDirect\n0 0 0\n.25 .5 .75\n.5 .5 .5\n"
CUBE = "4 0 0\n0 4 0\n0 0 4"
XYZ = '3\nLattice="4 0 0 0 4 0 0 0 4"{more}\n'
RADII = " Properties=species:S:1:pos:R:3:radius:R:1"


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def cif(sites: str, a: str = "5.0", gamma: str = "90", group: int = 1) -> str:
    return CELL.format(a=a, gamma=gamma, group=group) + SITES + sites


def poscar(lattice: str = CUBE, scale: str = "1.0") -> str:
    return POSCAR.format(scale=scale, lattice=lattice)


def xyz(rows: str, more: str = "") -> str:
    return XYZ.format(more=more) + rows


def write_gsd(path: Path, **particles) -> Path:
    """Write two frames whose last holds one A at the origin and two B."""
    frame = hoomd.Frame()
    frame.configuration.box = [4, 5, 6, 0.1, 0.2, 0.3]
    frame.particles.N = 3
    frame.particles.types = ["A", "B"]
    frame.particles.typeid = [0, 1, 1]
    frame.particles.position = [[9, 9, 9], [1, 0, 0], [0, 1, 0]]
    for name, value in particles.items():
        setattr(frame.particles, name, value)
    with hoomd.open(str(path), "w") as trajectory:
        trajectory.append(frame)
        frame.particles.position = [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
        trajectory.append(frame)
    return path


# What is read


def test_cif_symmetry_is_expanded(tmp_path):
    """Rock salt: group 225 makes 4 + 4 sites of 2.

    Fails if the sites are taken as listed (get_unsymmetrized_structure): 2 spheres.
    """
    text = cif("Na 0 0 0 1\nCl .5 .5 .5 1\n", group=225)
    structure = read_structure(written(tmp_path, "salt.CIF", text), 0.5, large="Cl")
    found = structure.configuration
    assert found.types.tolist() == [SMALL] * 4 + [LARGE] * 4
    corners = {(0.0, 0.0, 0.0), (0.0, 0.5, 0.5), (0.5, 0.0, 0.5), (0.5, 0.5, 0.0)}
    small, large = found.scaled[:4], found.scaled[4:]
    assert {tuple(site) for site in small.round(12) % 1} == corners
    assert {tuple(site) for site in (large + 0.5).round(12) % 1} == corners
    assert found.box.lengths == pytest.approx([5.0, 5.0, 5.0])
    assert (structure.has_sizes, structure.large, structure.reason) == (False, "Cl", "--large")


def test_cif_without_occupancy_column_or_with_unknown_ones_is_full(tmp_path):
    """Fails if "?" counts as a partial site."""
    path = written(tmp_path, "a.cif", cif("Pb 0 0 0 ?\nCd .5 .5 .5 1\nCd .5 0 0 1.0\n"))
    assert len(read_structure(path, 0.7).configuration) == 3


def test_poscar_fractions_survive_the_rotation_of_the_lattice(tmp_path):
    """A triclinic lattice in any orientation is the same crystal.

    Fails if positions are taken as Cartesian in the file's frame, or vectors as rows.
    """
    box = Box.from_lengths_angles([4.0, 5.0, 6.0], [80.0, 95.0, 110.0])
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    rotation *= np.sign(np.linalg.det(rotation))
    lattice = "\n".join(" ".join(map(repr, row)) for row in (rotation @ box.vectors).T.tolist())
    structure = read_structure(written(tmp_path, "POSCAR_1", poscar(lattice)), 0.7)
    found = structure.configuration
    np.testing.assert_allclose(found.box.vectors, box.vectors, atol=1e-14)
    sites = [[0, 0, 0], [0.25, 0.5, 0.75], [0.5, 0.5, 0.5]]
    np.testing.assert_allclose(box.scale(found.positions), sites, atol=1e-14)
    assert found.types.tolist() == [LARGE, SMALL, SMALL]
    assert found.diameters.tolist() == [1.0, 0.7, 0.7]
    assert (structure.large, structure.reason) == ("Pb", "by count: the rarer species")


def test_extended_xyz_radii_set_the_unit(tmp_path):
    """B is large though it is not rarer; lengths are divided by its diameter, 2.

    Fails if radii pass for diameters, if count beats radius, or if A and B have to be elements.
    """
    text = xyz("B 0 0 0 1.0\nB 2 0 0 1.0\nA 2 2 3 0.6\n", RADII)
    structure = read_structure(written(tmp_path, "a.extxyz", text))
    assert (structure.has_sizes, structure.large, structure.reason) == (True, "B", "by radius")
    found = structure.configuration
    np.testing.assert_allclose(found.box.vectors, np.eye(3) * 2.0)
    np.testing.assert_allclose(found.positions, [[0, 0, 0], [1, 0, 0], [1, 1, 1.5]])
    assert found.diameters.tolist() == [1.0, 1.0, 0.6]


def test_given_size_ratio_replaces_that_of_the_file(tmp_path):
    """Fails if the file's 0.6 stays, or if positions are divided by anything but 2."""
    text = xyz("B 0 0 0 1.0\nB 2 0 0 1.0\nA 2 2 3 0.6\n", RADII)
    found = read_structure(written(tmp_path, "a.xyz", text), 0.9).configuration
    assert found.diameters.tolist() == [1.0, 1.0, 0.9]
    np.testing.assert_allclose(found.positions[2], [1, 1, 1.5])


def test_equal_radii_fall_back_to_the_count(tmp_path):
    """Fails (A, "by radius") if equal sizes decide by the order of labels."""
    text = xyz("B 0 0 0 .5\nA 2 0 0 .5\nA 2 2 2 .5\n", RADII)
    structure = read_structure(written(tmp_path, "a.xyz", text))
    assert (structure.large, structure.reason) == ("B", "by count: the rarer species")
    assert structure.configuration.size_ratio == 1.0


def test_one_species_needs_no_ratio(tmp_path):
    """Fails if one species is looked up as the smaller of two."""
    text = xyz("Au 0 0 0\nAu 2 2 0\nAu 2 0 2\n")
    structure = read_structure(written(tmp_path, "a.xyz", text))
    assert (structure.large, structure.reason) == ("Au", "the only species")
    assert structure.configuration.diameters.tolist() == [1.0, 1.0, 1.0]


def test_last_frame_of_extended_xyz(tmp_path):
    """Fails if the first frame is read (index 0)."""
    first, last = xyz("Au 0 0 0\n" * 3), xyz("Au 1 0 0\n" * 3)
    found = read_structure(written(tmp_path, "a.xyz", first + last)).configuration
    assert found.positions[0].tolist() == [1, 0, 0]


def test_gsd_box_and_diameters_of_the_last_frame(tmp_path):
    """HOOMD's tilts: b = (xy ly, ly, 0), c = (xz lz, yz lz, lz).

    Fails if tilts are taken as lengths, if frame 0 is read, or if types are swapped.
    """
    path = write_gsd(tmp_path / "a.gsd", diameter=[2.0, 1.0, 1.0])
    structure = read_structure(path)
    found = structure.configuration
    vectors = np.array([[4, 0.5, 1.2], [0, 5, 1.8], [0, 0, 6]]) / 2.0
    np.testing.assert_allclose(found.box.vectors, vectors, rtol=1e-6)
    np.testing.assert_allclose(found.positions, [[0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]], atol=1e-6)
    assert found.diameters.tolist() == [1.0, 0.5, 0.5]
    assert (structure.has_sizes, structure.large, structure.reason) == (True, "A", "by radius")


def test_gsd_sizes_from_type_shapes(tmp_path):
    """HOOMD's hard-particle runs store no diameters, only shapes.

    Fails if the default diameter of GSD, 1, passes for a size: equal sizes, "by count".
    """
    shapes = [{"type": "Sphere", "diameter": 1.0}, {"type": "Sphere", "diameter": 2.0}]
    structure = read_structure(write_gsd(tmp_path / "a.gsd", type_shapes=shapes))
    assert (structure.has_sizes, structure.large) == (True, "B")
    assert structure.configuration.diameters.tolist() == [0.5, 1.0, 1.0]


def test_gsd_without_sizes_says_so(tmp_path):
    """Fails if the default diameter of GSD passes for a size."""
    structure = read_structure(write_gsd(tmp_path / "a.gsd"), 0.7)
    assert not structure.has_sizes
    assert structure.large == "A"


# What is refused


def refused(path: Path, match: str, **options) -> None:
    with pytest.raises(InputError, match=match) as caught:
        read_structure(path, **({"size_ratio": 0.7} | options))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file(tmp_path):
    refused(tmp_path / "no.cif", "there is no such file")


def test_directory(tmp_path):
    refused(tmp_path, "is a directory; a file is needed")


def test_empty_file(tmp_path):
    refused(written(tmp_path, "a.cif", ""), "is empty")


def test_unreadable_file(tmp_path, monkeypatch):
    """Fails if the system's words are lost. Root may read all, so the refusal is made up."""
    path = written(tmp_path, "a.cif", cif("Pb 0 0 0 1\n"))

    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(StorageError, match=r"a\.cif: cannot be read: Permission denied"):
        read_structure(path)


def test_unknown_extension_lists_the_known_ones(tmp_path):
    path = written(tmp_path, "a.pdb", "x")
    refused(path, r"extension '\.pdb' is not known; needs one of \.cif .*\.gsd")


@pytest.mark.parametrize("name", ["a.cif", "POSCAR", "a.xyz", "a.gsd"])
def test_garbage(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(bytes(range(255, 0, -1)) * 3)
    refused(path, "is no readable (CIF|POSCAR|extended XYZ|GSD)")


def test_truncated_cif(tmp_path):
    refused(written(tmp_path, "a.cif", cif("Pb 0 0 0 1\nCd .5 .5\n")), "incomplete row")


def test_cif_without_sites(tmp_path):
    refused(written(tmp_path, "a.cif", cif("")[: -len(SITES)]), "lists 0 atom sites")


def test_truncated_poscar(tmp_path):
    text = poscar().removesuffix(".5 .5 .5\n")
    refused(written(tmp_path, "a.vasp", text), "is no readable POSCAR")


def test_truncated_xyz(tmp_path):
    refused(written(tmp_path, "a.xyz", xyz("Pb 0 0 0\n")), "Frame has 1 atoms, expected 3")


def test_truncated_gsd(tmp_path):
    path = write_gsd(tmp_path / "a.gsd")
    path.write_bytes(path.read_bytes()[:300])
    refused(path, "is no readable GSD")


def test_gsd_without_frames(tmp_path):
    with hoomd.open(str(tmp_path / "a.gsd"), "w"):
        pass
    refused(tmp_path / "a.gsd", "holds 0 frames")


def test_gsd_type_without_a_name(tmp_path):
    refused(write_gsd(tmp_path / "a.gsd", typeid=[0, 1, 2]), "type number 2 has no name")


def test_flat_gsd(tmp_path):
    frame = hoomd.Frame()
    frame.configuration.dimensions = 2
    with hoomd.open(str(tmp_path / "a.gsd"), "w") as trajectory:
        trajectory.append(frame)
    refused(tmp_path / "a.gsd", "is 2-dimensional, needs 3")


def test_cif_without_cell(tmp_path):
    path = written(tmp_path, "a.cif", "data_x\n" + SITES + "Pb 0 0 0 1\n")
    refused(path, "has no unit cell: _cell_length_a is None")


def test_cif_with_partial_sites(tmp_path):
    text = cif("Pb 0 0 0 1\nCd .5 .5 .5 0.75\n")
    refused(written(tmp_path, "a.cif", text), "occupancy of site 1 is 0.75, needs 1")


def test_cif_with_two_species_on_one_site(tmp_path):
    """ASE warns and drops one of them; fails if its warnings are ignored."""
    text = cif("Pb 0 0 0 1\nCd 0 0 0 1\n")
    refused(written(tmp_path, "a.cif", text), "scaled_positions 0 and 1 are equivalent")


def test_cif_with_nan(tmp_path):
    text = cif("Pb 0 0 0 1\nCd .5 nan .5 1\n")
    refused(written(tmp_path, "a.cif", text), "_atom_site_fract_y of site 1 is 'nan'")


def test_poscar_with_nan(tmp_path):
    text = poscar().replace(".75", "nan")
    refused(written(tmp_path, "a.vasp", text), "position of sphere 1 is .*nan")


def test_infinite_coordinate_is_shown_as_in_the_file(tmp_path):
    """Fails if only Configuration looks, after the rotation: [nan nan inf]."""
    path = written(tmp_path, "a.xyz", xyz("Pb 0 0 0\nCd 1 1 inf\nCd 2 2 2\n"))
    refused(path, r"position of sphere 1 is \[ *1\. +1\. +inf\], needs three finite")


def test_poscar_with_an_unknown_element(tmp_path):
    text = poscar().replace("Pb", "L")
    refused(written(tmp_path, "a.vasp", text), "'L' is no element symbol")


@pytest.mark.parametrize("comment", ["", "made by hand"])
@pytest.mark.parametrize("species", ["Pb", "A"])
def test_xyz_without_lattice(tmp_path, comment, species):
    """Fails ("'A' is no element symbol") if an empty comment is left to ASE (tried)."""
    refused(written(tmp_path, "a.xyz", f"1\n{comment}\n{species} 0 0 0\n"), "has no unit cell")


def test_slab(tmp_path):
    text = xyz("Pb 0 0 0\n" * 3, ' pbc="T T F"')
    refused(written(tmp_path, "a.xyz", text), r"periodic along \[True, True, False\]")


def test_no_spheres(tmp_path):
    path = written(tmp_path, "a.xyz", '0\nLattice="4 0 0 0 4 0 0 0 4"\n')
    refused(path, "holds 0 spheres")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.vasp", poscar("0 4 0\n4 0 0\n0 0 4")),
        ("a.cif", cif("Pb 0 0 0 1\n", gamma="190")),
        ("a.xyz", '1\nLattice="0 4 0 4 0 0 0 0 4"\nPb 0 0 0\n'),
    ],
)
def test_left_handed_lattice_is_not_flipped(tmp_path, name, text):
    """Fails if the lattice is made right-handed by a reflection."""
    refused(written(tmp_path, name, text), "box is left-handed: volume -")


def test_singular_lattice(tmp_path):
    refused(written(tmp_path, "a.vasp", poscar("4 0 0\n4 0 0\n0 0 4")), "box is singular")


def test_three_species_are_named(tmp_path):
    path = written(tmp_path, "a.xyz", xyz("Pb 0 0 0\nSe 1 1 1\nCd 2 2 2\n"))
    refused(path, r"holds 3 species \(Cd, Pb, Se\), needs 1 or 2")


def test_large_is_no_species(tmp_path):
    path = written(tmp_path, "a.vasp", poscar())
    refused(path, "--large is 'Au', needs to be one of the species: Cd, Pb", large="Au")


def test_large_is_the_smaller_one(tmp_path):
    path = written(tmp_path, "a.xyz", xyz("B 0 0 0 1\nB 2 0 0 1\nA 2 2 3 .6\n", RADII))
    refused(path, "--large is A, of diameter 1.2 .* has 2; needs the larger", large="A")


def test_as_many_of_each_without_sizes(tmp_path):
    path = written(tmp_path, "a.cif", cif("Pb 0 0 0 1\nCd .5 .5 .5 1\n"))
    refused(path, "holds 1 Cd and 1 Pb: .* give --large")


def test_no_sizes_and_no_ratio(tmp_path):
    path = written(tmp_path, "a.vasp", poscar())
    refused(path, "gives no sizes .* a size ratio is needed", size_ratio=None)


def test_ratio_above_one(tmp_path):
    path = written(tmp_path, "a.vasp", poscar())
    refused(path, "ratio is 1.25, .* you may mean 0.8", size_ratio=1.25)


def test_polydisperse_species(tmp_path):
    path = written(tmp_path, "a.xyz", xyz("B 0 0 0 1\nB 2 0 0 1.1\nA 2 2 3 .6\n", RADII))
    refused(path, "diameters of species B run from 2 to 2.2; needs one")


@pytest.mark.parametrize("radius", ["0", "-0.5", "nan"])
def test_radius_that_is_none(tmp_path, radius):
    path = written(tmp_path, "a.xyz", xyz(f"B 0 0 0 1\nB 2 0 0 1\nA 2 2 3 {radius}\n", RADII))
    refused(path, "diameter of sphere 2 is .*, needs > 0")


def test_shapes_other_than_spheres_give_no_size(tmp_path):
    """Fails (KeyError) if every shape is taken to have a diameter."""
    shapes = [{"type": "Sphere", "diameter": 1.0}, {"type": "Mesh"}]
    path = write_gsd(tmp_path / "a.gsd", type_shapes=shapes)
    refused(path, "gives no sizes", size_ratio=None)
