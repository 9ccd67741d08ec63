"""Random packings matched to a crystal as freely as a state is: what chance alone gives."""

from collections.abc import Iterator

from hsmc.analysis.matching import THOROUGH, Match, match
from hsmc.configuration import LARGE, Configuration
from hsmc.fit import at_packing, relax
from hsmc.floppy_box import Search, search_once
from hsmc.mixture import Mixture
from hsmc.rng import stream

CYCLES, RAMP_START, PRESSURE = 3000, 20.0, 200.0
"""Length and βPσ_L³ of the compression of a small random start, before it is jammed."""

DENSEST = 0.6
"""Packing fraction up to which the overlaps of random places relax away."""


def random_matches(
    configuration: Configuration, reference: Configuration, count: int, seed: int
) -> Iterator[Match]:
    """Yield matches of random packings of a configuration's composition with a reference.

    Up to ``THOROUGH`` spheres a random fluid is compressed in a box of any shape and jammed, as
    ``hsmc floppy`` does it. Larger ones, which take too long to jam, are spheres at random places
    in a box of the configuration's shape and density (or ``DENSEST``), their overlaps relaxed away.

    Args:
        configuration: Whose composition, size ratio and box are taken.
        reference: Unit cell of the crystal.
        count: How many.
        seed: Root seed.
    """
    for run in range(count):
        if len(configuration) > THOROUGH:
            yield match(_relaxed(configuration, seed, run), reference)
        else:
            large = int((configuration.types == LARGE).sum())
            mixture = Mixture(configuration.size_ratio, large, len(configuration) - large)
            search = Search(
                start=mixture,
                moves="local",
                cycles=CYCLES,
                ramp_start=RAMP_START,
                pressure=PRESSURE,
                published=False,
                jam=True,
                seed=seed,
            )
            yield match(search_once(search, run).configuration, reference)


def _relaxed(configuration: Configuration, seed: int, run: int) -> Configuration:
    draw = stream(seed, "null model", run)
    places = draw.random((len(configuration), 3))
    points = Configuration.from_scaled(
        configuration.box, places, configuration.diameters, configuration.types
    )
    fraction = min(configuration.packing_fraction, DENSEST)
    return relax(at_packing(points, fraction), int(draw.integers(2**63)))
