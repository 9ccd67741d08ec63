"""Jamming of packings whose answer is known, and certificates that must say no."""

import numpy as np
import pytest

from hsmc.analysis.densest import aluminium_diboride, laves, sodium_chloride
from hsmc.crystal import crystal
from hsmc.errors import InputError, OverlapError
from hsmc.fit import dilate, random_fluid
from hsmc.jamming import certify, jam
from hsmc.mixture import Mixture
from hsmc.neighbors import smallest_gap

FCC = np.pi / np.sqrt(18.0)


def jammed(mixture, seed, packing=0.2):
    """Return a jammed state from a random start."""
    return jam(random_fluid(mixture, packing, seed)).configuration


@pytest.mark.parametrize(("n", "starts", "known"), [(1, 40, 1.0), (2, 40, 1.0), (3, 100, 0.761),
                                                    (4, 100, 0.976)])  # fmt: skip
def test_few_equal_spheres_reach_close_packing(n, starts, known):
    """Of dilute random starts, to 1e-8; what ends elsewhere is certified jammed there.

    As many do as 200 starts of one or two spheres, 1000 of three and 500 of four, less three
    standard errors; HiGHS 1.15.1 and 1.16.0 gave the same numbers. Fails if programs hold pairs up
    to a diameter apart instead of a fifth (tried).
    """
    states = [jammed(Mixture(1.0, n, 0), seed, packing=0.1) for seed in range(starts)]
    dense = [abs(state.packing_fraction - FCC) < 1e-8 for state in states]
    assert np.mean(dense) >= known - 3.0 * np.sqrt(known * (1.0 - known) / starts)
    for state, reached in zip(states, dense, strict=True):
        assert smallest_gap(state).gap >= -1e-12
        if not reached:
            assert certify(state).verdict == "strict"


@pytest.mark.parametrize("copies", [1, 2])
def test_fcc_is_strictly_jammed(copies):
    """Twelve contacts a sphere, forces balanced."""
    certificate = certify(dilate(crystal("fcc").configuration(1.0)).replicated(*[copies] * 3))
    assert certificate.verdict == "strict"
    assert certificate.is_confirmed
    assert len(certificate.contacts) == 6 * 4 * copies**3
    assert len(certificate.rattlers) == 0


@pytest.mark.parametrize(("name", "contacts"), [("sc", 3), ("bcc", 8)])
@pytest.mark.parametrize("copies", [1, 2])
def test_loose_crystals_are_not_strictly_jammed(name, contacts, copies):
    """Simple cubic and bcc shear, so they are jammed at most in a fixed box of one cell.

    Fails if own images are left out of the contacts, or if the box may not strain (tried).
    """
    cell = crystal(name).configuration(1.0)
    certificate = certify(dilate(cell).replicated(copies, copies, copies))
    assert certificate.verdict == ("collective" if copies == 1 else "none")
    assert certificate.strict_margin > certificate.threshold
    assert len(certificate.contacts) == contacts * copies**3


def test_ideal_laves_is_stationary_but_not_jammed():
    """At γ = √(2/3) noise frees it, and something denser is jammed."""
    ratio = np.sqrt(2.0 / 3.0)
    ideal = dilate(crystal("laves-c15").configuration(ratio))
    assert ideal.packing_fraction == pytest.approx(laves(ratio), abs=1e-9)
    assert certify(ideal).verdict == "none"
    freed = jam(ideal, noise=1e-3, seed=1).configuration
    assert freed.packing_fraction > laves(ratio) + 5e-4
    assert certify(freed).verdict == "strict"


@pytest.mark.parametrize(
    ("ratio", "n_large", "n_small", "known"),
    [
        (np.sqrt(2.0) - 1.0, 1, 1, sodium_chloride(np.sqrt(2.0) - 1.0)),
        (np.sqrt(7.0 / 3.0) - 1.0, 1, 2, aluminium_diboride(np.sqrt(7.0 / 3.0) - 1.0)),
        (0.61, 1, 2, aluminium_diboride(0.61)),
    ],
)
def test_known_binary_crystals_are_found(ratio, n_large, n_small, known):
    """The best of 40 random starts is the known crystal, and none is denser."""
    best = max(
        jammed(Mixture(ratio, n_large, n_small), seed).packing_fraction for seed in range(40)
    )
    assert best == pytest.approx(known, abs=1e-7)


def test_mixture_of_the_paper_is_certified():
    """6 + 19: no overlap, strictly jammed, isostatic in most cases, gaps well apart."""
    certified = 0
    for seed in range(8):
        state = jammed(Mixture(0.695, 6, 19), seed, packing=0.3)
        assert smallest_gap(state).gap >= -1e-12
        certificate = certify(state)
        certified += certificate.verdict == "strict"
        assert len(certificate.contacts) >= certificate.isostatic_count
        assert certificate.largest_contact_gap < 1e-9
        assert certificate.smallest_other_gap > 1e-7
        assert certificate.force_residual < 1e-6
    assert certified == 8


def test_two_large_and_six_small_find_their_crystal():
    """Certified near .7457 at γ = .64: the best known of this composition."""
    best = max((jammed(Mixture(0.64, 2, 6), seed) for seed in range(60)),
               key=lambda state: state.packing_fraction)  # fmt: skip
    assert best.packing_fraction > 0.745
    assert certify(best).verdict == "strict"


def test_limit_of_programs_keeps_the_best_state():
    """It is labelled, denser than the start and free of overlaps."""
    start = random_fluid(Mixture(0.695, 6, 19), 0.3, 1)
    result = jam(start, max_programs=2)
    assert not result.converged
    assert "limit of 2 linear programs" in result.status
    assert result.configuration.packing_fraction > start.packing_fraction
    assert smallest_gap(result.configuration).gap >= -1e-12


def test_overlapping_start_is_refused():
    """The pair is named."""
    cell = dilate(crystal("fcc").configuration(1.0)).strained(0.9 * np.eye(3))
    with pytest.raises(OverlapError, match=r"overlap: 0\.9 apart"):
        jam(cell)


def test_numbers_out_of_range_are_refused():
    """The value found and the value needed."""
    with pytest.raises(InputError, match="max_programs is 0, needs to be ≥ 1"):
        jam(dilate(crystal("fcc").configuration(1.0)), max_programs=0)
