"""Particles in a volume: large ones first, then small ones in what is left, then all together."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from hsmc.box import Floats
from hsmc.configuration import LARGE, SMALL
from hsmc.errors import InputError
from hsmc.tomography.fitting import Curvature, Fit, improve, own_curvature
from hsmc.tomography.matched_filter import MatchedFilter
from hsmc.tomography.particles import Particles
from hsmc.tomography.peaks import Threshold, apart, choose_threshold, find_peaks, robust_spread
from hsmc.tomography.series import Single
from hsmc.tomography.templates import Imaging, template_pair

NAMES = ("large", "small")

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

REACH = 1.2
"""Diameters of the large species over which particles are fitted together."""

NOTHING = Fit.peaks(np.empty((0, 3)), LARGE, np.empty(0))

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class DetectionOptions:
    """What is looked for. Of two numbers the first is the large species'.

    Attributes:
        diameters: Diameters of what is seen (the cores), in nm.
        thresholds: Heights of peaks over the typical one above which they are particles; None
            finds them.
        closest: Distance between two particles of a species, over its diameter, below which they
            are one.
    """

    diameters: tuple[float, float] = (6.5, 3.4)
    thresholds: tuple[float | None, float | None] = (None, None)
    closest: float = 0.6

    def __post_init__(self) -> None:
        if not 0.0 < self.diameters[1] < self.diameters[0]:
            message = f"diameters are {self.diameters} nm, need 0 < small < large"
            raise InputError(message)
        for name, level in zip(NAMES, self.thresholds, strict=True):
            if level is not None and not 0.0 < level < 1.5:
                message = f"threshold of the {name} species is {level:g}, needs to be in (0, 1.5)"
                raise InputError(message)
        if not 0.0 < self.closest < 1.5:
            message = f"closest is {self.closest:g}, needs to be in (0, 1.5)"
            raise InputError(message)


@dataclass(frozen=True, slots=True, eq=False)
class Detected:
    """What was found in a volume.

    Attributes:
        particles: Centres in nm from the middle of the volume, with the columns ``score`` (density
            over the typical one of the species), ``density``, ``diameter_nm`` and the standard
            errors ``x_se_nm``, ``y_se_nm``, ``z_se_nm``.
        thresholds: How the threshold of each species was chosen.
        explained: Part of the volume's variance that the particles explain.
        rounds: Times that particles were added or taken away.
        fit: The particles in voxels.
    """

    particles: Particles
    thresholds: tuple[Threshold, Threshold]
    explained: float
    rounds: int
    fit: Fit


def detect(
    volume: Single,
    imaging: Imaging,
    options: DetectionOptions,
    mask: NDArray[np.bool_] | None = None,
    progress: Progress | None = None,
) -> Detected:
    """Find the particles of two species in a volume.

    Args:
        volume: Densities; shape (nz, ny, nx).
        imaging: What the volume went through.
        options: What is looked for.
        mask: Where particles may be; None for everywhere.
        progress: Told what is done, and which part of it.

    Raises:
        InputError: Voxels are too coarse, the mask has another shape, or there is no particle.
    """
    return Detector(volume.shape, imaging, options, mask).find(volume, progress)


class Detector:
    """What is looked for, ready for several volumes of one shape.

    Args:
        shape: Of the volumes, in voxels.
        imaging: What they went through.
        options: What is looked for.
        mask: Where particles may be; None for everywhere.

    Raises:
        InputError: Voxels are too coarse, or the mask has another shape.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        imaging: Imaging,
        options: DetectionOptions,
        mask: NDArray[np.bool_] | None = None,
    ) -> None:
        if len(shape) != 3:
            message = f"the volume has shape {shape}, needs (nz, ny, nx)"
            raise InputError(message)
        if mask is not None and mask.shape != shape:
            message = f"the mask has shape {mask.shape}, the volume {shape}; they must agree"
            raise InputError(message)
        templates = tuple(
            template_pair(diameter, imaging, 2 * shape[0] - 1, 2 * shape[2] - 1)
            for diameter in options.diameters
        )
        self.imaging, self.options, self.mask = imaging, options, mask
        self.sizes = np.array(options.diameters) / imaging.pixel
        self.matched = MatchedFilter(np.zeros(shape, np.float32), templates)
        self.curvature = Curvature.of(self.matched, REACH * float(self.sizes[LARGE]))

    def find(self, volume: Single, progress: Progress | None = None) -> Detected:
        """Find the particles in a volume.

        Raises:
            InputError: The volume holds NaN, or there is no particle.
        """
        if not np.isfinite(volume).all():
            message = "the volume holds numbers that are not finite"
            raise InputError(message)
        return _Search(self, volume, progress or (lambda _what, _part: None)).run()

    def particles(self, fit: Fit) -> Particles:
        """Return fitted particles in nm, with ``density`` and ``diameter_nm``."""
        middle = 0.5 * (np.array(self.matched.volume.shape) - 1.0)
        positions = self.imaging.pixel * (fit.places - middle)[:, ::-1]
        typical = np.array(self.options.diameters)[fit.types]
        columns = {
            "density": fit.amplitudes[:, 0],
            "diameter_nm": typical * np.exp(fit.amplitudes[:, 1] / fit.amplitudes[:, 0]),
        }
        return Particles(np.ascontiguousarray(positions), fit.types, columns)


