"""Densest known binary packings, and the density that mixtures of them can reach.

Compressed without limit, a mixture at equilibrium would be the combination of crystals with
the smallest total volume. The crystals here are those known to `hsmc`: what they give is a
density that can be reached, not a proof that no higher one can.

Source:
    Hopkins, Stillinger & Torquato, Phys. Rev. E 85, 021130 (2012),
    doi:10.1103/PhysRevE.85.021130 (densest binary packings as mixtures of phases).
"""

import csv
import math
from dataclasses import dataclass
from functools import cache
from importlib import resources

from scipy.optimize import linprog

from hsmc.mixture import Mixture, check_size_ratio

FCC = math.pi / math.sqrt(18.0)
"""Packing fraction of close-packed spheres of one size."""

FORMULA = "formula"
"""Source of a phase whose density follows from its contacts."""

TRACE = 1e-9
"""Amount of a phase, a sphere of the mixture, below which it is rounding."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A crystal of given composition.

    Attributes:
        name: Structure.
        n_large: Large spheres in one unit.
        n_small: Small spheres in one unit.
        volume: Volume of one unit, in σ_L³.
        source: "formula", or where the number comes from.
    """

    name: str
    n_large: int
    n_small: int
    volume: float
    source: str

    def packing_fraction(self, size_ratio: float) -> float:
        """Volume of the spheres over volume of the unit."""
        return _sphere_volume(self.n_large, self.n_small, size_ratio) / self.volume


@dataclass(frozen=True, slots=True)
class DensestMixture:
    """The densest combination of known phases.

    Attributes:
        packing_fraction: φ of the phases together.
        phases: The phases that coexist, one or two.
        amounts: Units of each phase in the mixture.
    """

    packing_fraction: float
    phases: tuple[Phase, ...]
    amounts: tuple[float, ...]


def sodium_chloride(size_ratio: float) -> float:
    """Return φ of NaCl: small spheres in the octahedral holes of fcc."""
    check_size_ratio(size_ratio)
    edge = max(math.sqrt(2.0), 1.0 + size_ratio)
    return _sphere_volume(4, 4, size_ratio) / edge**3


def cesium_chloride(size_ratio: float) -> float:
    """Return φ of CsCl: a small sphere in the cube of large ones."""
    check_size_ratio(size_ratio)
    edge = max(1.0, (1.0 + size_ratio) / math.sqrt(3.0))
    return _sphere_volume(1, 1, size_ratio) / edge**3


def aluminium_diboride(size_ratio: float) -> float:
    """Return φ of AlB2: hexagonal layers of large spheres, small ones in every prism.

    Either kind may touch in its layer; the layers are then as close as the large spheres of
    one layer and the small ones between, or two large ones one above the other, allow.
    """
    check_size_ratio(size_ratio)
    a = max(1.0, math.sqrt(3.0) * size_ratio)
    c_squared = max(1.0, (1.0 + size_ratio) ** 2 - 4.0 * a**2 / 3.0)
    volume = 0.5 * math.sqrt(3.0) * a**2 * math.sqrt(c_squared)
    return _sphere_volume(1, 2, size_ratio) / volume


def laves(size_ratio: float) -> float:
    """Return φ of the ideal cubic Laves phase, MgCu2: the same for all its stackings.

    Unlike spheres, √11/8 of the edge apart, are never the first to touch.
    """
    check_size_ratio(size_ratio)
    edge = max(4.0 / math.sqrt(3.0), 2.0 * math.sqrt(2.0) * size_ratio)
    return _sphere_volume(8, 16, size_ratio) / edge**3


def known_phases(size_ratio: float) -> tuple[Phase, ...]:
    """Return the crystals known at a size ratio, fcc of either species among them.

    A packing computed at one ratio holds at all others: smaller small spheres fit where they
    are, larger ones after the whole has grown with them.

    Args:
        size_ratio: γ = σ_S/σ_L.

    Raises:
        InputError: The ratio is outside (0, 1].
    """
    check_size_ratio(size_ratio)
    phases = [
        _phase("fcc of large", 1, 0, FCC, size_ratio),
        _phase("fcc of small", 0, 1, FCC, size_ratio),
        _phase("NaCl", 1, 1, sodium_chloride(size_ratio), size_ratio),
        _phase("CsCl", 1, 1, cesium_chloride(size_ratio), size_ratio),
        _phase("AlB2", 1, 2, aluminium_diboride(size_ratio), size_ratio),
        _phase("Laves", 1, 2, laves(size_ratio), size_ratio),
    ]
    computed: dict[str, Phase] = {}
    for point, at_ratio in _computed_packings():
        growth = max(1.0, size_ratio / at_ratio) ** 3
        volume = point.volume * growth
        if point.name not in computed or volume < computed[point.name].volume:
            computed[point.name] = Phase(
                point.name, point.n_large, point.n_small, volume, point.source
            )
    return (*phases, *computed.values())


def densest_mixture(mixture: Mixture) -> DensestMixture:
    """Return the densest way to divide a mixture among the known phases.

    This is the common tangent to their volumes: the least Σ xₖvₖ for amounts xₖ ≥ 0 that hold
    all spheres.

    Args:
        mixture: Size ratio and numbers of spheres.
    """
    phases = known_phases(mixture.size_ratio)
    result = linprog(
        c=[phase.volume for phase in phases],
        A_eq=[[phase.n_large for phase in phases], [phase.n_small for phase in phases]],
        b_eq=[mixture.n_large, mixture.n_small],
        method="highs",
    )
    amounts = result.x
    assert amounts is not None, result.message  # the two fcc crystals always hold the mixture
    volume = sum(phase.volume * x for phase, x in zip(phases, amounts, strict=True))
    trace = TRACE * (mixture.n_large + mixture.n_small)
    present = [(p, float(x)) for p, x in zip(phases, amounts, strict=True) if x > trace]
    spheres = _sphere_volume(mixture.n_large, mixture.n_small, mixture.size_ratio)
    return DensestMixture(
        float(spheres / volume),
        tuple(phase for phase, _ in present),
        tuple(amount for _, amount in present),
    )


def _phase(
    name: str, n_large: int, n_small: int, packing_fraction: float, size_ratio: float
) -> Phase:
    volume = _sphere_volume(n_large, n_small, size_ratio) / packing_fraction
    return Phase(name, n_large, n_small, volume, FORMULA)


@cache
def _computed_packings() -> tuple[tuple[Phase, float], ...]:
    """Return the packings known as numbers, each with the size ratio it was found at."""
    table = resources.files("hsmc").joinpath("data/densest_packings.csv")
    packings = []
    for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines()):
        n_large, n_small = int(row["n_large"]), int(row["n_small"])
        ratio, packing_fraction = float(row["size_ratio"]), float(row["packing_fraction"])
        volume = _sphere_volume(n_large, n_small, ratio) / packing_fraction
        packings.append((Phase(row["structure"], n_large, n_small, volume, row["source"]), ratio))
    return tuple(packings)


def _sphere_volume(n_large: int, n_small: int, size_ratio: float) -> float:
    return math.pi / 6.0 * (n_large + n_small * size_ratio**3)
