"""The effective size of a species: centre-to-centre distances in a hexagonal single layer."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter, maximum_filter
from scipy.spatial import Delaunay

from hsmc.box import Floats
from hsmc.errors import InputError
from hsmc.tomography.particles import Ints
from hsmc.tomography.series_files import read_numbers

SIX_FOLD = 0.6
"""Bond-order |ψ6| below which a particle lies at an edge or a defect, and does not count."""

FEWEST = 7


@dataclass(frozen=True, slots=True)
class Layer:
    """Distances in a layer, in nm.

    Attributes:
        mean: Distance of nearest neighbours.
        deviation: Standard deviation of one distance.
        error: Standard error of the mean; each particle counts once, however many its bonds.
        bonds: Distances measured.
        particles: Particles found.
    """

    mean: float
    deviation: float
    error: float
    bonds: int
    particles: int


def read_image(path: Path, pixel: float | None) -> tuple[Floats, float]:
    """Return an image and its pixel in nm.

    Raises:
        InputError: It is not one image, or its pixel is not known.
        StorageError: The operating system refuses to read the file.
    """
    data, found = read_numbers(path, "an image of a single layer")
    image = np.squeeze(np.asarray(data, np.float64))
    width = pixel or found
    if width is None:
        message = f"{path} does not say how wide a pixel is; give it by --pixel, in nm"
        raise InputError(message)
    if image.ndim != 2:
        message = f"{path} holds an array of shape {image.shape}, needs one image"
        raise InputError(message)
    return image, width


def measure_layer(image: Floats, pixel: float, diameter: float, *, bright: bool = False) -> Layer:
    """Measure the distance of nearest neighbours in a hexagonal layer of one species.

    Args:
        image: The image; shape (rows, columns).
        pixel: In nm.
        diameter: Rough diameter of a particle, in nm.
        bright: Particles are brighter than what is around them.

    Raises:
        InputError: The pixels are too coarse, or too few particles have six neighbours.
    """
    if not 0.0 < 3.0 * pixel <= diameter:
        message = (
            f"pixels of {pixel:g} nm are too coarse for {diameter:g} nm, needs {diameter / 3:g}"
        )
        raise InputError(message)
    centres = _centres(image if bright else -image, diameter / pixel) * pixel
    if len(centres) < FEWEST:
        message = f"{len(centres)} particles found, needs {FEWEST}; is --diameter right?"
        raise InputError(message)
    pairs = _bonds(centres)
    if not len(pairs):
        message = "no particle has six neighbours: the layer is not hexagonal, or --diameter is off"
        raise InputError(message)
    lengths = np.linalg.norm(centres[pairs[:, 0]] - centres[pairs[:, 1]], axis=1)
    independent = math.sqrt(min(len(lengths), len(centres)))
    deviation = float(lengths.std(ddof=1))
    return Layer(
        float(lengths.mean()), deviation, deviation / independent, len(lengths), len(centres)
    )


def _centres(image: Floats, diameter: float) -> Floats:
    """Return centres of bright discs, to a part of a pixel; rows and columns; shape (N, 2)."""
    smooth = gaussian_filter(image, 0.25 * diameter) - gaussian_filter(image, 0.6 * diameter)
    peaks = smooth == maximum_filter(smooth, size=2 * round(0.35 * diameter) + 1)
    edge = round(0.5 * diameter)
    inner = np.zeros(image.shape, bool)
    inner[edge:-edge, edge:-edge] = True
    found = np.argwhere(peaks & inner & (smooth > 0.35 * np.percentile(smooth[peaks & inner], 90)))
    out = found.astype(np.float64)
    for axis in (0, 1):
        step = np.zeros(2, np.int64)
        step[axis] = 1
        before, at = smooth[tuple((found - step).T)], smooth[tuple(found.T)]
        after = smooth[tuple((found + step).T)]
        out[:, axis] += 0.5 * (after - before) / np.maximum(2.0 * at - before - after, 1e-30)
    return out


def _bonds(centres: Floats) -> Ints:
    """Return pairs of Delaunay neighbours of which both are six-fold; shape (M, 2)."""
    triangles = Delaunay(centres).simplices
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]])
    pairs = np.unique(np.sort(edges, axis=1), axis=0)
    away = centres[pairs[:, 1]] - centres[pairs[:, 0]]
    six = np.exp(6j * np.arctan2(away[:, 0], away[:, 1]))
    order, count = np.zeros(len(centres), complex), np.zeros(len(centres), int)
    for side in (0, 1):
        np.add.at(order, pairs[:, side], six)
        np.add.at(count, pairs[:, side], 1)
    good = (count == 6) & (np.abs(order) > SIX_FOLD * 6.0)
    return np.asarray(pairs[good[pairs[:, 0]] & good[pairs[:, 1]]], np.int64)
