"""The parts of a report: figures beside the paper's, and one result in full."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hsmc.analysis.comparison import compare
from hsmc.analysis.zone_axis import project
from hsmc.errors import InputError
from hsmc.report import paper, tables
from hsmc.report.comparison_tables import comparison_tables
from hsmc.report.entry import Entry
from hsmc.report.material import Material, StudyRuns
from hsmc.report.paper_figures import LETTERS, Search, ratio_figure, states_figure
from hsmc.report.pictures import Picture, picture
from hsmc.report.run_plot import heading, run_figure
from hsmc.report.structure_figures import pair_figure, zone_figure
from hsmc.report.study_plot import study_figure
from hsmc.report.tables import Table, compressions, searches

if TYPE_CHECKING:
    from hsmc.configuration import Configuration

SIGMA_NM = 9.4
"""σ_L of the paper's large spheres, in nm, for projections."""

ZONES = ((0, 0, 1), (1, 0, 0))

MOST_STATES = 4
"""States in a figure of the paper's manner."""

MOST_COMMANDS = 3
"""Commands in a caption; the table of provenance has them all."""

MOST_COMPARED = 2000
"""Spheres of a state up to which a report compares it: more take minutes."""

REFERENCE = "a6b19"


@dataclass(frozen=True, slots=True)
class Section:
    """One result in full.

    Attributes:
        name: Its name.
        lead: What it is, in a line.
        command: What made it.
        pictures: Its figures.
        tables: Certificate and comparison.
        remarks: What is not there, and why.
    """

    name: str
    lead: str
    command: str
    pictures: list[Picture]
    tables: list[Table]
    remarks: list[str]


def paper_pictures(material: Material) -> list[Picture]:
    """Return the figures S5, S6 and S7 as far as there are results for them, and studies'."""
    entries = material.entries
    own = [_study_picture(study) for study in material.studies if _has_own_axes(study)]
    return [*_figure_s5(entries), *_figure_s6(entries), *_figure_s7(entries), *own]


def _has_own_axes(study: StudyRuns) -> bool:
    """Tell whether a study varies more than the size ratio of searches, which S6 shows."""
    axes = {name for name, values in study.file.study.axes.items() if len(values) > 1}
    return bool(axes) and not (study.file.study.command == "floppy" and axes == {"ratio"})


def _study_picture(study: StudyRuns) -> Picture:
    phi, axes = study.runs.packing_fractions, " and ".join(study.file.study.axes)
    return picture(
        study_figure(study.runs),
        f"Packing fraction of {len(phi)} runs, {min(phi):.4f} to {max(phi):.4f}, against {axes}.",
        f"All runs of study {study.file.path.name} against {axes}.",
        study.commands[:MOST_COMMANDS],
    )


def _commands(entries: Sequence[Entry]) -> tuple[str, ...]:
    every = dict.fromkeys(command for entry in entries for command in entry.commands)
    return tuple(every)[:MOST_COMMANDS]


def _figure_s5(entries: Sequence[Entry]) -> list[Picture]:
    states: dict[str, Configuration] = {}
    used, sources = [], []
    for axes in paper.COMPRESSED:
        found = compressions(entries, axes)
        if not found:
            continue
        best = max(found, key=lambda entry: float(entry.packing_fractions.max()))
        states.setdefault("start", best.best.frames[0].configuration)
        title = "compressed" if axes == "xyz" else "moves in xy only"
        states[title] = best.best.final
        used.append(best)
        sources.append(
            f"{best.best_file.name} at γ = {best.ratio:.4g} (paper: φ = "
            f"{paper.COMPRESSED[axes]:.3f} at γ = {paper.COMPRESSED_RATIO})"
        )
    if not states:
        return []
    words = "; ".join(f"{t}, φ = {c.packing_fraction:.4f}" for t, c in states.items())
    return [
        picture(
            states_figure(states),
            f"Spheres seen from the top, coloured by the height of their centres: {words}.",
            "In the manner of Fig. S5: A6B19 from the top, coloured by height, before and after "
            f"compression; densest of {' and '.join(sources)}.",
            _commands(used),
        )
    ]


def _figure_s6(entries: Sequence[Entry]) -> list[Picture]:
    found = searches(entries)
    if not found:
        return []
    points = [
        Search(
            round(entry.ratio, 9),
            str(entry.best.parameters.get("protocol", "default")),
            entry.packing_fractions,
            entry.strict,
        )
        for entry in found
    ]
    best = [float(point.packing_fractions.max()) for point in points]
    low, high = min(p.ratio for p in points), max(p.ratio for p in points)
    runs = sum(len(point.packing_fractions) for point in points)
    return [
        picture(
            ratio_figure(points, paper.SEARCHED),
            f"Packing fractions of {runs} floppy-box runs of 6 large and 19 small spheres against "
            f"the size ratio, {low:g} to {high:g}; the best are {min(best):.4f} to "
            f"{max(best):.4f}, the paper's {paper.DENSEST[0]} to {paper.DENSEST[1]}.",
            "In the manner of Fig. S6: packing fraction against size ratio, all runs (bars: "
            "certified strictly jammed; crosses: not) and the best, beside the range of the "
            "paper's best of 100.",
            _commands(found),
        )
    ]


