"""Event chains region by region: who moves, exact distributions, the pressure."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial import cKDTree

from hsmc.analysis.equations_of_state import modified_klm
from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.fit import dilate, expand_to, random_fluid
from hsmc.kernels.chains_in_regions import (
    Turn,
    chains_of_region,
    move_chains_in_regions,
    reach_in_regions,
)
from hsmc.kernels.event_chains import (
    FLOWN,
    HANDED_ON,
    LENGTH,
    Chains,
    draw_direction,
    draw_velocities,
    tune_duration,
)
from hsmc.kernels.lists import MARGIN, STRAY, new_lists
from hsmc.kernels.members import members_of
from hsmc.kernels.regions import cut, of_layers
from hsmc.kernels.walls import walls_of
from hsmc.mixture import Mixture
from hsmc.neighbors import smallest_gap
from hsmc.rng import kernel_state
from hsmc.threads import kernel_threads
from tests.conftest import records_of
from tests.kernels.test_cells import system_of

P_VALUE = 1e-3
"""A right sampler fails a test by chance once in a thousand; the seeds are fixed."""

ALL, X_ONLY = np.ones(3), np.eye(3)[0]


@pytest.fixture(autouse=True)
def one_thread():
    """Kernels that tests call themselves run on one thread."""
    with kernel_threads():
        yield


class Run:
    """Chains in regions, cycle after cycle."""

    def __init__(self, configuration, newtonian, seed, mask=ALL, duration=1.0, listed=False):
        lists = new_lists(0.5 * configuration.diameters, configuration.box.volume, used=listed)
        self.system, _ = system_of(configuration, lists=lists)
        self.mask, self.state = mask, kernel_state(seed, "test")
        self.velocities = np.zeros((len(configuration) if newtonian else 1, 3))
        (draw_velocities if newtonian else draw_direction)(self.velocities, mask, self.state)
        self.chain = np.array([duration, 0.1, 0.0, 0.0, 0.0])
        self.recent, self.counts = np.zeros(2, np.int64), np.zeros((2, 2), np.int64)

    def cycle(self):
        """Make about N collisions."""
        chains = Chains(self.velocities, self.mask, self.chain, self.recent)
        move_chains_in_regions(self.system, chains, self.counts, self.state)
        assert self.system.lists.full[0] == 0

    def tune(self, cycles):
        """Make cycles between which the duration of the chains is tuned."""
        for _ in range(cycles):
            self.cycle()
            tune_duration(self.system.species.shape[0], self.chain, self.recent)

    def records(self):
        """Return x, y, z, radius of each sphere, in the system's order."""
        lists = self.system.lists
        return lists.records[:-1].copy() if lists.used[0] else records_of(self.system.cells)

    def members(self, regions, region):
        """Return the spheres of a region."""
        system = self.system
        walls = walls_of(system.cells, regions, region)
        lists = system.lists if system.lists.used[0] else None
        return members_of(lists, system, walls, regions, region)

    def measured(self):
        """Return Z, and the mean free path, since the last call or the start."""
        collisions = self.counts[:, 1].sum()
        compressibility = 1.0 + self.chain[HANDED_ON] / self.chain[FLOWN]
        path = self.chain[LENGTH] / collisions
        self.chain[FLOWN:], self.counts[:] = 0.0, 0
        return compressibility, path


KINDS = pytest.mark.parametrize(
    ("newtonian", "listed"), [(False, False), (True, False), (True, True)]
)


