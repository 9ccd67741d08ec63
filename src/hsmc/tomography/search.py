"""Particles looked for in a volume: large ones, small ones in what is left, then all together."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from hsmc.box import Floats
from hsmc.configuration import LARGE, SMALL
from hsmc.errors import InputError
from hsmc.tomography.detection_options import DetectionOptions
from hsmc.tomography.fitting import Curvature, Fit, improve
from hsmc.tomography.matched_filter import MatchedFilter
from hsmc.tomography.peaks import Threshold, apart, choose_threshold, find_peaks, robust_spread

NOISE_FLOOR = 0.02
"""Power of the noise over the template's largest, for the sharpened maps."""

ROUNDS, SPLITS = 6, 2
"""Times that particles are added and taken away, at most; and in how many of them split."""

BRIGHT = 1.3
"""Density over the typical one above which a particle may be two."""

BRIGHTEST = 3.0
"""Density over the typical one above which it is no particle, but what a film makes of the fit."""

KEPT = 0.9
"""Part of the threshold that a fitted particle has to keep: it is not removed by a hair."""

MIXED = 0.75
"""Distance of a large and a small one, over their mean diameter, below which the large one stays.

Rings around a large particle of unusual size look like small ones that nearly touch it.
"""

NOTHING = Fit.peaks(np.empty((0, 3)), LARGE, np.empty(0))

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a search came to.

    Attributes:
        fit: The particles.
        thresholds: How the threshold of each species was chosen.
        rounds: Times that particles were added or taken away.
    """

    fit: Fit
    thresholds: tuple[Threshold, Threshold]
    rounds: int


class Search:
    """One search, with what stays the same from round to round.

    Args:
        matched: The volume and the templates.
        curvature: Overlaps of the templates.
        options: What is looked for.
        sizes: Diameters of the species, in voxels.
        mask: Where particles may be; None for everywhere.
        progress: Told what is done, and which part of it.
    """

    def __init__(
        self,
        matched: MatchedFilter,
        curvature: Curvature,
        options: DetectionOptions,
        sizes: Floats,
        mask: NDArray[np.bool_] | None,
        progress: Progress,
    ) -> None:
        self.matched, self.curvature, self.options = matched, curvature, options
        self.sizes, self.mask, self.progress = sizes, mask, progress
        self.thresholds: dict[int, Threshold] = {}
        self.removed = NOTHING

    def run(self) -> Found:
        """Look for large ones until no more turn up, then for small ones, then for all.

        Raises:
            InputError: There is no particle.
        """
        self.progress("detect", 0.0)
        fit = NOTHING
        for _ in range(2):  # a second look finds those that a bright neighbour had hidden
            fit, _ = self._with_missed(fit, LARGE)
        for _ in range(2):
            fit, _ = self._with_missed(fit, SMALL)
        if not len(fit):
            message = (
                "no peak stands out of the noise: no particle was found; check the diameters, the "
                "defocus and its sign, and whether particles are bright in the volume"
            )
            raise InputError(message)
        fit, rounds = self._settle(fit)
        self.progress("detect", 1.0)
        return Found(fit, (self.thresholds[LARGE], self.thresholds[SMALL]), rounds)

    def _settle(self, fit: Fit) -> tuple[Fit, int]:
        """Split, add and take away particles until they stay; return also how often."""
        rounds = 0
        for rounds in range(1, ROUNDS + 1):
            self.progress("detect", 0.3 + 0.7 * rounds / (ROUNDS + 1))
            before = len(fit)
            fit = self._split(fit) if rounds <= SPLITS else fit
            fit, removed = self._without_doubtful(fit)
            fit, large = self._with_missed(fit, LARGE)
            fit, small = self._with_missed(fit, SMALL)
            if rounds > SPLITS and not (removed or large or small) and len(fit) == before:
                break
        fit, _ = self._without_doubtful(fit)
        return improve(fit, self.matched, self.curvature, 3, sizes=True), rounds

    def _with_missed(self, fit: Fit, species: int) -> tuple[Fit, int]:
        """Add particles of one species that stand out of what the others of it leave.

        Large ones are looked for as if there were no small ones: a large one that was missed is
        filled with small ones, which give way to it.
        """
        others = fit.select(fit.types == LARGE) if species == LARGE else fit
        places, heights, spread = self._peaks(others, species)
        fresh = self._away_from(places, fit.select(fit.types == species))
        places, heights = places[fresh], heights[fresh]
        self.thresholds[species] = self._threshold(fit, species, heights, spread)
        high = heights > self.thresholds[species].chosen
        high &= self._away_from(places, self.removed.select(self.removed.types == species))
        joined = fit.joined(Fit.peaks(places[high], species, heights[high]))
        kept = self._apart(joined)  # most are rings around large ones, which stay
        added = int(kept[len(fit) :].sum())
        if not added:
            return fit, 0
        return improve(joined.select(kept), self.matched, self.curvature, 2), added

    def _threshold(self, fit: Fit, species: int, heights: Floats, spread: float) -> Threshold:
        """Return the threshold that parts the particles so far and the new peaks from noise."""
        known = fit.amplitudes[fit.types == species, 0]
        found = choose_threshold(np.concatenate([known, heights]), spread)
        given = self.options.thresholds[species]
        if given is None or not math.isfinite(found.chosen):
            return found
        return replace(found, chosen=given * found.typical)

    def _peaks(self, fit: Fit, species: int) -> tuple[Floats, Floats, float]:
        """Return peaks of the sharpened residual, and the spread of that map."""
        residual = self.matched.residual(fit.places, fit.types, fit.amplitudes)
        grid = self.matched.crop(self.matched.sharpened(residual, species, NOISE_FLOOR))
        distance = self.options.closest * float(self.sizes[species])
        places, heights = find_peaks(grid, distance, self.mask)
        return places, heights, robust_spread(grid)

    def _away_from(self, places: Floats, fit: Fit) -> NDArray[np.bool_]:
        """Return which places keep the closest distance from particles of their own species."""
        if not len(fit) or not len(places):
            return np.ones(len(places), bool)
        distance, _ = cKDTree(fit.places).query(places)
        return np.asarray(distance > self.options.closest * self.sizes[fit.types[0]])

    def _split(self, fit: Fit) -> Fit:
        """Try two particles along z in place of one that is too bright; the fit decides."""
        score = fit.amplitudes[:, 0] / typical_densities(fit)[fit.types]
        bright = score > BRIGHT
        if not bright.any():
            return fit
        one = fit.select(bright)
        away = np.zeros((len(one), 3))
        away[:, 0] = 0.45 * self.sizes[one.types]
        halves = [
            Fit(one.places + sign * away, one.types, 0.6 * one.amplitudes) for sign in (-1.0, 1.0)
        ]
        split = fit.select(~bright).joined(halves[0]).joined(halves[1])
        return improve(split, self.matched, self.curvature, 3)

    def _without_doubtful(self, fit: Fit) -> tuple[Fit, int]:
        """Take away what is too faint or bright, left the volume, or is too near to a brighter."""
        thresholds = [self.thresholds[species] for species in (LARGE, SMALL)]
        level = np.array([one.chosen for one in thresholds])
        most = BRIGHTEST * np.array([one.typical for one in thresholds])
        shape = np.array(self.matched.volume.shape)
        good = ((fit.places > -0.5) & (fit.places < shape - 0.5)).all(axis=1)
        good &= fit.amplitudes[:, 0] > KEPT * level[fit.types]
        good &= fit.amplitudes[:, 0] < most[fit.types]
        self.removed = self.removed.joined(fit.select(~good))
        kept = fit.select(good)
        kept = kept.select(self._apart(kept))
        return kept, len(fit) - len(kept)

    def _apart(self, fit: Fit) -> NDArray[np.bool_]:
        """Return who stays of particles that are too near: large before small, then brighter."""
        order = np.lexsort((-fit.amplitudes[:, 0], fit.types))
        kept = np.zeros(len(fit), bool)
        distances = self.options.closest * self.sizes
        mixed = MIXED * float(self.sizes.mean())
        kept[order] = apart(fit.places[order], fit.types[order], distances, mixed)
        return kept


def typical_densities(fit: Fit) -> Floats:
    """Return the median density of each species; 0 if there is none of it."""
    return np.array(
        [
            float(np.median(fit.amplitudes[fit.types == species, 0]))
            if (fit.types == species).any()
            else 0.0
            for species in (LARGE, SMALL)
        ]
    )
