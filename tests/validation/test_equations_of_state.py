"""Packing fractions at fixed pressure against published equations of state.

The long version, with standard errors below 5e-4, is ``analysis/equations_of_state.py``; its
table stands in docs/validation.md.
"""

import math

import pytest

from hsmc.analysis.equations_of_state import (
    binary_packing_fraction,
    fcc_packing_fraction,
    fluid_packing_fraction,
)
from hsmc.mixture import Mixture
from hsmc.sampling import sample

LARGEST_ERROR = 0.001
"""Standard error that a run must reach, in φ; 3 % more pressure raise φ by .0028 to .0036."""

STANDARD_ERRORS = 3.0
"""Deviation from the reference that passes."""

BMCSL_ERROR = 5e-4
"""Error of the mixture's equation in φ, as docs/validation.md estimates it; others have none."""

BMCSL_PRESSURE = 0.003
"""The same, of the pressure at φ = 0.40, relative: 5e-4 in φ is 0.4 % in the pressure there."""

ONE = {"ratio": 1.0}
SYSTEMS = {
    "fluid 2.28": (
        {**ONE, "start": "fluid", "composition": (256, 0), "packing": 0.3, "pressure": 2.28},
        fluid_packing_fraction(2.28),
    ),
    "fluid 5.306": (
        {
            "start": "fluid",
            "composition": (256, 0),
            "ratio": 1.0,
            "packing": 0.4,
            "pressure": 5.306,
        },
        fluid_packing_fraction(5.306),
    ),
    "fcc 23.4": (
        {**ONE, "start": "fcc", "replicate": (4, 4, 4), "packing": 0.62, "pressure": 23.4},
        fcc_packing_fraction(23.4),
    ),
    "6:19 fluid 10.128": (
        {"start": "fluid", "composition": (60, 190), "packing": 0.39, "pressure": 10.12792},
        binary_packing_fraction(10.12792, Mixture(0.695, 6, 19)),
    ),
}


CASES = [
    ("fluid 2.28", "isotropic", "local", 150_000),
    ("fluid 5.306", "isotropic", "local", 150_000),
    ("fcc 23.4", "isotropic", "local", 200_000),
    ("6:19 fluid 10.128", "isotropic", "local", 120_000),
    ("fcc 23.4", "floppy", "local", 300_000),
    ("fluid 5.306", "isotropic", "chain", 90_000),
    ("fcc 23.4", "floppy", "newtonian", 60_000),
    ("6:19 fluid 10.128", "isotropic", "chain", 90_000),
]
"""A crystal feels the shape of its box; a fluid's floppy box would drift without bound."""


@pytest.mark.validation
@pytest.mark.parametrize(("name", "box", "moves", "cycles"), CASES)
def test_packing_fraction_at_fixed_pressure(name, box, moves, cycles):
    """Within three standard errors of the reference; the start is nearby, not on it.

    Fails, each case, if the pressure in the box move is 3 % off (tried).
    """
    options, reference = SYSTEMS[name]
    result = sample(
        None, equilibrate=10_000, cycles=cycles, box=box, moves=moves, frames=0, **options
    )
    summary = result.summary
    assert summary["standard_error"] < LARGEST_ERROR
    deviation = summary["mean_packing_fraction"] - reference
    error = math.hypot(summary["standard_error"], BMCSL_ERROR if "6:19" in name else 0.0)
    assert abs(deviation) < STANDARD_ERRORS * error


@pytest.mark.validation
@pytest.mark.parametrize("moves", ["chain", "newtonian"])
@pytest.mark.parametrize(("name", "pressure"), [("fluid 5.306", 5.30593), ("6:19", 10.12792)])
def test_pressure_measured_by_event_chains(name, pressure, moves):
    """In a box that stays, at φ = 0.40: within three standard errors, and those below 0.2 %.

    1000 spheres: a box that stays lowers the pressure by 1.7/N (64, 256 and 2048 spheres, six
    runs each: −0.012 ± 0.001, −0.007 ± 0.001, 0.000 ± 0.0015).
    Fails if flights last for a length instead of a time (newtonian), or if the contact vector
    is taken when seen instead of when hit (tried).
    """
    one = (
        {"composition": (1000, 0), "ratio": 1.0} if "fluid" in name else {"composition": (240, 760)}
    )
    result = sample(
        None, start="fluid", packing=0.4, box="fixed", moves=moves, equilibrate=1000,
        cycles=6000, frames=0, **one,
    )  # fmt: skip
    summary = result.summary
    assert summary["pressure_standard_error"] < 0.002 * pressure
    deviation = summary["mean_pressure"] - pressure
    own = BMCSL_PRESSURE * pressure if "6:19" in name else 0.0
    error = math.hypot(summary["pressure_standard_error"], own)
    assert abs(deviation) < STANDARD_ERRORS * error
