"""Particles in a volume, in nm and with their standard errors."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Floats
from hsmc.configuration import LARGE, SMALL
from hsmc.errors import InputError
from hsmc.tomography.detection_options import DetectionOptions
from hsmc.tomography.fitting import Curvature, Fit, own_curvature
from hsmc.tomography.matched_filter import MatchedFilter
from hsmc.tomography.particles import Particles
from hsmc.tomography.peaks import Threshold
from hsmc.tomography.search import Found, Progress, Search, typical_densities
from hsmc.tomography.series import Single
from hsmc.tomography.templates import Imaging, template_pair

REACH = 1.2
"""Diameters of the large species over which particles are fitted together."""


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
        whole = MatchedFilter(np.zeros(shape, np.float32), templates)
        self.curvature = Curvature.of(whole, REACH * float(self.sizes[LARGE]))
        self.matched = whole.of(whole.volume)  # templates are large, and not needed any more

    def find(self, volume: Single, progress: Progress | None = None) -> Detected:
        """Find the particles in a volume.

        Raises:
            InputError: The volume holds NaN, or there is no particle.
        """
        if not np.isfinite(volume).all():
            message = "the volume holds numbers that are not finite"
            raise InputError(message)
        matched = self.matched.of(volume)
        search = Search(
            matched,
            self.curvature,
            self.options,
            self.sizes,
            self.mask,
            progress or (lambda _what, _part: None),
        )
        return self._detected(search.run(), matched)

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

    def _detected(self, found: Found, matched: MatchedFilter) -> Detected:
        fit = found.fit
        nothing = matched.residual(fit.places[:0], fit.types[:0], fit.amplitudes[:0])
        rest = matched.residual(fit.places, fit.types, fit.amplitudes)
        particles = self.particles(fit)
        errors = self.imaging.pixel * self._standard_errors(fit, matched)
        columns = {
            "score": fit.amplitudes[:, 0] / typical_densities(fit)[fit.types],
            **particles.columns,
            "x_se_nm": errors[:, 2],
            "y_se_nm": errors[:, 1],
            "z_se_nm": errors[:, 0],
        }
        explained = 1.0 - float(np.linalg.norm(rest) / np.linalg.norm(nothing)) ** 2
        particles = replace(particles, columns=columns)
        return Detected(particles, found.thresholds, explained, found.rounds, fit)

    def _standard_errors(self, fit: Fit, matched: MatchedFilter) -> Floats:
        """Return standard errors along z, y, x, in voxels, from how the residual varies nearby.

        At a particle itself the residual's slope is 0 by the fit; two thirds of a diameter away
        it is what noise, sizes and neighbours make of it.
        """
        rng = np.random.default_rng(0)
        direction = rng.standard_normal((len(fit), 3))
        direction *= (0.7 * self.sizes[fit.types] / np.linalg.norm(direction, axis=1))[:, None]
        beside = Fit(fit.places + direction, fit.types, fit.amplitudes)
        residual = matched.residual(fit.places, fit.types, fit.amplitudes)
        out = np.empty((len(fit), 3))
        curvature = own_curvature(fit, matched, self.curvature)
        for species in (LARGE, SMALL):
            own = fit.types == species
            if own.any():
                grid = matched.correlation(residual, species, 0)
                slopes = matched.read(grid, beside.places[own])[:, 1:4]
                noise = np.sqrt((slopes**2).mean(axis=0))
                out[own] = np.abs(fit.amplitudes[own, :1]) * noise / curvature[own]
        return out
