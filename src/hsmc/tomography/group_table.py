"""Scores of the space groups that a measured cell might have: a table, and a line for the user."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hsmc.analysis.group_scores import GroupScore, score_groups
from hsmc.storage import write_whole
from hsmc.tomography.crystallography import SIZE_RATIO, Crystal


def crystal_scores(crystal: Crystal) -> tuple[GroupScore, ...]:
    """Return what each space group of the lattice's system asks of the mean cell, in nm."""
    unit = crystal.measured.large_diameter
    return tuple(
        replace(one, rms=unit * one.rms, largest=unit * one.largest, worst=unit * one.worst)
        for one in score_groups(crystal.measured.configuration(SIZE_RATIO))
    )


def score_sentence(crystal: Crystal, scores: Sequence[GroupScore]) -> str:
    """Return the scores of the group found and of its best rival with as many operations."""
    number = 1 if crystal.group is None else crystal.group.number
    found = [one for one in scores if one.number == number]
    asked = found[0].operations if found else 2
    rivals = [one for one in scores if one.operations >= asked and one.number != number]
    words = [_words(one) for one in found]
    if rivals:
        best = min(rivals, key=lambda one: one.worst)
        words.append(
            f"of {len(rivals)} others with as many operations or more the best is {_words(best)}"
        )
    return f"scores (RMS and largest move, worst pair, in nm): {'; '.join(words)}"


def write_group_table(stem: Path, scores: Sequence[GroupScore]) -> Path:
    """Write the scores beside ``stem``; return where.

    Raises:
        StorageError: The folder is not writable or the disk is full.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["number", "symbol", "operations", "rms_nm", "largest_nm", "worst_pair_nm"])
    for one in scores:
        lengths = (f"{length:.4f}" for length in (one.rms, one.largest, one.worst))
        writer.writerow([one.number, one.symbol, one.operations, *lengths])
    path = stem.with_name(stem.name + "-groups.csv")
    write_whole(path, text.getvalue().encode())
    return path


def _words(score: GroupScore) -> str:
    return f"{score.symbol} {score.rms:.2f} {score.largest:.2f} {score.worst:.2f}"
