"""Crystals known by name: symmetry, stoichiometry and the misprint of Table S3."""

from importlib.resources import files

import numpy as np
import pytest
import spglib

from hsmc.crystal import CRYSTALS, UnitCell, crystal
from hsmc.errors import InputError
from hsmc.neighbors import smallest_gap

pytestmark = pytest.mark.filterwarnings("ignore:Set OLD_ERROR_HANDLING:DeprecationWarning")

A6B19 = ("a6b19", "a6b19-printed", "a6b19-measured", "a6b19-symmetric")

GROUPS = {
    "a6b19-symmetric": 187,
    "sc": 221,
    "bcc": 229,
    "hcp": 194,
    "fcc": 225,
    "nacl": 225,
    "cscl": 221,
    "alb2": 191,
    "nazn13": 226,
    "laves-c14": 194,
    "laves-c15": 227,
    "cu3au": 221,
}
"""Space group numbers, International Tables for Crystallography A."""

COUNTS = {
    "sc": (1, 0),
    "bcc": (2, 0),
    "hcp": (2, 0),
    "fcc": (4, 0),
    "nacl": (4, 4),
    "cscl": (1, 1),
    "alb2": (1, 2),
    "nazn13": (8, 104),
    "laves-c14": (4, 8),
    "laves-c15": (8, 16),
    "cu3au": (1, 3),
} | dict.fromkeys(A6B19, (6, 19))
"""Large and small spheres in the conventional cell."""


def space_group(unit_cell, tolerance):
    """Space group number at a tolerance in the unit of the lattice."""
    numbers = [label == unit_cell.large for label in unit_cell.species]
    cell = (unit_cell.lattice.T, unit_cell.scaled, numbers)
    return spglib.get_symmetry_dataset(cell, symprec=tolerance).number


def table(name):
    """Lines of a data file, its header left out."""
    return (files("hsmc") / "data" / name).read_text(encoding="utf-8").splitlines()[1:]


def test_every_crystal_has_the_right_number_of_spheres():
    """Fails if an orbit keeps an image twice, or if two images of it are merged."""
    assert set(CRYSTALS) == set(COUNTS)
    for name in CRYSTALS:
        unit_cell = crystal(name)
        assert (unit_cell.n_large, unit_cell.n_small) == COUNTS[name], name
        assert len(unit_cell) == len(unit_cell.configuration(0.6)) == sum(COUNTS[name])
        if name != "a6b19-measured":
            assert unit_cell.scaled.min() > -1e-9
            assert unit_cell.scaled.max() < 1.0 - 1e-3


@pytest.mark.parametrize("name", GROUPS)
def test_crystals_given_by_orbits_have_their_space_group_exactly(name):
    """At 1e-5 of σ_L, by spglib, which has no part in their making.

    Fails if a generator loses a sign or a translation.
    """
    unit_cell = crystal(name)
    assert space_group(unit_cell, 1e-5 * unit_cell.large_diameter) == GROUPS[name]


def test_corrected_table_s3_is_p6m2_and_the_printed_one_is_not():
    """187 from 0.03 nm; as printed not at 1.05 but from 1.08 nm. Fails for another row."""
    assert space_group(crystal("a6b19"), 0.03) == 187
    assert space_group(crystal("a6b19"), 0.01) != 187
    assert space_group(crystal("a6b19-printed"), 1.05) != 187
    assert space_group(crystal("a6b19-printed"), 1.08) == 187


def test_the_misprint_is_one_number_of_one_row():
    differing = [
        (printed.split(","), corrected.split(","))
        for printed, corrected in zip(
            table("table_S3_raw.csv"), table("table_S3_corrected.csv"), strict=True
        )
        if printed != corrected
    ]
    assert len(differing) == 1
    printed, corrected = differing[0]
    assert (printed[-3:], corrected[-3:]) == (["0.572", "0.763", "0.0"], ["0.527", "0.763", "0.0"])
    assert printed[:-3] == corrected[:-3] == ["13", "CdSe", "cyan", "j", "0.237", ""]


