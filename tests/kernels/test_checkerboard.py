"""Moves on several threads: regions that do not touch, exact distributions, the same bits."""

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import cKDTree

from hsmc.analysis.equations_of_state import modified_klm
from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.errors import InputError
from hsmc.fit import dilate, expand_to
from hsmc.kernels.members import members_of
from hsmc.kernels.packets import LANES
from hsmc.kernels.particle_moves import Trials, move_regions
from hsmc.kernels.random import next_bits, open_stream
from hsmc.kernels.regions import (
    cut,
    next_of_colour,
    number_of_colour,
    number_of_region,
    of_layers,
    packets_about,
    region_of_colour,
)
from hsmc.kernels.walls import walls_of
from hsmc.rng import kernel_state
from hsmc.threads import kernel_threads, on_threads
from tests.conftest import points, records_of
from tests.kernels.test_cells import system_of

P_VALUE = 1e-3
"""A right sampler fails a test by chance once in a thousand; the seeds are fixed."""


@pytest.fixture(autouse=True)
def one_thread():
    """Kernels that tests call themselves run on one thread."""
    with kernel_threads():
        yield


def cut_of(shape, width, seed):
    """Return cells of a width, over the diameter, that are cut into regions."""
    system, _ = system_of(points(4, Box(np.diag(width * np.array(shape, float))), 1.0))
    system = system._replace(cells=system.cells._replace(region=np.empty(np.prod(shape), np.int32)))
    system.cells.shape[:] = shape
    return system.cells, cut(system, (6, 6, 6), 1.5, kernel_state(seed, "test"))


def layers_of(cells, regions, axis, region):
    """Return the layers of cells along an axis that a region has."""
    return set(np.flatnonzero(of_layers(cells, regions, axis) == region))


@given(
    shape=st.tuples(*[st.integers(1, 60)] * 3),
    width=st.sampled_from([0.15, 0.4, 0.8, 1.7]),
    seed=st.integers(0, 1000),
)
def test_regions_of_one_colour_do_not_touch(shape, width, seed):
    """No cell that a region's moves read is another's of its colour; all regions get a turn.

    Fails if the number along an axis may be odd, if a colour takes neighbours along one axis, or
    if regions are no thicker where spheres are larger than cells (tried).
    """
    cells, regions = cut_of(shape, width, seed)
    span = int(np.ceil(1.5 / width))  # four spheres know their neighbours up to 1.5 diameters
    turns = []
    for colour in itertools.product(*(range(min(n, 2)) for n in regions.number)):
        places = range(number_of_colour(regions))
        alike = [region_of_colour(regions, colour, place) for place in places]
        turns += alike
        assert [next_of_colour(regions, region) for region in alike] == alike[1:] + alike[:1]
        for axis in range(3):
            there = sorted({region[axis] for region in alike})
            for one, other in itertools.permutations(there, 2):
                steps = range(-span, span + 1)
                moved = layers_of(cells, regions, axis, one)
                read = {(k + s) % shape[axis] for k in moved for s in steps}
                assert not read & layers_of(cells, regions, axis, other)
    assert sorted(turns) == sorted(itertools.product(*map(range, regions.number)))


@given(shape=st.tuples(*[st.integers(1, 40)] * 3), seed=st.integers(0, 1000))
def test_what_is_fetched_ahead_is_a_region_and_a_layer_about_it(shape, seed):
    """Fails if the layer is left out, on either side (tried)."""
    cells, regions = cut_of(shape, 1.7, seed)
    for region in np.ndindex(*np.minimum(regions.number, 3)):
        about = np.zeros(shape[::-1], bool)
        layers = [layers_of(cells, regions, axis, region[axis]) for axis in range(3)]
        wide = [
            {(k + s) % shape[axis] for k in layers[axis] for s in (-1, 0, 1)} for axis in range(3)
        ]
        about[np.ix_(*(sorted(along) for along in reversed(wide)))] = True
        packets = packets_about(cells, regions, region)
        assert np.array_equal(np.unique(packets), np.flatnonzero(about))