@KINDS
def test_only_the_spheres_of_a_region_fly(newtonian, listed):
    """They stay in it, overlap nothing and keep their energy; in a skewed box, of two sizes.

    Fails if flights pass the walls, if what is outside is hit like the rest, or if what comes
    back from it keeps its velocity (tried).
    """
    fluid = random_fluid(Mixture(0.6, 1000, 3000), 0.45, 1)
    skew = np.array([[1.0, 0.3, -0.2], [0.0, 1.0, 0.4], [0.0, 0.0, 1.0]])
    box = Box(1.3 * skew @ fluid.box.vectors)
    start = Configuration(box, 1.3 * fluid.positions @ skew.T, 0.6 * fluid.diameters, fluid.types)
    assert smallest_gap(start).gap > 0.0
    run = Run(start, newtonian, seed=1, listed=listed)
    system = run.system
    regions = cut(system, (6, 6, 6), reach_in_regions(system.lists, system, 0.2), run.state)
    assert tuple(regions.number) == (2, 2, 2)
    members = run.members(regions, (0, 1, 0))
    before, energy = run.records(), (run.velocities**2).sum()
    flown, counts = np.zeros((8, 5)), np.zeros((2, 2), np.int64)
    moves = Turn(run.velocities, ALL, np.array([200.0, 0.2, 0, 0, 0]), flown, 5.0)
    chains_of_region(system, regions, (0, 1, 0), moves, counts, run.state)
    assert counts[:, 1].sum() > 5 * len(members)
    moved = (run.records() != before).any(axis=1)
    assert set(np.flatnonzero(moved)) <= set(members)
    assert moved.sum() > 0.9 * len(members)
    assert set(run.members(regions, (0, 1, 0))) == set(members)
    assert np.flatnonzero(flown[:, LENGTH]).tolist() == [2]
    np.testing.assert_allclose((run.velocities**2).sum(), energy)
    records = run.records()
    final = Configuration(
        Box(system.box.copy()), records[:, :3], 2.0 * records[:, 3], system.species * 1
    )
    assert smallest_gap(final).gap >= 0.0


def test_each_sphere_is_in_one_region_wherever_its_anchor_is():
    """Cells hold anchors, and regions are cut elsewhere each cycle.

    Fails if spheres of a region are looked for only in its own cells, or taken by their anchors
    (tried).
    """
    fluid = random_fluid(Mixture(0.6, 1000, 3000), 0.45, 1)
    run = Run(fluid, True, seed=1, listed=True)
    for _ in range(3):
        run.cycle()
        regions = cut(run.system, (6, 6, 6), 1.5, run.state)
        assert tuple(regions.number) == (2, 2, 2)
        every = [run.members(regions, region) for region in np.ndindex(2, 2, 2)]
        assert np.array_equal(np.sort(np.concatenate(every)), np.arange(4000))
        places, inverse = run.records()[:, :3], run.system.inverse
        for members, region in zip(every, np.ndindex(2, 2, 2), strict=True):
            walls = walls_of(run.system.cells, regions, region)
            inside = (places[members] @ inverse.T - walls.low) % 1.0
            assert np.all(inside < walls.width)


def test_regions_that_move_at_once_share_no_list():
    """What a turn changes is nothing that another region of its colour reads for its lists.

    That is so for any spheres where regions are twice as far apart as one tells others. Fails if
    regions are as near as they may be without lists (tried).
    """
    fluid = random_fluid(Mixture(0.55, 20, 280), 0.45, 1)
    run = Run(fluid.replicated(1, 1, 12), True, seed=1, listed=True)
    system, lists = run.system, run.system.lists
    regions = cut(system, (1, 1, 1), reach_in_regions(lists, system, 0.2), run.state)
    assert regions.number[2] >= 4
    layers = of_layers(system.cells, regions, 2)
    apart = np.bincount(layers).min() * system.box[2, 2] / len(layers)
    assert apart >= 2.0 * (1.0 + 2.0 * lists.distances[MARGIN] + lists.distances[STRAY])
    moves = Turn(run.velocities, ALL, np.array([20.0, 0.2, 0, 0, 0]), np.zeros((99, 5)), 30.0)
    counts = np.zeros((2, 2), np.int64)
    read, changed, edges = [], [], np.diagonal(system.box)
    for place in (0, 2):
        region = (0, 0, place)
        members, before = run.members(regions, region), [np.array(part) for part in lists[:6]]
        was = cKDTree(lists.anchors % edges, boxsize=edges)
        chains_of_region(system, regions, region, moves, counts, run.state)
        now = cKDTree(lists.anchors % edges, boxsize=edges)
        reach = lists.records[members, 3] + 2.0 * lists.distances[MARGIN] + 0.5
        about = [t.query_ball_point(t.data[members], reach) for t in (was, now)]
        read.append(set(np.concatenate([k for found in about for k in found])))
        entries = [part.reshape(len(lists.counts), -1) for part in (before[4], lists.entries)]
        differ = (entries[0] != entries[1]).any(axis=1) | (before[5] != lists.counts)
        differ |= (before[2] != lists.anchors).any(axis=1)
        changed.append(set(np.flatnonzero(differ)))
        assert changed[-1] <= read[-1]
        assert len(changed[-1]) > 0.5 * len(members)
    assert not changed[0] & read[1]
    assert not changed[1] & read[0]


