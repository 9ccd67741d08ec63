"""Overlaps scaled, stretched and relaxed away, against computed and published densities."""

import math

import numpy as np
import pytest

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.errors import InputError
from hsmc.fit import STRETCH_LIMIT, at_packing, dilate, expand_to, random_fluid, relax, stretch
from hsmc.mixture import Mixture
from hsmc.neighbors import smallest_gap

FCC = math.pi / math.sqrt(18.0)

RIGID = {
    ("a6b19", 0.61): 0.1885,
    ("a6b19", 0.65): 0.1694,
    ("a6b19", 0.67): 0.1616,
    ("a6b19", 0.695): 0.1529,
    ("a6b19", 0.72): 0.1455,
    ("a6b19-measured", 0.695): 0.1015,
    ("sc", 1.0): math.pi / 6.0,
    ("bcc", 1.0): math.pi * math.sqrt(3.0) / 8.0,
    ("fcc", 1.0): FCC,
    ("hcp", 1.0): FCC,
    ("cu3au", 1.0): FCC,
    ("nacl", math.sqrt(2.0) - 1.0): 0.7931,
    ("cscl", math.sqrt(3.0) - 1.0): 0.7290,
    ("laves-c14", math.sqrt(2.0 / 3.0)): 0.7103,
    ("laves-c15", math.sqrt(2.0 / 3.0)): 0.7103,
}
"""Densest packing fraction of rigid crystals: A6B19 computed by two programs, others textbook."""

STRETCHED = {0.61: 0.483, 0.65: 0.470, 0.67: 0.464, 0.695: 0.449, 0.72: 0.427}
"""Densest packing fraction of corrected Table S3 with a and c free, computed by two programs."""


def sheared(seed, n=6, packing_fraction=0.3):
    """Random spheres, two sizes, in a random sheared box, some boxes away from the origin."""
    rng = np.random.default_rng(seed)
    types = np.arange(n, dtype=np.int64) % 2
    box = Box(np.diag(rng.uniform(0.7, 1.4, 3)) + np.triu(rng.uniform(-0.8, 0.8, (3, 3)), 1))
    scaled = rng.uniform(-2.0, 2.0, (n, 3))
    diameters = np.where(types == 0, 1.0, 0.6)
    return at_packing(Configuration.from_scaled(box, scaled, diameters, types), packing_fraction)


def assert_touching(configuration):
    """No overlap, and a contact to within 1e-9."""
    assert 0.0 <= smallest_gap(configuration).gap < 1e-9


@pytest.mark.parametrize(("name", "size_ratio"), RIGID)
def test_dilated_crystals_have_their_known_density(name, size_ratio):
    """Fails if a crystal is only ever enlarged, or scaled by the gap and not by 1 + gap."""
    configuration = crystal(name).configuration(size_ratio)
    dilated = dilate(configuration)
    assert_touching(dilated)
    assert dilated.packing_fraction == pytest.approx(RIGID[name, size_ratio], abs=5.1e-5)
    np.testing.assert_allclose(dilated.scaled, configuration.scaled, atol=1e-12)


@pytest.mark.parametrize("phi", [1e-6, 0.05, 5.0])
def test_dilation_is_up_or_down(phi):
    """From a millionth of the density, or from fivefold overlap, to the same contact."""
    start = sheared(1)
    from_phi = dilate(at_packing(start, phi))
    assert_touching(from_phi)
    assert from_phi.box.volume == pytest.approx(dilate(start).box.volume, rel=1e-9)


def test_spheres_on_one_spot_cannot_be_dilated_apart():
    twice = np.array([[0.3, 0.4, 0.5]] * 2)
    configuration = Configuration(Box.cubic(3.0), twice, np.ones(2), np.zeros(2, dtype=np.int64))
    with pytest.raises(InputError, match="spheres 0 and 1 lie on one spot"):
        dilate(configuration)
    points = Configuration(Box.cubic(3.0), twice, np.zeros(2), np.zeros(2, dtype=np.int64))
    with pytest.raises(InputError, match="all diameters are 0"):
        dilate(points)


@pytest.mark.parametrize("size_ratio", STRETCHED)
def test_stretched_a6b19_has_its_known_density(size_ratio):
    stretched = stretch(crystal("a6b19").configuration(size_ratio))
    assert_touching(stretched)
    assert stretched.packing_fraction == pytest.approx(STRETCHED[size_ratio], abs=5.1e-4)


