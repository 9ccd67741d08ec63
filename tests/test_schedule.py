"""Laws of the pressure against their formulas, and in pieces."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsmc.schedule import PressureRamp

SHAPES = ["geometric", "linear", "power", "none"]


@pytest.mark.parametrize(
    ("shape", "half"),
    [("geometric", 1000.0), ("linear", 50_005.0), ("power", 10.0 + 99_990.0 / 8.0), ("none", 1e5)],
)
def test_pressure_half_way(shape, half):
    """10 to 10⁵ over 100 of 200 cycles: cycle 50 is half way.

    Fails if the ramp takes all cycles (u = 1/4), or if the power law ignores its power (tried).
    """
    ramp = PressureRamp(final=1e5, cycles=200, shape=shape, fraction=0.5, power=3.0)
    assert ramp.pressures(50, 1)[0] == pytest.approx(half, rel=1e-14)


@pytest.mark.parametrize("shape", SHAPES)
def test_ends(shape):
    """The first cycle has the start, cycles after the ramp the end. Fails if u passes 1 (tried)."""
    pressures = PressureRamp(final=1e5, cycles=100, shape=shape, fraction=0.8).pressures(0, 100)
    assert pressures.shape == (100,)
    assert pressures[0] == pytest.approx(1e5 if shape == "none" else 10.0, rel=1e-14)
    np.testing.assert_allclose(pressures[80:], 1e5, rtol=1e-14)
    assert np.all(np.diff(pressures[:81]) >= 0.0)


@given(shape=st.sampled_from(SHAPES), first=st.integers(0, 299), count=st.integers(1, 50))
def test_pieces_are_bits_of_the_whole(shape, first, count):
    """A resumed run sees the very pressures. Fails if a piece starts its own ramp (tried)."""
    ramp = PressureRamp(final=1e6, cycles=300, shape=shape)
    whole = ramp.pressures(0, 350)
    np.testing.assert_array_equal(ramp.pressures(first, count), whole[first : first + count])
