"""Moves against exact distributions, and restarts against uninterrupted runs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.ensemble import MOTIONS
from hsmc.errors import InputError, OverlapError
from hsmc.fit import random_fluid
from hsmc.kernels.cells import invert, write
from hsmc.kernels.elements import apply_element, free_change, heat_bath_element
from hsmc.kernels.lists import new_lists
from hsmc.kernels.scalings import least_scale
from hsmc.lattice import is_skewed, reduce_lattice
from hsmc.mixture import Mixture
from hsmc.neighbors import check_overlap_free, near_pairs, smallest_gap
from hsmc.rng import kernel_state
from hsmc.simulation import BLOCK_TRIALS, Moves, Simulation
from hsmc.ways import lists_pay
from tests.conftest import points, records_of, sheared_boxes
from tests.kernels.test_cells import mixed_spheres, system_of

P_VALUE = 1e-3
"""A right sampler fails a test by chance once in a thousand; the seeds are fixed."""


def volumes_of(simulation, pressure, samples, thin):
    """Tune, freeze, and return volumes ``thin`` cycles apart."""
    simulation.advance(np.full(3000, pressure), tuning=True)
    simulation.advance(np.full(200, pressure), tuning=False)
    return simulation.advance(np.full(samples * thin, pressure), tuning=False)[thin - 1 :: thin]


@pytest.mark.parametrize("n", [1, 5, 40])
@pytest.mark.parametrize("mode", ["isotropic", "per-axis"])
@pytest.mark.parametrize("heat_bath", [True, False])
def test_ideal_gas_volume(n, mode, heat_bath):
    """Points never overlap, so V is Gamma(N + 1, 1/βP) distributed, exactly.

    Fails if the power of V is off by one in either kind of box move (tried).
    """
    moves = Moves(mode, heat_bath=heat_bath)
    simulation = Simulation(points(n, Box.cubic(2.0)), moves, seed=3)
    volumes = volumes_of(simulation, 2.0, 4000, 1 if heat_bath else 50)
    exact = stats.gamma(n + 1, scale=0.5)
    assert stats.kstest(volumes, exact.cdf).pvalue > P_VALUE


@pytest.mark.parametrize(("row", "power"), [(0, 7), (1, 6), (2, 5)])
def test_ideal_gas_diagonal_elements(row, power):
    """With the others fixed, h11, h22, h33 are Gamma(N + 1), (N), (N − 1): here N = 6.

    That is the rotation-free measure h11² h22 V^(N−2). Fails if all powers are N (tried).
    """
    system, _ = system_of(points(6, Box.cubic(1.5)))
    state = kernel_state(5, "test")
    lengths = []
    for draw in range(600_000):
        heat_bath_element(system, row, row, 2.0, state)
        if draw % 400 == 0:  # the window makes neighbouring draws alike
            lengths.append(system.box[row, row])
    others = np.prod(np.delete(np.diagonal(system.box), row))
    exact = stats.gamma(power, scale=1.0 / (2.0 * others))
    assert stats.kstest(lengths[5:], exact.cdf).pvalue > P_VALUE


@pytest.mark.parametrize("heat_bath", [True, False])
def test_one_sphere_and_its_own_images(heat_bath):
    """p(V) ∝ V exp(−βPV) for V ≥ σ³: only its own images limit one sphere.

    Fails if own images are left out of the pair pass (tried).
    """
    simulation = Simulation(points(1, Box.cubic(1.2), 1.0), Moves(heat_bath=heat_bath), seed=4)
    volumes = volumes_of(simulation, 3.0, 4000, 1 if heat_bath else 50)
    exact = stats.gamma(2, scale=1.0 / 3.0)
    assert volumes.min() >= 1.0
    cdf = lambda v: 1.0 - exact.sf(v) / exact.sf(1.0)  # noqa: E731
    assert stats.kstest(volumes, cdf).pvalue > P_VALUE


@pytest.mark.parametrize(
    ("heat_bath", "motion"),
    [(True, "local"), (False, "local"), (True, "chain"), (True, "newtonian")],
)
def test_two_spheres_in_a_cube(heat_bath, motion):
    """p(V) ∝ V (V − 4πσ³/3) exp(−βPV) where L ≥ 2σ; smaller boxes are left out of both.

    Fails if the heat bath looks only as far as it does first (tried).
    """
    pressure, cube = 0.15, 8.0
    start = Configuration(
        Box.cubic(3.0), np.array([[0.0, 0, 0], [1.5, 1.5, 1.5]]), np.ones(2), np.zeros(2, np.int64)
    )
    simulation = Simulation(start, Moves(motion=motion, heat_bath=heat_bath), seed=6)
    volumes = volumes_of(simulation, pressure, 4000, 10 if heat_bath else 80)
    weight = lambda v: v * (v - 4.0 * np.pi / 3.0) * np.exp(-pressure * v)  # noqa: E731
    grid = np.linspace(cube, 250.0, 20_001)
    cumulative = integrate.cumulative_simpson(weight(grid), x=grid, initial=0.0)
    cdf = lambda v: np.interp(v, grid, cumulative / cumulative[-1])  # noqa: E731
    assert stats.kstest(volumes[volumes > cube], cdf).pvalue > P_VALUE


@pytest.mark.parametrize("motion", MOTIONS)
def test_two_spheres_fill_their_free_space(motion):
    """At fixed volume the second sphere is anywhere outside the first's exclusion sphere.

    The chance to be within 1.2 σ follows from volumes. Steps are short: a tenth of the trials
    is refused, all of them near contact. Fails if refused trials are tried again,
    or if the overlap test uses one radius for two (tried).
    """
    edge = 2.6
    start = Configuration(
        Box.cubic(edge),
        np.array([[0.0, 0, 0], [1.3, 1.3, 1.3]]),
        np.ones(2),
        np.zeros(2, np.int64),
    )
    simulation = Simulation(start, Moves("fixed", motion=motion, particle_target=0.9), seed=7)
    simulation.advance(np.ones(20_000), tuning=True)
    near = []
    for _ in range(20_000):
        simulation.advance(np.ones(16), tuning=False)
        d = np.diff(simulation.configuration.positions, axis=0)[0]
        d -= edge * np.rint(d / edge)
        near.append(np.linalg.norm(d) < 1.2)
    shell, free = 4.0 / 3.0 * np.pi * (1.2**3 - 1.0), edge**3 - 4.0 / 3.0 * np.pi
    blocks = np.array(near, dtype=float).reshape(40, -1).mean(axis=1)
    error = blocks.std(ddof=1) / np.sqrt(len(blocks))
    assert error < 0.02
    assert abs(blocks.mean() - shell / free) < 3.5 * error


def test_free_displacements_have_no_bias():
    """Sums of uniform steps: mean 0, covariance step²/3 a trial on each axis and none across.

    1000 points make M = 500 000 trials in all, each of a point chosen at random. The covariance
    of their M/1000 = 500 steps each has a relative error of √(2/1000), nearly. Fails if steps
    are 1 % of their size too far to one side, or if two axes share random bits (tried).
    """
    n, cycles, step = 1000, 500, 0.1
    start = points(n, Box.cubic(60.0))
    simulation = Simulation(start, Moves("fixed"), seed=12)
    simulation.advance(np.ones(cycles), tuning=False)
    assert simulation.steps[0] == step
    moved = simulation.configuration.positions - start.positions
    moved -= 60.0 * np.rint(moved / 60.0)
    variance = cycles * step**2 / 3.0
    assert np.all(np.abs(moved.mean(axis=0)) < 3.5 * np.sqrt(variance / n))
    covariance = moved.T @ moved / n
    errors = variance * np.sqrt((1.0 + np.eye(3)) / n)
    assert np.all(np.abs(covariance - variance * np.eye(3)) < 3.5 * errors)


def test_shears_of_one_sphere():
    """One sphere, fixed volume, three shears: uniform wherever its images do not overlap.

    With h11 = 1.1 and h22 = h33 = 0.92, b = (t, 0.92) needs |t + 1.1 n| ≥ √(1 − 0.92²) and
    c's xy part needs that distance from every lattice point of a, b. These disks do not
    overlap each other, so t is uniform, and the area closer than ρ to a lattice point gives
    the second figure. Fails if the window is centred on the present value, or if own images
    are left out (tried).
    """
    system, _ = system_of(
        Configuration(
            Box(np.array([[1.1, 0.55, 0.55], [0, 0.92, 0.46], [0, 0, 0.92]])),
            np.zeros((1, 3)),
            np.ones(1),
            np.zeros(1, np.int64),
        )
    )
    state = kernel_state(8, "test")
    shears, distances = [], []
    for draw in range(60_000):
        for row, column in ((0, 1), (0, 2), (1, 2)):
            heat_bath_element(system, row, column, 1.0, state)
        if draw % 40 == 0:
            _shorten_last_vector(system)  # or it grows, and with it the draws get alike
            shears.append(system.box[0, 1])
            distances.append(_distance_to_lattice(system.box))
    hole = np.sqrt(1.0 - 0.92**2)
    width = 1.1 - 2.0 * hole
    assert stats.kstest(shears, stats.uniform(hole, width).cdf).pvalue > P_VALUE
    ring = np.pi * (0.45**2 - hole**2) / (1.1 * 0.92 - np.pi * hole**2)
    inside = np.mean(np.array(distances) < 0.45)
    assert abs(inside - ring) < 3.5 * np.sqrt(ring * (1.0 - ring) / len(distances))


def _shorten_last_vector(system):
    for axis in (1, 0):
        system.box[:, 2] -= (
            np.rint(system.box[axis, 2] / system.box[axis, axis]) * system.box[:, axis]
        )
    invert(system.box, system.inverse, system.per_face)
    write(system.cells, int(system.cells.place_of[0]), 0.0, 0.0, 0.0)


def _distance_to_lattice(box):
    """Return how far c's xy part is from the nearest lattice point of a and b."""
    counts = np.arange(-12, 13)
    na, nb = np.meshgrid(counts, counts)
    nb = nb - np.rint(box[1, 2] / box[1, 1])
    na = na - np.rint(box[0, 2] / box[0, 0])
    x = box[0, 2] + na * box[0, 0] + nb * box[0, 1]
    y = box[1, 2] + nb * box[1, 1]
    return np.sqrt(np.min(x * x + y * y))


