"""Equations of state of hard spheres: references for a simulation, and starting densities.

Compressibility factors are Z = βP/ρ, as functions of the packing fraction φ; pressures are
βPσ_L³. A fluid of one size is a mixture without small spheres.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy.optimize import brentq

from hsmc.errors import InputError
from hsmc.mixture import Mixture

KLM_COEFFICIENTS = {
    0: 1.0,
    1: 4.0,
    2: 6.0,
    3: 2.3647684,
    4: -0.8698551,
    5: 1.1062803,
    6: -1.1014221,
    7: 0.66605866,
    8: -0.03633431,
    10: -0.20965164,
    14: 0.10555569,
    22: -0.0087238,
}
"""Coefficients of xᵏ, x = φ/(1 − φ): the form of Kolafa, Labík & Malijevský, Phys. Chem. Chem.
Phys. 6, 2335 (2004), doi:10.1039/b402792b, as modified by Pieprzyk et al., Phys. Chem. Chem.
Phys. 21, 6886 (2019), doi:10.1039/C9CP00903E."""

KLM_RANGE = (0.0, 0.54)
"""Packing fractions of the fit (ρσ³ up to 1.03); far beyond, its last term turns it down."""

SPEEDY_A, SPEEDY_B, SPEEDY_C = 0.5921, 0.7072, 0.601
"""Constants for fcc: Speedy, J. Phys.: Condens. Matter 10, 4387 (1998),
doi:10.1088/0953-8984/10/20/006, Table 1."""

CLOSE_PACKING = math.pi / math.sqrt(18.0)
"""Packing fraction of fcc and hcp at contact."""

FCC_RANGE = (0.5, CLOSE_PACKING)
"""Packing fractions at which a crystal can be simulated; below, it melts at once."""

ONE_SIZE = Mixture(size_ratio=1.0, n_large=1, n_small=0)
"""Spheres of one size."""

NEARLY_FULL = 1e-12
"""Margin in φ kept to the upper end, often a pole, when a pressure is inverted."""


@dataclass(frozen=True, slots=True)
class ContactValues:
    """Pair distribution functions at contact.

    Attributes:
        large_large: g_LL(σ_L).
        large_small: g_LS((σ_L + σ_S)/2).
        small_small: g_SS(σ_S).
    """

    large_large: float
    large_small: float
    small_small: float


def modified_klm(packing_fraction: float) -> float:
    """Return Z of the fluid of one size, to a few parts in 10⁵, for φ up to 0.54.

    Raises:
        InputError: φ is outside [0, 0.54).

    Source: see `KLM_COEFFICIENTS`.
    """
    _check_range(packing_fraction, *KLM_RANGE)
    x = packing_fraction / (1.0 - packing_fraction)
    return sum(factor * x**power for power, factor in KLM_COEFFICIENTS.items())


def carnahan_starling(packing_fraction: float) -> float:
    """Return Z of the fluid of one size, low by up to 0.3 %: a smoke test, no reference.

    Raises:
        InputError: φ is outside [0, 1).

    Source:
        Carnahan & Starling, J. Chem. Phys. 51, 635 (1969), doi:10.1063/1.1672048.
    """
    phi = packing_fraction
    _check_range(phi, 0.0, 1.0)
    return (1.0 + phi + phi**2 - phi**3) / (1.0 - phi) ** 3


def speedy_fcc(packing_fraction: float) -> float:
    """Return Z of the fcc crystal of one size.

    Raises:
        InputError: φ is outside [0.5, π/√18).

    Source: see `SPEEDY_A`; Eq. 2 there, with z = ρσ³/√2.
    """
    _check_range(packing_fraction, *FCC_RANGE)
    z = packing_fraction / CLOSE_PACKING
    return 3.0 / (1.0 - z) - SPEEDY_A * (z - SPEEDY_B) / (z - SPEEDY_C)


def bmcsl(packing_fraction: float, mixture: Mixture) -> float:
    """Return Z of a binary fluid (Boublík, Mansoori, Carnahan, Starling & Leland).

    Args:
        packing_fraction: φ of both species together, in [0, 1).
        mixture: Size ratio and composition.

    Raises:
        InputError: φ is outside [0, 1).

    Source:
        Boublík, J. Chem. Phys. 53, 471 (1970), doi:10.1063/1.1673824; Mansoori et al.,
        J. Chem. Phys. 54, 1523 (1971), doi:10.1063/1.1675048.
    """
    phi = packing_fraction
    _check_range(phi, 0.0, 1.0)
    m1, m2, m3 = (_moment(mixture, power) for power in (1, 2, 3))
    free = 1.0 - phi
    surface = 3.0 * phi * (m1 * m2 / m3) / free**2
    return 1.0 / free + surface + (3.0 - phi) * phi**2 * (m2**3 / m3**2) / free**3


def bmcsl_contact_values(packing_fraction: float, mixture: Mixture) -> ContactValues:
    """Return the contact values that belong to `bmcsl`.

    Args:
        packing_fraction: φ of both species together, in [0, 1).
        mixture: Size ratio and composition.

    Raises:
        InputError: φ is outside [0, 1).

    Source: as `bmcsl`.
    """
    phi = packing_fraction
    _check_range(phi, 0.0, 1.0)
    zeta = phi * _moment(mixture, 2) / _moment(mixture, 3)

    def contact(first: float, second: float) -> float:
        reduced = zeta * first * second / (first + second) / (1.0 - phi)
        return (1.0 + 3.0 * reduced + 2.0 * reduced**2) / (1.0 - phi)

    small = mixture.size_ratio
    return ContactValues(contact(1.0, 1.0), contact(1.0, small), contact(small, small))


def pressure(packing_fraction: float, factor: float, mixture: Mixture = ONE_SIZE) -> float:
    """Return βPσ_L³ = Zρσ_L³.

    Args:
        packing_fraction: φ of all spheres.
        factor: Compressibility factor Z.
        mixture: Size ratio and composition; only their mean volume matters.
    """
    return factor * packing_fraction / (math.pi / 6.0 * _moment(mixture, 3))


def fluid_packing_fraction(beta_pressure: float) -> float:
    """Return φ of the fluid of one size at βPσ³, by `modified_klm`.

    Raises:
        InputError: The equation does not reach this pressure.
    """
    return _invert(lambda phi: pressure(phi, modified_klm(phi)), beta_pressure, *KLM_RANGE)


def fcc_packing_fraction(beta_pressure: float) -> float:
    """Return φ of the fcc crystal at βPσ³, by `speedy_fcc`.

    Raises:
        InputError: The equation does not reach this pressure.
    """
    return _invert(lambda phi: pressure(phi, speedy_fcc(phi)), beta_pressure, *FCC_RANGE)


def binary_packing_fraction(beta_pressure: float, mixture: Mixture) -> float:
    """Return φ of a binary fluid at βPσ_L³, by `bmcsl`, which knows of no freezing.

    Raises:
        InputError: The pressure is negative or not finite.
    """
    return _invert(lambda phi: pressure(phi, bmcsl(phi, mixture), mixture), beta_pressure, 0.0, 1.0)


def _moment(mixture: Mixture, power: int) -> float:
    """Return the mean of σⁿ over the spheres, in σ_Lⁿ."""
    total = mixture.n_large + mixture.n_small * mixture.size_ratio**power
    return total / (mixture.n_large + mixture.n_small)


def _check_range(packing_fraction: float, low: float, high: float) -> None:
    if not low <= packing_fraction < high:
        message = f"packing fraction is {packing_fraction:g}, needs {low:g} ≤ φ < {high:.4g}"
        raise InputError(message)


def _invert(
    pressure_at: Callable[[float], float], beta_pressure: float, low: float, high: float
) -> float:
    """Return φ in [low, high) at which the pressure, rising with φ, is the one given."""
    high -= NEARLY_FULL
    lowest, highest = pressure_at(low), pressure_at(high)
    if not lowest <= beta_pressure <= highest:
        message = f"βPσ³ is {beta_pressure:g}, needs {lowest:.4g} to {highest:.4g} here"
        raise InputError(message)
    return float(brentq(lambda phi: pressure_at(phi) - beta_pressure, low, high, xtol=1e-14))
