"""Tables of a report, as rows of text."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hsmc.analysis.statistics import with_error
from hsmc.report import conditions, paper
from hsmc.report.entry import Entry
from hsmc.results import Result

CERTIFICATE = {
    "verdict": "verdict",
    "contacts": "contacts",
    "isostatic_count": "isostatic count, 3N′ + 3",
    "rattlers": "rattlers",
    "largest_contact_gap": "largest relative gap of a contact",
    "smallest_other_gap": "smallest relative gap that is no contact",
    "strict_margin": "largest motion, volume not growing (0: strictly jammed)",
    "collective_margin": "largest motion in a fixed box",
    "threshold": "motion that counts as none",
    "flexes": "motions that neither open nor close a contact",
    "smallest_force": "smallest contact force, over the mean",
    "force_residual": "largest net force on a sphere, over the mean contact force",
    "pressure_anisotropy": "anisotropy of the pressure tensor",
    "smallest_gap": "smallest relative gap, checked over all images",
}
"""Figures of a certificate by name, in words."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text.

    Attributes:
        caption: What the rows are.
        head: Names of the columns.
        rows: Cells, as many as columns.
        title: Heading above it; may be empty.
    """

    caption: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    title: str = ""


def overview(entries: Sequence[Entry]) -> Table:
    """Return a row an entry: composition, ratio, packing fractions, certificates, status."""
    head = (
        "result", "command", "L + S", "γ", "runs", "highest φ", "mean ± s.e.", "strictly jammed",
        "status",
    )  # fmt: skip
    return Table("Results, in the order given.", head, [_overview_row(entry) for entry in entries])


def _overview_row(entry: Entry) -> tuple[str, ...]:
    phi, summary = entry.packing_fractions, entry.best.summary
    mean = "–"
    if len(phi) > 1:
        mean = with_error(float(phi.mean()), float(phi.std(ddof=1) / np.sqrt(len(phi))))
    elif "mean_pressure" in summary:
        measured = with_error(summary["mean_pressure"], summary["pressure_standard_error"])
        mean = f"βPσ_L³ {measured}"
    elif "mean_packing_fraction" in summary:
        mean = with_error(summary["mean_packing_fraction"], summary["standard_error"])
    certified = f"{int(entry.strict.sum())} of {len(phi)}"
    return (
        entry.name,
        f"hsmc {entry.kind}",
        " + ".join(map(str, entry.composition)),
        f"{entry.ratio:.4g}" if all(entry.composition) else "–",
        str(len(phi)),
        "–" if "mean_packing_fraction" in summary else f"{phi.max():.5f}",  # one of many states
        mean,
        certified if entry.kind in ("floppy", "jam") else "not tested",
        entry.best.status,
    )


def beside_paper(entries: Sequence[Entry]) -> Table:
    """Return what can be set beside a number of the paper."""
    rows = []
    for axes, value in paper.COMPRESSED.items():
        for entry in compressions(entries, axes):
            phi = entry.packing_fractions
            spread = f"{phi.min():.4f} to {phi.max():.4f}" if len(phi) > 1 else f"{phi[0]:.4f}"
            rows.append(
                (
                    f"compressed, moves along {axes}: {entry.name}",
                    spread,
                    f"{value:.3f}",
                    conditions.of_compression(entry),
                )
            )
    for protocol in ("default", "paper"):
        found = [e for e in searches(entries) if e.best.parameters.get("protocol") == protocol]
        if found:
            best = [float(entry.packing_fractions.max()) for entry in found]
            ratios = [entry.ratio for entry in found]
            runs = sorted({len(entry.packing_fractions) for entry in found})
            rows.append(
                (
                    f"densest of {' to '.join(map(str, sorted({runs[0], runs[-1]})))} floppy-box "
                    f"runs, protocol {conditions.of_searches(found, protocol)}, "
                    f"γ = {min(ratios):.4g} to {max(ratios):.4g}",
                    f"{min(best):.4f} to {max(best):.4f}",
                    f"{paper.DENSEST[0]:.3f} to {paper.DENSEST[1]:.3f}",
                    "the paper: best of 100 runs, γ = 0.61 to 0.72",
                )
            )
    head = ("what", "φ here", "φ in the paper", "conditions")
    return Table("Packing fractions beside those of the paper.", head, rows)


def compressions(entries: Sequence[Entry], axes: str) -> list[Entry]:
    """Return the compressions of A6B19 in which spheres moved along these axes."""
    return [
        entry
        for entry in entries
        if entry.kind == "compress"
        and entry.best.parameters.get("axes", "xyz") == axes
        and str(entry.best.parameters.get("start", "")).startswith("a6b19")
    ]


def searches(entries: Sequence[Entry]) -> list[Entry]:
    """Return the searches of the paper's composition."""
    return [e for e in entries if e.is_search and e.composition == paper.SEARCHED]


def certificate(result: Result) -> Table | None:
    """Return the certificate of the final state; None if there is none."""
    facts: dict[str, Any] = dict(result.summary)
    if result.kind == "floppy":
        facts = {name: values[-1] for name, values in result.series.items()}
        facts["verdict"] = result.summary["best_verdict"]
    elif "verdict" not in facts:
        return None
    rows = [(words, _number(facts[name])) for name, words in CERTIFICATE.items() if name in facts]
    caption = "Jamming certificate of the final state (of a search, of its densest run)."
    return Table(caption, ("quantity", "value"), rows, "Certificate")


def origins(entries: Sequence[Entry]) -> Table:
    """Return which command made each entry's files, when, and by which version."""
    rows = []
    for entry in entries:
        made = [result.provenance for result in entry.results]
        commands = entry.commands
        versions = sorted({f"{each.get('hsmc')} {each.get('commit', '')}".strip() for each in made})
        times = sorted(str(each.get("written", "")) for each in made)
        files = str(entry.files[0])
        if len(entry.files) > 1:
            files = f"{len(entry.files)} files in {entry.files[0].parent.parent}"
        rows.append(
            (
                entry.name,
                files,
                "; ".join(commands[:3]) + (" …" if len(commands) > 3 else ""),
                ", ".join(versions),
                times[0] if times[0] == times[-1] else f"{times[0]} to {times[-1]}",
            )
        )
    head = ("result", "file", "made by the command", "hsmc, commit", "written")
    return Table("Where the results come from.", head, rows)


def parameters(entry: Entry) -> str:
    """Return the resolved parameters of an entry's best result, as JSON."""
    return json.dumps(dict(entry.best.parameters), indent=1, ensure_ascii=False)


def _number(value: Any) -> str:
    if isinstance(value, str):
        return value
    number = float(value)
    return str(int(number)) if number == int(number) else f"{number:.4g}"