@given(box=sheared_boxes(1.2, 5.0), n=st.integers(1, 20), seed=st.integers(0, 1000))
def test_least_scale_is_the_first_contact(box, n, seed):
    """Scaling by the limit makes the closest pair of brute force touch.

    Fails if the search stops before the limit is certain (tried).
    """
    configuration = mixed_spheres(n, box, seed)
    system, _ = system_of(configuration)
    gap = smallest_gap(configuration).gap
    limit = min(1.0 / (1.0 + gap), 1.0)
    assert least_scale(system, 1.0, 1.0, 1.0) == pytest.approx(limit, rel=1e-9)


@given(
    box=sheared_boxes(1.5, 5.0),
    n=st.integers(1, 6),
    seed=st.integers(0, 1000),
    element=st.sampled_from([(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)]),
)
def test_free_interval_ends_at_contact(box, n, seed, element):
    """Inside the interval nothing overlaps; just past an end that is no window end, it does.

    Fails if the sign of b decides for the wrong end in ``tighten`` (tried).
    """
    configuration = mixed_spheres(n, box, seed, ratio=0.5)
    gap = smallest_gap(configuration).gap
    configuration = configuration.strained(np.eye(3) * 1.001 / (1.0 + gap))
    face = configuration.box.face_distances[element[1]]
    window = 0.15 * face
    for sign in (-1.0, 1.0):
        system, _ = system_of(configuration)
        low, high = free_change(system, *element, -window, window, -window, window)
        end = low if sign < 0.0 else high
        for fraction in (0.3, 0.999999):
            assert _gap_after(configuration, element, fraction * end) > -1e-12
        if abs(end) < 0.999 * window:
            assert _gap_after(configuration, element, end + sign * 1e-6) < 0.0


