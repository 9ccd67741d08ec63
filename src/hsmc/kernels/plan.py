"""What a cycle does, and what is counted of it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.cells import Floats, Ints


class Tally(NamedTuple):
    """Step sizes, counts of tried and accepted moves, and the state of the generator.

    Attributes:
        steps: Particle step of each species, in σ_L; shape (2,).
        counts: Tried and accepted particle moves of each species; shape (2, 2).
        recent: The same since the last change of the step; shape (2, 2).
        box_steps: Relative step of each Metropolis box move; shape (K,).
        box_counts: Tried and accepted box moves; shape (K, 2).
        box_recent: The same since the last change of the step; shape (K, 2).
        chain: Duration and mean free path of event chains, and their Σ ⟨v²⟩ t and Σ d·v for the
            pressure, and length of all flights; shape (5,).
        chain_recent: Chains and collisions since the last change of the duration; shape (2,).
        state: State of the generator; shape (4,).
    """

    steps: Floats
    counts: Ints
    recent: Ints
    box_steps: Floats
    box_counts: Ints
    box_recent: Ints
    chain: Floats
    chain_recent: Ints
    state: NDArray[np.uint64]


class LocalMoves(NamedTuple):
    """About N trial moves of single spheres."""


class LocalMovesInRegions(NamedTuple):
    """The same region by region, on several threads."""


class EventChains(NamedTuple):
    """Event chains of about N collisions."""


class EventChainsInRegions(NamedTuple):
    """The same region by region, on several threads."""


Way = LocalMoves | LocalMovesInRegions | EventChains | EventChainsInRegions


class FixedBox(NamedTuple):
    """The box stays as it is."""


class DrawnScalings(NamedTuple):
    """Axes of the box are scaled, by factors drawn exactly."""


class DrawnElements(NamedTuple):
    """Elements of the box are changed, each drawn exactly."""


class TriedScalings(NamedTuple):
    """Axes of the box are scaled, by Metropolis."""


class TriedElements(NamedTuple):
    """Elements of the box are changed, by Metropolis."""


BoxWay = FixedBox | DrawnScalings | DrawnElements | TriedScalings | TriedElements


class Plan(NamedTuple):
    """What is done in a cycle.

    Attributes:
        way: How spheres move, by its type alone.
        mask: 1 for Cartesian axes along which spheres move, else 0; shape (3,).
        box_way: How the box moves, by its type alone.
        box_moves: One row a box move, of which each cycle makes one at random: the axes that are
            scaled are marked by 1, or the row and column of the element and a 0; shape (K, 3).
        asked: Whether box moves ask trial moves who is near whom: not in a box that stays, nor
            where elements of a box of few spheres change.
        tuning: Whether steps follow the acceptances (no sampling then).
        particle_target: Acceptance aimed at by particle moves.
        box_target: Acceptance aimed at by Metropolis box moves.
    """

    way: Way
    mask: Floats
    box_way: BoxWay
    box_moves: Ints
    asked: bool
    tuning: bool
    particle_target: float
    box_target: float
