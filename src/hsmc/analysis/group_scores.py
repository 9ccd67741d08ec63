"""How far a cell is from each space group that its lattice allows.

A scan over tolerances asks which group is found; this asks what each group would cost. For every
group and every place of its origin, each operation carries the spheres somewhere; there they are
paired one to one with spheres of their own species. The origin is where pairs are nearest.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from hsmc.analysis.symmetry import ANGLE_TOLERANCE, quiet_spglib
from hsmc.box import Floats
from hsmc.configuration import Configuration

Ints = NDArray[np.int64]

METRIC = 0.1
"""Distances, over the mean edge of the cell, within which its lattice counts as symmetric."""

SETTINGS = 530
"""Settings of the space groups in Hall's list, each with its axes and origin."""

GRID = 12
"""Origins along each edge; translations of all space groups are multiples of 1/12."""

SEEDS = 4
"""Best origins of the grid that are refined, of each group."""

REFINEMENTS = 4
"""Times that spheres are paired and the origin moved."""

SYSTEMS = {2: (1, 2), 10: (3, 15), 47: (16, 74), 123: (75, 142), 166: (143, 167), 191: (143, 194),
           221: (195, 230)}  # fmt: skip
"""First and last group of the crystal system, by the symmetry of the bare lattice."""

LIKE = {12: 10, 65: 47, 69: 47, 71: 47, 139: 123, 225: 221, 229: 221}
"""Symmetries of centred lattices, and the simple ones of the same system."""


@dataclass(frozen=True, slots=True)
class GroupScore:
    """What it takes to give a cell the symmetry of a space group; lengths in σ_L.

    Attributes:
        number: Of the space group.
        symbol: Short Hermann-Mauguin symbol.
        operations: In the point group: a group that asks more costs more.
        rms: Of the distances by which spheres move to be symmetric.
        largest: The largest of them.
        worst: Largest distance between a sphere carried by an operation and its partner; a scan
            finds the group from about this tolerance on (Table S2: 1.49 and 1.57 nm).
    """

    number: int
    symbol: str
    operations: int
    rms: float
    largest: float
    worst: float


def score_groups(configuration: Configuration) -> tuple[GroupScore, ...]:
    """Score all space groups of the lattice's crystal system, most operations first.

    The lattice is made symmetric first, so that distances are those of the spheres alone. Of a
    group with several settings the best counts.

    Args:
        configuration: Spheres in a box; species count, sizes do not.

    Source:
        Kuhn, Nav. Res. Logist. Q. 2, 83 (1955), doi:10.1002/nav.3800020109, for the pairing.
    """
    cell = _Cell(configuration)
    best: dict[int, GroupScore] = {}
    for kind, rotations, translations in cell.groups():
        score = cell.score(kind, rotations, translations)
        if kind.number not in best or score.rms < best[kind.number].rms:
            best[kind.number] = score
    return tuple(sorted(best.values(), key=lambda one: (-one.operations, one.rms)))