def _figure_s7(entries: Sequence[Entry]) -> list[Picture]:
    found = searches(entries)
    protocol = [e for e in found if e.best.parameters.get("protocol") == "default"] or found
    ordered = sorted(protocol, key=lambda entry: entry.ratio)
    if not ordered:
        return []
    count = min(MOST_STATES, len(ordered))
    step = (len(ordered) - 1) / max(1, count - 1)
    chosen = [ordered[round(k * step)] for k in range(count)]
    states = {f"γ = {entry.ratio:.4g}": entry.best.final for entry in chosen}
    if len(states) < len(chosen):
        states = {
            f"{letter}, γ = {entry.ratio:.4g}": entry.best.final
            for letter, entry in zip(LETTERS, chosen, strict=False)
        }
    words = "; ".join(f"{t}, φ = {c.packing_fraction:.4f}" for t, c in states.items())
    return [
        picture(
            states_figure(states, "species"),
            f"Densest states seen from the top, large spheres blue and small orange: {words}.",
            "In the manner of Fig. S7: the densest packings of 6 + 19 spheres, large blue and "
            f"small orange; from {', '.join(entry.best_file.name for entry in chosen)}.",
            _commands(chosen),
        )
    ]


def section_of(entry: Entry, null: int) -> Section:
    """Return one entry in full: its densest result.

    Args:
        entry: What to show.
        null: Random starts of the comparison, 0 for none.
    """
    result = entry.best
    made = tables.certificate(result)
    found = [] if made is None else [made]
    remarks = []
    if made is None:
        remarks.append("No certificate: hsmc jam FILE drives this state to jamming and tests it.")
    if len(result.final) > MOST_COMPARED:
        remarks.append(
            f"Not compared with {REFERENCE}: it has more than {MOST_COMPARED} spheres; "
            "hsmc compare FILE takes its time."
        )
        return _section(entry, found, remarks)
    try:
        found += comparison_tables(compare(entry.best_file, REFERENCE, null=null))
    except InputError as error:
        remarks.append(f"Not compared with {REFERENCE}: {error}.")
    return _section(entry, found, remarks)


def _section(entry: Entry, found: list[Table], remarks: list[str]) -> Section:
    command = str(entry.best.provenance.get("command", "not known"))
    return Section(entry.name, _lead(entry), command, _pictures(entry), found, remarks)


def _lead(entry: Entry) -> str:
    words = heading(entry.best).replace("\n", "; ")
    if entry.is_search or len(entry.results) == 1:
        return f"{words}. File {entry.best_file}."
    return f"{words}; the densest of {len(entry.results)} runs. File {entry.best_file}."


def _runs(entry: Entry) -> str:
    return entry.name if entry.is_search else entry.best_file.name


def _pictures(entry: Entry) -> list[Picture]:
    result, source = entry.course, entry.best_file.name
    final, first = result.final, result.frames[0].configuration
    phi = f"φ = {first.packing_fraction:.4f} to {final.packing_fraction:.4f}"
    shown, states = "First and last state", [final]
    if entry.is_search:
        shown = "Loosest and densest state"
    if entry.is_search or result.kind == "sample":
        before = result.parameters.get("equilibrate", -1)
        states = [frame.configuration for frame in result.frames if frame.cycle > before] or states
    over = f"mean over {len(states)} states" if len(states) > 1 else "of the final state"
    projections = [project(final, zone, SIGMA_NM) for zone in ZONES]
    zones = " and ".join("[" + "".join(map(str, zone)) + "]" for zone in ZONES)
    return [
        picture(
            run_figure(result),
            f"{shown} from the top, coloured by height, and what lies between: {phi}.",
            f"{shown}, and the course between, of {_runs(entry)}.",
        ),
        picture(
            pair_figure(states),
            f"Partial pair-correlation functions g(r) up to 4 σ_L, {over}.",
            f"Partial g(r), {over} of {_runs(entry)}; dotted: contact.",
        ),
        picture(
            zone_figure(projections, SIGMA_NM),
            f"Simulated bright-field projections along {zones} with their Fourier transforms.",
            f"Projections of the cores along {zones} at σ_L = {SIGMA_NM:g} nm, thick is dark, "
            f"above their Fourier transforms (up to 0.25 nm⁻¹, logarithmic); final state of "
            f"{source}.",
            pixels=True,
        ),
    ]