def test_symmetric_a6b19_rounds_to_the_tables():
    """Every site is, within rounding, a row of the tables; order apart, species included.

    Fails if a parameter of an orbit, or a mixed-up pair of orbits, is 0.001 off.
    """
    exact = crystal("a6b19-symmetric")
    rows = [line.split(",") for line in table("table_S3_exact_wyckoff.csv")]
    rounded = crystal("a6b19")
    for labels, positions, tolerance in (
        ([row[0] for row in rows], np.array([row[3:] for row in rows], dtype=float), 5.1e-5),
        (rounded.species, rounded.scaled, 5.1e-4),
    ):
        found = set()
        for label, position in zip(exact.species, exact.scaled, strict=True):
            away = np.abs((d := positions - position) - np.round(d)).max(axis=1)
            assert away.min() < tolerance
            assert labels[away.argmin()] == label
            found.add(int(away.argmin()))
        assert len(found) == 25


def test_tables_keep_their_rows_in_order():
    """Table S3's fractions are kept as they are; the first and the last row, by hand."""
    unit_cell = crystal("a6b19")
    assert unit_cell.species == ("PbSe",) * 6 + ("CdSe",) * 19
    assert unit_cell.scaled[0].tolist() == [0.27, 0.135, 0.0]
    assert unit_cell.scaled[24].tolist() == [0.43, 0.86, 0.5]
    assert unit_cell.lattice[0, 0] == 23.36
    assert unit_cell.volume == pytest.approx(5297.6, abs=0.1)


def test_the_measured_cell_uses_cartesian_coordinates():
    """Row 17 lies at (17.1, −2.0, 3.6) nm. Fails with the fractional columns, 0.07 nm off."""
    unit_cell = crystal("a6b19-measured")
    assert unit_cell.volume == pytest.approx(5357.5, abs=0.1)
    assert unit_cell.lattice[:, 0].tolist() == [-9.4, -22.3, -0.2]
    np.testing.assert_allclose(unit_cell.lattice @ unit_cell.scaled[16], [17.1, -2.0, 3.6])


def test_a_configuration_keeps_distances_and_measures_them_in_large_diameters():
    """The raw lattice lies askew: rotated, its edges and pair distances stay. σ_L is 9.4 nm."""
    unit_cell = crystal("A6B19-Measured")
    configuration = unit_cell.configuration(0.695)
    assert configuration.size_ratio == 0.695
    edges = np.linalg.norm(unit_cell.lattice, axis=0)
    np.testing.assert_allclose(configuration.box.lengths * 9.4, edges, rtol=1e-12)
    cartesian = unit_cell.scaled @ unit_cell.lattice.T
    np.testing.assert_allclose(
        np.linalg.norm(configuration.positions - configuration.positions[0], axis=1) * 9.4,
        np.linalg.norm(cartesian - cartesian[0], axis=1),
        atol=1e-9,
    )
    effective = crystal("a6b19").configuration(5.8 / 9.4)
    assert effective.packing_fraction == pytest.approx(0.859, abs=1e-3)


@pytest.mark.parametrize("name", sorted(set(CRYSTALS) - set(A6B19)))
def test_large_spheres_of_model_crystals_touch_one_another(name):
    """Small enough small spheres leave the large ones the closest, touching."""
    assert smallest_gap(crystal(name).configuration(0.1)).gap == pytest.approx(0.0, abs=1e-12)


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(InputError, match=r"there is no crystal 'laves'; did you mean laves-c1"):
        crystal("laves")
    with pytest.raises(InputError, match=r"'quartz7000'; known are a6b19, a6b19-printed"):
        crystal("quartz7000")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"species": ("L",)}, r"scaled has shape \(2, 3\), needs \(1, 3\)"),
        ({"large": "S"}, r"species are \['L'\], need 'S' and at most one more"),
        ({"large_diameter": 0.0}, "large diameter is 0, needs to be > 0"),
    ],
)
def test_faults_of_a_unit_cell_are_named(change, words):
    good = {
        "name": "test",
        "lattice": np.eye(3),
        "scaled": np.zeros((2, 3)),
        "species": ("L", "L"),
        "large": "L",
        "large_diameter": 1.0,
        "source": "here",
    }
    UnitCell(**good)
    with pytest.raises(InputError, match=words):
        UnitCell(**(good | change))
