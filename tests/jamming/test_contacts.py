"""Contacts, rattlers, motions and forces of packings small enough to check by hand."""

import numpy as np
import pytest

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.fit import dilate
from hsmc.jamming import certify
from hsmc.jamming.contacts import find_contacts
from hsmc.jamming.rigidity import balanced_forces, flexes
from hsmc.jamming.rows import STRAINS, displacements, opening_rows, symmetric
from hsmc.neighbors import near_pairs


def exact(name, copies=1):
    """Return a crystal of equal spheres, touching to rounding."""
    cell = crystal(name).configuration(1.0)
    closest = near_pairs(cell, 0.5)
    scale = float((closest.contact / closest.distance).max())
    return cell.strained(np.eye(3) * scale).replicated(copies, copies, copies)


def with_guest(diameter):
    """Return fcc with one more sphere in an octahedral hole, off its centre by 0.01."""
    cell = exact("fcc")
    place = cell.box.vectors @ np.full(3, 0.5) + [0.01, 0.0, 0.0]
    return Configuration(
        cell.box, np.vstack([cell.positions, place]), np.append(cell.diameters, diameter),
        np.append(cell.types, 1),
    )  # fmt: skip


def test_rows_are_the_derivative_of_the_distance():
    """Against finite differences, own images included."""
    rng = np.random.default_rng(1)
    cell = Configuration.from_scaled(
        Box(np.array([[1.2, 0.3, 0.1], [0, 1.1, -0.2], [0, 0, 1.3]])),
        rng.random((3, 3)), np.ones(3), np.zeros(3, dtype=np.int64),
    )  # fmt: skip
    pairs = near_pairs(cell, 0.3)
    assert np.any(pairs.i == pairs.j)
    rows = opening_rows(pairs)
    unknowns = rng.normal(size=STRAINS + 9)
    strain, shift = symmetric(unknowns[:STRAINS]), displacements(unknowns)
    slope = [
        rows.value[a:b] @ unknowns[rows.column[a:b]]
        for a, b in zip(rows.start[:-1], rows.start[1:], strict=True)
    ]
    moved = pairs.separation @ strain + shift[pairs.j] - shift[pairs.i]
    step = 1e-6
    ahead, back = (np.linalg.norm(pairs.separation + s * moved, axis=1) for s in (step, -step))
    np.testing.assert_allclose(slope, (ahead - back) / (2.0 * step), atol=1e-8)


@pytest.mark.parametrize(("name", "neighbours"), [("sc", 6), ("bcc", 8), ("fcc", 12)])
@pytest.mark.parametrize("copies", [1, 2])
def test_own_images_count_at_both_ends(name, neighbours, copies):
    """Fails for one sphere in a simple cubic cell if its three contacts count as three."""
    cell = exact(name, copies)
    contacts = find_contacts(cell)
    assert len(contacts.rattlers) == 0
    assert len(contacts.pairs) == neighbours * len(cell) // 2
    assert contacts.largest_gap < 1e-13
    assert contacts.next_gap > 0.1


@pytest.mark.parametrize(("name", "free"), [("sc", 3), ("fcc", 0)])
def test_flexes_are_counted(name, free):
    """One sphere in a cube: three shears open nothing; fcc: none."""
    contacts = find_contacts(exact(name))
    assert flexes(contacts.pairs, len(contacts.backbone)) == free


def test_forces_of_fcc_are_even():
    """And balance with an isotropic pressure."""
    contacts = find_contacts(exact("fcc"))
    forces = balanced_forces(contacts.pairs, len(contacts.backbone))
    np.testing.assert_allclose(forces.values, 1.0, atol=1e-9)
    assert forces.residual < 1e-9
    assert forces.anisotropy < 1e-9


def test_rattler_is_set_apart():
    """A small sphere in a hole touches nothing, and does not spoil the verdict."""
    certificate = certify(with_guest(0.3))
    assert certificate.verdict == "strict"
    assert certificate.rattlers.tolist() == [4]
    assert len(certificate.contacts) == 24


def test_contacts_in_one_hemisphere_do_not_hold():
    """A guest pushed against the wall of its hole touches spheres on one side only."""
    loose = with_guest(0.38)
    contact, place = 0.69, loose.positions[4] - [0.01, 0.0, 0.0]
    pushed = loose.positions.copy()
    toward = np.array([1.0, 1.0, 1.0]) / np.sqrt(3.0)
    reach = np.sqrt(0.5)  # distance from the centre of the hole to a sphere
    along = reach / np.sqrt(3.0)
    pushed[4] = place + toward * (along - np.sqrt(along**2 - reach**2 + contact**2))
    state = Configuration(loose.box, pushed, loose.diameters, loose.types)
    assert np.sum(near_pairs(state, 1e-9).j == 4) == 3
    assert find_contacts(state).rattlers.tolist() == [4]


def test_loose_fluid_has_no_contacts():
    cell = exact("sc").strained(1.5 * np.eye(3))
    certificate = certify(cell)
    assert certificate.verdict == "none"
    assert len(certificate.contacts) == 0
    assert certificate.smallest_force == 0.0


def test_dilated_fcc_within_tolerance_is_one_set_of_contacts():
    """Gaps of 1e-9 are contacts as long as the next gap is far wider."""
    certificate = certify(dilate(exact("fcc")).strained(np.eye(3) * (1.0 + 1e-9)))
    assert certificate.verdict == "strict"
    assert 1e-10 < certificate.largest_contact_gap < 1e-8
    assert certificate.smallest_other_gap > 0.4
