"""What ``compare_hoomd.py`` asks of HOOMD-blue; needs it installed.

Its names are those of versions 4 and 5: https://hoomd-blue.readthedocs.io.
"""

from collections.abc import Callable
from typing import Any

import hoomd
import numpy as np

from hsmc.configuration import LARGE, Configuration

TUNING = 2000
"""Steps of tuning; fewer for many spheres."""

CHAIN = 100
"""Collisions of an event chain, as here (``kernels.event_chains``)."""

MISSED = 0.03
"""Part of the searches of event chains that find nothing: of 3 to 35 % the fastest (φ = 0.49)."""

QUICK = 0.4
"""Acceptance while compressing: of 10 to 50 % the fastest (6:19 to φ = 0.62)."""

PATIENCE = 100_000
"""Steps of a compression, at most."""


def simulation(start: Configuration, integrator: Any) -> Any:
    """Return a simulation of the spheres on one core, large ones of type L, small ones of S."""
    snapshot, vectors = hoomd.Snapshot(), start.box.vectors
    lengths = np.diagonal(vectors)
    tilts = [vectors[0, 1] / lengths[1], vectors[0, 2] / lengths[2], vectors[1, 2] / lengths[2]]
    snapshot.configuration.box = [*map(float, lengths), *map(float, tilts)]
    snapshot.particles.N = len(start)
    snapshot.particles.types = ["L", "S"]
    scaled = np.linalg.solve(vectors, start.positions.T).T
    # Its box is centred at the origin.
    snapshot.particles.position[:] = (scaled - np.floor(scaled) - 0.5) @ vectors.T
    snapshot.particles.typeid[:] = np.where(start.types == LARGE, 0, 1)
    sim = hoomd.Simulation(device=hoomd.device.CPU(), seed=1)
    sim.create_state_from_snapshot(snapshot)
    small = start.diameters[start.types != LARGE]
    integrator.shape["L"] = {"diameter": 1.0}
    integrator.shape["S"] = {"diameter": float(small[0]) if len(small) else 1.0}
    sim.operations.integrator = integrator
    return sim


def tune(sim: Any, tuner: Any, most: int = TUNING) -> None:
    """Run until step sizes have settled, and freeze them."""
    steps = max(100, min(most, 10_000_000 // sim.state.N_particles))
    sim.operations.tuners.append(tuner)
    sim.run(steps)
    sim.operations.tuners.remove(tuner)


def local(start: Configuration, acceptance: float) -> Any:
    """Return a simulation with local moves, one trial a sphere and step, steps tuned."""
    sim = simulation(start, hoomd.hpmc.integrate.Sphere(default_d=0.1, nselect=1))
    trigger = hoomd.trigger.Periodic(10)
    tune(
        sim,
        hoomd.hpmc.tune.MoveSize.scale_solver(
            trigger, moves=["d"], target=acceptance, max_translation_move=0.5
        ),
    )
    return sim


def with_box_moves(sim: Any, pressure: float) -> Any:
    """Add a move in ln V to every step, tuned to an acceptance of 30 %."""
    # By position: the second argument is called betaP, and P from version 6 on.
    box = hoomd.hpmc.update.BoxMC(hoomd.trigger.Periodic(1), pressure)
    box.volume = {"weight": 1.0, "mode": "ln", "delta": 0.01}
    sim.operations.updaters.append(box)
    trigger = hoomd.trigger.Periodic(50)
    tune(
        sim,
        hoomd.hpmc.tune.BoxMCMoveSize.scale_solver(
            trigger, boxmc=box, moves=["volume"], target=0.3
        ),
    )
    return sim


def volume_series(sim: Any, every: int) -> list[float]:
    """Return a list to which every so many steps from now on add the volume of the box."""
    series: list[float] = []

    class Volume(hoomd.custom.Action):  # type: ignore[misc]
        def act(self, timestep: int) -> None:  # noqa: ARG002
            series.append(self._state.box.volume)

    trigger = hoomd.trigger.Periodic(every)
    sim.operations.writers.append(hoomd.write.CustomWriter(action=Volume(), trigger=trigger))
    return series


def newtonian(start: Configuration, collisions: int) -> tuple[Any, Callable[[], float]]:
    """Return Newtonian event chains, and what makes some collisions and counts them, in millions.

    A step is as many chains as make a collision a sphere.
    """
    part = 1.0 / CHAIN
    mc = hoomd.hpmc.nec.integrate.Sphere(default_d=0.1, chain_time=1.0, update_fraction=part)
    sim = simulation(start, mc)
    sim.state.thermalize_particle_momenta(hoomd.filter.All(), kT=1.0)
    trigger = hoomd.trigger.Periodic(5)
    tune(sim, hoomd.hpmc.nec.tune.ChainTime.scale_solver(trigger, target=float(CHAIN)), 200)
    tune(sim, hoomd.hpmc.tune.MoveSize.scale_solver(trigger, moves=["d"], target=MISSED), 200)
    steps = max(1, collisions // len(start))

    def work() -> float:
        sim.run(steps)
        return float(mc.nec_counters.chain_at_collision_count) / 1e6

    return sim, work


def compressed(start: Configuration, packing_fraction: float) -> float:
    """Compress to a packing fraction without overlaps; return 1, or nan if that fails."""
    mc = hoomd.hpmc.integrate.Sphere(default_d=0.1, nselect=1)
    sim = simulation(start, mc)
    target = hoomd.Box.from_box(sim.state.box)
    target.volume = target.volume * start.packing_fraction / packing_fraction
    compress = hoomd.hpmc.update.QuickCompress(hoomd.trigger.Periodic(10), target_box=target)
    sim.operations.updaters.append(compress)
    trigger = hoomd.trigger.Periodic(10)
    tuner = hoomd.hpmc.tune.MoveSize.scale_solver(
        trigger, moves=["d"], target=QUICK, max_translation_move=0.2
    )
    sim.operations.tuners.append(tuner)
    while not compress.complete and sim.timestep < PATIENCE:
        sim.run(100)
    return 1.0 if compress.complete else float("nan")
