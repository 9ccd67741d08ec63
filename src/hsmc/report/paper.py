"""What the paper found: the numbers that figures and reports show beside their own.

Boneschanscher et al., Nano Letters (2013), Supporting Information, section V.
"""

COMPRESSED = {"xyz": 0.641, "xy": 0.575}
"""Packing fraction after compression at γ = 0.695, by the axes along which spheres moved (S5)."""

COMPRESSED_RATIO = 0.695
"""Size ratio of the paper's compressions."""

DENSEST = (0.668, 0.686)
"""Range of the densest packings of 6 + 19 spheres over the size ratios (S6)."""

SEARCHED_RATIOS = (0.61, 0.72)
"""Range of the size ratios of those searches."""

SEARCHED = (6, 19)
"""Large and small spheres of those searches."""
