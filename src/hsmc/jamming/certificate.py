"""The jamming certificate of a packing."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from hsmc.box import Floats
from hsmc.configuration import Configuration
from hsmc.jamming.contacts import Contacts, find_contacts, without
from hsmc.jamming.rigidity import Forces, balanced_forces, flexes, largest_motions
from hsmc.jamming.rows import STRAINS
from hsmc.neighbors import Pairs, check_overlap_free
from hsmc.rng import stream

Ints = NDArray[np.int64]
Verdict = Literal["strict", "collective", "none"]

MOTION = 1e-6
"""Largest allowed motion, relative to a free one, that counts as none."""

OVERLAP = 1e-9
"""Relative overlap that counts as a contact; deeper ones are refused."""

DIRECTIONS = 3
"""Random directions that are tried, forwards and backwards."""


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """How far a packing is jammed, and what shows it.

    "strict" is claimed only if every linear program finds no motion and, independently, the
    contacts have full rank and balanced positive forces.

    Attributes:
        verdict: "strict", "collective" (no motion in a fixed box) or "none".
        contacts: Touching pairs of the backbone; own images of one pair count once.
        forces: Force on each, of mean 1; all 0 if none balance; shape (M,).
        rattlers: Indices of the spheres that carry no force; shape (N − N′,).
        backbone: Indices of the others; shape (N′,).
        largest_contact_gap: Largest relative gap r/σ_ij − 1 of a contact; −inf without any.
        smallest_other_gap: Smallest relative gap in the backbone that is no contact.
        strict_margin: Largest motion found with tr ε ≤ 0, relative to a free one.
        collective_margin: The same with ε = 0; 0 if the packing is strictly jammed.
        threshold: Motion up to which a margin counts as zero.
        flexes: Number of independent motions that neither open nor close a contact.
        force_residual: Largest net force on a sphere, in mean contact forces.
        pressure_anisotropy: Largest element of P − p·1, over p.
    """

    verdict: Verdict
    contacts: Pairs
    forces: Floats
    rattlers: Ints
    backbone: Ints
    largest_contact_gap: float
    smallest_other_gap: float
    strict_margin: float
    collective_margin: float
    threshold: float
    flexes: int
    force_residual: float
    pressure_anisotropy: float

    @property
    def isostatic_count(self) -> int:
        """Fewest contacts of a strictly jammed packing, 3N′ + 3."""
        return 3 * len(self.backbone) + 3

    @property
    def smallest_force(self) -> float:
        """Smallest contact force, relative to the mean; 0 if not all contacts carry."""
        return float(self.forces.min(initial=np.inf)) if len(self.forces) else 0.0

    @property
    def is_confirmed(self) -> bool:
        """Whether rank and forces alone, without the linear programs, say strictly jammed."""
        return self.flexes == 0 and self.smallest_force > 0.0


def certify(configuration: Configuration, seed: int = 0) -> Certificate:
    """Test a packing for strict and collective jamming.

    Args:
        configuration: Spheres that touch to within 1e-6 at most, or do not.
        seed: Root seed of the random directions.

    Raises:
        OverlapError: Spheres overlap.
        SolverError: HiGHS failed.

    Source:
        Donev, Torquato, Stillinger & Connelly, J. Comput. Phys. 197, 139 (2004),
        doi:10.1016/j.jcp.2003.11.022.
    """
    check_overlap_free(configuration, "scale it up until nothing overlaps", OVERLAP)
    contacts = find_contacts(configuration)
    if not len(contacts.pairs):
        return _certificate("none", contacts, Forces(np.zeros(0), 0.0, 0.0), (1.0, 1.0), 0)
    # Matrices are too small for threads: those that wait cost up to ten times the CPU time.
    with _linear_algebra().limit(limits=1, user_api="blas"):
        return _tested(*_carrying(contacts), seed)


@cache
def _linear_algebra() -> ThreadpoolController:
    return ThreadpoolController()


def _carrying(contacts: Contacts) -> tuple[Contacts, Forces]:
    """Return the contacts without spheres that carry no force, and the forces."""
    forces = balanced_forces(_local(contacts), len(contacts.backbone))
    idle = np.setdiff1d(contacts.backbone, _ends(contacts.pairs, forces.values > 0.0))
    if 0 < len(idle) < len(contacts.backbone):
        contacts = without(contacts, idle)
        forces = balanced_forces(_local(contacts), len(contacts.backbone))
    return contacts, forces


def _tested(contacts: Contacts, forces: Forces, seed: int) -> Certificate:
    pairs, spheres = _local(contacts), len(contacts.backbone)
    rng = stream(seed, "jamming test")
    directions = rng.normal(size=(DIRECTIONS, STRAINS + 3 * spheres))
    strict = _margin(largest_motions(pairs, spheres, strained=True, directions=directions))
    free = flexes(pairs, spheres)
    if strict <= MOTION and free == 0 and forces.values.min() > 0.0:
        return _certificate("strict", contacts, forces, (strict, 0.0), free)
    fixed = _margin(largest_motions(pairs, spheres, strained=False, directions=directions))
    verdict: Verdict = "collective" if fixed <= MOTION else "none"
    return _certificate(verdict, contacts, forces, (strict, fixed), free)


def _margin(motions: Iterable[float]) -> float:
    """Return the largest motion; the first that is one ends the search."""
    largest = 0.0
    for motion in motions:
        largest = max(largest, motion)
        if largest > MOTION:
            break
    return largest


def _local(contacts: Contacts) -> Pairs:
    """Number the spheres of the backbone from 0 on."""
    pairs = contacts.pairs
    i, j = (np.searchsorted(contacts.backbone, ends) for ends in (pairs.i, pairs.j))
    return Pairs(i, j, pairs.separation, pairs.contact, pairs.image)


def _ends(pairs: Pairs, kept: NDArray[np.bool_]) -> Ints:
    return np.union1d(pairs.i[kept], pairs.j[kept])


def _certificate(
    verdict: Verdict,
    contacts: Contacts,
    forces: Forces,
    margins: tuple[float, float],
    free: int,
) -> Certificate:
    return Certificate(
        verdict=verdict,
        contacts=contacts.pairs,
        forces=forces.values,
        rattlers=contacts.rattlers,
        backbone=contacts.backbone,
        largest_contact_gap=contacts.largest_gap,
        smallest_other_gap=contacts.next_gap,
        strict_margin=margins[0],
        collective_margin=margins[1],
        threshold=MOTION,
        flexes=free,
        force_residual=forces.residual,
        pressure_anisotropy=forces.anisotropy,
    )
