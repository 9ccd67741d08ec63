"""A Monte Carlo simulation of hard spheres: its state, and how it advances."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hsmc.box import Box, Floats
from hsmc.configuration import Configuration
from hsmc.ensemble import Axes, BoxMode, Motion, axis_mask, box_moves
from hsmc.errors import InputError
from hsmc.kernels.event_chains import (
    FIRST_DURATION,
    FIRST_PATH,
    FLOWN,
    FREE_PATH,
    draw_velocities,
)
from hsmc.kernels.few_spheres import few_packets
from hsmc.kernels.lists import Lists, new_lists
from hsmc.kernels.plan import (
    EventChainsInRegions,
    LocalMovesInRegions,
    Plan,
    Tally,
    Way,
)
from hsmc.kernels.run import Spheres, new_room, run_block
from hsmc.lattice import is_skewed, reduce_lattice
from hsmc.neighbors import check_overlap_free
from hsmc.rng import kernel_state
from hsmc.threads import kernel_threads
from hsmc.ways import box_way, lists_pay, may_have_lists, neighbours, way_of

BLOCK_TRIALS = 800_000
"""Particle trials or collisions between two returns to Python, about: below half a second."""

BLOCK_CYCLES = 500
"""Cycles between two returns to Python, at most."""

LARGE_TRIALS, LARGE_COLLISIONS, LARGE_CYCLES = 3_200_000, 6_400_000, 8
"""Trial moves or collisions of a block of a larger one, about, and its cycles, at least.

