"""The spheres of a region: those that are in it when its turn comes."""

import numpy as np

from hsmc.kernels.cells import Indices, System
from hsmc.kernels.jit import inlined, part
from hsmc.kernels.lists import Lists
from hsmc.kernels.packets import LANES, wide
from hsmc.kernels.regions import Regions, layers_of
from hsmc.kernels.walls import Walls, within


@part
def longer(members: Indices) -> Indices:
    """Return the same in an array of twice the length."""
    twice = np.empty(2 * members.shape[0], np.int32)
    for place in range(members.shape[0]):  # an assignment would compile its error messages
        twice[place] = members[place]
    return twice


@inlined
def is_member(lists: Lists | None, system: System, walls: Walls, i: int) -> bool:
    """Tell whether a sphere met in the cells is in the region: those of lists hold anchors."""
    if lists is None:
        return True
    records = lists.records
    return within(system, walls, records[i, 0], records[i, 1], records[i, 2])


@inlined
def beyond(lists: Lists | None, regions: Regions, axis: int) -> int:
    """Return how many layers outside a region may have the anchors of its spheres.

    Spheres stray less far than a cell is wide.
    """
    return 0 if lists is None or regions.number[axis] == 1 else 1


@part
def members_of(
    lists: Lists | None, system: System, walls: Walls, regions: Regions,
    region: tuple[int, int, int],
) -> Indices:  # fmt: skip
    """List the spheres of a region, cell by cell.

    Args:
        lists: Those of the system, if they are used.
        system: Spheres in their box.
        walls: Of the region.
        regions: How the cells are cut.
        region: Which one, along each box vector.
    """
    cells = system.cells
    nx, ny = cells.shape[0], cells.shape[1]
    members, count = np.empty(64, np.int32), 0
    for c in layers_of(cells, regions, 2, region[2], beyond(lists, regions, 2)):
        for b in layers_of(cells, regions, 1, region[1], beyond(lists, regions, 1)):
            for a in layers_of(cells, regions, 0, region[0], beyond(lists, regions, 0)):
                packet = (c * ny + b) * nx + a
                left = cells.filled[packet]
                while count + left > members.shape[0]:
                    members = longer(members)
                while left > 0:
                    for place in range(min(left, LANES)):
                        i = wide(cells.owner[packet, place])
                        members[count] = i
                        count += 1 if is_member(lists, system, walls, i) else 0
                    left -= LANES
                    packet = int(cells.following[packet])
    return members[:count]
