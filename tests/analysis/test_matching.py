"""The best match of two packings of one unit cell each."""

import itertools

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hsmc.analysis.assignment import IMAGES, Problem, assign, refine, squared_lengths
from hsmc.analysis.matching import match
from hsmc.box import Box
from hsmc.configuration import LARGE, SMALL, Configuration
from hsmc.crystal import crystal
from hsmc.errors import InputError
from tests.kernels.test_cells import mixed_spheres

TRIALS = 3
"""The hundred are in ``tests/validation/test_hidden_transformations.py``."""

RATIO, NOISE, STRAIN = 0.695, 0.3 / 9.4, 0.03
"""Size ratio; standard deviation of the noise along an axis, in σ_L; largest strain."""

SHEARS = [np.eye(3) + np.outer(np.eye(3)[i], np.eye(3)[j]) for i in range(3) for j in range(3)
          if i != j]  # fmt: skip
"""Changes of basis that add one lattice vector to another."""


def reference():
    return crystal("a6b19").configuration(RATIO)


def hidden(seed, start, noise=NOISE, strain=STRAIN, size=1.3):
    """Disguise a crystal: noise, strain, volume, lattice vectors, rotation, origin and labels.

    Returns:
        The disguised crystal, and its displacements in its σ_L about their mean.
    """
    rng = np.random.default_rng(seed)
    moves = rng.normal(0.0, noise, (len(start), 3))
    stretch = rng.normal(size=(3, 3))
    stretch += stretch.T - 2.0 * np.trace(stretch) / 3.0 * np.eye(3)
    stretches, axes = np.linalg.eigh(stretch)
    stretches *= strain / np.abs(stretches).max()  # logarithms, of sum 0
    deformation = axes @ np.diag(np.exp(stretches)) @ axes.T
    change = np.linalg.multi_dot(rng.permutation(SHEARS)[:4])
    rotation = Rotation.random(rng=rng).as_matrix()
    fractions = start.scaled + start.box.scale(moves) / size + rng.random(3)
    order = rng.permutation(len(start))
    disguised = Configuration.from_scaled(
        Box.from_vectors(size * rotation @ deformation @ start.box.vectors @ change),
        (fractions @ np.linalg.inv(change).T)[order],
        start.diameters[order],
        start.types[order],
    )
    return disguised, moves - moves.mean(axis=0)


def rms(moves):
    return np.sqrt(np.mean(np.sum(moves**2, axis=-1)))


@pytest.mark.parametrize("seed", range(TRIALS))
def test_a_hidden_transformation_is_recovered(seed):
    """The match is as good as the hidden one; A6B19 has symmetries that may fit the noise better.

    Fails if one lattice choice is tried instead of 96, residuals are not wrapped, or the box is
    not reduced (tried).
    """
    disguised, moves = hidden(seed, reference())
    found = match(disguised, reference())
    assert rms(found.displacements) <= rms(moves) * (1.0 + 1e-9)
    assert rms(found.displacements) >= 0.95 * rms(moves)
    assert np.abs(np.linalg.eigvalsh(found.strain)).max() == pytest.approx(STRAIN, rel=1e-9)
    assert found.volume_ratio == pytest.approx(1.3**3, rel=1e-12)


def test_the_match_says_where_each_sphere_went():
    """Lattice change, origin, labels and displacements give the positions back.

    Fails if the origin or the displacements stay in the reduced vectors, or the lattice change
    leaves out a reduction (tried).
    """
    disguised, _ = hidden(3, reference())
    start = skewed(reference())
    found = match(disguised, start)
    scale = found.volume_ratio ** (1.0 / 3.0)
    moved = start.scaled + found.origin + start.box.scale(found.displacements) / scale
    fractions = disguised.scaled[found.permutation]
    apart = fractions @ np.linalg.inv(found.lattice_change).T - moved
    assert np.abs(apart - np.rint(apart)).max() < 1e-12
    assert np.array_equal(disguised.types[found.permutation], start.types)
    assert round(np.linalg.det(found.lattice_change)) == 1
    assert np.trace(found.strain) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("copies", [1, 2])