def test_members_are_all_spheres_once_and_stay():
    """Each sphere is in one region, before its moves and after.

    Fails if a move out of the region is accepted (tried).
    """
    system, _ = system_of(points(40_000, Box.cubic(47.0), 0.1, seed=1))
    state, tally = kernel_state(1, "test"), np.zeros((2, 2), np.int64)
    for _ in range(3):
        before = cells_of(system.cells)
        move_regions(system, Trials(np.full(2, 1.5), np.ones(3), tally), tally.copy(), state)
        # The cut of these moves is still there.
        region = system.cells.region
        assert np.array_equal(region[before], region[cells_of(system.cells)])
    assert tally[0, 0] == 3 * 40_000
    regions = cut(system, (6, 6, 6), 1.0, state)
    every = [
        members_of(None, system, walls_of(system.cells, regions, r), regions, r)
        for r in np.ndindex(*regions.number)
    ]
    for members, (ra, rb, rc) in zip(every, np.ndindex(*regions.number), strict=True):
        number = number_of_region(regions, ra, rb, rc)
        assert np.all(region[cells_of(system.cells)[members]] == number)
    assert len(every) > 8
    assert np.array_equal(np.sort(np.concatenate(every)), np.arange(40_000))


def cells_of(cells):
    """Return the cell of each sphere; shape (N,)."""
    return cells.cell_of[cells.place_of // LANES]


def test_spheres_on_a_line():
    """Gaps between hard rods: P(gap > x) = (1 − x/F)^(N−1), F being the free length, exactly.

    Spheres of a narrow box that move along x alone are rods on a line (L. Tonks, Phys. Rev. 50,
    955 (1936), doi:10.1103/PhysRev.50.955). About three share each of the 56 regions. Fails if
    a search about a trial place looks at fewer cells than it must (tried).
    """
    n, length = 200, 400.0
    x = (np.arange(n) + 0.5) * length / n
    positions = np.column_stack([x, np.zeros(n), np.zeros(n)])
    box = Box(np.diag([length, 1.5, 1.5]))
    system, _ = system_of(Configuration(box, positions, np.ones(n), np.zeros(n, np.int64)))
    state, tally = kernel_state(2, "test"), np.zeros((2, 2), np.int64)
    gaps = []
    for cycle in range(60_000):
        move_regions(system, Trials(np.full(2, 3.0), np.eye(3)[0], tally), tally.copy(), state)
        if cycle % 60 == 0 and cycle > 1000:
            along = np.sort(records_of(system.cells)[:, 0])
            gaps.append(np.diff(along, append=along[0] + length)[:: n // 8] - 1.0)
    gaps = np.concatenate(gaps)
    assert gaps.min() >= -1e-9
    exact = lambda g: 1.0 - (1.0 - np.clip(g, 0.0, None) / (length - n)) ** (n - 1)  # noqa: E731
    assert stats.kstest(gaps, exact).pvalue > P_VALUE


def test_pressure_of_a_large_fluid():
    """Z at φ = 0.40 is that of the fluid's equation of state, within three standard errors.

    Z − 1 = 4φ g(σ), so 3(Z − 1)Nδ pairs are nearer than 1 + δ contacts; at δ = 10⁻³ the slope of
    g(r) takes a thousandth of them. Two to eight regions of each colour. Fails if a search about
    a trial place looks at fewer cells than it must (tried).
    """
    cell = expand_to(dilate(crystal("fcc").configuration(1.0)), 0.40)
    system, _ = system_of(cell.replicated(6, 6, 32))
    n, state, tally = 4608, kernel_state(4, "test"), np.zeros((2, 2), np.int64)
    found, edges = [], np.diagonal(system.box)
    for cycle in range(-500, 7500):
        move_regions(system, Trials(np.full(2, 0.2), np.ones(3), tally), tally.copy(), state)
        if cycle >= 0 and cycle % 5 == 0:
            tree = cKDTree(records_of(system.cells)[:, :3] % edges, boxsize=edges)
            found.append(len(tree.query_pairs(1.001, output_type="ndarray")))
    blocks = np.array(found, float).reshape(25, -1).mean(axis=1)
    excess = blocks.mean() / (3.0 * n * 1e-3)
    error = blocks.std(ddof=1) / np.sqrt(len(blocks)) / (3.0 * n * 1e-3)
    assert error < 0.05
    assert abs(excess - (modified_klm(0.40) - 1.0)) < 3.0 * error


def test_regions_move_independently():
    """The mean displacement of points is as small as that of points moved one by one.

    Its standard error is that of independent points. Fails if all regions of a cycle share a
    stream: then they move alike, and the mean is far off (tried).
    """
    n, edge = 8000, 60.0
    start = points(n, Box.cubic(edge))
    system, order = system_of(start)
    state, tally = kernel_state(3, "test"), np.zeros((2, 2), np.int64)
    for _ in range(40):
        move_regions(system, Trials(np.full(2, 0.5), np.ones(3), tally), tally.copy(), state)
    moved = records_of(system.cells)[:, :3] - start.positions[order]
    moved -= edge * np.rint(moved / edge)
    assert moved.var(axis=0).min() > 0.9 * 40 * 0.5**2 / 3.0
    errors = moved.std(axis=0) / np.sqrt(n)
    assert np.all(np.abs(moved.mean(axis=0)) < 3.5 * errors)


def test_streams_of_a_key_share_no_state():
    """Streams 0, 1, 2 ... take four words each from SplitMix64.

    The first words for key 1234567 are those of the published C code (Vigna, splitmix64.c).
    """
    states = np.empty((1000, 4), np.uint64)
    for number in range(len(states)):
        open_stream(np.uint64(1234567), number, states[number])
    assert len(np.unique(states)) == states.size
    assert states.ravel()[:5].tolist() == SPLITMIX64
    assert next_bits(states[0].copy()) != next_bits(states[1].copy())


SPLITMIX64 = [
    6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431,
    16408922859458223821,
]  # fmt: skip

SAME_BITS = """
import hashlib
import sys
import numpy as np
import hsmc.ways
from hsmc.crystal import crystal
from hsmc.fit import dilate, expand_to
from hsmc.simulation import Moves, Simulation
from hsmc.threads import on_threads

cell = expand_to(dilate(crystal("fcc").configuration(1.0)), 0.45)
start = cell.replicated(4, 4, 70)
moves = Moves("isotropic", motion=sys.argv[1])
hsmc.ways.ONE_CHAIN_REGION = 4096
hsmc.ways.HELD = 0
hsmc.ways.SHORT_OF_MANY = dict.fromkeys(("chain", "newtonian"), float(sys.argv[2]))
for threads in ((1, 1), (2, 2), (3, 3), (3, 1)):
    simulation = Simulation(start, moves, seed=3)
    for number in threads:
        with on_threads(number):
            simulation.advance(np.full(15, 8.0), tuning=True)
        simulation = Simulation.restored(moves, simulation.state())
    state = simulation.state()
    assert len(state["radii"]) > 4096
    print(hashlib.sha256(b"".join(state[name].tobytes() for name in sorted(state))).hexdigest())
"""


@pytest.mark.parametrize(
    ("motion", "listed"), [("local", 0), ("chain", 0), ("newtonian", 0), ("newtonian", 1)]
)
def test_same_bits_on_any_number_of_threads(motion, listed):
    """1, 2, 3 threads, and a restart on another number, leave the same state bit for bit.

    The box is long: five to seven regions of each colour. Fails if two colours are moved
    together, or if a region's stream depends on the thread (tried, local moves). Newtonian chains
    hang if a sphere of the crystal that rounding puts outside a wall forgets what it hits (tried).
    With lists of neighbours they differ if threads share the room for a list that is made (tried).
    """
    environment = {**os.environ, "NUMBA_NUM_THREADS": "3"}
    run = subprocess.run(
        [sys.executable, "-c", SAME_BITS, motion, str(listed)],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    digests = run.stdout.split()
    assert len(digests) == 4
    assert len(set(digests)) == 1


@pytest.mark.parametrize("number", [0, 10_000])
def test_more_threads_than_cores_are_refused(number):
    """The message gives what was asked for and what there is."""
    with pytest.raises(InputError, match=f"threads is {number}, needs to be from 1 to"):
        on_threads(number).__enter__()
