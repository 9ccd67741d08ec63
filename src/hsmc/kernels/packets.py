"""Eight spheres at a time: comparisons that the processor makes for a whole packet at once.

A packet holds x, y, z and radius of up to eight spheres, each in a row of eight numbers; shape
(4, 8). Empty places hold NaN, of which every comparison is false. The answer is a mask: bit k
tells of the sphere in place k.

Spheres that do not lie side by side make a packet, too: eight entries of a list say whose records
are read, and by which images of the box they are shifted (``kernels.lists``).

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

from hsmc.kernels.jit import inlined

BITS = 3
"""Bits of a place: 8·packet + place is taken apart by a shift and a mask, as division by 8 takes
many instructions more, for the sake of negative numbers."""

LANES = 1 << BITS
"""Spheres in a packet."""

PLACE = LANES - 1
"""The bits of a place."""

ROWS = 4
"""Numbers of each: x, y, z and radius."""

ROUNDING = 1e-12
"""Of squared distances over squared contact: what may be met is told somewhat too often."""

IMAGE_BITS = 7
"""Bits of an entry of a list that tell the image; the others tell the sphere."""

IMAGE = (1 << IMAGE_BITS) - 1
"""Those bits."""

VECTOR = ir.VectorType(ir.DoubleType(), LANES)
RECORD = ir.VectorType(ir.DoubleType(), ROWS)
NEAR = (1 << LANES) - 1
"""The bits of a mask that tell which spheres are near."""

_I32, I64 = ir.IntType(32), ir.IntType(64)
_BYTES = ir.IntType(8).as_pointer()


def instruction(function: Any) -> Any:
    """Make a compiled function of one that writes instructions."""
    return intrinsic(function)


def spread(builder: Any, number: Any) -> Any:
    """Return a vector of equal numbers."""
    empty = ir.Constant(VECTOR, ir.Undefined)
    first = builder.insert_element(empty, number, ir.Constant(_I32, 0))
    return builder.shuffle_vector(
        first, empty, ir.Constant(ir.VectorType(_I32, LANES), [0] * LANES)
    )


def _places(context: Any, builder: Any, kind: Any, packets: Any, packet: Any) -> list[Any]:
    """Return where the four rows of a packet are, as vectors."""
    array = context.make_array(kind)(context, builder, packets)
    start = builder.mul(packet, ir.Constant(I64, ROWS * LANES))
    places = [builder.add(start, ir.Constant(I64, LANES * row)) for row in range(ROWS)]
    pointers = [builder.gep(array.data, [place]) for place in places]
    return [builder.bitcast(pointer, VECTOR.as_pointer()) for pointer in pointers]


def rows_of(context: Any, builder: Any, kind: Any, packets: Any, packet: Any) -> list[Any]:
    """Return the four rows of a packet as vectors, or of eight entries of lists."""
    if not isinstance(kind, types.Array):
        return _gathered_rows(context, builder, kind, packets, packet)
    places = _places(context, builder, kind, packets, packet)
    return [builder.load(place, align=8) for place in places]


def _gathered_rows(context: Any, builder: Any, kind: Any, lists: Any, packet: Any) -> list[Any]:
    """Return x, y, z, radius of the spheres of eight entries, each shifted to its image."""

    def data_of(name: str) -> Any:
        place = kind.fields.index(name)
        array = builder.extract_value(lists, place)
        return context.make_array(kind.types[place])(context, builder, array).data

    def record(numbers: Any, row: Any) -> Any:
        place = builder.gep(numbers, [builder.mul(row, ir.Constant(I64, ROWS))])
        return builder.load(builder.bitcast(place, RECORD.as_pointer()), align=8)

    def shuffled(one: Any, other: Any, places: list[int]) -> Any:
        chosen = ir.Constant(ir.VectorType(_I32, len(places)), places)
        return builder.shuffle_vector(one, other, chosen)

    records, shifts, entries = data_of("records"), data_of("shifts"), data_of("entries")
    first = builder.mul(packet, ir.Constant(I64, LANES))
    spheres = []
    for lane in range(LANES):
        place = builder.gep(entries, [builder.add(first, ir.Constant(I64, lane))])
        entry = builder.zext(builder.load(place, align=4), I64)
        sphere = builder.lshr(entry, ir.Constant(I64, IMAGE_BITS))
        image = builder.and_(entry, ir.Constant(I64, IMAGE))
        spheres.append(builder.fadd(record(records, sphere), record(shifts, image)))
    # Eight rows of four are turned into four of eight, by halves, then pairs.
    halves = [shuffled(spheres[k], spheres[k + 4], list(range(8))) for k in range(4)]
    even, odd = [0, 8, 2, 10, 4, 12, 6, 14], [1, 9, 3, 11, 5, 13, 7, 15]
    pairs = [shuffled(halves[k], halves[k + 1], which) for which in (even, odd) for k in (0, 2)]
    low, high = [0, 1, 8, 9, 4, 5, 12, 13], [2, 3, 10, 11, 6, 7, 14, 15]
    return [
        shuffled(pairs[first], pairs[first + 1], which)
        for which in (low, high) for first in (0, 2)
    ]  # fmt: skip


def separations(builder: Any, rows: list[Any], place: list[Any]) -> tuple[list[Any], Any]:
    """Return the components of the separations from a place, and their squared lengths."""
    d = [builder.fsub(row, spread(builder, p)) for row, p in zip(rows, place, strict=False)]
    squares = [builder.fmul(component, component) for component in d]
    return d, builder.fadd(builder.fadd(squares[0], squares[1]), squares[2])


def mask_of(builder: Any, verdict: Any) -> Any:
    """Return a vector of truths as an integer."""
    return builder.zext(builder.bitcast(verdict, ir.IntType(LANES)), I64)


@inlined
def wide(index: int) -> int:
    """Return an index of 32 bits as one of 64; what takes both would be compiled for both."""
    return index + 0


@instruction
def put(_: Any, packets: Any, packet: Any, place: Any, x: Any, y: Any, z: Any) -> Any:
    """Write where the sphere in a place of a packet is, row by row.

    What is read soon after is whole rows. A processor hands those on from a row that was just
    written, but waits for one of which a single number was.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        rows = _places(context, builder, signature.args[0], given[0], given[1])
        counted = ir.VectorType(I64, LANES)
        first = builder.insert_element(
            ir.Constant(counted, ir.Undefined), given[2], ir.Constant(_I32, 0)
        )
        everywhere = ir.Constant(ir.VectorType(_I32, LANES), [0] * LANES)
        places = builder.shuffle_vector(first, first, everywhere)
        here = builder.icmp_unsigned("==", places, ir.Constant(counted, list(range(LANES))))
        for row, number in zip(rows, given[3:], strict=False):
            written = builder.select(here, spread(builder, number), builder.load(row, align=8))
            builder.store(written, row, align=8)
        return context.get_dummy_value()

    return types.none(packets, types.int64, types.int64, *[types.float64] * 3), generate


