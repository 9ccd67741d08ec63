"""Space groups against tolerance, and cells made exactly symmetric."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hsmc.analysis.matching import match
from hsmc.analysis.symmetry import ANGLE_TOLERANCE, groups, scan, symbol, symmetrised
from hsmc.box import Box
from hsmc.configuration import LARGE, SMALL, Configuration
from hsmc.crystal import crystal
from hsmc.errors import InputError

NM = 1.0 / 9.4
"""One nanometre in σ_L of A6B19."""

LETTERS = "jjjkkkejjjjjjhhnnnnnnbkkk"
"""Table S3: large j k, small e j j h n b k, each as many times as it has spheres."""


def cell(name):
    return crystal(name).configuration(0.695)


@pytest.mark.parametrize(
    ("name", "number"),
    [("fcc", 225), ("nacl", 225), ("alb2", 191), ("laves-c14", 194), ("a6b19-symmetric", 187)],
)
def test_known_crystals_have_their_group_by_both_libraries(name, number):
    found = groups(cell(name), 1e-3)
    assert (found.plain, found.spglib, found.moyo) == (number, number, number)


def test_corrected_table_s3_is_p6m2_with_the_wyckoff_letters_of_the_paper():
    """In the setting of the table itself."""
    found = symmetrised(cell("a6b19"), 0.1 * NM)
    assert (found.number, found.symbol, found.letters) == (187, "P-6m2", LETTERS)


def test_raw_tables_are_p6m2_at_the_tolerance_of_the_paper():
    """1.7 nm, as FINDSYM was given; letters up to the setting, which the tolerance does not fix.

    The libraries' own angle tolerance never finds it. Fails with 5° (tried).
    """
    raw = cell("a6b19-measured")
    assert (groups(raw, 1.7 * NM).spglib, groups(raw, 1.7 * NM).moyo) == (187, 187)
    assert ANGLE_TOLERANCE == 10.0
    assert 187 not in {step.groups.plain for step in scan(raw)}
    assert "".join(sorted(LETTERS)) in ("".join(sorted(each)) for each in settings(raw))


def settings(raw):
    return symmetrised(raw, 1.7 * NM).settings


def test_raw_to_ideal_is_as_far_as_measured():
    """0.42 nm to Table S3 and to the symmetrised raw cell, each from its best origin; these two
    agree to 0.03 nm, so that the table is what symmetrising gives.
    """
    raw = cell("a6b19-measured")
    ideal = symmetrised(raw, 1.7 * NM).configuration
    for reference, largest in ((ideal, 0.75), (cell("a6b19"), 0.75)):
        found = match(raw, reference)
        assert rms(found) / NM == pytest.approx(0.42, abs=0.005)
        assert np.linalg.norm(found.displacements, axis=1).max() / NM == pytest.approx(
            largest, abs=0.01
        )
    assert np.linalg.norm(match(ideal, cell("a6b19")).displacements, axis=1).max() < 0.04 * NM


def rms(found):
    return np.sqrt(np.mean(np.sum(found.displacements**2, axis=1)))


def test_a_scan_gives_ranges_in_order():
    """Printed Table S3: Pm at 0.9 nm, P-6m2 from 1.08 nm on."""
    tolerances = np.array([0.5, 0.9, 1.08, 1.5]) * NM
    steps = scan(cell("a6b19-printed"), tolerances)
    assert [(step.first / NM, step.last / NM) for step in steps] == [
        pytest.approx((0.5, 0.9)),
        pytest.approx((1.08, 1.5)),
    ]
    assert [step.groups.spglib for step in steps] == [6, 187]


@pytest.mark.parametrize("seed", range(2))
def test_the_group_does_not_depend_on_how_a_crystal_is_described(seed):
    """Rotated, shifted, relabelled and in other lattice vectors."""
    rng, start = np.random.default_rng(seed), cell("a6b19-symmetric")
    order = rng.permutation(25)
    change = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, -1.0, 1.0]])
    rotation = Rotation.random(rng=rng).as_matrix()
    fractions = (start.scaled + rng.random(3)) @ np.linalg.inv(change).T
    other = Configuration.from_scaled(
        Box.from_vectors(rotation @ start.box.vectors @ change),
        fractions[order],
        start.diameters[order],
        start.types[order],
    )
    assert groups(other, 0.1 * NM).spglib == groups(other, 0.1 * NM).moyo == 187


def test_species_count():
    """CsCl with both spheres of one kind is bcc. Fails if types are left out (tried)."""
    start = cell("cscl")
    alike = Configuration(start.box, start.positions, np.ones(2), np.zeros(2, np.int64))
    assert groups(start, 1e-3).spglib == groups(start, 1e-3).moyo == 221
    assert groups(alike, 1e-3).spglib == groups(alike, 1e-3).moyo == 229


def test_a_symmetrised_cell_keeps_species_and_sizes():
    found = symmetrised(cell("a6b19-measured"), 1.7 * NM).configuration
    assert np.bincount(found.types).tolist() == [6, 19]
    assert set(found.diameters[found.types == LARGE]) == {1.0}
    assert set(found.diameters[found.types == SMALL]) == {0.695}


def test_where_a_library_gives_up_there_is_no_group():
    """Two spheres 0.01 apart at a tolerance of 0.1."""
    near = Configuration(
        Box.cubic(1.0), np.array([[0.0, 0.0, 0.0], [0.01, 0.0, 0.0]]), np.ones(2), np.zeros(2, int)
    )
    assert groups(near, 0.1).moyo == 0
    with pytest.raises(InputError, match=r"no space group is found at tolerance 0.1 σ_L"):
        symmetrised(near, 0.1)


def test_symbols():
    assert [symbol(number) for number in (0, 1, 187, 225, 230)] == [
        "–", "P1", "P-6m2", "Fm-3m", "Ia-3d"
    ]  # fmt: skip


def test_warnings_of_moyo_are_not_printed():
    """It writes them to Python's logging. Fails if nobody takes them there (tried)."""
    code = (
        "import logging\n"
        "import hsmc.analysis.symmetry\n"
        "logging.getLogger('moyo.base.tolerance').warning('Large displacement')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert (done.stdout, done.stderr) == (b"", b"")
