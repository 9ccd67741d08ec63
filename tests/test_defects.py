"""Crystals with defects: what is shifted, sheared, missing or exchanged, and what is not."""

import numpy as np
import pytest

from hsmc.analysis.comparison import SPECIES
from hsmc.analysis.matching import match
from hsmc.crystal import crystal
from hsmc.defects import (
    random_sites,
    repeated,
    sheared_layers,
    short_distance,
    stacking_fault,
    with_antisites,
    with_vacancies,
)
from hsmc.errors import InputError

RATIO = 0.695


def a6b19():
    return crystal("a6b19-symmetric")


def neighbours(cell, reach):
    """Sorted distances of each sphere to all others within a reach, images included, as text."""
    shifts = np.array(np.meshgrid(*[np.arange(-4, 5)] * 3)).reshape(3, -1).T
    apart = cell.scaled[None, :] - cell.scaled[:, None]
    lengths = np.linalg.norm((apart[:, :, None] + shifts) @ cell.lattice.T, axis=-1)
    rows = [np.sort(row[(row > 0.0) & (row < reach)]) for row in lengths.reshape(len(cell), -1)]
    return [np.round(row, 6).tolist() for row in rows]


def test_a_repeated_crystal_is_the_same_crystal():
    """Fails if the copies are laid along the wrong axis (tried)."""
    cell = a6b19()
    big = repeated(cell, 2, 1, 3)
    assert big.volume == pytest.approx(6 * cell.volume, rel=1e-12)
    assert big.species == cell.species * 6
    ours = np.sort(big.configuration(RATIO).replicated(1, 2, 1).positions, axis=0)
    theirs = np.sort(cell.configuration(RATIO).replicated(2, 2, 3).positions, axis=0)
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_the_short_distance_is_the_shorter_of_the_two_layers():
    """3 · 0.135 a, not the 10.63 nm of the other layer, nor the 5.91 nm between layers."""
    assert short_distance(a6b19()) == pytest.approx(3 * 0.135 * 23.36, abs=1e-9)


def test_a_stacking_fault_shifts_what_is_above_it_and_nothing_else():
    """Each half is the perfect crystal; the halves differ by the shift along a and b, just once.

    Fails if c is not tilted: a second fault at the faces of the box (tried).
    """
    cell, reach = a6b19(), 7.0
    faulted = stacking_fault(cell, period=4)
    assert len(faulted) == 4 * len(cell)
    assert faulted.volume == pytest.approx(4 * cell.volume, rel=1e-12)
    perfect = neighbours(cell, reach) * 4
    changed = [a != b for a, b in zip(neighbours(faulted, reach), perfect, strict=True)]
    heights = (faulted.lattice @ faulted.scaled.T)[2] / cell.lattice[2, 2]
    near = np.abs(heights - 2.2) < reach / cell.lattice[2, 2]
    assert any(changed)
    assert not np.any(np.array(changed) & ~near)


def test_the_shift_of_a_stacking_fault_is_along_both_axes():
    """By the short distance or by what is asked for; the layer above is not turned.

    Fails if the shift is along a alone (tried).
    """
    cell = a6b19()
    for asked, length in ((None, 3 * 0.135 * 23.36), (10.63, 10.63)):
        faulted = stacking_fault(cell, period=2, distance=asked)
        perfect = repeated(cell, 1, 1, 2)
        apart = faulted.scaled @ faulted.lattice.T - perfect.scaled @ perfect.lattice.T
        shift = np.linalg.solve(cell.lattice, apart.T).T
        upper = perfect.scaled[:, 2] * 2 > 1.2
        left = shift - np.where(upper[:, None], [length / 23.36, length / 23.36, 0.0], 0.0)
        # Modulo the vectors of the faulted box, whose c is tilted.
        turns = np.linalg.solve(faulted.lattice, cell.lattice @ left.T).T
        assert np.abs(turns - np.rint(turns)).max() < 1e-9
        assert np.isclose(faulted.lattice[:, 2] @ [0, 0, 1], 2 * 11.21)