@KINDS
def test_rods_on_a_line(newtonian, listed):
    """Gaps between hard rods: P(gap > x) = (1 − x/F)^(N−1), F being the free length, exactly.

    Spheres of a narrow box that move along x alone are rods on a line (L. Tonks, Phys. Rev. 50,
    955 (1936), doi:10.1103/PhysRev.50.955), some ten to a region. Z = 1 + (N − 1)/F, for the
    first of N rods may be anywhere. Fails if a region's walls are a tenth of it too near,
    or if collisions with what stands still are not counted (tried).
    """
    n, length = 200, 400.0
    x = (np.arange(n) + 0.5) * length / n
    positions = np.column_stack([x, np.zeros(n), np.zeros(n)])
    box = Box(np.diag([length, 1.5, 1.5]))
    start = Configuration(box, positions, np.ones(n), np.zeros(n, np.int64))
    run = Run(start, newtonian, seed=2, mask=X_ONLY, duration=20.0, listed=listed)
    gaps, found = [], []
    for cycle in range(40_000):
        if newtonian and cycle % 50 == 0:
            draw_velocities(run.velocities, X_ONLY, run.state)
        run.cycle()
        if cycle == 1000:
            run.measured()
        if cycle % 60 == 0 and cycle > 1000:
            along = np.sort(run.records()[:, 0] % length)
            gaps.append(np.diff(along, append=along[0] + length)[:: n // 8] - 1.0)
        if cycle % 1560 == 0 and cycle > 1000:
            found.append(run.measured()[0])
    gaps = np.concatenate(gaps)
    assert gaps.min() >= -1e-9
    exact = lambda g: 1.0 - (1.0 - np.clip(g, 0.0, None) / (length - n)) ** (n - 1)  # noqa: E731
    assert stats.kstest(gaps, exact).pvalue > P_VALUE
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert error < 0.02
    assert abs(np.mean(found) - (1.0 + (n - 1) / (length - n))) < 3.0 * error


@KINDS
def test_pressure_of_a_large_fluid(newtonian, listed):
    """Z at φ = 0.40 is that of the fluid's equation of state, within three standard errors.

    So is the mean free path: λ (Z − 1) = 2/3, for a collision hands on 2/3 of a diameter on
    average.
    """
    cell = expand_to(dilate(crystal("fcc").configuration(1.0)), 0.40)
    run = Run(cell.replicated(8, 8, 18), newtonian, seed=4, listed=listed)
    run.tune(300)
    run.measured()
    found = []
    for _ in range(20):
        for _ in range(20):
            run.cycle()
        found.append(run.measured())
        if newtonian:
            draw_velocities(run.velocities, ALL, run.state)
    (z, path), (z_error, _) = np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(20)
    assert z_error < 0.03
    assert abs(z - modified_klm(0.40)) < 3.0 * z_error
    assert path * (z - 1.0) == pytest.approx(2.0 / 3.0, rel=3.0 * z_error / (z - 1.0))
