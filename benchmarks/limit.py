"""How much a trial move and a flight read: packets of eight spheres that their searches visit.

Usage: python benchmarks/limit.py [--spheres 4000] [--trials 200000]

The visits are counted by searches like the engine's own, from places of an equilibrated fluid
(φ = 0.45); bytes are 256 a packet.
"""

import argparse
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from systems import fluid, prepared
from timing import Row, Table, run

from hsmc.kernels.cells import RADIUS, Ints, System, X, Y, Z
from hsmc.kernels.clearance import HORIZON
from hsmc.kernels.event_chains import SIGHT
from hsmc.kernels.flights import Flight, first_hit, surroundings
from hsmc.kernels.jit import answers, inlined, kernel
from hsmc.kernels.packets import LANES
from hsmc.kernels.particle_moves import Nearest, nearest
from hsmc.kernels.random import normal, uniform
from hsmc.kernels.run import Spheres, assemble, new_room
from hsmc.kernels.search import around, look, search
from hsmc.rng import kernel_state
from hsmc.simulation import Moves, Simulation

PACKET_BYTES = 4 * LANES * 8


class CountedNearest(NamedTuple):
    """A query as of a trial move, whose packets are counted.

    Attributes:
        slot: As in ``Nearest``.
        radius: As in ``Nearest``.
        seen: Packets so far; shape (1,).
    """

    slot: int
    radius: float
    seen: Ints


class CountedFlight(NamedTuple):
    """A query as of a flight, whose packets are counted.

    Attributes:
        flight: The flight.
        seen: Packets so far; shape (1,).
    """

    flight: Flight
    seen: Ints


@answers(look, query=CountedNearest)
@inlined
def count_nearest(
    packets: Any, packet: int, x: float, y: float, z: float, query: CountedNearest, least: float
) -> float:
    """Count the packet, and answer as ``nearest`` does."""
    query.seen[0] += 1
    return nearest(packets, packet, x, y, z, Nearest(query.slot, query.radius), least)


@answers(look, query=CountedFlight)
@inlined
def count_hit(
    packets: Any, packet: int, x: float, y: float, z: float, query: CountedFlight, path: float
) -> float:
    """Count the packet, and answer as ``first_hit`` does."""
    query.seen[0] += 1
    return first_hit(packets, packet, x, y, z, query.flight, path)


@kernel
def trial_visits(
    system: System, step: float, trials: int, state: NDArray[np.uint64]
) -> tuple[int, int, int, int]:
    """Return packets visited and trials, of those refused and of those accepted."""
    seen, packets = np.zeros(1, np.int64), system.cells.packets
    refused = accepted = refused_seen = accepted_seen = 0
    for _ in range(trials):
        slot = int(system.cells.place_of[int(uniform(state) * system.species.shape[0])])
        p, k = slot // LANES, slot % LANES
        x = packets[p, X, k] + step * (2.0 * uniform(state) - 1.0)
        y = packets[p, Y, k] + step * (2.0 * uniform(state) - 1.0)
        z = packets[p, Z, k] + step * (2.0 * uniform(state) - 1.0)
        horizon, radius = system.bounds[HORIZON], packets[p, RADIUS, k]
        reach = around(system, np.sqrt(horizon) * (radius + 0.5 * system.diameter))
        seen[0] = 0
        query = CountedNearest(slot, radius, seen)
        if search(system, x, y, z, reach, reach, query, horizon) == 0.0:
            refused += 1
            refused_seen += seen[0]
        else:
            accepted += 1
            accepted_seen += seen[0]
    return refused_seen, refused, accepted_seen, accepted


@kernel
def flight_visits(
    system: System, sight: float, trials: int, state: NDArray[np.uint64]
) -> tuple[int, int]:
    """Return packets visited by searches in random directions, and how many found a sphere."""
    seen, hit, packets = np.zeros(1, np.int64), np.empty(5), system.cells.packets
    found = 0
    for _ in range(trials):
        slot = int(system.cells.place_of[int(uniform(state) * system.species.shape[0])])
        p, k = slot // LANES, slot % LANES
        x, y, z, radius = (
            packets[p, X, k],
            packets[p, Y, k],
            packets[p, Z, k],
            packets[p, RADIUS, k],
        )
        ux, uy, uz = normal(state), normal(state), normal(state)
        length = np.sqrt(ux * ux + uy * uy + uz * uz)
        ux, uy, uz = ux / length, uy / length, uz / length
        below, above = surroundings(system, ux, uy, uz, radius + 0.5 * system.diameter, sight)
        query = CountedFlight(Flight(slot, radius, ux, uy, uz, hit, system.cells.owner), seen)
        if search(system, x, y, z, below, above, query, sight) < sight:
            found += 1
    return seen[0], found


def in_cells(simulation: Simulation) -> System:
    """Return the spheres of a simulation as kernels hold them."""
    now = simulation.configuration
    spheres = Spheres(
        np.array(now.positions), np.array(now.box.vectors), 0.5 * now.diameters,
        now.types.astype(np.int8), np.zeros((1, 3)),
    )  # fmt: skip
    room = new_room(spheres)
    assemble(room, spheres)
    return room.system


def rows(spheres: int, trials: int) -> Iterator[Row]:
    """Packets and bytes a search of each kind."""
    state = kernel_state(1, "moves", 0)
    ran = prepared(fluid(spheres, 0.45), Moves("fixed", particle_target=0.25))
    counted = trial_visits(in_cells(ran), float(ran.steps[0]), trials, state)
    for name, seen, number in (
        ("trial refused", counted[0], counted[1]),
        ("trial accepted", counted[2], counted[3]),
        ("trial, mean", counted[0] + counted[2], trials),
    ):
        yield _row(name, seen / number, number / trials)
    ran = prepared(fluid(spheres, 0.45), Moves("fixed", motion="newtonian"), trials=2e6)
    sight = SIGHT * float(ran.state()["chain"][1])
    flown, found = flight_visits(in_cells(ran), sight, trials, state)
    yield _row(f"flight, looking {sight:.3f} σ ahead", flown / trials, found / trials)


def _row(name: str, packets: float, part: float) -> Row:
    return {"search": name, "part": part, "packets": packets, "bytes": packets * PACKET_BYTES}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spheres", type=int, default=4000)
    parser.add_argument("--trials", type=int, default=200_000)
    chosen = parser.parse_args()
    table = Table(
        f"packets of eight that a search visits, N = {chosen.spheres}, φ = 0.45",
        lambda _: rows(chosen.spheres, chosen.trials),
    )
    run({"limit": table}, 1, None)


if __name__ == "__main__":
    main()