def test_a_skewed_reference_is_recovered(copies):
    """However the crystal is described. Fails if supercells are not reduced (tried)."""
    disguised, moves = hidden(copies, reference().replicated(1, 1, copies))
    found = match(disguised, skewed(skewed(skewed(reference()))))
    assert rms(found.displacements) <= rms(moves) * (1.0 + 1e-9)


def test_an_origin_is_refined_until_it_stays():
    """Two unlike packings: assigned anew after each shift, until nothing changes.

    Fails if the origin is left where it started (tried).
    """
    one, other = mixed_spheres(25, SKEW, 1), mixed_spheres(25, SKEW, 1)
    spheres = np.random.default_rng(2).random((25, 3))
    groups = tuple(np.flatnonzero(one.types == species) for species in (LARGE, SMALL))
    metric = SKEW.vectors.T @ SKEW.vectors
    problem = Problem(metric, IMAGES, groups, groups, other.scaled, spheres, 25)
    start = assign(problem, np.zeros(3))
    best = refine(problem, start)
    assert best.cost < 0.99 * start.cost
    assert assign(problem, best.origin).cost == pytest.approx(best.cost, rel=1e-9)
    assert np.abs(best.residuals.mean(axis=0)).max() < 1e-12


def skewed(configuration):
    """The same spheres in the lattice of a, b + a, c − b."""
    change = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, -1.0], [0.0, 0.0, 1.0]])
    return Configuration(
        Box(configuration.box.vectors @ change),
        configuration.positions,
        configuration.diameters,
        configuration.types,
    )


@pytest.mark.parametrize("seed", range(3))
def test_noise_is_recovered_exactly(seed):
    """A packing without symmetry has one match, so displacements come back one by one.

    Fails if displacements are not about their mean, or not scaled to the configuration (tried).
    """
    rng = np.random.default_rng(seed)
    start = mixed_spheres(25, SKEW, seed)
    moves = rng.normal(0.0, NOISE, (25, 3))
    fractions = start.scaled + start.box.scale(moves) / 1.2 + rng.random(3)
    order = rng.permutation(25)
    noisy = Configuration.from_scaled(
        Box(1.2 * SKEW.vectors), fractions[order], start.diameters[order], start.types[order]
    )
    found = match(noisy, start)
    about = moves - moves.mean(axis=0)
    assert found.displacements == pytest.approx(about, abs=1e-12)
    assert order[found.permutation].tolist() == list(range(25))
    for species in (LARGE, SMALL):
        assert found.rms(species) == pytest.approx(rms(about[start.types == species]), rel=1e-9)
        longest = np.linalg.norm(about[start.types == species], axis=1).max()
        assert found.largest(species) == pytest.approx(longest, rel=1e-9)


SKEW = Box(np.array([[2.2, 0.3, -0.4], [0.0, 2.1, 0.5], [0.0, 0.0, 2.3]]))


@pytest.mark.parametrize("name", ["a6b19", "a6b19-measured", "fcc", "alb2", "laves-c14"])
def test_a_crystal_matches_itself(name):
    """Fails if the lattice change leaves out a reduction (tried: two of the five crystals)."""
    itself = crystal(name).configuration(RATIO)
    found = match(itself, itself)
    assert np.abs(found.displacements).max() < 1e-9
    assert np.abs(found.strain).max() < 1e-9
    assert found.volume_ratio == 1.0


def test_the_nearest_image_is_among_the_images():
    """In a box of 60° wrapped fractions are not the nearest. Fails without images (tried)."""
    vectors = Box.from_lengths_angles([2.5, 2.5, 2.5], [60.0, 60.0, 60.0]).vectors
    shifts = np.array(list(itertools.product((-2, -1, 0, 1, 2), repeat=3)))
    apart = np.random.default_rng(0).random((200, 3))
    brute = np.sum(((apart[:, None] + shifts) @ vectors.T) ** 2, axis=-1).min(axis=1)
    assert squared_lengths(apart, vectors.T @ vectors, IMAGES).min(axis=-1) == pytest.approx(
        brute, rel=1e-9
    )