What a block begins with, putting spheres in order and learning who is near whom, takes as long as
two cycles do on two threads; so blocks are half a second long, and at 10⁶ spheres a second, or two
where event chains run on one thread.
"""


@dataclass(frozen=True, slots=True)
class Moves:
    """What a cycle does: N trial moves of spheres, or collisions, then one box move.

    Attributes:
        box: Which elements of the box move.
        axes: Cartesian axes along which spheres move.
        motion: How spheres move: local trial moves, straight or Newtonian event chains.
        heat_bath: Draw box moves exactly (no step, no rejection), or by Metropolis.
        particle_target: Acceptance that particle steps are tuned to.
        box_target: Acceptance that Metropolis box steps are tuned to.
    """

    box: BoxMode = "isotropic"
    axes: Axes = "xyz"
    motion: Motion = "local"
    heat_bath: bool = True
    particle_target: float = 0.3
    box_target: float = 0.3


class Simulation:
    """Spheres under Monte Carlo moves.

    Equal seeds give equal bits; a simulation restored from its ``state`` goes on as if it
    had never stopped, provided it is cut where ``advance`` returned.

    Attributes:
        moves: What a cycle does.
        cycle: Cycles done.
    """

    def __init__(
        self, configuration: Configuration, moves: Moves, seed: int, replica: int = 0
    ) -> None:
        """Start from an overlap-free configuration.

        Args:
            configuration: Spheres in a box.
            moves: What a cycle does.
            seed: Root seed, ≥ 0.
            replica: Which of several independent runs.

        Raises:
            OverlapError: Spheres overlap.
        """
        check_overlap_free(configuration, "choose another --fit, or --fit relax")
        kinds = len(box_moves(moves.box))
        self.moves = moves
        self.cycle = 0
        self._spheres = Spheres(
            np.array(configuration.positions),
            np.array(configuration.box.vectors),
            0.5 * configuration.diameters,
            configuration.types.astype(np.int8),
            np.zeros((len(configuration) if moves.motion == "newtonian" else 1, 3)),
        )
        self._tally = Tally(
            steps=np.full(2, 0.1),
            counts=np.zeros((2, 2), np.int64),
            recent=np.zeros((2, 2), np.int64),
            box_steps=np.full(kinds, 1e-3),
            box_counts=np.zeros((kinds, 2), np.int64),
            box_recent=np.zeros((kinds, 2), np.int64),
            chain=np.array([FIRST_DURATION, FIRST_PATH, 0.0, 0.0, 0.0]),
            chain_recent=np.zeros(2, np.int64),
            state=kernel_state(seed, "moves", replica),
        )
        if moves.motion == "newtonian":
            velocities = self._spheres.velocities
            draw_velocities(velocities, axis_mask(moves.axes), self._tally.state)

    @property
    def configuration(self) -> Configuration:
        """The spheres as they are now."""
        return Configuration(
            Box(self._spheres.box.copy()),
            self._spheres.positions.copy(),
            2.0 * self._spheres.radii,
            self._spheres.species.astype(np.int64),
        )

    @property
    def box(self) -> Floats:
        """Box vectors as columns, in σ_L; shape (3, 3)."""
        return self._spheres.box.copy()

    @property
    def volume(self) -> float:
        """Volume of the box, in σ_L³."""
        return float(np.prod(np.diagonal(self._spheres.box)))

    @property
    def sphere_volume(self) -> float:
        """Volume of all spheres, in σ_L³."""
        return float(4.0 / 3.0 * np.pi * np.sum(self._spheres.radii**3))

    @property
    def packing_fraction(self) -> float:
        """Volume of the spheres over volume of the box."""
        return self.sphere_volume / self.volume

    @property
    def steps(self) -> Floats:
        """Largest particle displacement along an axis, large and small, in σ_L; shape (2,)."""
        return self._tally.steps.copy()

    @property
    def counts(self) -> NDArray[np.int64]:
        """Tried and accepted moves so far: large, small, box; shape (3, 2).

        Collisions count as both in event chains, by the species that flies.
        """
        return np.vstack([self._tally.counts, self._tally.box_counts.sum(axis=0)])

    @property
    def spheres(self) -> int:
        """Number of spheres."""
        return len(self._spheres.radii)

    @property
    def measures_pressure(self) -> bool:
        """Whether event chains tell the pressure: in a box that does not move."""
        return self.moves.motion != "local" and self.moves.box == "fixed"

    @property
    def flights(self) -> Floats:
        """Sums over event chains so far: ⟨v²⟩ t, d·v of collisions, lengths; shape (3,)."""
        return self._tally.chain[FLOWN:].copy()

    @property
    def way(self) -> Way:
        """How the spheres move: of each a block of cycles is compiled."""
        return way_of(self.moves.motion, self.spheres)

    @property
    def block_cycles(self) -> int:
        """Cycles to hand to one ``advance``: short enough to serve signals between two."""
        if isinstance(self.way, EventChainsInRegions):
            return min(BLOCK_CYCLES, max(LARGE_CYCLES, LARGE_COLLISIONS // self.spheres))
        if isinstance(self.way, LocalMovesInRegions):
            return min(BLOCK_CYCLES, max(LARGE_CYCLES, LARGE_TRIALS // self.spheres))
        return max(1, min(BLOCK_CYCLES, BLOCK_TRIALS // self.spheres))

    def advance(self, pressures: Floats, *, tuning: bool) -> Floats:
        """Run one cycle for each pressure.

        Args:
            pressures: βPσ_L³ of each cycle; shape (C,).
            tuning: Whether step sizes follow the acceptances. Frozen steps are needed for
                sampling: tuning breaks balance.

        Returns:
            Volume of the box after each cycle, in σ_L³; shape (C,).
        """
        few, box = few_packets(self.spheres), self.moves.box
        plan = Plan(
            self.way,
            axis_mask(self.moves.axes),
            box_way(box, heat_bath=self.moves.heat_bath),
            box_moves(box),
            box != "fixed" and (box != "floppy" or few is None),
            tuning,
            self.moves.particle_target,
            self.moves.box_target,
        )
        pressures, volumes = np.ascontiguousarray(pressures), np.empty(len(pressures))
        lists = self._new_lists()
        before = self.state() if lists is not None else {}
        if not self._run_block(plan, few, lists, pressures, volumes):
            self._take(before)
            self._run_block(plan, few, self._new_lists(used=False), pressures, volumes)
        self.cycle += len(pressures)
        if self.moves.box == "floppy":
            self._reduce()
        return volumes

    def state(self) -> dict[str, NDArray[Any]]:
        """Return everything that a restart needs, as arrays by name."""
        return {
            "cycle": np.array(self.cycle),
            **{name: np.array(value) for name, value in self._spheres._asdict().items()},
            **{name: np.array(value) for name, value in self._tally._asdict().items()},
        }

    @classmethod
    def restored(cls, moves: Moves, state: Mapping[str, NDArray[Any]]) -> "Simulation":
        """Return a simulation that goes on from a saved state.

        Args:
            moves: What a cycle does.
            state: As ``state`` returned it.

        Raises:
            InputError: Something is missing from the state.
        """
        missing = {"cycle", *Spheres._fields, *Tally._fields} - set(state)
        if missing:
            message = f"checkpoint lacks {', '.join(sorted(missing))}; start the run anew"
            raise InputError(message)
        simulation = cls.__new__(cls)
        simulation.moves = moves
        simulation._take(state)
        return simulation

    def _take(self, state: Mapping[str, NDArray[Any]]) -> None:
        self.cycle = int(state["cycle"])
        self._spheres = Spheres(*(np.array(state[name]) for name in Spheres._fields))
        self._tally = Tally(*(np.array(state[name]) for name in Tally._fields))

    def _run_block(
        self, plan: Plan, few: Floats | None, lists: Lists | None, pressures: Floats,
        volumes: Floats,
    ) -> bool:  # fmt: skip
        """Run a block; false where spheres crowd, so that a list found no room for a neighbour."""
        room = new_room(self._spheres, few, lists)
        with kernel_threads():
            return run_block(room, self._spheres, plan, self._tally, pressures, volumes)

    def _new_lists(self, *, used: bool = True) -> Lists | None:
        if not may_have_lists(self.moves.motion, self.spheres):
            return None
        faces = Box(self.box).face_distances
        if self.moves.motion == "local":
            hop = float(np.max(self._tally.steps[np.unique(self._spheres.species)]))
        else:
            hop = float(self._tally.chain[FREE_PATH])
        pay = used and lists_pay(self.moves.motion, self.spheres, hop, faces)
        radii, entries = self._spheres.radii, neighbours(hop)
        return new_lists(radii, self.volume, neighbours=entries, used=pay)

    def _reduce(self) -> None:
        if is_skewed(self._spheres.box):
            reduced = reduce_lattice(self.configuration)
            self._spheres.positions[:] = reduced.positions
            self._spheres.box[:] = reduced.box.vectors
