"""Tilt series without markers: shifts, the direction of the tilt axis and where it lies.

Images join one by one, from the lowest tilt outwards: each is laid on what the volume of those
before it looks like from there. Then every image is laid on re-projections of a volume made
without it and its like, again and again. Neither uses anything of what the sample is.

Source:
    Penczek, Marko, Buttle and Frank, Ultramicroscopy 60, 393 (1995),
    doi:10.1016/0304-3991(95)00113-X, align electron tomograms against re-projections.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hsmc.box import Floats
from hsmc.errors import InputError
from hsmc.tomography.placing import Alignment, binned, inner, place, splines_of, turned
from hsmc.tomography.reconstruction import SIRT, Method, reconstruct, reproject
from hsmc.tomography.registration import Registrar
from hsmc.tomography.series import LINES, TiltSeries

Progress = Callable[[str, float], None]

JOINING_WIDTH = 64
"""Pixels across the binned images that are joined one by one."""

COMPARED = 128
"""Pixels across images that are compared with re-projections of the whole volume."""

TOGETHER = 4
"""Images that join at once, half of them on either side."""

ROUNDS = 3
"""Rounds of axis, shifts and drift on binned images."""

AXIS_AGAIN = 0.5
"""Degrees within which the axis is looked for once it is nearly known."""

DRIFTS = (0, 2, 3, 4)
"""Harmonics m of cos mθ and sin mθ in the columns: as slow as drifts are, and hard to see.

