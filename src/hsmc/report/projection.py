"""What is seen of a configuration from afar along an axis."""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Box, Floats
from hsmc.configuration import Configuration
from hsmc.errors import InputError

ENOUGH_SPHERES = 100
"""A box of fewer is drawn several times, so that one sees the structure."""

MOST_COPIES = 4


@dataclass(frozen=True, slots=True)
class View:
    """A direction of view along a Cartesian axis.

    Attributes:
        right: Axis that points right.
        up: Axis that points up.
        depth: Axis along which one looks.
        towards: 1 if that axis points at the viewer, −1 if away.
    """

    right: int
    up: int
    depth: int
    towards: int


VIEWS = {"top": View(0, 1, 2, 1), "front": View(0, 2, 1, -1), "side": View(1, 2, 0, 1)}
"""From the top: down along z. Front: along y. Side: along −x."""


@dataclass(frozen=True, slots=True, eq=False)
class DrawnSpheres:
    """Spheres and images that a view shows, from the farthest to the nearest.

    Disjoint spheres hide one another exactly in the order of their centres, whatever their
    sizes, so drawing them in this order is right.

    Attributes:
        centres: Places in the picture, in σ_L; shape (M, 2).
        diameters: In σ_L; shape (M,).
        nearness: 0 for the farthest possible centre to 1 for the nearest; shape (M,).
        heights: Height of the centre over that of the box, in [0, 1]; shape (M,).
        types: Species, 0 large and 1 small; shape (M,).
        index: Sphere of which each is an image; shape (M,).
    """

    centres: Floats
    diameters: Floats
    nearness: Floats
    heights: Floats
    types: NDArray[np.int64]
    index: NDArray[np.int64]


def find_view(name: str) -> View:
    """Return the view of a name.

    Raises:
        InputError: There is no view of this name.
    """
    if name not in VIEWS:
        message = f"view is {name!r}, needs one of {', '.join(VIEWS)}"
        raise InputError(message)
    return VIEWS[name]


def copies_to_show(spheres: int) -> int:
    """Return how often to repeat a box along either axis of the picture."""
    return min(MOST_COPIES, math.ceil(math.sqrt(ENOUGH_SPHERES / spheres)))


def widest_gap(fractions: Floats) -> float:
    """Return the middle of the widest empty stretch between fractions of a period.

    A box cut there leaves layers whole: one that lies about 0 is not half at the bottom and
    half at the top.
    """
    ordered = np.sort(fractions)
    gaps = np.diff(ordered, append=ordered[0] + 1.0)
    widest = int(np.argmax(np.round(gaps, 9)))  # of equal gaps the first
    return float((ordered[widest] + 0.5 * gaps[widest]) % 1.0)


def spheres_in_view(
    configuration: Configuration, view: View, copies: int = 1, cut: float = 0.0
) -> DrawnSpheres:
    """Return the spheres of a box and all images that reach into it through its sides.

    Args:
        configuration: Spheres in their box.
        view: Direction of view.
        copies: Boxes side by side along either axis of the picture.
        cut: Fraction of the box where it begins along the line of sight.
    """
    scaled, box = configuration.scaled, configuration.box
    scaled[:, view.depth] = cut + (scaled[:, view.depth] - cut) % 1.0
    heights = scaled[:, 2] - (cut if view.depth == 2 else 0.0)
    index, fractions = _with_images(scaled, configuration.diameters, box, view, copies)
    places = box.unscale(fractions)
    depths = view.towards * places[:, view.depth]
    order = np.argsort(depths, kind="stable")
    places, index = places[order], index[order]
    nearness = fractions[order, view.depth] - cut
    return DrawnSpheres(
        places[:, [view.right, view.up]],
        configuration.diameters[index],
        nearness if view.towards > 0 else 1.0 - nearness,
        heights[index],
        configuration.types[index],
        index,
    )


def _with_images(
    scaled: Floats, diameters: Floats, box: Box, view: View, copies: int
) -> tuple[NDArray[np.int64], Floats]:
    """Return indices and fractions of all spheres that reach into the boxes shown."""
    lateral = [view.right, view.up]
    reach = 0.5 * diameters[:, None] / box.face_distances[lateral]
    farthest = math.ceil(float(reach.max()))
    indices, fractions = [], []
    for steps in itertools.product(range(-farthest, copies + farthest), repeat=2):
        shifted = scaled.copy()
        shifted[:, lateral] += steps
        near = shifted[:, lateral]
        shown = ((near >= 0.0) | (near > -reach)) & (near < copies + reach)
        chosen = np.flatnonzero(shown.all(axis=1))
        indices.append(chosen)
        fractions.append(shifted[chosen])
    return np.concatenate(indices), np.concatenate(fractions)


def cell_edges(box: Box, view: View, cut: float) -> tuple[Floats, Floats]:
    """Return the edges of the box in the picture: of its near face, and all others.

    Args:
        box: The periodic box.
        view: Direction of view.
        cut: Fraction of the box where it begins along the line of sight.

    Returns:
        Ends of the near face's edges, shape (4, 2, 2), and of the others, shape (8, 2, 2).
    """
    corners = np.array(list(itertools.product((0.0, 1.0), repeat=3)))
    pairs = [
        (i, i + step)
        for step in (1, 2, 4)
        for i in range(8)
        if not i & step  # bits of i are the fractions of corner i, so these share an edge
    ]
    nearest = 1.0 if view.towards > 0 else 0.0
    near = np.array([(corners[list(pair), view.depth] == nearest).all() for pair in pairs])
    corners[:, view.depth] += cut
    places = box.unscale(corners)[:, [view.right, view.up]]
    edges = np.array([places[list(pair)] for pair in pairs])
    return edges[near], edges[~near]