@pytest.mark.parametrize("size_ratio", [0.3, math.sqrt(7 / 3) - 1, 0.55, 0.57, 0.6, 0.61, 0.66])
def test_stretched_alb2_has_the_density_of_its_formula(size_ratio):
    """Its c/a is free, so xy and z apart reach the densest: three branches in γ."""
    if size_ratio < math.sqrt(7 / 3) - 1 + 1e-9:
        a = c = 1.0
    elif size_ratio < 1 / math.sqrt(3):
        a, c = 1.0, math.sqrt((1 + size_ratio) ** 2 - 4 / 3)
    else:
        a, c = math.sqrt(3) * size_ratio, math.sqrt((1 - size_ratio) * (1 + 3 * size_ratio))
    exact = math.pi / 6 * (1 + 2 * size_ratio**3) / (math.sqrt(0.75) * a**2 * c)
    stretched = stretch(crystal("alb2").configuration(size_ratio))
    assert_touching(stretched)
    assert stretched.packing_fraction == pytest.approx(exact, rel=1e-9)


def test_stretching_does_not_depend_on_the_number_of_unit_cells():
    """Pairs that are equivalent but for rounding make many lines through nearly one corner."""
    start = crystal("a6b19").configuration(0.695)
    rng = np.random.default_rng(1)
    for repeat in [(1, 1, 2), (2, 2, 1), (2, 2, 4)]:
        many = start.replicated(*repeat)
        noisy = many.positions + rng.normal(scale=1e-14, size=many.positions.shape)
        many = Configuration(many.box, noisy, many.diameters, many.types)
        ratio = stretch(many).packing_fraction / stretch(start).packing_fraction
        assert ratio == pytest.approx(1.0, rel=1e-8)


def test_stretching_bcc_makes_fcc_of_it():
    """Bain's path: c/a = √2, and the densest packing there is."""
    stretched = stretch(crystal("bcc").configuration(1.0).replicated(2, 2, 2))
    assert stretched.packing_fraction == pytest.approx(FCC, rel=1e-9)
    assert stretched.box.lengths[2] / stretched.box.lengths[0] == pytest.approx(math.sqrt(2.0))


@pytest.mark.parametrize("seed", range(8))
def test_stretching_beats_every_dilation_of_a_strained_box(seed):
    """Slow twin: 1000 ratios of z to xy, dilated each; the best is just below the corner.

    Fails if only the first pairs are used, if ln Z counts fully, if the hull keeps too little,
    or if the limit on shrinking is applied to the wrong direction.
    """
    start = dilate(sheared(seed))
    found = []
    for ratio in np.geomspace(0.01, 100.0, 1000):
        trial = dilate(start.strained(np.diag([1.0, 1.0, ratio])))
        scales = np.diagonal(trial.box.vectors) / np.diagonal(start.box.vectors)
        if scales.min() >= 1.0 / STRETCH_LIMIT:
            found.append(trial.packing_fraction)
    best = stretch(start)
    assert_touching(best)
    assert max(found) <= best.packing_fraction * (1.0 + 1e-9)
    assert max(found) > best.packing_fraction * 0.97
    np.testing.assert_allclose(best.scaled, start.scaled, atol=1e-9)


def test_packing_fractions_are_set_and_refused():
    start = dilate(crystal("fcc").configuration(1.0))
    assert at_packing(start, 0.9).packing_fraction == pytest.approx(0.9, rel=1e-12)
    expanded = expand_to(start, 0.5)
    assert expanded.packing_fraction == pytest.approx(0.5, rel=1e-12)
    np.testing.assert_allclose(expanded.scaled, start.scaled, atol=1e-12)
    assert expand_to(start, start.packing_fraction).packing_fraction == pytest.approx(FCC)
    with pytest.raises(InputError, match=r"packing fraction is 0\.75, needs to be ≤ 0\.74048"):
        expand_to(start, 0.75)
    with pytest.raises(InputError, match="packing fraction is 0, needs to be > 0"):
        expand_to(start, 0.0)
    with pytest.raises(InputError, match="packing fraction is nan"):
        at_packing(start, math.nan)


