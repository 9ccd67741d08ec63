"""What figures say about sentences."""

import pytest

from hsmc.analysis.verdicts import (
    FEWEST,
    SIGNIFICANT,
    against_chance,
    becomes_disordered,
    large_are_kept,
    small_shift,
)

NULL = [0.5 + 0.01 * k for k in range(20)]
"""Displacements of random starts, 0.50 to 0.69, mean 0.595."""


@pytest.mark.parametrize(
    ("rms", "probability", "words"),
    [
        (0.1, 1 / 21, "kept"),
        (0.297, 1 / 21, "kept"),
        (0.298, 1 / 21, "nearer than by chance"),
        (0.499, 1 / 21, "nearer than by chance"),
        (0.5, 2 / 21, "as by chance"),
        (0.9, 1.0, "as by chance"),
    ],
)
def test_displacements_are_ranked_among_random_starts(rms, probability, words):
    """Fails if an equal one does not count as nearer (tried)."""
    chance = against_chance(rms, NULL)
    assert chance.mean == pytest.approx(0.595)
    assert chance.probability == pytest.approx(probability)
    assert (chance.words, chance.count) == (words, 20)


def test_the_fewest_random_starts_are_just_enough():
    """One fewer cannot reach the probability at all."""
    assert 1 / (FEWEST + 1) <= SIGNIFICANT < 1 / FEWEST
    assert against_chance(0.1, NULL[:FEWEST]).words == "kept"
    assert against_chance(0.1, NULL[: FEWEST - 1]).words == "as by chance"


@pytest.mark.parametrize(
    ("rms", "large", "small"),
    [(0.01, True, False), (0.1, True, True), (0.4, False, False), (0.6, False, False)],
)
def test_sentences_about_displacements(rms, large, small):
    """Large ones are kept or not; small ones shift a little, or not at all, or too far."""
    chance = against_chance(rms, NULL)
    assert large_are_kept(rms, chance).holds is large
    assert small_shift(rms, chance).holds is small


def test_without_a_null_model_only_rest_can_be_told():
    assert large_are_kept(0.01, None).holds is True
    assert large_are_kept(0.2, None).holds is None
    assert small_shift(0.01, None).holds is False
    assert small_shift(0.2, None).holds is None


@pytest.mark.parametrize(
    ("file", "reference", "holds"), [(1, 187, True), (8, 187, False), (1, 1, False)]
)
def test_disorder_is_lost_symmetry(file, reference, holds):
    sentence = becomes_disordered(file, reference, 0.18)
    assert sentence.holds is holds
    assert f"space group {file} at 0.18 σ_L, the reference has {reference}" in sentence.because
