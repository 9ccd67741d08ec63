"""Neighbours, contacts, rattlers and angles."""

import math

import numpy as np
import pytest

from hsmc.analysis.coordination import bond_angles, contacts, facet_neighbors
from hsmc.analysis.voronoi import voronoi_cells
from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.errors import InputError
from hsmc.fit import dilate
from hsmc.jam_start import jam
from tests.analysis.states import descriptions, measured


def test_fcc():
    """12 contacts, no rattler, in a cell of 4 where neighbours are own images, too."""
    found = contacts(crystal("fcc").configuration(1.0), 1e-6)
    assert found.numbers == pytest.approx([12.0, *[np.nan] * 3], nan_ok=True)
    assert found.pairs == 24
    assert found.overlaps == 0
    assert not found.is_rattler.any()


def test_nacl_at_its_densest():
    """γ = √2 − 1: each large touches 12 large and 6 small, each small 6 large and none."""
    state = dilate(crystal("nacl").configuration(math.sqrt(2.0) - 1.0))
    assert contacts(state, 1e-6).numbers == pytest.approx([12.0, 6.0, 6.0, 0.0])
    smaller = dilate(crystal("nacl").configuration(0.35))
    found = contacts(smaller, 1e-6)
    assert found.numbers == pytest.approx([12.0, 0.0, 0.0, 0.0])
    assert found.is_rattler.tolist() == [False] * 4 + [True] * 4


def test_as_the_certificate_says():
    """Contacts and rattlers of a jammed state, by a gap instead of by the widest step."""
    result = jam(start="fluid", composition=(6, 19), ratio=0.65, packing=0.3, seed=3)
    found = contacts(result.final, 1e-6)
    assert result.summary["verdict"] == "strict"
    assert np.flatnonzero(found.is_rattler).tolist() == result.tables["rattlers"].tolist()
    held = ~found.is_rattler
    assert held.sum() >= 20
    assert found.pairs >= result.summary["contacts"]


def test_descriptions_of_one_crystal():
    state = measured(0.95)
    cells = voronoi_cells(state)
    expected, sides = contacts(state, 0.02), facet_neighbors(state, cells)
    angles = bond_angles(state, cells, 5.0)
    assert expected.pairs > 50
    assert expected.overlaps > 10
    for name, other in descriptions(state).items():
        found, copies = contacts(other, 0.02), len(other) // 25
        assert found.numbers == pytest.approx(expected.numbers), name
        assert found.pairs == copies * expected.pairs
        assert found.overlaps == copies * expected.overlaps
        assert found.is_rattler.tolist() == copies * expected.is_rattler.tolist()
        other_cells = voronoi_cells(other)
        assert facet_neighbors(other, other_cells) == pytest.approx(sides), name
        again = bond_angles(other, other_cells, 5.0)
        assert again.density == pytest.approx(angles.density, abs=1e-5), name


def test_gap_is_relative():
    """Two pairs, of large and of small spheres, both 1 % apart. Fails if absolute (tried)."""
    places = np.array([[0, 0, 0], [1.01, 0, 0], [0, 3, 0], [0.505, 3, 0]], dtype=float)
    diameters, types = np.array([1, 1, 0.5, 0.5]), np.array([0, 0, 1, 1])
    state = Configuration(Box.cubic(6.0), places, diameters, types)
    assert contacts(state, 0.0101).numbers == pytest.approx([1.0, 0.0, 0.0, 1.0])
    assert contacts(state, 0.0099).numbers == pytest.approx([0.0] * 4)
    assert contacts(state, 0.0099).is_rattler.all()


def test_angles_of_fcc():
    """Of the 66 pairs of 12 bonds: 24 at 60°, 12 at 90°, 24 at 120°, 6 at 180°.

    Fails if bonds are paired with themselves (tried).
    """
    state = crystal("fcc").configuration(1.0)
    found = bond_angles(state, voronoi_cells(state), 2.0)
    places = np.flatnonzero(found.density[0])
    assert found.angle[places].tolist() == [60.0, 90.0, 120.0, 180.0]
    assert 2.0 * found.density[0, places] == pytest.approx(np.array([24, 12, 24, 6]) / 66)
    assert np.isnan(found.density[1]).all()


def test_slivers_are_no_neighbours():
    """Displaced by 1e-3, the corners where six cells of fcc meet open into small facets.

    Fails if these count as neighbours (tried): then there are 14 and more.
    """
    fcc = crystal("fcc").configuration(1.0).replicated(2, 2, 2)
    noise = 1e-3 * np.random.default_rng(2).standard_normal(fcc.positions.shape)
    state = Configuration(fcc.box, fcc.positions + noise, fcc.diameters, fcc.types)
    assert facet_neighbors(state, voronoi_cells(state))[0] == 12.0


def test_angles_around_each_species():
    """CsCl: 14 facets around either; angles of a truncated octahedron, with integral 1."""
    state = crystal("cscl").configuration(0.7)
    cells = voronoi_cells(state)
    assert facet_neighbors(state, cells) == pytest.approx([6.0, 8.0, 8.0, 6.0])
    found = bond_angles(state, cells, 2.0)
    assert 2.0 * found.density.sum(axis=1) == pytest.approx([1.0, 1.0])
    assert found.density[0] == pytest.approx(found.density[1])


@pytest.mark.parametrize("gap", [-0.1, 1.0, math.nan])
def test_gap_of_no_use(gap):
    with pytest.raises(InputError, match=f"contact gap is {gap:g}, needs 0 ≤ gap < 1"):
        contacts(measured(), gap)