def test_structure_3_has_its_angle_its_volume_and_unchanged_layers():
    """Layers at 43° to the xy plane, c normal to it, +5.8 % of volume, kept distances in layers.

    Fails if the growth is isotropic, or the tilt goes the other way (tried).
    """
    cell = a6b19()
    sheared = sheared_layers(cell)
    assert sheared.volume / cell.volume == pytest.approx(1.058, rel=1e-12)
    a, b, c = sheared.lattice.T
    normal = np.cross(a, b) / np.linalg.norm(np.cross(a, b))
    assert np.degrees(np.arccos(normal[2])) == pytest.approx(43.0, abs=1e-9)
    assert c[:2] == pytest.approx([0.0, 0.0], abs=1e-9)
    assert sheared.lattice[:, :2].T @ sheared.lattice[:, :2] == pytest.approx(
        cell.lattice[:, :2].T @ cell.lattice[:, :2], rel=1e-12
    )
    assert np.array_equal(sheared.scaled, cell.scaled)


def test_structure_3_is_found_to_be_a_sheared_a6b19():
    """The match gives back the volume and the shear: tan 43° over a widened spacing.

    Fails if 24 lattice choices are tried instead of 96 (tried).
    """
    cell = a6b19()
    found = match(sheared_layers(cell).configuration(RATIO), cell.configuration(RATIO))
    assert found.volume_ratio == pytest.approx(1.058, rel=1e-9)
    assert max(found.largest(species) for species in SPECIES.values()) < 1e-9
    tangent = np.tan(np.radians(43.0)) * 1.058
    pure = np.array([[1.0, 0.0, tangent], [0.0, 1.0, 0.0], [0.0, 0.0, 1.058]])
    logs = 0.5 * np.log(np.linalg.eigvalsh(pure.T @ pure))
    assert np.linalg.eigvalsh(found.strain) == pytest.approx(logs - logs.mean(), abs=1e-9)


def test_vacancies_and_antisites_are_where_they_were_asked_for():
    big = repeated(a6b19(), 2, 2, 2)
    sites = random_sites(big, "CdSe", 5, seed=3)
    assert [big.species[k] for k in sites] == ["CdSe"] * 5
    assert np.array_equal(sites, random_sites(big, "CdSe", 5, seed=3))
    assert not np.array_equal(sites, random_sites(big, "CdSe", 5, seed=4))
    holes = with_vacancies(big, sites)
    assert (holes.n_large, holes.n_small) == (48, 147)
    assert np.array_equal(holes.scaled, np.delete(big.scaled, sites, axis=0))
    swapped = with_antisites(big, [0, int(sites[0])])
    assert (swapped.n_large, swapped.n_small) == (48, 152)
    assert swapped.species[0] == "CdSe"
    assert swapped.species[sites[0]] == "PbSe"
    assert np.array_equal(swapped.scaled, big.scaled)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda cell: repeated(cell, 1, 0, 1), "repeated 1 0 1 times, each count needs to be ≥ 1"),
        (lambda cell: stacking_fault(cell, period=0), "repeated 1 1 0 times"),
        (lambda cell: stacking_fault(cell, plane=1.0), "plane of the fault is 1, needs 0 ≤ plane"),
        (lambda cell: sheared_layers(cell, angle=90.0), "angle of the layers is 90°"),
        (lambda cell: sheared_layers(cell, growth=-1.0), "growth of the volume is -1"),
        (lambda cell: sheared_layers(cell, direction=(0.0, 0.0)), "direction of the shear is"),
        (lambda cell: with_vacancies(cell, [25]), "site 25 is not one of the 25"),
        (lambda cell: with_vacancies(cell, [1, 1]), r"sites \[1, 1\] name one of them twice"),
        (lambda cell: with_vacancies(cell, range(25)), "all 25 sites are named"),
        (lambda cell: with_vacancies(cell, range(6)), "species are .*'CdSe'.* need 'PbSe'"),
        (lambda cell: random_sites(cell, "PbSe", 7, 1), "7 sites of PbSe wanted, .* has 6"),
        (lambda _: with_antisites(crystal("fcc"), [0]), "fcc has one species only"),
    ],
)
def test_impossible_defects_are_refused(make, words):
    with pytest.raises(InputError, match=words):
        make(a6b19())