def test_relaxing_the_measured_crystal_keeps_its_size_if_it_can():
    """25 overlapping spheres at φ = 0.45 part without any growth; none goes far."""
    start = at_packing(crystal("a6b19-measured").configuration(0.695), 0.45)
    assert smallest_gap(start).gap < -0.3
    relaxed = relax(start, seed=1)
    assert smallest_gap(relaxed).gap >= 0.0
    assert np.array_equal(relaxed.box.vectors, start.box.vectors)
    assert np.linalg.norm(relaxed.positions - start.positions, axis=1).max() < 0.5


def test_relaxing_at_the_experimental_size_grows_the_box_to_a_disordered_density():
    """φ = 0.87 is beyond any packing. It grows, and no more than it has to: φ > 0.60.

    Fails if the box grows with the deepest overlap at once.
    """
    start = crystal("a6b19-measured").configuration(0.695)
    relaxed = relax(start, seed=1)
    assert smallest_gap(relaxed).gap >= 0.0
    assert 0.60 < relaxed.packing_fraction < 0.68
    shape = relaxed.box.vectors / start.box.vectors[0, 0]
    np.testing.assert_allclose(shape / shape[0, 0], start.box.vectors / start.box.vectors[0, 0])


def test_relaxing_moves_nothing_that_has_no_overlaps():
    """A dilated crystal comes back as it is; overlaps of rounding are scaled away."""
    touching = dilate(crystal("nacl").configuration(0.4))
    assert relax(touching, seed=1) is touching
    rounded = touching.strained(np.eye(3) * (1.0 - 1e-10))
    relaxed = relax(rounded, seed=1)
    assert_touching(relaxed)
    np.testing.assert_allclose(relaxed.positions, touching.positions, atol=1e-9)


def test_relaxing_parts_spheres_on_one_spot():
    spots = np.full((3, 3), 0.7)
    start = Configuration(Box.cubic(3.0), spots, np.ones(3), np.zeros(3, dtype=np.int64))
    relaxed = relax(start, seed=4)
    assert smallest_gap(relaxed).gap >= 0.0
    assert relaxed.box.volume == 27.0


def test_a_sphere_that_overlaps_its_own_image_makes_the_box_grow():
    start = at_packing(crystal("sc").configuration(1.0), 0.8)
    assert relax(start, seed=1).packing_fraction == pytest.approx(math.pi / 6.0, rel=1e-4)


def test_relaxing_depends_on_the_seed_alone():
    """The same bits from the same seed; other bits from another."""
    start = at_packing(crystal("a6b19").configuration(0.695), 0.5)
    first, again, other = (relax(start, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.positions, again.positions)
    assert not np.array_equal(first.positions, other.positions)


@pytest.mark.parametrize(
    ("mixture", "phi"),
    [(Mixture(1.0, 1, 0), 0.5), (Mixture(0.695, 6, 19), 0.5), (Mixture(0.61, 200, 500), 0.55)],
)
def test_random_fluids_have_the_packing_fraction_asked_for(mixture, phi):
    """No overlap, the right spheres, in a cube; 700 spheres go through the tree."""
    fluid = random_fluid(mixture, phi, seed=2)
    assert smallest_gap(fluid).gap >= 0.0
    assert fluid.packing_fraction == pytest.approx(phi, rel=1e-12)
    assert np.array_equal(fluid.types, mixture.types)
    assert fluid.size_ratio == (mixture.size_ratio if mixture.n_small else 1.0)
    assert np.array_equal(fluid.box.vectors, np.eye(3) * fluid.box.vectors[0, 0])


def test_random_fluids_depend_on_the_seed():
    """Other places, not only other small displacements."""
    fluids = [random_fluid(Mixture(0.695, 6, 19), 0.3, seed) for seed in (1, 2)]
    assert np.abs(fluids[0].positions - fluids[1].positions).max() > 0.1


def test_random_fluids_refuse_what_they_cannot_reach():
    words = r"packing fraction is 0\.7, but 25 random spheres come without overlaps only at 0\.6"
    with pytest.raises(InputError, match=words):
        random_fluid(Mixture(0.695, 6, 19), 0.7, seed=1)
    with pytest.raises(InputError, match="packing fraction is -1, needs to be > 0"):
        random_fluid(Mixture(0.695, 6, 19), -1.0, seed=1)
