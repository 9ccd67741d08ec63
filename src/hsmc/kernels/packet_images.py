"""Packets compared with the spheres of another: what a pass over all pairs asks.

Written as ``kernels.packets`` is. A packet's image is the packet moved by a vector of the box.
"""

# ruff: noqa: ARG001 - an instruction is written from the types of its arguments

import functools
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

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
        return _falls(
            builder, _form(builder, g, d), distance2, contact2, builder.fneg(given[13]), given[13]
        )

    numbers = [types.float64] * 3
    both = [types.int64] * 2
    return types.int64(packets, types.int64, *numbers, *both, *[types.float64] * 7), generate


def _falls(builder: Any, along: Any, distance2: Any, contact2: Any, low: Any, high: Any) -> Any:
    """Tell, as a mask, where r² + 2 t d·G d may fall below contact² for low ≤ t ≤ high."""
    ends = [builder.fmul(end, ir.Constant(ir.DoubleType(), 2.0)) for end in (low, high)]
    falls = [builder.fmul(along, spread(builder, end)) for end in ends]
    below = builder.fcmp_ordered("<", falls[0], falls[1])
    fall = builder.select(below, falls[0], falls[1])
    limit = builder.fmul(contact2, ir.Constant(VECTOR, [1.0 + ROUNDING] * LANES))
    return mask_of(builder, builder.fcmp_ordered("<", builder.fadd(distance2, fall), limit))


def _upper(builder: Any, g: list[Any], d: list[Any]) -> list[Any]:
    """Return G d of an upper triangular G, given row by row."""
    product = []
    for row, elements in enumerate((g[:3], g[3:5], g[5:])):
        parts = [
            builder.fmul(element, component)
            for element, component in zip(elements, d[row:], strict=True)
        ]
        product.append(functools.reduce(builder.fadd, parts))
    return product


def _form(builder: Any, g: list[Any], d: list[Any]) -> Any:
    """Return d·G d of an upper triangular G, given row by row."""
    parts = [builder.fmul(*pair) for pair in zip(d, _upper(builder, g, d), strict=True)]
    return functools.reduce(builder.fadd, parts)


@instruction
def limiting_nearest(
    _: Any, fractions: Any, packet: Any, a: Any, b: Any, c: Any, radius: Any,
    low_a: Any, low_b: Any, low_c: Any, less_a: Any, less_b: Any, less_c: Any,
    h_xa: Any, h_xb: Any, h_xc: Any, h_yb: Any, h_yc: Any, h_zc: Any,
    xx: Any, xy: Any, xz: Any, yy: Any, yz: Any, zz: Any, first: Any, last: Any,
) -> Any:  # fmt: skip
    """Tell of which spheres of a packet one image may touch a sphere at first ≤ t ≤ last.

    Places are fractions of the box vectors, h. The image meant is that from -low to 1 - low of each
    box vector away, less so many of them. For the rest see ``limiting``.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        rows = rows_of(context, builder, signature.args[0], given[0], given[1])
        away = []
        for row, place, low, less in zip(
            rows[:3], given[2:5], given[6:9], given[9:12], strict=True
        ):
            from_it = builder.fsub(row, spread(builder, place))
            turns = _floor(builder, builder.fadd(from_it, spread(builder, low)))
            away.append(builder.fsub(builder.fsub(from_it, turns), spread(builder, less)))
        d = _upper(builder, [spread(builder, element) for element in given[12:18]], away)
        squares = [builder.fmul(component, component) for component in d]
        distance2 = builder.fadd(builder.fadd(squares[0], squares[1]), squares[2])
        contact = builder.fadd(rows[3], spread(builder, given[5]))
        contact2 = builder.fmul(contact, contact)
        g = [spread(builder, element) for element in given[18:24]]
        return _falls(builder, _form(builder, g, d), distance2, contact2, given[24], given[25])

    return types.int64(fractions, types.int64, *[types.float64] * 24), generate


def _floor(builder: Any, numbers: Any) -> Any:
    kind = ir.FunctionType(VECTOR, [VECTOR])
    floor = cgutils.get_or_insert_function(builder.module, kind, f"llvm.floor.v{LANES}f64")  # type: ignore[no-untyped-call]
    return builder.call(floor, [numbers])


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
