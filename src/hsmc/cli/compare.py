"""``hsmc compare``."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from hsmc.cli import shared
from hsmc.cli.progress import counting

if TYPE_CHECKING:
    from hsmc.analysis.comparison import Comparison, Moves
    from hsmc.analysis.correspondence import Correspondence
    from hsmc.analysis.symmetry import Step

HOLDS = {True: "holds", False: "does not hold", None: "cannot be told"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(compare)


def compare(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Result, CIF, POSCAR, ...; or a crystal.")
    ],
    reference: Annotated[
        str, typer.Option("--with", help="Crystal to compare with, or a file of a unit cell.")
    ] = "a6b19",
    null: Annotated[
        int,
        typer.Option(metavar=shared.WHOLE, help="Random starts to judge by: 19 or more; 0: none."),
    ] = 20,
    ratio: shared.Ratio = None,
    large: shared.Large = None,
    diameter: Annotated[
        float | None,
        typer.Option(metavar=shared.NUMBER, help="Large diameter in the unit of FILE."),
    ] = None,
    with_diameter: Annotated[
        float | None,
        typer.Option(metavar=shared.NUMBER, help="Large diameter in the unit of the reference."),
    ] = None,
    sites: Annotated[
        bool,
        typer.Option("--sites", help="Only tell which sites of two crystals correspond."),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, metavar=shared.WHOLE, help="Root seed.")] = 1,
    as_json: shared.Json = False,
    quiet: shared.Quiet = False,
) -> None:
    """Compare a state with a crystal: lattice, displacements, symmetry, and against chance."""
    if sites:
        _show_sites(file, reference, large, as_json=as_json)
        return
    from hsmc.analysis.comparison import compare as run
    from hsmc.options import StartOptions

    with counting("random starts", quiet=quiet) as progress:
        found = run(
            file,
            reference,
            null=null,
            seed=seed,
            ratio=StartOptions.build({} if ratio is None else {"ratio": ratio}).ratio,
            large=large,
            diameter=diameter,
            reference_diameter=with_diameter,
            progress=progress,
        )
    if as_json:
        typer.echo(json.dumps(found.summary))
        return
    for line in comparison_lines(found):
        typer.echo(line)


def _show_sites(file: str, reference: str, large: str | None, *, as_json: bool) -> None:
    from hsmc.analysis.correspondence import correspond, read_sites

    found = correspond(read_sites(reference), read_sites(file, large))
    if as_json:
        typer.echo(json.dumps(found.summary))
        return
    for line in site_lines(found):
        typer.echo(line)


def site_lines(found: "Correspondence") -> list[str]:
    """Return which sites of two crystals correspond, a line each."""
    first, second = found.first, found.second
    stretch = " ".join(f"{ratio:.3f}" for ratio in found.stretch)
    lines = [
        f"{second.name} in the axes of {first.name}, stretched by {stretch} along a, b, c",
        f"{first.name:<18}{second.name:<18}{'in plane (a)':<14}along c (c)",
    ]
    for pair in found.pairs:
        name = f"{pair.site + 1} {first.labels[pair.site]}"
        if pair.other is None:
            lines.append(f"{name:<18}none left")
            continue
        other = f"{pair.other + 1} {second.labels[pair.other]}"
        lines.append(f"{name:<18}{other:<18}{pair.in_plane:<14.3f}{pair.along_c:.3f}")
    partners = {pair.other for pair in found.pairs}
    left = [label for k, label in enumerate(second.labels) if k not in partners]
    counts = ", ".join(f"{left.count(label)} {label}" for label in sorted(set(left)))
    return [*lines, f"without a partner in {second.name}: {counts or 'none'}"]


def comparison_lines(found: "Comparison") -> list[str]:
    """Return a comparison in words."""
    spheres, copies = len(found.match.types), found.match.supercell.diagonal().prod()
    notes = [note for side in (found.file, found.reference) for note in side.notes]
    return [
        *notes,
        f"{found.file.name} with {found.reference.name}: {spheres} spheres, "
        + ("one unit cell" if copies == 1 else f"{copies} unit cells"),
        "",
        *_cell_lines(found),
        "",
        *_move_lines(found),
        "",
        *_symmetry_lines(found),
        "",
        *(f"{HOLDS[each.holds]:<16}{each.claim} ({each.because})" for each in found.sentences),
    ]


def _cell_lines(found: "Comparison") -> list[str]:
    """Return the unit cells of both sides in one setting, the change of volume and the strain."""
    sides = {"file": found.lattice, "reference": found.reference.configuration.box}
    lines = [f"{'unit cell':<11}{'a b c (σ_L)':<24}{'α β γ (°)':<24}volume (σ_L³)"]
    for name, box in sides.items():
        lengths = " ".join(f"{length:.4f}" for length in box.lengths)
        angles = " ".join(f"{angle:.2f}" for angle in box.angles)
        lines.append(f"{name:<11}{lengths:<24}{angles:<24}{box.volume:.4f}")
    strains = " ".join(f"{strain:+.4f}" for strain in found.strains)
    change = found.volume_change
    growth = "volume change not known" if change is None else f"volume {change:+.2%}"
    return [*lines, f"{growth}; principal logarithmic strains without it {strains}"]


def _move_lines(found: "Comparison") -> list[str]:
    head = f"{'moves':<11}{'rms (σ_L)':<11}{'largest':<10}{'rms (nm)':<10}{'largest':<9}"
    lines = [head + "random starts, rms (σ_L)"]
    lines += [_move_line(name, moves) for name, moves in found.moves.items()]
    moved, spheres = sum(m.moved for m in found.moves.values()), len(found.match.types)
    text = f"{moved} of {spheres} spheres moved by more than 0.01 σ_L about the median"
    if 0 < len(found.moved_sites) <= 3:
        sites = found.moved_sites.items()
        text += ": site " + ", ".join(f"{site + 1} by {by:.4f} σ_L" for site, by in sites)
    return [*lines, text]


def _move_line(name: str, moves: "Moves") -> str:
    nanometres = [
        "–" if each is None else f"{each:.3f}" for each in (moves.rms_nm, moves.largest_nm)
    ]
    chance = moves.chance
    words = "–"
    if chance is not None:
        words = (
            f"{chance.mean:.3f} ± {chance.deviation:.3f} (s.d. of {chance.count}), "
            f"p = {chance.probability:.2g}: {chance.words}"
        )
    return (
        f"{f'{moves.count} {name}':<11}{moves.rms:<11.4f}{moves.largest:<10.4f}"
        f"{nanometres[0]:<10}{nanometres[1]:<9}{words}"
    )


def _symmetry_lines(found: "Comparison") -> list[str]:
    """Return the space groups against tolerance, of both sides."""
    unit = found.reference.nanometres
    tolerance = "tolerance (σ_L)" if unit is None else "tolerance (nm)"
    lines = [f"{'symmetry':<11}{tolerance:<18}{'spglib':<16}{'at 10°':<16}moyo at 10°"]
    for name, steps in (("file", found.file_symmetry), ("reference", found.reference_symmetry)):
        lines += [_step_line(name if step is steps[0] else "", step, unit or 1.0) for step in steps]
    return lines


def _step_line(name: str, step: "Step", unit: float) -> str:
    from hsmc.analysis.symmetry import symbol

    groups = (step.groups.plain, step.groups.spglib, step.groups.moyo)
    words = [f"{symbol(number)} ({number})" if number else "none" for number in groups]
    tolerances = f"{step.first * unit:.2g} to {step.last * unit:.2g}"
    return f"{name:<11}{tolerances:<18}{words[0]:<16}{words[1]:<16}{words[2]}"
