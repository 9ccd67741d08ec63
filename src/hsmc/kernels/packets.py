"""Eight spheres at a time: comparisons that the processor makes for a whole packet at once.

A packet holds x, y, z and radius of up to eight spheres, each in a row of eight numbers; shape
(4, 8). Empty places hold NaN, of which every comparison is false. The answer is a mask: bit k
tells of the sphere in place k.

LLVM does not make these instructions of loops by itself (it unrolls short ones, or gathers), so
they are written as its vectors. It translates them for any processor; arithmetic is that of
IEEE doubles, without contraction, and so are the verdicts.
"""

# ruff: noqa: ARG001 - an instruction is written from the types of its arguments

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 8
"""Spheres in a packet."""

ROWS = 4
"""Numbers of each: x, y, z and radius."""

ROUNDING = 1e-12
"""Of squared distances over squared contact: what may be met is told somewhat too often."""

_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
NEAR = (1 << LANES) - 1
"""The bits of a mask that tell which spheres are near."""

_I32, _I64 = ir.IntType(32), ir.IntType(64)
_BYTES = ir.IntType(8).as_pointer()


def _instruction(function: Any) -> Any:
    """Make a compiled function of one that writes instructions."""
    return intrinsic(function)


def _spread(builder: Any, number: Any) -> Any:
    """Return a vector of equal numbers."""
    empty = ir.Constant(_VECTOR, ir.Undefined)
    first = builder.insert_element(empty, number, ir.Constant(_I32, 0))
    return builder.shuffle_vector(
        first, empty, ir.Constant(ir.VectorType(_I32, LANES), [0] * LANES)
    )


def _places(context: Any, builder: Any, kind: Any, packets: Any, packet: Any) -> list[Any]:
    """Return where the four rows of a packet are, as vectors."""
    array = context.make_array(kind)(context, builder, packets)
    start = builder.mul(packet, ir.Constant(_I64, ROWS * LANES))
    places = [builder.add(start, ir.Constant(_I64, LANES * row)) for row in range(ROWS)]
    pointers = [builder.gep(array.data, [place]) for place in places]
    return [builder.bitcast(pointer, _VECTOR.as_pointer()) for pointer in pointers]


def _rows(context: Any, builder: Any, kind: Any, packets: Any, packet: Any) -> list[Any]:
    """Return the four rows of a packet as vectors."""
    places = _places(context, builder, kind, packets, packet)
    return [builder.load(place, align=8) for place in places]


def _separations(builder: Any, rows: list[Any], place: list[Any]) -> tuple[list[Any], Any]:
    """Return the components of the separations from a place, and their squared lengths."""
    d = [builder.fsub(row, _spread(builder, p)) for row, p in zip(rows, place, strict=False)]
    squares = [builder.fmul(component, component) for component in d]
    return d, builder.fadd(builder.fadd(squares[0], squares[1]), squares[2])


def _mask(builder: Any, verdict: Any) -> Any:
    """Return a vector of truths as an integer."""
    return builder.zext(builder.bitcast(verdict, ir.IntType(LANES)), _I64)


