"""The search for dense packings in a floppy box: one run of it.

A random or given start is compressed under a pressure ramp with every element of the box free, then
driven to a jammed state by sequential linear programming and certified. The programs finish a
compression in a few steps, so the default ramp spends all its cycles where the packing is
decided, between βPσ_L³ of 20 and 200; docs/floppy-box.md has the measurements behind this.

Sources: Filion et al., Phys. Rev. Lett. 103, 188302 (2009),
doi:10.1103/PhysRevLett.103.188302, and de Graaf et al., J. Chem. Phys. 137, 214101 (2012),
doi:10.1063/1.4767529.
"""

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hsmc.configuration import Configuration
from hsmc.ensemble import Motion
from hsmc.errors import SolverError
from hsmc.fit import random_fluid
from hsmc.jamming import Certificate, certify, jam
from hsmc.mixture import Mixture
from hsmc.rng import stream
from hsmc.schedule import PressureRamp
from hsmc.simulation import Moves, Simulation

START_PACKING = 0.3
"""Packing fraction of a random start."""

POWERS = (3.0, 9.0)
"""Range of the exponent of the published ramps."""


@dataclass(frozen=True, slots=True)
class Search:
    """How one run searches.

    Attributes:
        start: An overlap-free state, or the mixture of random ones.
        moves: How spheres move.
        cycles: Length of the compression.
        ramp_start: βPσ_L³ at its first cycle.
        pressure: βPσ_L³ at its end.
        published: Box moves and ramp as published: Metropolis, (t/T)^g with g drawn from 3 to 9.
        jam: Drive to strict jamming and certify.
        seed: Root seed.
    """

    start: Configuration | Mixture
    moves: Motion
    cycles: int
    ramp_start: float
    pressure: float
    published: bool
    jam: bool
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Packing:
    """What one run found.

    Attributes:
        run: Number of the run.
        configuration: The final state.
        compressed: Packing fraction before jamming.
        verdict: "strict", "collective" or "none"; "unknown" if not jammed or a solver failed.
        note: What failed, in words; empty if nothing did.
        contacts: Number of contacts of the backbone.
        isostatic: Isostatic count, 3N′ + 3.
        rattlers: Indices of the rattlers.
        contact_gap: Largest relative gap of a contact.
        other_gap: Smallest other relative gap.
        seconds: CPU time of the run itself, of a process that ``compile_first`` made ready.
    """

    run: int
    configuration: Configuration
    compressed: float
    verdict: str
    note: str
    contacts: int
    isostatic: int
    rattlers: NDArray[np.int64]
    contact_gap: float
    other_gap: float
    seconds: float


def search_once(search: Search, run: int) -> Packing:
    """Make one run of a search.

    Args:
        search: How to search.
        run: Number of the run; its random numbers depend on this and the seed alone.
    """
    began = time.process_time()
    compressed = _compress(search, _start(search, run), run)
    first = compressed.packing_fraction
    if not search.jam:
        return _packing(run, compressed, first, None, "", began)
    jammed, note = _jammed(compressed)
    certificate, failure = _certified(jammed)
    return _packing(run, jammed, first, certificate, note or failure, began)


def compile_first(search: Search) -> None:
    """Compile what all runs call, or load it where it is compiled, by a block of no cycles."""
    _simulation(search, _start(search, 0), 0).advance(np.zeros(0), tuning=True)


def _start(search: Search, run: int) -> Configuration:
    if isinstance(search.start, Configuration):
        return search.start
    # A seed of its own for each run: the fluid's stream is named by the seed alone.
    seed = int(stream(search.seed, "floppy start", run).integers(2**63))
    return random_fluid(search.start, START_PACKING, seed)


def _simulation(search: Search, start: Configuration, run: int) -> Simulation:
    moves = Moves("floppy", motion=search.moves, heat_bath=not search.published)
    return Simulation(start, moves, search.seed, replica=run)


def _compress(search: Search, start: Configuration, run: int) -> Configuration:
    """Return the state after a pressure ramp with every element of the box free."""
    simulation = _simulation(search, start, run)
    ramp = PressureRamp(
        final=search.pressure,
        cycles=search.cycles,
        start=search.ramp_start,
        shape="power" if search.published else "geometric",
        fraction=1.0,
        power=float(stream(search.seed, "floppy ramp", run).uniform(*POWERS)),
    )
    while simulation.cycle < search.cycles:
        length = min(simulation.block_cycles, search.cycles - simulation.cycle)
        simulation.advance(ramp.pressures(simulation.cycle, length), tuning=True)
    return simulation.configuration


def _jammed(configuration: Configuration) -> tuple[Configuration, str]:
    """Return the jammed state and what failed; a failing solver leaves its best state."""
    try:
        result = jam(configuration)
    except SolverError as error:
        return configuration, str(error)
    return result.configuration, "" if result.converged else result.status


def _certified(configuration: Configuration) -> tuple[Certificate | None, str]:
    try:
        return certify(configuration), ""
    except SolverError as error:
        return None, str(error)


def _packing(
    run: int,
    configuration: Configuration,
    compressed: float,
    certificate: Certificate | None,
    note: str,
    began: float,
) -> Packing:
    none = np.zeros(0, np.int64)
    return Packing(
        run,
        configuration,
        compressed,
        verdict="unknown" if certificate is None else certificate.verdict,
        note=note,
        contacts=0 if certificate is None else len(certificate.contacts),
        isostatic=0 if certificate is None else certificate.isostatic_count,
        rattlers=none if certificate is None else certificate.rattlers,
        contact_gap=math.nan if certificate is None else certificate.largest_contact_gap,
        other_gap=math.nan if certificate is None else certificate.smallest_other_gap,
        seconds=time.process_time() - began,
    )
