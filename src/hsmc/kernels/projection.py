"""Projection of a tilted volume onto images, and its transpose.

Arrays keep the tilt axis y last: every slice across it is projected in the same way, so the
innermost loops run over y, contiguous in memory.

Source:
    A voxel is a square column across the tilt axis; its shadow is a trapezoid, averaged over the
    pixels that it falls on. De Man and Basu, Phys. Med. Biol. 49, 2463 (2004),
    doi:10.1088/0031-9155/49/11/024, compare this with other discrete projectors.
"""

import math

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.jit import kernel, lean

Single = NDArray[np.float32]


@lean
def shadow_up_to(u: float, flat: float, wide: float, height: float) -> float:
    """Return the area of a voxel's shadow to the left of ``u``, in voxels.

    Args:
        u: Distance from the shadow's centre, in voxels.
        flat: Half width of the flat top.
        wide: Half width of the foot.
        height: Height of the flat top, so that the whole area is 1.
    """
    a = abs(u)
    if a >= wide:
        half = 0.5
    elif a <= flat:
        half = height * a
    else:
        half = height * (flat + (a - flat) * (1.0 - 0.5 * (a - flat) / (wide - flat)))
    return 0.5 + (half if u > 0.0 else -half)


@kernel
def project_slices(volume: Single, cosines: Single, sines: Single, images: Single) -> None:
    """Add the line integrals of a volume to images, one for each tilt.

    The point (x, z), counted from the middle, falls on u = x cos θ + z sin θ.

    Args:
        volume: Densities; shape (nz, nx, ny).
        cosines: cos θ of the tilts; shape (T,).
        sines: sin θ of the tilts; shape (T,).
        images: Changed: line integrals in voxels; shape (T, nu, ny).
    """
    _walk(volume, cosines, sines, images, False)


@kernel
def backproject_slices(images: Single, cosines: Single, sines: Single, volume: Single) -> None:
    """Add to a volume what its transpose gives back of images: Σ weight × image.

    Args:
        images: One for each tilt; shape (T, nu, ny).
        cosines: cos θ of the tilts; shape (T,).
        sines: sin θ of the tilts; shape (T,).
        volume: Changed; shape (nz, nx, ny).
    """
    _walk(volume, cosines, sines, images, True)


@lean
def _walk(volume: Single, cosines: Single, sines: Single, images: Single, back: bool) -> None:
    """Go through all voxels and the bins in which their shadows lie; add weights one way."""
    nz, nx, ny = volume.shape
    nu = images.shape[1]
    for t in range(len(cosines)):
        c, s = float(cosines[t]), float(sines[t])
        wide, flat, height = _shape(c, s)
        for z in range(nz):
            for x in range(nx):
                u = (x - 0.5 * (nx - 1)) * c + (z - 0.5 * (nz - 1)) * s + 0.5 * (nu - 1)
                first = math.floor(u - wide + 0.5)
                below = shadow_up_to(first - 0.5 - u, flat, wide, height)
                for bin_ in range(first, math.floor(u + wide + 0.5) + 1):
                    upto = shadow_up_to(bin_ + 0.5 - u, flat, wide, height)
                    weight = np.float32(upto - below)
                    below = upto
                    if 0 <= bin_ < nu and weight > 0.0:
                        if back:
                            for y in range(ny):
                                volume[z, x, y] += weight * images[t, bin_, y]
                        else:
                            for y in range(ny):
                                images[t, bin_, y] += weight * volume[z, x, y]


@lean
def _shape(cosine: float, sine: float) -> tuple[float, float, float]:
    """Return half widths of foot and flat top and the height of a voxel's shadow."""
    c, s = abs(cosine), abs(sine)
    return 0.5 * (c + s), 0.5 * abs(c - s), 1.0 / max(c, s)