def test_small_windows_are_looked_at():
    """An element next to the end of its window, and of its free interval, makes no overlap.

    Fails if what the first look would see counts as seen before it, or if a pass over all pairs
    leaves out what touches on the side not asked about (tried: bugs, both).
    """
    system, _ = system_of(points(1, Box.cubic(1.001), 1.0))
    state = kernel_state(2, "test")
    for draw in range(3000):
        row, column = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))[draw % 6]
        heat_bath_element(system, row, column, 20.0, state)
        box = Box(system.box.copy())
        if not is_skewed(box.vectors):
            assert smallest_gap(points(1, box, 1.0)).gap > -1e-12


def _gap_after(configuration, element, change):
    system, order = system_of(configuration)
    apply_element(system, *element, change)
    positions = np.empty((len(order), 3))
    positions[order] = records_of(system.cells)[:, :3]
    moved = Configuration(Box(system.box), positions, configuration.diameters, configuration.types)
    return smallest_gap(moved).gap


def compressed(replica=0, mode="isotropic", cycles=100, heat_bath=True, motion="local"):
    """Return 25 spheres after a short compression."""
    mixture = Mixture(0.695, 6, 19)
    sites = np.stack(np.meshgrid(*[np.arange(3)] * 3, indexing="ij"), -1).reshape(-1, 3)[:25]
    start = Configuration.from_scaled(Box.cubic(3.3), sites / 3.0, mixture.diameters, mixture.types)
    moves = Moves(mode, motion=motion, heat_bath=heat_bath)
    simulation = Simulation(start, moves, seed=11, replica=replica)
    simulation.advance(np.geomspace(10.0, 1e4, cycles), tuning=True)
    return simulation


