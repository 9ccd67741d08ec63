"""One self-contained HTML page of results: what they are, beside the paper, and in 3D."""

import json
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from hsmc.analysis.comparison import check_null
from hsmc.errors import InputError
from hsmc.provenance import provenance
from hsmc.report import tables
from hsmc.report.material import Material, read_material
from hsmc.report.sections import paper_pictures, section_of
from hsmc.report.viewer import left_out, viewer_states
from hsmc.storage import check_new, write_whole

EXTENSIONS = (".html", ".htm")

Progress = Callable[[int, int], None]


def write_report(
    sources: Sequence[Path | str] | Path | str,
    out: Path | str,
    *,
    detail: int = 2,
    null: int = 20,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Write a report on results and studies.

    Args:
        sources: Result files, study files (TOML), or folders of studies' results; one, or several.
        out: The page to write, .html.
        detail: Results that are shown in full, the densest first.
        null: Random starts by which each of them is judged, 0 for none.
        overwrite: Replace an existing page.
        progress: Is told how many parts are done, and of how many.

    Returns:
        The page's path.

    Raises:
        InputError: A source is not readable or has no results, or the extension is wrong.
        OutputError: The page exists and may not be overwritten, or its folder is missing.
        StorageError: A file cannot be read or written.
    """
    target = Path(out)
    if target.suffix.lower() not in EXTENSIONS:
        message = f"report {target} has extension {target.suffix!r}, needs .html"
        raise InputError(message)
    check_new(target, overwrite=overwrite)
    check_null(null)
    listed = [sources] if isinstance(sources, Path | str) else sources
    material = read_material([Path(source) for source in listed])
    write_whole(target, _page(material, detail, null, progress or _silent).encode())
    return target


def _page(material: Material, detail: int, null: int, progress: Progress) -> str:
    from jinja2 import Environment, StrictUndefined

    chosen = material.densest(detail)
    progress(0, len(chosen) + 1)
    figures = paper_pictures(material)
    progress(1, len(chosen) + 1)
    sections = []
    for entry in chosen:
        sections.append(section_of(entry, null))
        progress(len(sections) + 1, len(chosen) + 1)
    states = viewer_states(material.entries)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(_asset("page.html")).render(
        title=_title(material),
        lead=_lead(material),
        notes=material.notes,
        provenance=provenance(),
        overview=tables.overview(material.entries),
        beside_paper=tables.beside_paper(material.entries),
        figures=figures,
        sections=sections,
        origins=tables.origins(material.entries),
        parameters=[(entry.name, tables.parameters(entry)) for entry in material.entries],
        view_notes=left_out(material.entries),
        states=[state["name"] for state in states],
        states_json=_markup(_json(states)),
        css=_markup(_asset("page.css")),
        library=_markup(_asset("3Dmol-min.js")),
        viewer=_markup(_asset("viewer.js")),
        licence=_asset("3Dmol-LICENSE.txt"),
    )


def _title(material: Material) -> str:
    names = [study.file.path.stem for study in material.studies] or [
        e.name for e in material.entries
    ]
    shown = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    return f"Hard-sphere packings: {shown}"


def _lead(material: Material) -> str:
    runs = sum(len(entry.packing_fractions) for entry in material.entries)
    best = material.densest(1)[0]
    return (
        f"{runs} {'run' if runs == 1 else 'runs'} in {len(material.entries)} "
        f"{'result' if len(material.entries) == 1 else 'results'}; the densest state has "
        f"φ = {best.best.final.packing_fraction:.5f} ({best.name})."
    )


def _json(states: Any) -> str:
    """Return JSON that may stand inside a script element, whatever names files have."""
    return json.dumps(states).replace("<", "\\u003c")


def _markup(text: str) -> Any:
    """Mark a text of our own as not to be escaped."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704


def _asset(name: str) -> str:
    return (files("hsmc.report") / "assets" / name).read_text(encoding="utf-8")


def _silent(done: int, count: int) -> None:
    """Tell nobody."""
