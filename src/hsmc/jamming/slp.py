"""Compression to a jammed packing by sequential linear programming."""

import math
from dataclasses import dataclass, replace

import numpy as np

from hsmc.box import Box
from hsmc.configuration import Configuration
from hsmc.errors import InputError, SolverError
from hsmc.jamming.descent import Descent, overlap_free
from hsmc.jamming.rows import symmetric
from hsmc.neighbors import check_overlap_free
from hsmc.rng import stream

FINEST = 1e-7
"""Smallest unit of ε and u: HiGHS's tolerance of 1e-7 then lets overlaps of 1e-14 pass."""

FINE = 1e-3
"""Unit of ε and u from which on a volume that does not fall is believed."""

START_OVERLAP = 1e-9
"""Relative overlap of a start that is taken for rounding, and dilated away."""


@dataclass(frozen=True, slots=True, eq=False)
class JamResult:
    """Where sequential linear programming ended.

    Attributes:
        configuration: The densest state reached, without overlaps.
        programs: Number of linear programs solved.
        converged: Whether the volume stopped falling.
        status: Why it ended, in words.
    """

    configuration: Configuration
    programs: int
    converged: bool
    status: str


def jam(
    configuration: Configuration,
    *,
    tolerance: float = 1e-12,
    max_programs: int = 1000,
    noise: float = 0.0,
    seed: int = 0,
) -> JamResult:
    """Compress spheres in a deformable box until the volume stops falling.

    What a failing solver or the limit on programs leaves is the densest state so far, labelled
    as not converged.

    Args:
        configuration: Any state without overlaps, loose or dense.
        tolerance: Relative fall of the volume in one program that counts as none.
        max_programs: Linear programs to solve at most.
        noise: Standard deviation of random displacements (in σ_L) and strains applied first;
            about 1e-3 frees a crystal that is stationary by symmetry alone.
        seed: Root seed of the noise.

    Raises:
        InputError: A number is out of range, or a sphere has no size.
        OverlapError: Spheres overlap in the start.

    Source:
        Torquato & Jiao, Phys. Rev. E 82, 061302 (2010), doi:10.1103/PhysRevE.82.061302.
    """
    _check(configuration, tolerance, max_programs, noise)
    descent = Descent(overlap_free(_shaken(configuration, noise, seed)))
    change, unit = -1.0, 1.0
    try:
        while unit > FINE or change < -tolerance:
            if descent.programs >= max_programs:
                status = f"not converged: limit of {max_programs} linear programs reached"
                return JamResult(descent.state, descent.programs, False, status)
            unit = min(max(10.0 * abs(change), FINEST), 1.0)
            change = descent.step(unit)
    except SolverError as error:
        return JamResult(descent.state, descent.programs, False, f"not converged: {error}")
    status = f"converged: volume fell by {max(-change, 0.0):.1g} in the last program"
    return JamResult(descent.state, descent.programs, True, status)


def _check(configuration: Configuration, tolerance: float, max_programs: int, noise: float) -> None:
    for name, value, least in (
        ("tolerance", tolerance, 0.0),
        ("max_programs", max_programs, 1),
        ("noise", noise, 0.0),
    ):
        if not (math.isfinite(value) and value >= least):
            message = f"{name} is {value}, needs to be ≥ {least}"
            raise InputError(message)
    if configuration.diameters.min() == 0.0:
        message = f"sphere {configuration.diameters.argmin()} has diameter 0, needs to be > 0"
        raise InputError(message)
    check_overlap_free(configuration, "scale the start up until nothing overlaps", START_OVERLAP)


def _shaken(configuration: Configuration, noise: float, seed: int) -> Configuration:
    if noise == 0.0:
        return configuration
    rng = stream(seed, "jamming noise")
    strain = np.eye(3) + symmetric(rng.normal(scale=noise, size=6))
    shift = rng.normal(scale=noise, size=(len(configuration), 3))
    box = Box.from_vectors(strain @ configuration.box.vectors)
    shaken = replace(configuration, positions=configuration.positions + shift)
    return replace(shaken, box=box, positions=box.unscale(shaken.scaled))