@pytest.mark.parametrize(
    ("mode", "motion"),
    [
        *((mode, "local") for mode in ("isotropic", "in-plane", "per-axis", "floppy")),
        ("floppy", "chain"),
        ("floppy", "newtonian"),
    ],
)
def test_fifty_and_fifty_cycles_are_a_hundred(mode, motion):
    """A restored simulation repeats the uninterrupted one bit for bit.

    Fails if the trials counted towards the next change of step are not restored (tried).
    """
    moves = Moves(mode, motion=motion)
    mixture = Mixture(0.695, 6, 19)
    sites = np.stack(np.meshgrid(*[np.arange(3)] * 3, indexing="ij"), -1).reshape(-1, 3)[:25]
    start = Configuration.from_scaled(Box.cubic(3.3), sites / 3.0, mixture.diameters, mixture.types)
    straight = Simulation(start, moves, seed=11)
    broken = Simulation(start, moves, seed=11)
    for _ in range(2):
        straight.advance(np.full(50, 100.0), tuning=True)
        broken.advance(np.full(50, 100.0), tuning=True)
        broken = Simulation.restored(moves, broken.state())
    for name, value in straight.state().items():
        np.testing.assert_array_equal(value, broken.state()[name], err_msg=name)


@pytest.mark.parametrize("motion", ["local", "newtonian"])
@pytest.mark.parametrize("mode", ["isotropic", "floppy"])
def test_dense_spheres_have_lists(mode, motion, monkeypatch):
    """Once they hardly move, and only then; with lists too, a restored simulation goes on alike.

    Fails if the free path or the step is looked at the wrong way round (tried).
    """
    listed = []

    def noted(*given):
        listed.append(lists_pay(*given))
        return listed[-1]

    monkeypatch.setattr("hsmc.simulation.lists_pay", noted)
    moves = Moves(mode, motion=motion)
    start = random_fluid(Mixture(0.695, 15, 45), 0.5, 1)
    straight, broken = Simulation(start, moves, seed=11), Simulation(start, moves, seed=11)
    for _ in range(3):
        straight.advance(np.full(60, 1000.0), tuning=True)
        broken.advance(np.full(60, 1000.0), tuning=True)
        broken = Simulation.restored(moves, broken.state())
    assert listed == [False, False, True, True, True, True]
    for name, value in straight.state().items():
        np.testing.assert_array_equal(value, broken.state()[name])
    check_overlap_free(straight.configuration, "")


def test_a_block_whose_lists_overflow_is_made_anew_in_cells(monkeypatch):
    """Threads cannot make all lists anew: the block starts again from where it was, without.

    Fails if the overflow is not told, or if anything of the first attempt is left (tried).
    """
    made = []

    def short_lists(*given, used=True, **options):
        lists = new_lists(*given, used=used, **options)
        made.append((used, lists._replace(room=16)))
        return made[-1][1]

    monkeypatch.setattr("hsmc.ways.ONE_CHAIN_REGION", 100)
    monkeypatch.setattr("hsmc.ways.HELD", 100)
    start = random_fluid(Mixture(0.695, 500, 0), 0.45, 1)
    moves = Moves("isotropic", motion="newtonian")
    monkeypatch.setattr("hsmc.ways.SHORT_OF_MANY", {"newtonian": 0.0})
    in_cells = Simulation(start, moves, seed=1)
    in_cells.advance(np.full(60, 8.0), tuning=True)
    monkeypatch.setattr("hsmc.ways.SHORT_OF_MANY", {"newtonian": 1.0})
    monkeypatch.setattr("hsmc.simulation.new_lists", short_lists)
    overflowing = Simulation(start, moves, seed=1)
    overflowing.advance(np.full(60, 8.0), tuning=True)
    assert [used for used, _ in made] == [True, False]
    assert made[0][1].full[0] == 1
    monkeypatch.setattr("hsmc.ways.MOST_LISTED", 0)
    many = Simulation(start, moves, seed=1)  # as if there were too many for lists
    many.advance(np.full(60, 8.0), tuning=True)
    for name, value in in_cells.state().items():
        np.testing.assert_array_equal(value, overflowing.state()[name])
        np.testing.assert_array_equal(value, many.state()[name])


