"""What a beam along a zone axis meets: projected thickness, and its Fourier transform."""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hsmc.analysis.packing import CORES
from hsmc.box import Floats
from hsmc.configuration import LARGE, Configuration
from hsmc.errors import InputError
from hsmc.kernels.chords import add_chords
from hsmc.lattice import plane_basis, shortest_pair

SMALL_WEIGHT = 0.7
"""What a length of a small core counts beside one of a large: about the ratio of the densities
of bulk CdSe and PbSe, 5.8 and 8.2 g/cm³, for contrast by mass and thickness."""

FIELD, PIXELS = 16.0, 512
"""Edge of the image, in σ_L (150 nm at 9.4 nm), and in pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """A crystal seen along a zone axis, one period thick.

    Attributes:
        zone: u, v, w of the beam, in vectors of the box.
        thickness: Length of material above each pixel, in σ_L, that of small cores weighted;
            rows upwards; shape (P, P).
        pixel: Edge of a pixel, in σ_L.
        period: The two lattice vectors of the projection, as columns, in σ_L; the first points
            right; shape (2, 2).
        depth: Length of the period along the beam, in σ_L.
    """

    zone: tuple[int, int, int]
    thickness: Floats
    pixel: float
    period: Floats
    depth: float

    @property
    def power(self) -> Floats:
        """|FFT|² of the thickness less its mean, under a Hann window; shape (P, P).

        Frequency 0 is at [P//2, P//2].
        """
        edge = np.hanning(len(self.thickness) + 1)[:-1]
        window = np.outer(edge, edge)
        flat = (self.thickness - np.average(self.thickness, weights=window)) * window
        return np.asarray(np.fft.fftshift(np.abs(np.fft.fft2(flat)) ** 2))

    @property
    def frequency_step(self) -> float:
        """Distance of two points of the power spectrum, in 1/σ_L (cycles, not radians)."""
        return 1.0 / (len(self.thickness) * self.pixel)


def project(
    configuration: Configuration,
    zone: tuple[int, int, int],
    sigma_nm: float,
    *,
    field: float = FIELD,
    pixels: int = PIXELS,
) -> Projection:
    """Project the cores of all spheres along a lattice direction.

    The configuration repeats in the plane as it does in space, and is one period thick along
    the beam; a thicker crystal has the same picture, times its periods.

    Args:
        configuration: Spheres in a box of any shape.
        zone: u, v, w of the beam: along u a + v b + w c of the box, towards the viewer.
        sigma_nm: The length σ_L in nm, to which the cores of the paper are scaled.
        field: Edge of the image, in σ_L.
        pixels: Pixels along an edge.

    Raises:
        InputError: The zone axis is 0 0 0, or field or pixels are not > 0.
    """
    if not (0.0 < field < math.inf and pixels > 1):
        message = f"field is {field:g} with {pixels} pixels, needs a field > 0 and pixels ≥ 2"
        raise InputError(message)
    zone = _primitive(zone)
    period, places, depth = _flattened(configuration, zone)
    is_large = configuration.types == LARGE
    radii = np.where(is_large, 0.5 * CORES.large, 0.5 * CORES.small) / sigma_nm
    weights = np.where(is_large, 1.0, SMALL_WEIGHT)
    thickness, pixel = np.zeros((pixels, pixels)), field / pixels
    for step in _steps(period, field, float(radii.max())):
        moved = places + step
        near = np.all((moved > -radii[:, None]) & (moved < field + radii[:, None]), axis=1)
        add_chords(thickness, pixel, moved[near], radii[near], weights[near])
    return Projection(zone, thickness, pixel, period, depth)


def _primitive(zone: tuple[int, int, int]) -> tuple[int, int, int]:
    divisor = math.gcd(*zone)
    if divisor == 0:
        message = "zone axis is 0 0 0, needs a direction"
        raise InputError(message)
    u, v, w = zone
    return u // divisor, v // divisor, w // divisor


def _flattened(
    configuration: Configuration, zone: tuple[int, int, int]
) -> tuple[Floats, Floats, float]:
    """Return the period of the projection, places in it and the period along the beam."""
    vectors = configuration.box.vectors
    # The reciprocal problem of planes (uvw): the last column becomes the zone axis.
    basis = np.rint(np.linalg.inv(plane_basis(zone)).T).astype(np.int64)
    beam = vectors @ basis[:, 2]
    depth = float(np.linalg.norm(beam))
    normal = beam / depth
    lateral = vectors @ basis[:, :2]
    lateral -= np.outer(normal, normal @ lateral)
    lateral = lateral @ shortest_pair(lateral)
    right = lateral[:, 0] / np.linalg.norm(lateral[:, 0])
    axes = np.stack([right, np.cross(normal, right)])
    period = axes @ lateral
    fractions = np.linalg.solve(period, axes @ configuration.positions.T)
    return period, (period @ (fractions - np.floor(fractions))).T, depth


def _steps(period: Floats, field: float, margin: float) -> NDArray[np.float64]:
    """Return the moves that bring images of places, wrapped into the period, into a field."""
    corners = np.array(list(itertools.product((-margin, field + margin), repeat=2)))
    fractions = np.linalg.solve(period, corners.T)
    low, high = np.floor(fractions.min(axis=1)) - 1, np.ceil(fractions.max(axis=1))
    ranges = [np.arange(a, b + 1) for a, b in zip(low, high, strict=True)]
    multiples = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 2)
    return np.asarray(multiples @ period.T)