@_instruction
def near(
    _: Any, packets: Any, packet: Any, x: Any, y: Any, z: Any, radius: Any, factor2: Any
) -> Any:
    """Tell which spheres of a packet have r² < factor² contact² to a sphere at x, y, z.

    Those of them that overlap it are told a second time, ``LANES`` bits higher. The factor is
    at least 1.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        rows = _rows(context, builder, signature.args[0], given[0], given[1])
        _, distance2 = _separations(builder, rows, given[2:5])
        contact = builder.fadd(rows[3], _spread(builder, given[5]))
        contact2 = builder.fmul(contact, contact)
        limit = builder.fmul(contact2, _spread(builder, given[6]))
        overlapping = _mask(builder, builder.fcmp_ordered("<", distance2, contact2))
        return builder.or_(
            _mask(builder, builder.fcmp_ordered("<", distance2, limit)),
            builder.shl(overlapping, ir.Constant(_I64, LANES)),
        )

    return types.int64(packets, types.int64, *[types.float64] * 5), generate


@_instruction
def ahead(
    _: Any, packets: Any, packet: Any, x: Any, y: Any, z: Any, radius: Any,
    vx: Any, vy: Any, vz: Any, path: Any,
) -> Any:  # fmt: skip
    """Tell which spheres of a packet a sphere at x, y, z may hit within ``path`` along v.

    v has length 1. Those are ahead, nearer to its line than contact, and met by the end of the
    path, but for rounding.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        rows = _rows(context, builder, signature.args[0], given[0], given[1])
        d, distance2 = _separations(builder, rows, given[2:5])
        contact = builder.fadd(rows[3], _spread(builder, given[5]))
        parts = [
            builder.fmul(component, _spread(builder, v))
            for component, v in zip(d, given[6:9], strict=True)
        ]
        along = builder.fadd(builder.fadd(parts[0], parts[1]), parts[2])
        contact2 = builder.fmul(contact, contact)
        past = builder.fsub(distance2, contact2)
        zero = ir.Constant(_VECTOR, [0.0] * LANES)
        verdict = builder.and_(
            builder.fcmp_ordered(">", along, zero),
            builder.fcmp_ordered(">", builder.fmul(along, along), past),
        )
        # At the end of the path it has passed them, or overlaps them; rounding hides no one.
        path = _spread(builder, given[9])
        passed = builder.fcmp_ordered("<", along, path)
        left = builder.fsub(path, builder.fadd(along, along))
        rounding = builder.fmul(contact2, ir.Constant(_VECTOR, [ROUNDING] * LANES))
        there = builder.fadd(past, builder.fmul(path, left))
        overlapping = builder.fcmp_ordered("<", there, rounding)
        return _mask(builder, builder.and_(verdict, builder.or_(passed, overlapping)))

    return types.int64(packets, types.int64, *[types.float64] * 8), generate


def _image_separations(
    context: Any, builder: Any, kind: Any, given: list[Any]
) -> tuple[list[Any], Any, Any]:
    """Return the separations of a packet's image from a sphere, r² and contact².

    Given are the packets, the packet, how far its image is, the packet of the sphere and its place.
    """
    rows = _rows(context, builder, kind, given[0], given[1])
    moved = [
        builder.fadd(row, _spread(builder, shift))
        for row, shift in zip(rows, given[2:5], strict=False)
    ]
    array = context.make_array(kind)(context, builder, given[0])
    first = builder.add(builder.mul(given[5], ir.Constant(_I64, ROWS * LANES)), given[6])
    slots = [builder.add(first, ir.Constant(_I64, LANES * row)) for row in range(ROWS)]
    *centre, radius = [builder.load(builder.gep(array.data, [slot])) for slot in slots]
    d, distance2 = _separations(builder, moved, centre)
    contact = builder.fadd(rows[3], _spread(builder, radius))
    return d, distance2, builder.fmul(contact, contact)