@instruction
def near(
    _: Any, packets: Any, packet: Any, x: Any, y: Any, z: Any, radius: Any, factor2: Any
) -> Any:
    """Tell which spheres of a packet have r² < factor² contact² to a sphere at x, y, z.

    Those of them that overlap it are told a second time, ``LANES`` bits higher. The factor is
    at least 1.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        rows = rows_of(context, builder, signature.args[0], given[0], given[1])
        _, distance2 = separations(builder, rows, given[2:5])
        contact = builder.fadd(rows[3], spread(builder, given[5]))
        contact2 = builder.fmul(contact, contact)
        limit = builder.fmul(contact2, spread(builder, given[6]))
        overlapping = mask_of(builder, builder.fcmp_ordered("<", distance2, contact2))
        return builder.or_(
            mask_of(builder, builder.fcmp_ordered("<", distance2, limit)),
            builder.shl(overlapping, ir.Constant(I64, LANES)),
        )

    return types.int64(packets, types.int64, *[types.float64] * 5), generate


@instruction
def ahead(
    _: Any, packets: Any, packet: Any, x: Any, y: Any, z: Any, radius: Any,
    vx: Any, vy: Any, vz: Any, path: Any,
) -> Any:  # fmt: skip
    """Tell which spheres of a packet a sphere at x, y, z may hit within ``path`` along v.

    v has length 1. Those are ahead, nearer to its line than contact, and met by the end of the
    path, but for rounding.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        rows = rows_of(context, builder, signature.args[0], given[0], given[1])
        d, distance2 = separations(builder, rows, given[2:5])
        contact = builder.fadd(rows[3], spread(builder, given[5]))
        parts = [
            builder.fmul(component, spread(builder, v))
            for component, v in zip(d, given[6:9], strict=True)
        ]
        along = builder.fadd(builder.fadd(parts[0], parts[1]), parts[2])
        contact2 = builder.fmul(contact, contact)
        past = builder.fsub(distance2, contact2)
        zero = ir.Constant(VECTOR, [0.0] * LANES)
        verdict = builder.and_(
            builder.fcmp_ordered(">", along, zero),
            builder.fcmp_ordered(">", builder.fmul(along, along), past),
        )
        # At the end of the path it has passed them, or overlaps them; rounding hides no one.
        path = spread(builder, given[9])
        passed = builder.fcmp_ordered("<", along, path)
        left = builder.fsub(path, builder.fadd(along, along))
        rounding = builder.fmul(contact2, ir.Constant(VECTOR, [ROUNDING] * LANES))
        there = builder.fadd(past, builder.fmul(path, left))
        overlapping = builder.fcmp_ordered("<", there, rounding)
        return mask_of(builder, builder.and_(verdict, builder.or_(passed, overlapping)))

    return types.int64(packets, types.int64, *[types.float64] * 8), generate


@instruction
def equal(_: Any, entries: Any, packet: Any, entry: Any) -> Any:
    """Tell which of eight entries of a list, from 8·packet on, are an entry."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, given[0]).data
        place = builder.gep(data, [builder.mul(given[1], ir.Constant(I64, LANES))])
        kind = ir.VectorType(_I32, LANES)
        eight = builder.load(builder.bitcast(place, kind.as_pointer()), align=4)
        empty = ir.Constant(kind, ir.Undefined)
        sought = builder.trunc(given[2], _I32)
        first = builder.insert_element(empty, sought, ir.Constant(_I32, 0))
        everywhere = builder.shuffle_vector(first, empty, ir.Constant(kind, [0] * LANES))
        return mask_of(builder, builder.icmp_unsigned("==", eight, everywhere))

    return types.int64(entries, types.int64, types.int64), generate


@instruction
def lowest(_: Any, mask: Any) -> Any:
    """Return the place of the lowest bit that is set; the mask must not be 0."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.cttz(given[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), generate


@instruction
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


@instruction
def deform(
    _: Any, packets: Any, packet: Any, xx: Any, xy: Any, xz: Any, yy: Any, yz: Any, zz: Any
) -> Any:
    """Add to every place d of a packet the vector G d, G being upper triangular."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        places = _places(context, builder, signature.args[0], given[0], given[1])[:3]
        rows = [builder.load(place, align=8) for place in places]
        gradient = [spread(builder, element) for element in given[2:]]
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
