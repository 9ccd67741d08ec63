"""Packets compared with the spheres of another: what a pass over all pairs asks.

Written as ``kernels.packets`` is. A packet's image is the packet moved by a vector of the box.
"""

# ruff: noqa: ARG001 - an instruction is written from the types of its arguments

from typing import Any

from llvmlite import ir
from numba import types

from hsmc.kernels.packets import (
    I64,
    LANES,
    ROUNDING,
    ROWS,
    VECTOR,
    instruction,
    mask_of,
    rows_of,
    separations,
    spread,
)


def _image_separations(
    context: Any, builder: Any, kind: Any, given: list[Any]
) -> tuple[list[Any], Any, Any]:
    """Return the separations of a packet's image from a sphere, r² and contact².

    Given are the packets, the packet, how far its image is, the packet of the sphere and its place.
    """
    rows = rows_of(context, builder, kind, given[0], given[1])
    moved = [
        builder.fadd(row, spread(builder, shift))
        for row, shift in zip(rows, given[2:5], strict=False)
    ]
    array = context.make_array(kind)(context, builder, given[0])
    first = builder.add(builder.mul(given[5], ir.Constant(I64, ROWS * LANES)), given[6])
    slots = [builder.add(first, ir.Constant(I64, LANES * row)) for row in range(ROWS)]
    *centre, radius = [builder.load(builder.gep(array.data, [slot])) for slot in slots]
    d, distance2 = separations(builder, moved, centre)
    contact = builder.fadd(rows[3], spread(builder, radius))
    return d, distance2, builder.fmul(contact, contact)


@instruction
def near_image(
    _: Any, packets: Any, packet: Any, x: Any, y: Any, z: Any, one: Any, place: Any, factor2: Any
) -> Any:
    """Tell which spheres of a packet's image have r² < factor² contact² to one of another packet.

    The image is the packet moved by x, y, z.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        _, distance2, contact2 = _image_separations(context, builder, signature.args[0], given[:7])
        limit = builder.fmul(contact2, spread(builder, given[7]))
        return mask_of(builder, builder.fcmp_ordered("<", distance2, limit))

    numbers = [types.float64] * 3
    return types.int64(packets, types.int64, *numbers, *[types.int64] * 2, types.float64), generate


@instruction
def limiting(
    _: Any, packets: Any, packet: Any, x: Any, y: Any, z: Any, one: Any, place: Any,
    xx: Any, xy: Any, xz: Any, yy: Any, yz: Any, zz: Any, most: Any,
) -> Any:  # fmt: skip
    """Tell which spheres of a packet's image may touch one of another packet at some |t| ≤ most.

    Separations d become d + t G d, and r² is at least d² + 2 t d·G d. So those are told of which
    that falls below contact² at one of the ends, but for rounding.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        d, distance2, contact2 = _image_separations(context, builder, signature.args[0], given[:7])
        g = [spread(builder, element) for element in given[7:13]]
        along = _form(builder, g, d)
        two = ir.Constant(VECTOR, [2.0] * LANES)
        above = builder.fmul(builder.fmul(spread(builder, given[13]), two), along)
        below = builder.fneg(above)
        fall = builder.select(builder.fcmp_ordered("<", below, above), below, above)
        rounding = builder.fmul(contact2, ir.Constant(VECTOR, [1.0 + ROUNDING] * LANES))
        least = builder.fadd(builder.fsub(distance2, rounding), fall)
        return mask_of(
            builder, builder.fcmp_ordered("<", least, ir.Constant(VECTOR, [0.0] * LANES))
        )

    numbers = [types.float64] * 3
    both = [types.int64] * 2
    return types.int64(packets, types.int64, *numbers, *both, *[types.float64] * 7), generate


def _form(builder: Any, g: list[Any], d: list[Any]) -> Any:
    """Return d·G d of an upper triangular G, given row by row."""
    total = None
    for row, elements in enumerate((g[:3], g[3:5], g[5:])):
        change = None
        for element, component in zip(elements, d[row:], strict=True):
            part = builder.fmul(element, component)
            change = part if change is None else builder.fadd(change, part)
        part = builder.fmul(d[row], change)
        total = part if total is None else builder.fadd(total, part)
    return total


@instruction
def beyond(
    _: Any, packets: Any, packet: Any, x: Any, y: Any, z: Any, reach: Any, limit: Any
) -> Any:
    """Tell of which spheres of a packet (x, y, z)·place + reach·radius is more than a limit."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        rows = rows_of(context, builder, signature.args[0], given[0], given[1])
        parts = [
            builder.fmul(row, spread(builder, part))
            for row, part in zip(rows, given[2:6], strict=True)
        ]
        along = builder.fadd(builder.fadd(parts[0], parts[1]), builder.fadd(parts[2], parts[3]))
        return mask_of(builder, builder.fcmp_ordered(">", along, spread(builder, given[6])))

    return types.int64(packets, types.int64, *[types.float64] * 5), generate
