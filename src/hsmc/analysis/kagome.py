"""Kagome layers of large spheres, as in A6B19, and how they are stacked."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hsmc.analysis.layers import Layers, find_layers
from hsmc.analysis.planar_graph import PlanarGraph, planar_graph
from hsmc.box import Floats
from hsmc.configuration import Configuration

Ints = NDArray[np.int64]

REACH = 1.45
"""Longest edge over the mean one of a kagome pattern, whose second neighbours are √3 away."""

TRIED = 12
"""Sets of layers that are searched for kagome, the best ordered ones."""

IS_KAGOME = 0.5
"""Part of the large spheres at 3.6.3.6 vertices above which layers are kagome layers."""

ALIKE = 1.02
"""Large over small triangles below which they are not told apart: no turn is defined."""

SHIFTED, TURNED = 0.15, 30.0
"""Departure from the usual shift (in lattice constants) and turn (degrees) of a fault."""


@dataclass(frozen=True, slots=True)
class KagomeLayer:
    """One layer.

    Attributes:
        spheres: Large spheres in it.
        vertices: Part of them at 3.6.3.6 vertices: two triangles and two hexagons in turn.
        small: Mean edge of the small triangles, in σ_L; NaN without triangles.
        large: Mean edge of the large ones, which point the other way.
        angle: Direction from the centre of a small triangle to its corners, in degrees from
            the layers' first axis, in [0, 120); NaN if the triangles are alike.
    """

    spheres: int
    vertices: float
    small: float
    large: float
    angle: float


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """From one kagome layer to the next.

    Attributes:
        turn: Between small triangles, in degrees, from 0 to 60; 60 in A6B19.
        shift: Of the hexagons, in lattice constants a₁ and a₂ at 120°, the shortest; shape (2,).
        distance: Length of the shift, in σ_L.
        is_fault: Turn or shift are not those of most steps.
    """

    turn: float
    shift: Floats
    distance: float
    is_fault: bool


@dataclass(frozen=True, slots=True, eq=False)
class KagomeStack:
    """Kagome layers, from the bottom to the top, and the steps between them.

    Attributes:
        layers: What they lie on.
        each: The layers.
        lattice: Kagome lattice vectors a₁, a₂ as columns, along the layers' axes, in σ_L; NaN
            if there is no kagome lattice; shape (2, 2).
        steps: From each layer to the next, the last to the first of the next box; empty if
            they are no kagome layers.
        tilt: Angle between the way from layer to layer (the mean of all regular steps) and the
            normal, in degrees: 0 in A6B19, not 0 where layers are displaced evenly.
    """

    layers: Layers
    each: tuple[KagomeLayer, ...]
    lattice: Floats
    steps: tuple[Step, ...]
    tilt: float

    @property
    def vertices(self) -> float:
        """Part of all large spheres at 3.6.3.6 vertices."""
        spheres = sum(layer.spheres for layer in self.each)
        return sum(layer.vertices * layer.spheres for layer in self.each) / spheres

    @property
    def is_kagome(self) -> bool:
        """Whether most large spheres are at 3.6.3.6 vertices of layers."""
        return self.vertices > IS_KAGOME

    @property
    def faults(self) -> int:
        """Number of stacking faults in the box."""
        return sum(step.is_fault for step in self.steps)


def kagome_stack(configuration: Configuration) -> KagomeStack | None:
    """Find the kagome layers of the large spheres.

    Of the sets of lattice planes that hold them, the first on which most are at 3.6.3.6
    vertices is taken; if there is none, the one with the most.

    Args:
        configuration: Spheres in a box of any shape and size.

    Returns:
        The layers, kagome or not; None if the large spheres lie on no planes.
    """
    best: tuple[Layers, PlanarGraph] | None = None
    most = -1.0
    for layers in find_layers(configuration)[:TRIED]:
        graph = _graph(layers)
        part = float(graph.vertices(3, 6, 3, 6).mean())
        if part > most:
            best, most = (layers, graph), part
        if part > IS_KAGOME:
            break
    return None if best is None else _stack(*best)


def _graph(layers: Layers) -> PlanarGraph:
    """Join the spheres of each layer to those that are neighbours if the pattern is kagome."""
    cell = 3.0 * layers.area * layers.count / len(layers.spheres)
    edge = 0.5 * math.sqrt(2.0 * cell / math.sqrt(3.0))
    return planar_graph(layers.period, layers.places, layers.layer, REACH * edge)


def _stack(layers: Layers, graph: PlanarGraph) -> KagomeStack:
    vertices = graph.vertices(3, 6, 3, 6)
    owner, corners = graph.faces(3)
    each = []
    for k in range(layers.count):
        own = layers.layer == k
        triangles = corners[layers.layer[owner] == k]
        small, large, angle = _triangles(triangles)
        each.append(KagomeLayer(int(own.sum()), float(vertices[own].mean()), small, large, angle))
    nothing = KagomeStack(layers, tuple(each), np.full((2, 2), np.nan), (), math.nan)
    if not nothing.is_kagome:
        return nothing
    owner, corners = graph.faces(6)
    hexagons, sheets = corners.mean(axis=1), layers.layer[owner]
    lattice = _lattice(layers, hexagons, sheets)
    if lattice is None:
        return nothing
    shifts = _shifts(layers, lattice, hexagons, sheets)
    turns = [
        _turn(one.angle, other.angle) for one, other in zip(each, each[1:] + each[:1], strict=True)
    ]
    return _with_steps(nothing, lattice, shifts, turns)


def _triangles(corners: Floats) -> tuple[float, float, float]:
    """Return mean edges of small and large triangles, and the angle of the small ones."""
    if not len(corners):
        return math.nan, math.nan, math.nan
    spokes = corners - corners.mean(axis=1, keepdims=True)
    edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).mean(axis=1)
    phases = np.mean(np.exp(3j * np.arctan2(spokes[..., 1], spokes[..., 0])), axis=1)
    axis = 0.5 * np.angle(np.sum(phases**2))  # of both kinds, which point opposite ways
    one = np.real(phases * np.exp(-1j * axis)) > 0.0
    if one.all() or not one.any():
        return float(edges.mean()), math.nan, math.nan
    if edges[one].mean() > edges[~one].mean():
        one = ~one
    small, large = float(edges[one].mean()), float(edges[~one].mean())
    if large < ALIKE * small:
        return small, large, math.nan
    return small, large, math.degrees(float(np.angle(phases[one].sum()))) / 3.0 % 120.0


def _turn(angle: float, other: float) -> float:
    """Return the angle between two triangles, from 0 to 60 degrees."""
    turn = (other - angle) % 120.0
    return min(turn, 120.0 - turn)


def _lattice(layers: Layers, hexagons: Floats, sheets: Ints) -> Floats | None:
    """Return kagome lattice vectors that fit the period; None if the hexagons have none."""
    constant = math.sqrt(2.0 * layers.area * layers.count / max(len(hexagons), 1) / math.sqrt(3.0))
    steps = planar_graph(layers.period, hexagons, sheets, REACH * constant).vector
    if not len(steps):
        return None
    angles = np.arctan2(steps[:, 1], steps[:, 0])
    axis = float(np.angle(np.sum(np.exp(6j * angles)))) / 6.0
    sector = np.rint((angles - axis) / (np.pi / 3.0)).astype(int) % 6
    if set(sector.tolist()) != set(range(6)):
        return None
    means = np.array([steps[sector == k].mean(axis=0) for k in range(6)])
    guess = np.column_stack([means[0] - means[3], means[2] - means[5]]) / 2.0
    multiples = np.rint(np.linalg.solve(guess, layers.period))
    if round(float(np.linalg.det(multiples))) == 0:
        return None
    return np.asarray(layers.period @ np.linalg.inv(multiples))


def _shifts(layers: Layers, lattice: Floats, hexagons: Floats, sheets: Ints) -> Floats:
    """Return the shift from each layer to the next, in lattice vectors; shape (count, 2)."""
    waves = np.exp(2j * np.pi * np.linalg.solve(lattice, hexagons.T).T)
    sums = np.array([waves[sheets == k].sum(axis=0) for k in range(layers.count)])
    places = np.angle(sums) / (2.0 * np.pi)
    above = np.concatenate([places[1:], places[:1] + np.linalg.solve(lattice, layers.offset)])
    return np.array([_shortest(lattice, shift) for shift in above - places])


def _shortest(lattice: Floats, shift: Floats) -> Floats:
    """Return the shortest of equivalent shifts; near-ties are given to the first."""
    steps = np.array([(i, j) for i in (0, -1, 1) for j in (0, -1, 1)], dtype=np.float64)
    every = shift - np.rint(shift) + steps
    lengths = np.linalg.norm(every @ lattice.T, axis=1)
    return np.asarray(every[int(np.argmax(lengths < lengths.min() * (1.0 + 1e-6) + 1e-9))])


def _with_steps(
    stack: KagomeStack, lattice: Floats, shifts: Floats, turns: list[float]
) -> KagomeStack:
    """Judge each step by the usual one: that with the least distance to all others."""
    constant = math.sqrt(abs(float(np.linalg.det(lattice))) * 2.0 / math.sqrt(3.0))
    apart = np.array(
        [[np.linalg.norm(lattice @ _shortest(lattice, a - b)) for b in shifts] for a in shifts]
    )
    lengths = np.linalg.norm(shifts @ lattice.T, axis=1)
    usual = int(np.lexsort([lengths, np.round(apart.sum(axis=1) / constant, 6)])[0])
    known = [turn for turn in turns if not math.isnan(turn)]
    usual_turn = float(np.median(known)) if known else math.nan
    steps = tuple(
        Step(
            turn,
            shift,
            float(length),
            bool(apart[usual, k] > SHIFTED * constant or abs(turn - usual_turn) > TURNED),
        )
        for k, (turn, shift, length) in enumerate(zip(turns, shifts, lengths, strict=True))
    )
    regular = [shift for step, shift in zip(steps, shifts, strict=True) if not step.is_fault]
    about = [shifts[usual] + _shortest(lattice, shift - shifts[usual]) for shift in regular]
    way = float(np.linalg.norm(lattice @ np.mean(about, axis=0)))
    tilt = math.degrees(math.atan(way / stack.layers.spacing))
    return KagomeStack(stack.layers, stack.each, lattice, steps, tilt)
