"""What the figures of a comparison say about the sentences of the paper.

A sentence holds or does not; the figures that decide stand beside it. Displacements are judged
against random starts, matched as freely, because the best match of any 25 spheres with any other
25 looks like something.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SIGNIFICANT = 0.05
"""Probability, by rank among the random starts, below which chance is ruled out."""

FEWEST = 19
"""Random starts below which no rank is that rare: 1/(19 + 1)."""

KEPT = 0.5
"""Sites count as kept if displacements are below this part of the null model's mean."""

AT_REST = 0.03
"""Root-mean-square displacement, in σ_L, below which spheres have not moved: 0.3 nm in A6B19."""


@dataclass(frozen=True, slots=True)
class Chance:
    """Where a displacement stands among those of random starts.

    Attributes:
        mean: Root-mean-square displacement of random starts, their mean, in σ_L.
        deviation: Standard deviation of it.
        count: Number of random starts.
        probability: Of a random start to be as near: (1 + nearer ones)/(1 + all).
        words: "kept", "nearer than by chance" or "as by chance".
    """

    mean: float
    deviation: float
    count: int
    probability: float
    words: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A statement about a state, whether it holds, and by which figures.

    Attributes:
        claim: The statement.
        holds: Whether the figures bear it; None if they cannot tell.
        because: The figures.
    """

    claim: str
    holds: bool | None
    because: str


def against_chance(rms: float, null: Sequence[float]) -> Chance:
    """Compare a root-mean-square displacement with those of random starts.

    Args:
        rms: In σ_L.
        null: Of random starts, in σ_L; at least ``FEWEST``.
    """
    mean = float(np.mean(null))
    probability = (1 + sum(other <= rms for other in null)) / (1 + len(null))
    words = "as by chance"
    if probability <= SIGNIFICANT:
        words = "kept" if rms < KEPT * mean else "nearer than by chance"
    return Chance(mean, float(np.std(null, ddof=1)), len(null), probability, words)


def large_are_kept(rms: float, chance: Chance | None) -> Sentence:
    """Judge that the large spheres mostly keep their positions."""
    claim = "the positions of the large spheres are mostly preserved"
    if chance is None:
        return Sentence(claim, rms < AT_REST or None, f"rms {rms:.3f} σ_L; no null model")
    return Sentence(claim, chance.words == "kept", _figures(rms, chance))


def small_shift(rms: float, chance: Chance | None) -> Sentence:
    """Judge that the small spheres shift from their positions, and by little against chance."""
    claim = "the small spheres shift a little from their positions"
    if rms < AT_REST:
        return Sentence(claim, False, f"rms {rms:.3f} σ_L: they have not moved")
    if chance is None:
        return Sentence(claim, None, f"rms {rms:.3f} σ_L; no null model")
    return Sentence(claim, chance.words == "kept", _figures(rms, chance))


def becomes_disordered(file: int, reference: int, tolerance: float) -> Sentence:
    """Judge that the state has lost the symmetry of the reference.

    Args:
        file: Space group number of the state at the tolerance.
        reference: That of the reference.
        tolerance: In σ_L.
    """
    claim = "the structure becomes disordered"
    because = f"space group {file} at {tolerance:.2g} σ_L, the reference has {reference}"
    return Sentence(claim, file == 1 and reference != 1, because)


def _figures(rms: float, chance: Chance) -> str:
    return (
        f"rms {rms:.3f} σ_L, {chance.count} random starts {chance.mean:.3f} ± "
        f"{chance.deviation:.3f} (s.d.), p = {chance.probability:.2g}: {chance.words}"
    )
