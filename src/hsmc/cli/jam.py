"""``hsmc jam``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hsmc.cli import shared

if TYPE_CHECKING:
    from hsmc.results import Result

VERDICTS = {
    "strict": "strictly jammed",
    "collective": "collectively jammed, not strictly",
    "none": "NOT jammed",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(jam)


def jam(
    start: Annotated[
        str, typer.Argument(metavar="FILE", help="Result, CIF, POSCAR, ...; or a crystal.")
    ],
    ratio: shared.Ratio = None,
    replicate: shared.Replicate = None,
    fit: shared.Fit = None,
    packing: shared.Packing = None,
    large: shared.Large = None,
    composition: shared.Composition = None,
    noise: Annotated[
        str | None,
        typer.Option(
            metavar=shared.NUMBER,
            help="Random displacements first, in σ_L; 1e-3 frees a symmetric crystal. [default: 0]",
        ),
    ] = None,
    max_programs: Annotated[
        str | None,
        typer.Option(metavar=shared.WHOLE, help="Linear programs at most. [default: 1000]"),
    ] = None,
    as_is: Annotated[
        bool, typer.Option("--as-is", help="Certify the start without moving a sphere.")
    ] = False,
    seed: shared.Seed = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Result file (HDF5) to write, a new one. [default: NAME-jammed.h5]"),
    ] = None,
    as_json: shared.Json = False,
) -> None:
    """Drive a state to strict jamming by linear programs, and certify it."""
    arguments = locals()
    from hsmc.jam_start import jam as run
    from hsmc.options import JamOptions

    path = out or Path(f"{Path(start).stem}-jammed.h5")
    result = run(path, **shared.given(JamOptions, arguments))
    if as_json:
        typer.echo(json.dumps({"file": str(path), **result.summary}))
        return
    for line in certificate_lines(result):
        typer.echo(line)
    typer.echo(str(path))


def certificate_lines(result: "Result") -> list[str]:
    """Return the certificate in words."""
    s = result.summary
    spheres, rattlers = len(result.final), s["rattlers"]
    verdict = (
        f"φ = {s['packing_fraction']:.6f}, {VERDICTS[s['verdict']]}  "
        f"({s['programs']} linear programs, {s['cpu_seconds']:.1f} s of CPU)"
    )
    if not s["contacts"]:  # zeros of what is not there would read as a perfect balance
        return [
            verdict,
            f"no contacts that lock a sphere in, so no forces: all {rattlers} spheres are "
            f"rattlers; smallest gap of all images {_gap(s['smallest_gap'])}",
        ]
    return [
        verdict,
        f"{s['contacts']} contacts among {spheres - rattlers} spheres, {rattlers} rattlers; "
        f"isostatic count {s['isostatic_count']}",
        f"contact gaps up to {_gap(s['largest_contact_gap'])}, next gap "
        f"{_gap(s['smallest_other_gap'])}; smallest gap of all images {_gap(s['smallest_gap'])}",
        f"largest motion left {s['strict_margin']:.1e} (threshold {s['threshold']:.0e}), "
        f"{s['flexes']} flexes; {_forces(result)}",
    ]


def _forces(result: "Result") -> str:
    if not result.tables["contact_forces"].any():
        return "no balanced forces"
    s = result.summary
    return (
        f"forces ≥ {s['smallest_force']:.2g} of their mean, balanced to "
        f"{s['force_residual']:.0e}, pressure isotropic to {s['pressure_anisotropy']:.0e}"
    )


def _gap(gap: float | None) -> str:
    return "none" if gap is None else f"{gap:.1e}"