@pytest.mark.parametrize("motion", ["chain", "newtonian"])
@pytest.mark.parametrize("spheres", [500, 5000])
def test_signals_are_answered_as_soon_by_large_chains(motion, spheres):
    """Blocks of chains are of as many collisions in a large system as in a small one.

    Fails if large systems have the blocks of local moves on threads (tried: three times as long).
    """
    cloud = points(spheres, Box.cubic(100.0))
    simulation = Simulation(cloud, Moves(motion=motion), seed=1)
    assert simulation.block_cycles * spheres <= BLOCK_TRIALS


def test_seeds_and_replicas():
    """Equal seeds give equal bits, other replicas others."""
    once, again, other = compressed(), compressed(), compressed(replica=1)
    assert np.array_equal(once.state()["positions"], again.state()["positions"])
    assert not np.array_equal(once.state()["positions"], other.state()["positions"])


@pytest.mark.parametrize("mode", ["isotropic", "in-plane", "per-axis", "floppy"])
@pytest.mark.parametrize(
    ("heat_bath", "motion"),
    [(True, "local"), (False, "local"), (True, "chain"), (True, "newtonian")],
)
def test_compression_leaves_no_overlap(mode, heat_bath, motion):
    """Brute force over all images finds none at 10⁴; the box has shrunk from φ = 0.18.

    Metropolis moves of six elements are the slowest, 0.505 on average and 0.476 at least over
    40 seeds.
    """
    simulation = compressed(mode=mode, cycles=3000, heat_bath=heat_bath, motion=motion)
    assert smallest_gap(simulation.configuration).gap > -1e-12
    assert simulation.packing_fraction > 0.45


@pytest.mark.parametrize("motion", MOTIONS)
def test_spheres_move_in_the_plane_only(motion):
    """With axes xy, heights over the box height stay as they were."""
    start = points(20, Box.cubic(6.0), 0.3, seed=2)
    simulation = Simulation(start, Moves(axes="xy", motion=motion), seed=1)
    simulation.advance(np.full(200, 5.0), tuning=True)
    np.testing.assert_allclose(simulation.configuration.scaled[:, 2], start.scaled[:, 2])
    assert np.abs(simulation.configuration.scaled[:, :2] - start.scaled[:, :2]).max() > 0.05


def test_overlapping_start_is_refused():
    """The message names the pair and the distance."""
    start = Configuration(
        Box.cubic(3.0), np.array([[0.0, 0, 0], [0.9, 0, 0]]), np.ones(2), np.zeros(2, np.int64)
    )
    with pytest.raises(OverlapError, match=r"spheres 0 and 1 overlap: 0\.9 apart, contact at 1"):
        Simulation(start, Moves(), seed=1)


def test_damaged_checkpoint_is_refused():
    """What is missing is named."""
    state = compressed().state()
    del state["box_steps"]
    with pytest.raises(InputError, match="checkpoint lacks box_steps"):
        Simulation.restored(Moves(), state)


@given(box=sheared_boxes(0.8, 3.0), seed=st.integers(0, 1000))
def test_lattice_reduction_keeps_all_distances(box, seed):
    """Volume and pair distances stay to 1e-12; edges get no longer.

    Fails if fractions are multiplied by the change of basis, not by its inverse (tried).
    """
    configuration = mixed_spheres(4, box, seed)
    reduced = reduce_lattice(configuration)
    assert reduced.box.volume == pytest.approx(box.volume, rel=1e-12)
    assert reduced.box.lengths.sum() <= box.lengths.sum() * (1.0 + 1e-9)
    before = np.sort(near_pairs(configuration, 1.5).distance)
    after = np.sort(near_pairs(reduced, 1.5).distance)
    inner = before < 2.0  # pairs at the margin may fall on either side of it
    np.testing.assert_allclose(after[: inner.sum()], before[inner], rtol=1e-11)
