"""Which packings count as the same structure."""

import numpy as np
import pytest

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.lattice import reduce_lattice
from hsmc.structures import fingerprint, group, same_structure
from tests.kernels.test_cells import mixed_spheres


def packing(seed=0):
    box = Box(np.array([[2.2, 0.3, -0.4], [0.0, 2.1, 0.5], [0.0, 0.0, 2.3]]))
    return mixed_spheres(25, box, seed)


def wrapped(box, positions, diameters, types):
    """The spheres by their images in the box: which these are depends on origin and vectors."""
    fractions = box.scale(positions)
    return Configuration.from_scaled(box, fractions - np.floor(fractions), diameters, types)


def relabelled(configuration):
    order = np.random.default_rng(1).permutation(len(configuration))
    return wrapped(
        configuration.box,
        configuration.positions[order] + [0.3, -0.7, 0.2],
        configuration.diameters[order],
        configuration.types[order],
    )


def sheared_lattice(configuration):
    """The same lattice by other vectors: a, b + 2a, c − b."""
    change = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, -1.0], [0.0, 0.0, 1.0]])
    return wrapped(
        Box(configuration.box.vectors @ change),
        configuration.positions,
        configuration.diameters,
        configuration.types,
    )


@pytest.mark.parametrize("change", [relabelled, sheared_lattice, reduce_lattice])
def test_descriptions_of_one_packing_are_the_same_structure(change):
    """Origin, labels, lattice vectors and orientation do not matter.

    Fails if distances are not sorted, or taken between the spheres in the box alone (tried).
    """
    one = packing()
    assert same_structure(fingerprint(one), fingerprint(change(one)))


def test_another_packing_of_equal_density_is_another_structure():
    """Fails if packing fractions alone decide (tried)."""
    one, moved = packing(0), packing(1).positions
    other = Configuration(one.box, moved, one.diameters, one.types)
    assert other.packing_fraction == one.packing_fraction
    assert not same_structure(fingerprint(one), fingerprint(other))


def test_rattlers_do_not_matter():
    """A rattler may lie anywhere in its cage."""
    one = packing()
    moved = np.array(one.positions)
    moved[3] += 0.05
    other = Configuration(one.box, moved, one.diameters, one.types)
    assert not same_structure(fingerprint(one), fingerprint(other))
    rattler = np.array([3])
    assert same_structure(fingerprint(one, rattler), fingerprint(other, rattler))


def test_groups_are_numbered_by_their_first_member():
    """Fails if each packing is compared with the one before it only (tried)."""
    marks = [fingerprint(each) for each in (packing(0), packing(1), relabelled(packing(0)))]
    assert group(marks) == [0, 1, 0]