class _Cell:
    """A conventional cell with its lattice made symmetric, and where rotations carry it."""

    def __init__(self, configuration: Configuration) -> None:
        vectors = configuration.box.vectors
        edge = float(np.linalg.norm(vectors, axis=0).mean())
        points: Any = (vectors.T, [[0.0, 0.0, 0.0]], [1])
        with quiet_spglib() as spglib:
            bare, within = None, METRIC * edge
            while bare is None:  # spglib gives up where a vector is not much longer than that
                bare, within = (
                    spglib.get_symmetry_dataset(points, within, ANGLE_TOLERANCE), 0.5 * within
                )  # fmt: skip
        back = np.rint(np.linalg.inv(bare.transformation_matrix))  # measured, so not quite whole
        change = np.linalg.inv(back)
        lattice = vectors @ back
        metric = lattice.T @ lattice
        turns = np.rint(change @ bare.rotations @ back)
        metric = np.mean([turn.T @ metric @ turn for turn in turns], axis=0)
        self.lattice = np.linalg.cholesky(metric).T
        self.holohedry = LIKE.get(int(bare.number), int(bare.number))
        self.centring = bare.international[0]
        inside = _copies(change)
        places = configuration.scaled @ change.T
        self.places = (places[None] + inside[:, None]).reshape(-1, 3) % 1.0
        self.types = np.tile(configuration.types, len(inside))
        self.costs: dict[bytes, Floats] = {}
        images = np.stack(np.meshgrid(*[(-1.0, 0.0, 1.0)] * 3, indexing="ij"), -1).reshape(-1, 3)
        self.images = images @ self.lattice.T

    def groups(self) -> Iterator[tuple[Any, Ints, Floats]]:
        """Yield kind, rotations and translations of each setting that the lattice allows."""
        first, last = SYSTEMS[self.holohedry]
        metric = self.lattice.T @ self.lattice
        for kind, turns, translations in _settings(first, last, self.centring):
            if np.allclose(turns.transpose(0, 2, 1) @ metric @ turns, metric, rtol=1e-6, atol=1e-9):
                yield kind, turns, translations

    def score(self, kind: Any, rotations: Ints, translations: Floats) -> GroupScore:
        """Return the score of one group at its best origin."""
        tried = [
            self._refined(seed, rotations, translations)
            for seed in self._seeds(rotations, translations)
        ]
        left = min(tried, key=lambda one: float((one**2).sum()))
        moves = np.linalg.norm(left.mean(axis=0), axis=1)
        worst = float(np.linalg.norm(left, axis=2).max())
        return GroupScore(
            int(kind.number),
            str(kind.international_short),
            len(rotations),
            float(np.sqrt((moves**2).mean())),
            float(moves.max()),
            worst,
        )

    def _seeds(self, rotations: Ints, translations: Floats) -> Floats:
        """Return the origins of the grid where spheres come nearest to others of their species."""
        origins = np.stack(np.meshgrid(*[np.arange(GRID)] * 3, indexing="ij"), -1).reshape(-1, 3)
        cost = np.zeros(len(origins))
        for turn, shift in zip(rotations, np.rint(GRID * translations).astype(int), strict=True):
            at = (shift + origins - origins @ turn.T) % GRID
            cost += self._cost(turn)[tuple(at.T)]
        order = np.argsort(cost, kind="stable")
        kept: list[int] = []
        for k in order:  # equal costs are mostly one origin and what the group makes of it
            if all(abs(cost[k] - cost[other]) > 1e-6 * cost[k] for other in kept):
                kept.append(int(k))
            if len(kept) == SEEDS:
                break
        return np.asarray(origins[kept] / GRID)

    def _cost(self, turn: Ints) -> Floats:
        """Return the mean squared distance to the nearest one, by translation on the grid."""
        key = turn.tobytes()
        if key not in self.costs:
            steps = np.stack(np.meshgrid(*[np.arange(GRID) / GRID] * 3, indexing="ij"), -1)
            total = np.zeros(GRID**3)
            for species in np.unique(self.types):
                own = self.places[self.types == species]
                tree = cKDTree((own @ self.lattice.T + self.images[:, None]).reshape(-1, 3))
                carried = ((own @ turn.T)[:, None] + steps.reshape(1, -1, 3)) % 1.0
                distance, _ = tree.query(carried @ self.lattice.T)
                total += (np.asarray(distance) ** 2).sum(axis=0)
            self.costs[key] = (total / len(self.places)).reshape(GRID, GRID, GRID)
        return self.costs[key]

    def _refined(self, origin: Floats, rotations: Ints, translations: Floats) -> Floats:
        """Return how far spheres are from those carried onto them, near the best origin.

        The shape is (operations, spheres, 3): the mean over operations makes the cell symmetric.
        """
        fixed = np.eye(3) - rotations
        design = (self.lattice @ fixed).reshape(-1, 3)
        turned = np.einsum("oij,kj->oki", rotations, self.places)
        best, least = np.empty(0), np.inf
        for _ in range(REFINEMENTS):
            carried = turned + (translations + fixed @ origin)[:, None]
            left = self._left(carried)
            squares = float((left**2).sum())
            if squares >= least * (1.0 - 1e-6):
                break
            best, least = left, squares
            step = np.linalg.lstsq(design, -left.mean(axis=1).ravel(), rcond=None)[0]
            origin = origin + step
        return best

    def _left(self, carried: Floats) -> Floats:
        """Return, for each operation and sphere, how far the one carried onto it is from it."""
        out = np.empty_like(carried)
        size = (self.images**2).sum(axis=1)
        for species in np.unique(self.types):
            own = np.flatnonzero(self.types == species)
            away = carried[:, own, None] - self.places[own]
            away = (away - np.rint(away)) @ self.lattice.T
            longer = 2.0 * away @ self.images.T + size  # in squares, for each image
            image = longer.argmin(axis=3)
            squares = (away**2).sum(axis=3) + longer.min(axis=3)
            for number, one in enumerate(squares):
                from_, to = linear_sum_assignment(one)
                nearest = self.images[image[number, from_, to]]
                out[number, own[to]] = away[number, from_, to] + nearest
        return out


def _settings(first: int, last: int, centring: str) -> list[tuple[Any, Ints, Floats]]:
    """Return kind, rotations and translations of all settings of a range of space groups."""
    with quiet_spglib() as spglib:
        kinds = [(hall, spglib.get_spacegroup_type(hall)) for hall in range(1, SETTINGS + 1)]
        found = [
            (kind, spglib.get_symmetry_from_database(hall))
            for hall, kind in kinds
            if first <= kind.number <= last and kind.international_short[0] == centring
        ]
    out = []
    for kind, group in found:  # centring alone carries a conventional cell onto itself
        turns, first_of = np.unique(group["rotations"], axis=0, return_index=True)
        out.append((kind, turns, group["translations"][first_of]))
    return out


def _copies(change: Floats) -> Floats:
    """Return the lattice points of a primitive cell inside of the conventional one."""
    steps = np.stack(np.meshgrid(*[np.arange(-3.0, 4.0)] * 3, indexing="ij"), -1).reshape(-1, 3)
    points = steps @ change.T
    inside = np.rint(4 * 3 * (points - np.floor(points + 1e-9)))
    return np.asarray(np.unique(inside, axis=0) / 12.0)
