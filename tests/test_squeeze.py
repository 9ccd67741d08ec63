"""Large fluids without a list of pairs."""

import numpy as np
import pytest

from hsmc import squeeze
from hsmc.box import Box
from hsmc.errors import InputError
from hsmc.fit import random_fluid
from hsmc.kernels.squeezing import any_overlap
from hsmc.mixture import Mixture
from hsmc.neighbors import smallest_gap
from tests.conftest import points
from tests.kernels.test_cells import system_of

MANY = Mixture(0.695, 1050, 3150)


def test_large_fluid_is_free_of_overlaps():
    """The independent test finds none at the packing fraction asked for, twice the same bits."""
    fluid, again = (random_fluid(MANY, 0.5, seed=1) for _ in range(2))
    assert fluid.packing_fraction == pytest.approx(0.5, rel=1e-9)
    assert -1e-12 < smallest_gap(fluid).gap < 1e-3
    assert np.array_equal(fluid.positions, again.positions)
    assert not np.array_equal(fluid.positions, random_fluid(MANY, 0.5, seed=2).positions)


@pytest.mark.parametrize("seed", range(5))
def test_any_overlap_is_that_of_brute_force(seed):
    """Spheres that have not moved overlap in the grid if they do at all.

    Fails if those that moved are looked at instead, or if none is ever found (tried).
    """
    spheres = points(60, Box.cubic(8.0), 0.6, seed)
    system, _ = system_of(spheres)
    assert any_overlap(system) == (smallest_gap(spheres).gap < 0.0)


def test_too_dense_a_fluid_is_refused(monkeypatch):
    """The message says how far it came."""
    monkeypatch.setattr(squeeze, "PATIENCE", 60)
    message = r"packing fraction is 0\.73, but 4200 random spheres still overlap at 0\.\d{3}"
    with pytest.raises(InputError, match=message):
        squeeze.squeeze(random_fluid(MANY, 0.02, seed=1), 0.73, seed=1)


def test_a_large_fluid_denser_than_squeezing_reaches_is_relaxed():
    """As dense as a small one, and free of overlaps.

    Fails if large fluids are always squeezed (tried: refused at 0.55).
    """
    fluid = random_fluid(MANY, 0.62, seed=1)
    assert fluid.packing_fraction == pytest.approx(0.62, rel=1e-4)
    assert smallest_gap(fluid).gap >= 0.0


def test_few_large_spheres_among_many_small_ones_are_relaxed(monkeypatch):
    """Squeezing gets stuck: small ones lie inside the large. Fails if it is refused (tried)."""
    monkeypatch.setattr(squeeze, "PATIENCE", 60)
    fluid = random_fluid(Mixture(0.1, 10, 5000), 0.1, seed=1)
    assert fluid.packing_fraction == pytest.approx(0.1, rel=1e-4)
    assert smallest_gap(fluid).gap >= 0.0
