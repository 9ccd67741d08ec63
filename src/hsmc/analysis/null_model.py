"""Random packings matched to a crystal as freely as a state is: what chance alone gives."""

from collections.abc import Iterator

from hsmc.analysis.matching import THOROUGH, Match, match
from hsmc.configuration import LARGE, Configuration
from hsmc.fit import random_fluid
from hsmc.floppy_box import Search, search_once
from hsmc.mixture import Mixture
from hsmc.rng import stream

CYCLES, RAMP_START, PRESSURE = 3000, 20.0, 200.0
"""Length and βPσ_L³ of the compression of a small random start, before it is jammed."""

DENSEST_FLUID = 0.55
"""Packing fraction up to which large random starts are made without compression."""


def random_matches(
    configuration: Configuration, reference: Configuration, count: int, seed: int
) -> Iterator[Match]:
    """Yield matches of random packings of a configuration's composition with a reference.

    Up to ``THOROUGH`` spheres a random fluid is compressed in a box of any shape and jammed, as
    ``hsmc floppy`` does it. Larger ones are random fluids as dense as the configuration, or as
    ``DENSEST_FLUID``: jamming them takes too long, and how far the nearest sites are depends little
    on the density.

    Args:
        configuration: Whose composition, size ratio and packing fraction are taken.
        reference: Unit cell of the crystal.
        count: How many.
        seed: Root seed.
    """
    large = int((configuration.types == LARGE).sum())
    mixture = Mixture(configuration.size_ratio, large, len(configuration) - large)
    fraction = min(configuration.packing_fraction, DENSEST_FLUID)
    for run in range(count):
        if len(configuration) <= THOROUGH:
            search = Search(mixture, "random", CYCLES, RAMP_START, PRESSURE, False, True, seed)
            packing = search_once(search, run).configuration
        else:
            own = int(stream(seed, "null model", run).integers(2**63))
            packing = random_fluid(mixture, fraction, own)
        yield match(packing, reference)