class _Search:
    """One search, with what stays the same from round to round."""

    def __init__(self, detector: Detector, volume: Single, progress: Progress) -> None:
        self.detector, self.progress = detector, progress
        self.sizes, self.options, self.mask = detector.sizes, detector.options, detector.mask
        self.matched, self.curvature = detector.matched.of(volume), detector.curvature
        self.thresholds: dict[int, Threshold] = {}
        self.removed = NOTHING

    def run(self) -> Detected:
        """Look for large ones until no more turn up, then for small ones, then for all."""
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
        return self._result(fit, rounds)

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
        return replace(found, chosen=given * found.typical, by_user=True)

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
        score = fit.amplitudes[:, 0] / self._typical(fit)[fit.types]
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

    def _typical(self, fit: Fit) -> Floats:
        return np.array(
            [
                float(np.median(fit.amplitudes[fit.types == species, 0]))
                if (fit.types == species).any()
                else 0.0
                for species in (LARGE, SMALL)
            ]
        )

    def _result(self, fit: Fit, rounds: int) -> Detected:
        nothing = self.matched.residual(fit.places[:0], fit.types[:0], fit.amplitudes[:0])
        rest = self.matched.residual(fit.places, fit.types, fit.amplitudes)
        particles = self.detector.particles(fit)
        errors = self.detector.imaging.pixel * self._standard_errors(fit)
        columns = {
            "score": fit.amplitudes[:, 0] / self._typical(fit)[fit.types],
            **particles.columns,
            "x_se_nm": errors[:, 2],
            "y_se_nm": errors[:, 1],
            "z_se_nm": errors[:, 0],
        }
        explained = 1.0 - float(np.linalg.norm(rest) / np.linalg.norm(nothing)) ** 2
        thresholds = (self.thresholds[LARGE], self.thresholds[SMALL])
        return Detected(replace(particles, columns=columns), thresholds, explained, rounds, fit)

    def _standard_errors(self, fit: Fit) -> Floats:
        """Return standard errors along z, y, x, in voxels, from how the residual varies nearby.

        At a particle itself the residual's slope is 0 by the fit; two thirds of a diameter away
        it is what noise, sizes and neighbours make of it.
        """
        rng = np.random.default_rng(0)
        direction = rng.standard_normal((len(fit), 3))
        direction *= (0.7 * self.sizes[fit.types] / np.linalg.norm(direction, axis=1))[:, None]
        beside = Fit(fit.places + direction, fit.types, fit.amplitudes)
        residual = self.matched.residual(fit.places, fit.types, fit.amplitudes)
        out = np.empty((len(fit), 3))
        curvature = own_curvature(fit, self.matched, self.curvature)
        for species in (LARGE, SMALL):
            own = fit.types == species
            if own.any():
                grid = self.matched.correlation(residual, species, 0)
                slopes = self.matched.read(grid, beside.places[own])[:, 1:4]
                noise = np.sqrt((slopes**2).mean(axis=0))
                out[own] = np.abs(fit.amplitudes[own, :1]) * noise / curvature[own]
        return out
