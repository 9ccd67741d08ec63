"""A comparison with a crystal, as tables of a report."""

from hsmc.analysis.comparison import Comparison
from hsmc.analysis.symmetry import Step, symbol
from hsmc.report.tables import Table

HOLDS = {True: "holds", False: "does not hold", None: "cannot be told"}


def comparison_tables(found: Comparison) -> list[Table]:
    """Return lattice, displacements, symmetry and verdict of a comparison with a crystal."""
    reference = found.reference.name
    cells = {"this state": found.lattice, reference: found.reference.configuration.box}
    change = "not known" if found.volume_change is None else f"{found.volume_change:+.2%}"
    strains = " ".join(f"{strain:+.4f}" for strain in found.strains)
    return [
        Table(
            f"Unit cells in one setting. Volume change {change}; principal logarithmic strains "
            f"without it {strains}.",
            ("cell", "a b c (σ_L)", "α β γ (°)", "volume (σ_L³)"),
            [
                (
                    name,
                    " ".join(f"{x:.4f}" for x in box.lengths),
                    " ".join(f"{x:.2f}" for x in box.angles),
                    f"{box.volume:.4f}",
                )
                for name, box in cells.items()
            ],
            f"Comparison with {reference}",
        ),
        _moves(found),
        _symmetry(found),
        Table(
            "The paper's sentences, and whether these figures bear them.",
            ("sentence", "verdict", "because"),
            [(each.claim, HOLDS[each.holds], each.because) for each in found.sentences],
        ),
    ]


def _moves(found: Comparison) -> Table:
    rows = []
    for name, moves in found.moves.items():
        chance = "–"
        if moves.chance is not None:
            c = moves.chance
            chance = (
                f"{c.mean:.3f} ± {c.deviation:.3f} (s.d. of {c.count}), "
                f"p = {c.probability:.2g}: {c.words}"
            )
        nm = ["–" if x is None else f"{x:.3f}" for x in (moves.rms_nm, moves.largest_nm)]
        rows.append(
            (f"{moves.count} {name}", f"{moves.rms:.4f}", f"{moves.largest:.4f}", *nm, chance)
        )
    head = ("spheres", "rms (σ_L)", "largest", "rms (nm)", "largest", "random starts, rms (σ_L)")
    return Table("Displacements after the best lattice, rotation, origin and labels.", head, rows)


def _symmetry(found: Comparison) -> Table:
    unit = found.reference.nanometres
    rows = [
        (
            name,
            f"{step.first * (unit or 1.0):.2g} to {step.last * (unit or 1.0):.2g}",
            *_groups(step),
        )
        for name, steps in (
            ("this state", found.file_symmetry),
            (found.reference.name, found.reference_symmetry),
        )
        for step in steps
    ]
    head = (
        "of",
        f"tolerance ({'σ_L' if unit is None else 'nm'})",
        "spglib",
        "at 10°",
        "moyo at 10°",
    )
    return Table("Space group against tolerance.", head, rows)


def _groups(step: Step) -> list[str]:
    numbers = (step.groups.plain, step.groups.spglib, step.groups.moyo)
    return [f"{symbol(number)} ({number})" if number else "none" for number in numbers]
