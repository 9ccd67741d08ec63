"""Pair images of few spheres, by brute force over all that can be in reach."""

import math

import numpy as np
from numpy.typing import NDArray

from hsmc.kernels.jit import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SLACK = 1e-9
"""Widening of every range of images, in box vectors, so that rounding loses none."""


@kernel
def write_pairs(
    vectors: Floats,
    positions: Floats,
    diameters: Floats,
    margin: float,
    first: Ints,
    second: Ints,
    separation: Floats,
    contact: Floats,
    image: Ints,
) -> int:
    """Write every pair image closer than contact + margin; return how many there are.

    The count goes on past the end of the output arrays, so the caller can repeat the
    call with larger ones. The box is upper triangular: the range of multiples of c follows
    from z alone, then that of b from y, then that of a from x, and nothing else is visited
    (U. Fincke, M. Pohst, Math. Comp. 44, 463 (1985), doi:10.1090/S0025-5718-1985-0777278-8).

    Args:
        vectors: Box vectors as columns, upper triangular, in σ_L; shape (3, 3).
        positions: Cartesian positions, in any image, in σ_L; shape (N, 3).
        diameters: Sphere diameters, in σ_L; shape (N,).
        margin: Surface distance below which pairs are listed, in σ_L.
        first: Index i of each pair, to be written; shape (M,).
        second: Index j ≥ i of each pair, to be written; shape (M,).
        separation: r_j − r_i + vectors @ image, to be written; shape (M, 3).
        contact: (σ_i + σ_j)/2 of each pair, to be written; shape (M,).
        image: Multiples of the box vectors, to be written; shape (M, 3).
    """
    a, b, c = vectors[0, 0], vectors[1, 1], vectors[2, 2]
    b_x, c_x, c_y = vectors[0, 1], vectors[0, 2], vectors[1, 2]
    capacity, count = len(first), 0
    for i in range(len(diameters)):
        for j in range(i, len(diameters)):
            touch = 0.5 * (diameters[i] + diameters[j])
            reach = touch + margin
            if reach <= 0.0:
                continue
            d_x = positions[j, 0] - positions[i, 0]
            d_y = positions[j, 1] - positions[i, 1]
            d_z = positions[j, 2] - positions[i, 2]
            for k in range(
                math.ceil((-reach - d_z) / c - SLACK), math.floor((reach - d_z) / c + SLACK) + 1
            ):
                if i == j and k < 0:  # an own image and its mirror are one pair
                    continue
                z = d_z + k * c
                half = math.sqrt(max(reach * reach - z * z, 0.0))
                y_k = d_y + k * c_y
                for m in range(
                    math.ceil((-half - y_k) / b - SLACK), math.floor((half - y_k) / b + SLACK) + 1
                ):
                    if i == j and k == 0 and m < 0:
                        continue
                    y = y_k + m * b
                    half_x = math.sqrt(max(reach * reach - z * z - y * y, 0.0))
                    x_m = d_x + k * c_x + m * b_x
                    for n in range(
                        math.ceil((-half_x - x_m) / a - SLACK),
                        math.floor((half_x - x_m) / a + SLACK) + 1,
                    ):
                        if i == j and k == 0 and m == 0 and n <= 0:
                            continue
                        x = x_m + n * a
                        if x * x + y * y + z * z >= reach * reach:
                            continue
                        if count < capacity:
                            first[count], second[count], contact[count] = i, j, touch
                            separation[count, 0] = x
                            separation[count, 1] = y
                            separation[count, 2] = z
                            image[count, 0], image[count, 1], image[count, 2] = n, m, k
                        count += 1
    return count


@kernel
def closest_pair(
    vectors: Floats,
    positions: Floats,
    scaled: Floats,
    diameters: Floats,
    faces: Floats,
    bound: float,
    own: int,
) -> tuple[float, int, int]:
    """Return the smallest distance over contact of all pair images, and its two spheres.

    The best ratio so far bounds the images worth a look: r < R needs every scaled component
    below R over the distance of the faces. So one pass finds the minimum, however large.

    Args:
        vectors: Box vectors as columns, in σ_L; shape (3, 3).
        positions: Cartesian positions, in any image, in σ_L; shape (N, 3).
        scaled: The same as fractions of the box, not wrapped; shape (N, 3).
        diameters: Sphere diameters, in σ_L; shape (N,).
        faces: Distances between opposite faces of the box, in σ_L; shape (3,).
        bound: Distance over contact of one pair image: sphere ``own`` and its image.
        own: Index of that sphere.
    """
    best, best_i, best_j = bound, own, own
    for i in range(len(diameters)):
        for j in range(i, len(diameters)):
            contact = 0.5 * (diameters[i] + diameters[j])
            if contact <= 0.0:
                continue
            f0 = scaled[j, 0] - scaled[i, 0]
            f1 = scaled[j, 1] - scaled[i, 1]
            f2 = scaled[j, 2] - scaled[i, 2]
            reach = best * contact
            w0, w1, w2 = reach / faces[0], reach / faces[1], reach / faces[2]
            for n in range(math.ceil(-w0 - f0 - SLACK), math.floor(w0 - f0 + SLACK) + 1):
                for m in range(math.ceil(-w1 - f1 - SLACK), math.floor(w1 - f1 + SLACK) + 1):
                    for k in range(math.ceil(-w2 - f2 - SLACK), math.floor(w2 - f2 + SLACK) + 1):
                        if i == j and n == 0 and m == 0 and k == 0:
                            continue
                        x = positions[j, 0] - positions[i, 0]
                        y = positions[j, 1] - positions[i, 1]
                        z = positions[j, 2] - positions[i, 2]
                        x += n * vectors[0, 0] + m * vectors[0, 1] + k * vectors[0, 2]
                        y += m * vectors[1, 1] + k * vectors[1, 2]
                        z += k * vectors[2, 2]
                        ratio = math.sqrt(x * x + y * y + z * z) / contact
                        if ratio < best:
                            best, best_i, best_j = ratio, i, j
    return best, best_i, best_j
