"""Particles in a volume: large ones first, then small ones in what is left, then all together."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Floats
from hsmc.configuration import LARGE, SMALL
from hsmc.errors import InputError
from hsmc.tomography.fitting import Curvature, Fit, improve, own_curvature
from hsmc.tomography.matched_filter import MatchedFilter
from hsmc.tomography.particles import Particles
from hsmc.tomography.peaks import Threshold, apart, choose_threshold, find_peaks, robust_spread
from hsmc.tomography.series import Single
from hsmc.tomography.templates import Imaging, template

NAMES = ("large", "small")

NOISE_FLOOR = 0.02
"""Power of the noise over the template's largest, for the sharpened maps."""

ROUNDS = 6
"""Times that particles are added and taken away, at most."""

REACH = 1.7
"""Diameters of the large species over which particles are fitted together."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class DetectionOptions:
    """What is looked for. Of two numbers the first is the large species'.

    Attributes:
        diameters: Diameters of what is seen (the cores), in nm.
        thresholds: Heights of peaks over the typical one above which they are particles; None
            finds them.
        closest: Distance between two particles, over their mean diameter, below which they are
            one.
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
            over the typical one of the species), ``density`` and the standard errors ``x_se_nm``,
            ``y_se_nm``, ``z_se_nm``.
        thresholds: How the threshold of each species was chosen.
        explained: Part of the volume's variance that the particles explain.
        rounds: Times that particles were added or taken away.
    """

    particles: Particles
    thresholds: tuple[Threshold, Threshold]
    explained: float
    rounds: int


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
    _check(volume, mask)
    search = _Search(volume, imaging, options, mask, progress or (lambda _what, _part: None))
    return search.run()


class _Search:
    """One search, with what stays the same from round to round."""

    def __init__(
        self,
        volume: Single,
        imaging: Imaging,
        options: DetectionOptions,
        mask: NDArray[np.bool_] | None,
        progress: Progress,
    ) -> None:
        depth, _, width = volume.shape
        self.sizes = np.array(options.diameters) / imaging.pixel
        templates = tuple(
            template(diameter, imaging, 2 * depth - 1, 2 * width - 1)
            for diameter in options.diameters
        )
        self.pixel, self.options, self.mask, self.progress = imaging.pixel, options, mask, progress
        self.matched = MatchedFilter(volume, templates)
        self.curvature = Curvature.of(self.matched, REACH * float(self.sizes[LARGE]))
        self.levels = [0.0, 0.0]

    def run(self) -> Detected:
        """Look for large ones, small ones, and then for all that was missed."""
        self.progress("detect", 0.0)
        empty = Fit(np.empty((0, 3)), np.empty(0, np.int64), np.empty(0))
        fit, first = self._start(empty, LARGE)
        fit, second = self._start(fit, SMALL)
        if not len(fit):
            message = (
                "no peak stands out of the noise: no particle was found; check the diameters, the "
                "defocus and its sign, and whether particles are bright in the volume"
            )
            raise InputError(message)
        fit = improve(fit, self.matched, self.curvature, 2)
        rounds = 0
        for rounds in range(1, ROUNDS + 1):
            self.progress("detect", 0.3 + 0.1 * rounds)
            before = len(fit)
            fit = self._without_doubtful(fit)
            removed = before - len(fit)
            fit, added = self._with_missed(fit)
            fit = improve(fit, self.matched, self.curvature, 2)
            if not removed and not added:
                break
        fit = self._without_doubtful(fit)
        fit = improve(fit, self.matched, self.curvature, 2)
        self.progress("detect", 1.0)
        return self._result(fit, (first, second), rounds)

    def _start(self, fit: Fit, species: int) -> tuple[Fit, Threshold]:
        """Add the particles of one species that stand out of the residual."""
        places, heights, spread = self._peaks(fit, species)
        threshold = choose_threshold(heights, spread)
        given = self.options.thresholds[species]
        if given is not None and math.isfinite(threshold.chosen):
            level = given * threshold.typical
            threshold = Threshold(
                threshold.heights, threshold.counts, level, threshold.typical, by_user=True
            )
        self.levels[species] = threshold.chosen
        high = heights > threshold.chosen
        new = Fit(places[high], np.full(high.sum(), species), heights[high])
        fit = self._apart(fit.joined(new))
        return improve(fit, self.matched, self.curvature, 2), threshold

    def _with_missed(self, fit: Fit) -> tuple[Fit, int]:
        before = len(fit)
        for species in (LARGE, SMALL):
            if not math.isfinite(self.levels[species]):
                continue
            places, heights, _ = self._peaks(fit, species)
            high = heights > self.levels[species]
            new = Fit(places[high], np.full(high.sum(), species), heights[high])
            fit = self._apart(fit.joined(new))
        return fit, len(fit) - before

    def _peaks(self, fit: Fit, species: int) -> tuple[Floats, Floats, float]:
        """Return peaks of the sharpened residual, and the spread of that map."""
        residual = self.matched.residual(fit.places, fit.types, fit.amplitudes)
        grid = self.matched.crop(self.matched.sharpened(residual, species, NOISE_FLOOR))
        distance = self.options.closest * float(self.sizes[species])
        places, heights = find_peaks(grid, distance, self.mask)
        return places, heights, robust_spread(grid)

    def _without_doubtful(self, fit: Fit) -> Fit:
        """Take away what became too faint, left the volume, or came too near to a brighter one."""
        typical = self._typical(fit)
        level = np.array(
            [
                self.levels[species] / typical[species] if typical[species] else np.inf
                for species in (LARGE, SMALL)
            ]
        )
        score = fit.amplitudes / typical[fit.types]
        shape = np.array(self.matched.volume.shape)
        inside = ((fit.places > -0.5) & (fit.places < shape - 0.5)).all(axis=1)
        return self._apart(fit.select((score > np.minimum(level, 0.6)[fit.types]) & inside))

    def _apart(self, fit: Fit) -> Fit:
        """Keep the first of particles that are too near: large before small, then the earlier."""
        order = np.argsort(fit.types, kind="stable")
        kept = np.zeros(len(fit), bool)
        distances = self.options.closest * self.sizes[fit.types[order]]
        kept[order] = apart(fit.places[order], distances)
        return fit.select(kept)

    def _typical(self, fit: Fit) -> Floats:
        return np.array(
            [
                float(np.median(fit.amplitudes[fit.types == species]))
                if (fit.types == species).any()
                else 0.0
                for species in (LARGE, SMALL)
            ]
        )

    def _result(self, fit: Fit, thresholds: tuple[Threshold, Threshold], rounds: int) -> Detected:
        nothing = self.matched.residual(fit.places[:0], fit.types[:0], fit.amplitudes[:0])
        rest = self.matched.residual(fit.places, fit.types, fit.amplitudes)
        middle = 0.5 * (np.array(self.matched.volume.shape) - 1.0)
        positions = self.pixel * (fit.places - middle)[:, ::-1]
        errors = self.pixel * self._standard_errors(fit)
        columns = {
            "score": fit.amplitudes / self._typical(fit)[fit.types],
            "density": fit.amplitudes,
            "x_se_nm": errors[:, 2],
            "y_se_nm": errors[:, 1],
            "z_se_nm": errors[:, 0],
        }
        explained = 1.0 - float(np.linalg.norm(rest) / np.linalg.norm(nothing)) ** 2
        particles = Particles(np.ascontiguousarray(positions), fit.types, columns)
        return Detected(particles, thresholds, explained, rounds)

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
        curvature = own_curvature(fit, self.matched, self.curvature)[:, 1:]
        for species in (LARGE, SMALL):
            own = fit.types == species
            if own.any():
                grid = self.matched.correlation(residual, species)
                slopes = self.matched.read(grid, beside.places[own])[:, 1:4]
                noise = np.sqrt((slopes**2).mean(axis=0))
                out[own] = np.abs(fit.amplitudes[own, None]) * noise / curvature[own]
        return out


def _check(volume: Single, mask: NDArray[np.bool_] | None) -> None:
    if volume.ndim != 3 or not np.isfinite(volume).all():
        message = f"the volume has shape {volume.shape} and may hold no NaN; needs (nz, ny, nx)"
        raise InputError(message)
    if mask is not None and mask.shape != volume.shape:
        message = f"the mask has shape {mask.shape}, the volume {volume.shape}; they must agree"
        raise InputError(message)