@_instruction
def near_image(
    _: Any, packets: Any, packet: Any, x: Any, y: Any, z: Any, one: Any, place: Any, factor2: Any
) -> Any:
    """Tell which spheres of a packet's image have r² < factor² contact² to one of another packet.

    The image is the packet moved by x, y, z.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        _, distance2, contact2 = _image_separations(context, builder, signature.args[0], given[:7])
        limit = builder.fmul(contact2, _spread(builder, given[7]))
        return _mask(builder, builder.fcmp_ordered("<", distance2, limit))

    numbers = [types.float64] * 3
    return types.int64(packets, types.int64, *numbers, *[types.int64] * 2, types.float64), generate


@_instruction
def limiting(
    _: Any, packets: Any, packet: Any, x: Any, y: Any, z: Any, one: Any, place: Any,
    xx: Any, xy: Any, xz: Any, yy: Any, yz: Any, zz: Any, low: Any, high: Any,
) -> Any:  # fmt: skip
    """Tell which spheres of a packet's image may touch one of another packet within a range of t.

    Separations d become d + t G d, and r² is at least d² + 2 t d·G d. So those are told of which
    that falls below contact² for one of the ends, low ≤ 0 and high ≥ 0, but for rounding.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        d, distance2, contact2 = _image_separations(context, builder, signature.args[0], given[:7])
        g = [_spread(builder, element) for element in given[7:13]]
        along = _form(builder, g, d)
        two = ir.Constant(_VECTOR, [2.0] * LANES)
        ends = [builder.fmul(_spread(builder, end), two) for end in given[13:]]
        below, above = (builder.fmul(end, along) for end in ends)
        fall = builder.select(builder.fcmp_ordered("<", below, above), below, above)
        rounding = builder.fmul(contact2, ir.Constant(_VECTOR, [1.0 + ROUNDING] * LANES))
        least = builder.fadd(builder.fsub(distance2, rounding), fall)
        return _mask(builder, builder.fcmp_ordered("<", least, ir.Constant(_VECTOR, [0.0] * LANES)))

    numbers = [types.float64] * 3
    both = [types.int64] * 2
    return types.int64(packets, types.int64, *numbers, *both, *[types.float64] * 8), generate


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


@_instruction
def beyond(
    _: Any, packets: Any, packet: Any, x: Any, y: Any, z: Any, reach: Any, limit: Any
) -> Any:
    """Tell of which spheres of a packet (x, y, z)·place + reach·radius is more than a limit."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        rows = _rows(context, builder, signature.args[0], given[0], given[1])
        parts = [
            builder.fmul(row, _spread(builder, part))
            for row, part in zip(rows, given[2:6], strict=True)
        ]
        along = builder.fadd(builder.fadd(parts[0], parts[1]), builder.fadd(parts[2], parts[3]))
        return _mask(builder, builder.fcmp_ordered(">", along, _spread(builder, given[6])))

    return types.int64(packets, types.int64, *[types.float64] * 5), generate


@_instruction
def lowest(_: Any, mask: Any) -> Any:
    """Return the place of the lowest bit that is set; the mask must not be 0."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.cttz(given[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), generate


@_instruction
def fetch(_: Any, array: Any, place: Any) -> Any:
    """Ask the cache for the numbers about a place of an array, counted flat, ahead of their use.

    Decides nothing, and does no harm where there is no such place.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, given[0]).data
        kind = ir.FunctionType(ir.VoidType(), [_BYTES, _I32, _I32, _I32])
        name = "llvm.prefetch.p0"
        ask = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
        pointer = builder.bitcast(builder.gep(data, [given[1]]), _BYTES)
        to_read, to_keep, of_data = 0, 3, 1
        builder.call(ask, [pointer, *(ir.Constant(_I32, k) for k in (to_read, to_keep, of_data))])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


@_instruction
def deform(
    _: Any, packets: Any, packet: Any, xx: Any, xy: Any, xz: Any, yy: Any, yz: Any, zz: Any
) -> Any:
    """Add to every place d of a packet the vector G d, G being upper triangular."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        places = _places(context, builder, signature.args[0], given[0], given[1])[:3]
        rows = [builder.load(place, align=8) for place in places]
        gradient = [_spread(builder, element) for element in given[2:]]
        for row, elements in enumerate((gradient[:3], gradient[3:5], gradient[5:])):
            parts = [
                builder.fmul(element, component)
                for element, component in zip(elements, rows[row:], strict=True)
            ]
            change = parts[0]
            for part in parts[1:]:
                change = builder.fadd(change, part)
            builder.store(builder.fadd(rows[row], change), places[row], align=8)
        return context.get_dummy_value()

    return types.none(packets, types.int64, *[types.float64] * 6), generate
