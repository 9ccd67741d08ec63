"""The search for dense packings in a floppy box: one run of it.

A random start is compressed under a pressure ramp with every element of the box free, then
driven to a jammed state by sequential linear programming. The default goes on from there: it
melts the packing a little and compresses it again, keeping the new one if it is denser or,
sometimes, a little less dense (Metropolis in φ), and returns the densest seen.

Sources: Filion et al., Phys. Rev. Lett. 103, 188302 (2009),
doi:10.1103/PhysRevLett.103.188302, and de Graaf et al., J. Chem. Phys. 137, 214101 (2012),
doi:10.1063/1.4767529 (floppy box); Li & Scheraga, Proc. Natl. Acad. Sci. 84, 6611 (1987),
doi:10.1073/pnas.84.19.6611 (Monte Carlo over minima).
"""

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hsmc.configuration import Configuration
from hsmc.crystal import crystal
from hsmc.errors import SolverError
from hsmc.fit import dilate, random_fluid
from hsmc.jamming import Certificate, certify, jam
from hsmc.mixture import Mixture
from hsmc.rng import stream
from hsmc.schedule import PressureRamp
from hsmc.simulation import Moves, Simulation

START_PACKING = 0.3
"""Packing fraction of a random start."""

LOOSEN = 1.002
"""Linear growth of a packing before it is melted."""

POWERS = (3.0, 9.0)
"""Range of the exponent of the published ramps."""


@dataclass(frozen=True, slots=True)
class Search:
    """How one run searches.

    Attributes:
        mixture: Composition and size ratio.
        start: "random", or the name of a crystal of the same composition.
        cycles: Length of the first compression.
        ramp_start: βPσ_L³ at its first cycle.
        pressure: βPσ_L³ at the end of every compression.
        remelts: How often the packing is melted and compressed again.
        remelt_cycles: Length of these compressions.
        remelt_pressure: βPσ_L³ at their first cycle: the lower, the more is forgotten.
        temperature: Loss of φ that is accepted with a chance of 1/e.
        published: Move and ramp as published: Metropolis, (t/T)^g with g drawn from 3 to 9.
        jam: Drive states to strict jamming and certify the best.
        seed: Root seed.
    """

    mixture: Mixture
    start: str
    cycles: int
    ramp_start: float
    pressure: float
    remelts: int
    remelt_cycles: int
    remelt_pressure: float
    temperature: float
    published: bool
    jam: bool
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Packing:
    """What one run found.

    Attributes:
        run: Number of the run.
        configuration: The densest state.
        compressed: Packing fraction of the first compression, before jamming.
        verdict: "strict", "collective" or "none"; "unknown" if not jammed or a solver failed.
        note: What failed, in words; empty if nothing did.
        contacts: Number of contacts of the backbone.
        isostatic: Isostatic count, 3N′ + 3.
        rattlers: Indices of the rattlers.
        contact_gap: Largest relative gap of a contact.
        other_gap: Smallest other relative gap.
        seconds: CPU time.
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
    rng = stream(search.seed, "floppy", run)
    compressed = _compress(search, _start(search, run), run, 0, rng)
    first = compressed.packing_fraction
    if not search.jam:
        return _packing(run, compressed, first, None, "", began)
    best, note = _jammed(compressed)
    current = best
    for remelt in range(1, search.remelts + 1):
        again = _compress(search, _loosened(current), run, remelt, rng)
        new, note_again = _jammed(again)
        note = note or note_again
        gain = new.packing_fraction - current.packing_fraction
        if gain >= 0.0 or rng.random() < math.exp(gain / search.temperature):
            current = new
        if new.packing_fraction > best.packing_fraction:
            best = new
    certificate, failure = _certified(best)
    return _packing(run, best, first, certificate, note or failure, began)


def _start(search: Search, run: int) -> Configuration:
    if search.start == "random":
        # A seed of its own for each run: the fluid's stream is named by the seed alone.
        seed = int(stream(search.seed, "floppy start", run).integers(2**63))
        return random_fluid(search.mixture, START_PACKING, seed)
    return dilate(crystal(search.start).configuration(search.mixture.size_ratio))


def _compress(
    search: Search, start: Configuration, run: int, remelt: int, rng: np.random.Generator
) -> Configuration:
    """Return the state after a pressure ramp with every element of the box free."""
    moves = Moves("floppy", heat_bath=not search.published)
    simulation = Simulation(start, moves, search.seed, replica=run * 1_000_000 + remelt)
    cycles = search.remelt_cycles if remelt else search.cycles
    ramp = PressureRamp(
        final=search.pressure,
        cycles=cycles,
        start=search.remelt_pressure if remelt else search.ramp_start,
        shape="power" if search.published else "geometric",
        fraction=1.0,
        power=float(rng.uniform(*POWERS)) if search.published else 1.0,
    )
    while simulation.cycle < cycles:
        length = min(simulation.block_cycles, cycles - simulation.cycle)
        simulation.advance(ramp.pressures(simulation.cycle, length), tuning=True)
    return simulation.configuration


def _loosened(configuration: Configuration) -> Configuration:
    return configuration.strained(np.eye(3) * LOOSEN)


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