def test_mirror_images_match_if_the_packing_has_a_mirror():
    """A6B19 has; a random packing has not. Fails if improper changes are tried as well (tried)."""
    assert match(mirrored(reference()), reference()).rms(SMALL) < 0.01
    chiral = mixed_spheres(25, SKEW, 0)
    assert match(mirrored(chiral), chiral).rms(SMALL) > 0.2


def mirrored(configuration):
    """Exchange x and y, and two vectors so that the box stays right-handed."""
    swap = np.eye(3)[[1, 0, 2]]
    return Configuration.from_scaled(
        Box.from_vectors(swap @ configuration.box.vectors @ swap),
        configuration.scaled @ swap,
        configuration.diameters,
        configuration.types,
    )


def test_a_species_that_is_not_there_has_no_displacement():
    """Fails if the mean of nothing is taken (tried: a warning)."""
    cell = crystal("fcc").configuration(1.0)
    found = match(cell, cell)
    assert np.isnan(found.rms(SMALL))
    assert np.isnan(found.largest(SMALL))
    assert found.largest(LARGE) < 1e-9


def test_other_compositions_are_refused():
    """Fails if only the numbers of all spheres are compared (tried)."""
    other = reference()
    types = other.types.copy()
    types[0] = SMALL
    other = Configuration(other.box, other.positions, other.diameters, types)
    words = "has 5 large and 20 small spheres, the reference 6 large and 19 small spheres"
    with pytest.raises(InputError, match=words):
        match(other, reference())


@pytest.mark.parametrize(
    ("name", "copies", "seed"),
    [("a6b19", (1, 1, 2), 0), ("a6b19", (2, 2, 4), 1), ("a6b19", (1, 3, 2), 2),
     ("fcc", (2, 2, 2), 3), ("nazn13", (1, 1, 1), 4)],
)  # fmt: skip
def test_a_supercell_is_recovered(name, copies, seed):
    """A state of many unit cells, disguised, finds its places in a supercell of the crystal.

    50 and 32 spheres are matched thoroughly, 400, 150 and 112 quickly. Fails if the copies are
    left out of the ratio of volumes (tried).
    """
    cell = crystal(name).configuration(RATIO)
    disguised, moves = hidden(seed, cell.replicated(*copies))
    found = match(disguised, cell)
    assert round(np.linalg.det(found.supercell)) == np.prod(copies)
    assert 0.95 * rms(moves) < rms(found.displacements) <= rms(moves) * (1.0 + 1e-9)
    assert np.abs(np.linalg.eigvalsh(found.strain)).max() == pytest.approx(STRAIN, rel=1e-9)
    assert found.volume_ratio == pytest.approx(1.3**3, rel=1e-12)


def test_the_match_says_where_each_sphere_of_a_supercell_went():
    """As above, for the supercell; places and sites are those of the crystal."""
    cell = crystal("a6b19").configuration(RATIO)
    disguised, _ = hidden(5, cell.replicated(1, 2, 1))
    found = match(disguised, cell)
    vectors = cell.box.vectors @ found.supercell
    scale = found.volume_ratio ** (1.0 / 3.0)
    steps = np.linalg.solve(vectors, found.displacements.T).T / scale
    fractions = disguised.scaled[found.permutation]
    apart = fractions @ np.linalg.inv(found.lattice_change).T - found.places - found.origin - steps
    assert np.abs(apart - np.rint(apart)).max() < 1e-12
    assert np.array_equal(disguised.types[found.permutation], found.types)
    assert np.array_equal(cell.types[found.sites], found.types)
    home = found.places @ found.supercell.T - cell.scaled[found.sites]
    assert np.abs(home - np.rint(home)).max() < 1e-12
    assert np.bincount(found.sites).tolist() == [2] * 25


@pytest.mark.parametrize(
    ("copies", "words"),
    [((3, 3, 5), r"1125 spheres in 45 cells of the reference, .* at most 1000 in 128"),
     ((1, 1, 129), r"129 spheres in 129 cells")],
)  # fmt: skip
def test_too_much_is_refused(copies, words):
    """Fails without the check of spheres, and without that of copies (tried)."""
    cell = crystal("a6b19" if copies[0] == 3 else "sc").configuration(RATIO)
    with pytest.raises(InputError, match=words):
        match(cell.replicated(*copies), cell)
