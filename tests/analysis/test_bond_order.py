"""Voronoi cells and bond order of known crystals, fluids and skewed boxes."""

import math

import numpy as np
import pytest
from scipy.special import eval_legendre

from hsmc.analysis.bond_order import bond_order
from hsmc.analysis.voronoi import voronoi_cells
from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.sampling import sample
from tests.analysis.states import descriptions, measured

KNOWN = {
    "fcc": (0.1909407, 0.5745243, -0.0131606),
    "hcp": (0.0972222, 0.4847617, -0.0124420),
    "sc": (0.7637626, 0.3535534, 0.0131606),
}
"""q4, q6, w6 over the nearest neighbours, whose facets are alike: Steinhardt, Nelson &
Ronchetti, Phys. Rev. B 28, 784 (1983), Fig. 2; digits from the exact sums over those bonds."""

ICOSAHEDRON = (0.0, 0.6633250, -0.1697541)
"""Of 12 neighbours on an icosahedron, from the same source."""

FLOAT32 = 3e-5
"""What remains of freud's numbers: boxes and weights are float32."""


def legendre(bonds, areas, degree):
    """Return q_l by the addition theorem, without any spherical harmonic."""
    unit = bonds / np.linalg.norm(bonds, axis=1)[:, None]
    weights = areas / areas.sum()
    return math.sqrt(weights @ eval_legendre(degree, np.clip(unit @ unit.T, -1, 1)) @ weights)


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("copies", [1, 2, 3])
def test_crystals(name, copies):
    """Right in a unit cell of one to four spheres, too. Fails without replicas (tried)."""
    cells = voronoi_cells(crystal(name).configuration(1.0).replicated(copies, copies, copies))
    found = bond_order(cells)
    for values, known in zip((found.q4, found.q6, found.w6), KNOWN[name], strict=True):
        assert values == pytest.approx(known, abs=FLOAT32)
    assert len(cells) == len(found.q4)


def test_bcc_weighs_its_second_neighbours():
    """A truncated octahedron: 8 hexagons of 3√3/2 and 6 squares of 1, in squared edges.

    Fails if facets are not weighted (tried).
    """
    corners = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=float)
    axes = np.concatenate([np.eye(3), -np.eye(3)])
    bonds = np.concatenate([corners, 2.0 * axes])
    areas = np.concatenate([np.full(8, 1.5 * math.sqrt(3.0)), np.ones(6)])
    cells = voronoi_cells(crystal("bcc").configuration(1.0))
    found = bond_order(cells)
    assert found.q4 == pytest.approx(legendre(bonds, areas, 4), abs=FLOAT32)
    assert found.q6 == pytest.approx(legendre(bonds, areas, 6), abs=FLOAT32)
    assert np.bincount(cells.i[cells.is_wide]).tolist() == [14, 14]
    assert cells.volumes == pytest.approx(0.5 * (2.0 / math.sqrt(3.0)) ** 3, rel=1e-6)


def test_icosahedron():
    """The centre of 13 spheres in an otherwise empty box."""
    golden = 0.5 * (1.0 + math.sqrt(5.0))
    around = [np.roll([0.0, s, t * golden], k) for k in range(3) for s in (-1, 1) for t in (-1, 1)]
    places = np.array([np.zeros(3), *around]) / math.hypot(1.0, golden)
    cluster = Configuration(Box.cubic(9.0), places, np.ones(13), np.zeros(13, dtype=np.int64))
    found = bond_order(voronoi_cells(cluster))
    for values, known in zip((found.q4, found.q6, found.w6), ICOSAHEDRON, strict=True):
        assert values[0] == pytest.approx(known, abs=FLOAT32)


def test_every_sphere_of_a_crystal_without_symmetry():
    """q4 and q6 from facets and bonds by Legendre polynomials, in float64.

    Fails if bonds of copies are assigned to another sphere (tried).
    """
    cells = voronoi_cells(measured())
    found = bond_order(cells)
    for sphere in range(25):
        own = cells.i == sphere
        for values, degree in ((found.q4, 4), (found.q6, 6)):
            expected = legendre(cells.bonds[own], cells.areas[own], degree)
            assert values[sphere] == pytest.approx(expected, abs=FLOAT32)


def test_descriptions_of_one_crystal():
    """Cells, order and solid bonds of each sphere, however the crystal is described.

    Fails without replicas, or if replicas are too few by one (tried).
    """
    state = measured()
    cells = voronoi_cells(state)
    expected = bond_order(cells)
    assert cells.volumes.sum() == pytest.approx(state.box.volume, rel=1e-6)
    for name, other in descriptions(state).items():
        found_cells = voronoi_cells(other)
        found, copies = bond_order(found_cells), len(other) // 25
        for values, reference in (
            (found_cells.volumes, cells.volumes),
            (found.q4, expected.q4),
            (found.q6, expected.q6),
            (found.w6, expected.w6),
            (found.solid_bonds, expected.solid_bonds),
        ):
            assert values == pytest.approx(np.tile(reference, copies), abs=FLOAT32), name


def test_one_sphere():
    """One sphere in a skewed box of 1.2: the cell is the box's volume."""
    box = Box(np.array([[1.2, 0.7, 0.3], [0.0, 1.3, -0.8], [0.0, 0.0, 1.1]]))
    one = Configuration(box, np.full((1, 3), 5.0), np.ones(1), np.zeros(1, dtype=np.int64))
    cells = voronoi_cells(one)
    assert cells.volumes == pytest.approx([box.volume], rel=1e-6)
    assert cells.i.tolist() == cells.j.tolist() == [0] * len(cells.areas)
    for degree, values in ((4, bond_order(cells).q4), (6, bond_order(cells).q6)):
        assert values == pytest.approx([legendre(cells.bonds, cells.areas, degree)], abs=FLOAT32)


def final(**options):
    return sample(ratio=1.0, equilibrate=2000, cycles=20, every=10, frames=0, **options).final


def test_solid_and_fluid():
    """At coexistence: all spheres of an fcc crystal are solid-like, of a fluid next to none."""
    solid = final(start="fcc", replicate=(4, 4, 4), packing=0.55, pressure=11.6)
    fluid = final(start="fluid", composition=(256, 0), packing=0.45, pressure=11.4)
    assert bond_order(voronoi_cells(solid)).is_solid.mean() > 0.99
    assert bond_order(voronoi_cells(fluid)).is_solid.mean() < 0.05