Each image agrees with a volume that has the same drift; only all together are they at odds. (The
first harmonic is a shift of the sample.)
"""


@dataclass(frozen=True, slots=True)
class AlignmentOptions:
    """How a series is aligned.

    Attributes:
        most: Largest shift that is looked for, in pixels.
        passes: Refinements against re-projections at full resolution.
        axis: Degrees from which the direction of the axis is looked for; None leaves it alone.
        depth: Voxels of the volumes that are re-projected; 0 takes a third of the width.
    """

    most: float = 20.0
    passes: int = 1
    axis: float | None = 3.0
    depth: int = 0

    def __post_init__(self) -> None:
        if not (self.most > 0.0 and self.passes >= 0 and self.depth >= 0):
            message = (
                f"most is {self.most:g}, passes {self.passes}, depth {self.depth}: need to be "
                "> 0, ≥ 0 and ≥ 0"
            )
            raise InputError(message)
        if self.axis is not None and not 0.0 < self.axis <= 20.0:
            message = f"axis is looked for within {self.axis:g} degrees, needs (0, 20]"
            raise InputError(message)


def align(series: TiltSeries, options: AlignmentOptions, progress: Progress) -> Alignment:
    """Find the shifts of all images, and the direction of the tilt axis.

    Args:
        series: Line integrals.
        options: How.
        progress: Told what is done, and which part of it.

    Raises:
        InputError: The series holds no line integrals.
    """
    if series.kind != LINES:
        message = f"the series holds {series.kind} images; line integrals are needed"
        raise InputError(message)
    state = Alignment(np.zeros((len(series.images), 2)), 0.0, ())
    before = residual(series, state, options.depth)
    factor = max(2, 2 ** round(math.log2(series.images.shape[2] / JOINING_WIDTH)))
    rough, coarse = _Level(series, factor, options), _Level(series, factor // 2, options)
    fine = _Level(series, 1, options)
    state = rough.joined_one_by_one(state, progress)
    steps = ROUNDS + options.passes
    for step in range(ROUNDS):
        state = coarse.refined(state, options.most / 2.0**step)
        state = rough.without_drift(state)
        if step + 1 < ROUNDS:
            level, within = (coarse, AXIS_AGAIN) if step else (rough, options.axis)
            state = level.with_axis(state, within)
        progress("align (coarse)", (step + 1) / steps)
    values = [before]
    for step in range(options.passes):
        state = fine.refined(state, 3.0)
        values.append(residual(series, state, options.depth))
        progress("align (fine)", (ROUNDS + step + 1) / steps)
    return replace(state, residuals=tuple(values))


def residual(series: TiltSeries, alignment: Alignment, depth: int) -> float:
    """Return the RMS difference of images and re-projections over the spread of the images.

    Images wider than ``COMPARED`` pixels are binned first.
    """
    factor = max(1, series.images.shape[2] // COMPARED)
    images = binned(alignment.applied(series).images, factor)
    placed = TiltSeries(images, series.angles, series.pixel * factor, LINES)
    thickness = depth or series.images.shape[2] // 3
    volume = reconstruct(placed, math.ceil(thickness / factor), Method(SIRT, 10))
    seen = reproject(volume, placed.radians, placed.pixel)
    inside = inner(images.shape)
    return float((images - seen)[inside].std() / images[inside].std())


class _Level:
    """Alignment at one resolution."""

    def __init__(self, series: TiltSeries, factor: int, options: AlignmentOptions) -> None:
        self.factor = factor
        images = binned(series.images, factor)
        self.series = TiltSeries(images, series.angles, series.pixel * factor, LINES)
        depth = options.depth or series.images.shape[2] // 3
        self.depth = max(4, math.ceil(depth / factor))
        self.options = options
        self.splines = splines_of(images)
        shape = images.shape[1:]
        self.registrar = Registrar((shape[0], shape[1]), max(shape) / 6.0, 1.0)

    def joined_one_by_one(self, state: Alignment, progress: Progress) -> Alignment:
        """Add images from the lowest tilt outwards, each laid on the volume of those before."""
        shifts = state.shifts / self.factor
        order = np.argsort(np.abs(self.series.angles), kind="stable")
        method = Method(SIRT, 5)
        for count in range(3, len(order), TOGETHER):
            joined, new = np.sort(order[:count]), order[count : count + TOGETHER]
            some = replace(
                self.series,
                images=place(self.splines[joined], shifts[joined], state.axis_angle),
                angles=self.series.angles[joined],
            )
            volume = reconstruct(some, self.depth, method)
            seen = reproject(volume, self.series.radians[new], self.series.pixel)
            images = place(self.splines[new], shifts[new], state.axis_angle)
            moved = self.registrar.displacements(images, seen, self.options.most / self.factor)
            shifts[new] += turned(moved, state.axis_angle)
            progress("align (joining)", count / len(order))
        return replace(state, shifts=shifts * self.factor)

    def refined(self, state: Alignment, most: float) -> Alignment:
        """Lay every image on re-projections of a volume made from the other half of the tilts."""
        shifts = state.shifts / self.factor
        images = place(self.splines, shifts, state.axis_angle)
        for half in (0, 1):
            others = replace(
                self.series, images=images[1 - half :: 2], angles=self.series.angles[1 - half :: 2]
            )
            volume = reconstruct(others, self.depth, Method(SIRT, 10))
            own = np.arange(half, len(images), 2)
            seen = reproject(volume, self.series.radians[own], self.series.pixel)
            moved = self.registrar.displacements(images[own], seen, max(1.0, most / self.factor))
            shifts[own] += turned(moved, state.axis_angle)
        return replace(state, shifts=shifts * self.factor)

    def with_axis(self, state: Alignment, within: float | None) -> Alignment:
        """Turn the tilt axis to where images and re-projections differ least."""
        if self.options.axis is None or within is None:
            return state
        angle, span = state.axis_angle, within
        while span > 0.04:
            angle += self._best_step(lambda one: replace(state, axis_angle=one), angle, span)
            span /= 3.0
        return replace(state, axis_angle=float(angle))

    def without_drift(self, state: Alignment) -> Alignment:
        """Take away slow drifts across the axis, the place of the axis among them."""
        theta = self.series.radians
        waves = [np.cos(m * theta) for m in DRIFTS] + [np.sin(m * theta) for m in DRIFTS if m]
        for wave in waves:
            drift = np.column_stack([np.zeros(len(wave)), wave])

            def moved(amount: float, start: Alignment = state, drift: Floats = drift) -> Alignment:
                return replace(start, shifts=start.shifts + amount * drift)

            state = moved(self._best_step(moved, 0.0, 0.5 * self.factor))
        return state

    def _best_step(self, at: Callable[[float], Alignment], middle: float, span: float) -> float:
        """Return the step to the lowest point of the parabola through three misfits."""
        low, here, high = (self._misfit(at(middle + span * one)) for one in (-1.0, 0.0, 1.0))
        bend = low - 2.0 * here + high
        step = 0.5 * (low - high) / bend if bend > 0.0 else float(np.argmin([low, here, high])) - 1
        return span * float(np.clip(step, -1.5, 1.5))

    def _misfit(self, state: Alignment) -> float:
        """Return minus the likeness of half of the images to re-projections of the other half.

        Differences would not do: turning an image smooths its noise, and so makes them smaller.
        """
        placed = place(self.splines, state.shifts / self.factor, state.axis_angle)
        some = replace(self.series, images=placed[::2], angles=self.series.angles[::2])
        volume = reconstruct(some, self.depth, Method(SIRT, 6))
        seen = reproject(volume, self.series.radians[1::2], self.series.pixel)
        inside = inner(placed.shape)
        seen, others = seen[inside], placed[1::2][inside]
        seen = seen - seen.mean(axis=(1, 2), keepdims=True)
        return -float((others * seen).sum() / np.linalg.norm(seen))
