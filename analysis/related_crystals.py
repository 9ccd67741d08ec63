"""A6B19 beside the atomic crystals that the paper names: which sites correspond, and how far.

Only what a source at hand gives is compared. Gd3Ru4Al12: lattice, space group (P6₃/mmc) and the
occupied Wyckoff positions (12k, two 6h, 6g, 4f, 2b, 2a) of Gladyshevskii et al., Acta Cryst. B49,
474 (1993), doi:10.1107/S0108768192011510; the one parameter of the large atoms' 6h site is that of
isotypic U3Ru4Al12 (Troć et al., Phys. Rev. B 85, 064412 (2012); MAGNDATA entry 0.12). The small
atoms of 6g, 2b and 2a lie on points without parameters; those of 12k, 6h and 4f (22 of 32) are
left out for want of theirs, and so are U3Co12-xSi4 and EuMg5.2 altogether.

First one layer of large atoms at a time, then both as they are stacked.

Run it as ``python analysis/related_crystals.py``; a second.
"""

from collections.abc import Iterator
from itertools import product

import numpy as np
from batch import ROOT, write_table

from hsmc.analysis.correspondence import Correspondence, Sites, correspond, read_sites
from hsmc.box import Box

A, C, X = 8.8142, 9.5692, 0.8049
"""Lattice of Gd3Ru4Al12, in Å; parameter of the large atoms, 6h (2x, x, 1/4)."""

LARGE, SMALL = "Gd", "Ru, Al"

POINTS = {
    "6h": [(2 * X, X, 0.25), (-X, X, 0.25), (-X, -2 * X, 0.25)],
    "6g": [(0.5, 0.0, 0.0), (0.0, 0.5, 0.0), (0.5, 0.5, 0.0)],
    "2b": [(0.0, 0.0, 0.25)],
    "2a": [(0.0, 0.0, 0.0)],
}
"""Half of each orbit; (−x, −y, z + 1/2) gives the other half."""


def main() -> None:
    """Print the correspondences and write the second one."""
    ours, theirs = read_sites("a6b19-symmetric"), related()
    print("layers of large atoms: sides of the two triangles, and distance of sites, over a")
    print(f"Gd3Ru4Al12, z = 1/4: {sides(layer(theirs, 0.25))}")
    for height in (0.0, 0.5):
        found = correspond(layer(theirs, 0.25), layer(ours, height))
        apart = max(pair.in_plane for pair in found.pairs)
        print(f"A6B19, z = {height:g}: {sides(layer(ours, height))}, {apart:.3f} apart")
    found = correspond(theirs, ours)
    print()
    stretch = " ".join(f"{ratio:.3f}" for ratio in found.stretch)
    print("both layers as stacked")
    print(f"A6B19 in the axes of Gd3Ru4Al12, stretched by {stretch} along a, b, c")
    print(f"{'Gd3Ru4Al12':14}{'A6B19':14}{'in plane (a)':24}along c (c)")
    rows = list(summary(found))
    for site, count, partner, mean, largest, along in rows:
        print(f"{count} {site:12}{partner:14}{f'{mean}, at most {largest}':24}{along}")
    write_table(ROOT / "analysis" / "related_crystals.csv", HEADER, rows)


HEADER = ("site", "count", "a6b19", "in_plane_mean", "in_plane_largest", "along_c_largest")
"""Distances in the plane over a, and along c over c."""


def related() -> Sites:
    """Return the sites of Gd3Ru4Al12 that a source gives."""
    half = np.array([point for points in POINTS.values() for point in points])
    scaled = np.concatenate([half, half * [-1.0, -1.0, 1.0] + [0.0, 0.0, 0.5]])
    labels = tuple(LARGE if name == "6h" else SMALL for name in names())
    box = Box.from_lengths_angles([A, A, C], [90.0, 90.0, 120.0])
    return Sites("Gd3Ru4Al12", box, scaled - np.floor(scaled), labels, LARGE)


def layer(sites: Sites, height: float) -> Sites:
    """Return the large sites at one height."""
    within = sites.is_large & (np.abs(sites.scaled[:, 2] - height) < 0.01)
    labels = (sites.large,) * int(within.sum())
    return Sites(sites.name, sites.box, sites.scaled[within], labels, sites.large)


def sides(one: Sites) -> str:
    """Return the sides of the triangles of a kagome layer, over a."""
    shifts = np.array(list(product((-1, 0, 1), (-1, 0, 1), (0,))))
    apart = (one.scaled[:, None, None] - one.scaled[:, None] + shifts) @ one.box.vectors.T
    lengths = np.unique(np.round(np.linalg.norm(apart, axis=-1) / one.box.lengths[0], 3))
    return " and ".join(f"{length:.3f}" for length in lengths[1:3])


def names() -> list[str]:
    """Return the Wyckoff position of each site."""
    return [name for name, points in POINTS.items() for _ in points] * 2


def summary(found: Correspondence) -> Iterator[list[str]]:
    """Yield a row a Wyckoff position: how many, their partners and the distances."""
    for name in POINTS:
        pairs = [pair for pair, own in zip(found.pairs, names(), strict=True) if own == name]
        partners = sorted({found.second.labels[pair.other] for pair in pairs})
        plane = [pair.in_plane for pair in pairs]
        yield [
            f"{found.first.labels[pairs[0].site]} {name}",
            str(len(pairs)),
            " ".join(partners),
            f"{np.mean(plane):.3f}",
            f"{max(plane):.3f}",
            f"{max(pair.along_c for pair in pairs):.3f}",
        ]


if __name__ == "__main__":
    main()
