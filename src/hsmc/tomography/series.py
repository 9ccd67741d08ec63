"""A tilt series: images of one sample turned about an axis.

Conventions of the whole package. A volume has axes (z, y, x), an image (y, x), a series (tilt, y,
x); places are counted in nm from the middle of each axis. The sample turns about y: at tilt θ the
point (x, y, z) is seen at u = x cos θ + z sin θ across the axis and v = y along it.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Floats
from hsmc.errors import InputError

Single = NDArray[np.float32]

BRIGHT, DARK, LINES = "bright-field", "dark-field", "line-integrals"
"""What the numbers in the images are: intensities of either field, or ready line integrals."""

STEEPEST = 89.0
"""Degrees beyond which a slab is seen from its side: such angles are a mistake of units."""


@dataclass(frozen=True, slots=True, eq=False)
class TiltSeries:
    """Images of one sample at several tilts, in order of the tilts.

    Attributes:
        images: Numbers of kind ``kind``; shape (T, ny, nx), float32.
        angles: Tilts θ in degrees, rising; shape (T,).
        pixel: Width of a pixel, in nm.
        kind: ``BRIGHT``, ``DARK`` or ``LINES``.
        notes: What was assumed on the way, one sentence each, for the user.

    Raises:
        InputError: Shapes differ, or a number is not usable.
    """

    images: Single
    angles: Floats
    pixel: float
    kind: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.images.ndim != 3 or len(self.images) < 2:
            shape = self.images.shape
            message = (
                f"the series has shape {shape}, needs 2 or more images: (tilts, rows, columns)"
            )
            raise InputError(message)
        if len(self.angles) != len(self.images):
            message = (
                f"there are {len(self.angles)} tilt angles for {len(self.images)} images; "
                "give one angle an image"
            )
            raise InputError(message)
        if not (np.isfinite(self.angles).all() and np.abs(self.angles).max() <= STEEPEST):
            message = (
                f"tilt angles run from {np.min(self.angles):g} to {np.max(self.angles):g} degrees, "
                f"need to be within ±{STEEPEST:g}"
            )
            raise InputError(message)
        if np.diff(self.angles).min() <= 0.0:
            message = "tilt angles do not rise from image to image, or one comes twice"
            raise InputError(message)
        if not (np.isfinite(self.pixel) and self.pixel > 0.0):
            message = f"pixel is {self.pixel:g} nm, needs to be > 0"
            raise InputError(message)
        _check_images(self.images)

    @property
    def radians(self) -> Floats:
        """Tilts θ in radians; shape (T,)."""
        return np.radians(self.angles)

    def with_images(self, images: Single, kind: str | None = None) -> "TiltSeries":
        """Return the series with other images."""
        return replace(self, images=images, kind=kind or self.kind)

    @classmethod
    def sorted(
        cls, images: Single, angles: Floats, pixel: float, kind: str, notes: tuple[str, ...] = ()
    ) -> "TiltSeries":
        """Build a series from images in any order of the tilts."""
        if len(angles) == len(images):
            order = np.argsort(angles, kind="stable")
            images, angles = images[order], np.asarray(angles, dtype=np.float64)[order]
        return cls(np.ascontiguousarray(images, np.float32), angles, pixel, kind, notes)


def _check_images(images: Single) -> None:
    for number, image in enumerate(images):
        if not np.isfinite(image).all():
            bad = int(np.size(image) - np.isfinite(image).sum())
            message = f"image {number} has {bad} pixels that are not finite; repair or leave it out"
            raise InputError(message)
        if np.ptp(image) == 0.0:
            message = (
                f"image {number} is empty: all pixels are {image.flat[0]:g}; leave it out of the "
                "series and of the tilt angles"
            )
            raise InputError(message)
