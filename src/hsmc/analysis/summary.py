"""An analysis in one screen."""

import math
from collections.abc import Iterator

from hsmc.analysis.analysis_file import Analysis
from hsmc.analysis.coordination import ENDS
from hsmc.analysis.packing import CORES, EFFECTIVE
from hsmc.analysis.pair_correlation import PAIRS
from hsmc.analysis.statistics import MeanEstimate

WIDTH, COLUMN = 30, 20
"""Widths of the first and of all other columns."""

SPHERES = {
    "voronoi_volume": "Voronoi volume, σ_L³",
    "q4": "q4",
    "q6": "q6",
    "w6": "w6",
    "solid": "solid-like, part",
    "rattler": "rattlers, part",
}

ENDED = {"facet_neighbors": "neighbours by facet", "contacts": "contacts"}


def table(analysis: Analysis) -> list[str]:
    """Return the lines of a table: facts, means ± standard errors, kagome layers."""
    return [line.rstrip() for part in (_head, _spheres, _pairs, _kagome) for line in part(analysis)]


def with_error(estimate: MeanEstimate | None) -> str:
    """Return a mean and its standard error to two digits of that, or four digits without one."""
    if estimate is None:
        return "–"
    mean, error = estimate.mean, estimate.standard_error
    if not math.isfinite(error) or error == 0.0:
        return f"{mean:.4f}"
    decimals = max(0, 1 - math.floor(math.log10(error)))
    return f"{mean:.{decimals}f} ± {error:.{decimals}f}"


def _head(analysis: Analysis) -> Iterator[str]:
    facts, sigma = analysis.facts, analysis.parameters["sigma_nm"]
    made = analysis.kind if analysis.kind in ("crystal", "structure") else f"hsmc {analysis.kind}"
    count = len(analysis.cycles)
    states = f"mean of {count} states" if count > 1 else "one state"
    yield f"{analysis.source} ({made}): {facts['large']} large + {facts['small']} small, {states}"
    edges = " ".join(f"{edge:.4f}" for edge in facts["edges"])
    angles = " ".join(f"{angle:.2f}" for angle in facts["box_angles"])
    yield f"box {edges} σ_L, angles {angles}°, {facts['volume_nm3']:.4g} nm³ at σ_L = {sigma:g} nm"
    yield ""
    names = {
        "packing_fraction": f"hard spheres, γ = {facts['ratio']:.4g}",
        "packing_fraction_effective": f"effective, {EFFECTIVE.large:g} and {EFFECTIVE.small:g} nm",
        "packing_fraction_cores": f"cores, {CORES.large:g} and {CORES.small:g} nm",
    }
    yield "packing fraction"
    for name, words in names.items():
        if name in analysis.scalars:
            mean = with_error(analysis.scalars[name])
            yield f"  {words:<{WIDTH - 2}}{mean}{_samples(analysis, name)}"
    if "packing_fraction_cores" not in analysis.scalars:
        words = f"those of the paper have σ_L = {EFFECTIVE.large:g} nm"
        yield f"  {'effective, cores':<{WIDTH - 2}}sizes not known: {words}"


def _samples(analysis: Analysis, name: str) -> str:
    """Return the number of independent samples behind a mean of several states."""
    estimate = analysis.scalars.get(name)
    if estimate is None or len(analysis.cycles) == 1:
        return ""
    doubt = "" if estimate.reliable else ", too few to be sure"
    return f"   ({estimate.effective_samples:.0f} independent samples{doubt})"


def _spheres(analysis: Analysis) -> Iterator[str]:
    yield ""
    yield f"{'':<{WIDTH}}{'large':<{COLUMN}}small"
    for name, words in SPHERES.items():
        if name == "rattler" and _none_held(analysis):
            yield (
                f"{words:<{WIDTH}}not known: no sphere is held by contacts of gap ≤ "
                f"{analysis.parameters['gap']:g}; give a larger --gap, or jam it first"
            )
            continue
        cells = [analysis.scalars.get(f"{name}_{species}") for species in ("large", "small")]
        yield f"{words:<{WIDTH}}" + "".join(f"{with_error(cell):<{COLUMN}}" for cell in cells)


def _none_held(analysis: Analysis) -> bool:
    """Tell whether all spheres count as rattlers, as in any state that is not jammed."""
    found = [analysis.scalars.get(f"rattler_{species}") for species in ("large", "small")]
    return all(estimate is None or estimate.mean == 1.0 for estimate in found)


def _pairs(analysis: Analysis) -> Iterator[str]:
    yield ""
    yield f"{'':<{WIDTH}}" + "".join(f"{end[0] + '–' + end[1]:<{COLUMN}}" for end in ENDS)
    for name, words in ENDED.items():
        cells = [analysis.scalars.get(f"{name}_{end}") for end in ENDS]
        if name == "contacts":
            words = f"{words}, gap ≤ {analysis.parameters['gap']:g}"
        yield f"{words:<{WIDTH}}" + "".join(f"{with_error(cell):<{COLUMN}}" for cell in cells)
    if len(analysis.cycles) > 1:  # of one state it is noise, or a crystal's delta functions
        cells = [analysis.scalars.get(f"g_contact_{pair}") for pair in PAIRS]
        shown = dict(zip(("LL", "LS", "SS"), map(with_error, cells), strict=True))
        row = [shown.get(end, "") for end in ENDS]
        yield f"{'g(r) at contact':<{WIDTH}}" + "".join(f"{cell:<{COLUMN}}" for cell in row)
    overlaps = analysis.scalars["overlaps"].mean
    if overlaps > 0.0:
        yield f"{overlaps:g} pairs overlap"


def _kagome(analysis: Analysis) -> Iterator[str]:
    yield ""
    kagome = analysis.facts.get("kagome")
    if kagome is None:
        yield "large spheres lie on no layers"
        return
    planes = " ".join(map(str, kagome["planes"]))
    words = "layers of large spheres" if len(analysis.cycles) == 1 else "layers in the last state"
    yield (
        f"{words:<{WIDTH}}{kagome['layers']} on planes ({planes}), "
        f"{kagome['spacing']:.4f} σ_L apart, order {kagome['order']:.3f}"
    )
    normal = " ".join(f"{x:g}" for x in analysis.parameters["normal"])
    yield f"{'their normal':<{WIDTH}}{kagome['angle_to_normal']:.1f}° from {normal}"
    yield f"{'at 3.6.3.6 vertices, part':<{WIDTH}}{kagome['vertices']:.3f}"
    if not kagome["is_kagome"]:
        yield "so these are no kagome layers"
        return
    yield from _stacking(analysis)


def _stacking(analysis: Analysis) -> Iterator[str]:
    kagome, sigma = analysis.facts["kagome"], analysis.parameters["sigma_nm"]
    yield f"{'kagome lattice constants':<{WIDTH}}{_lengths(kagome['lattice_constants'], sigma)}"
    for size in ("small", "large"):
        words = f"edges of {size} triangles"
        yield f"{words:<{WIDTH}}{_lengths(kagome[f'{size}_triangles'], sigma)}"
    turns = sorted({"undefined" if turn is None else f"{turn:.1f}°" for turn in kagome["turns"]})
    yield f"{'turns from layer to layer':<{WIDTH}}{', '.join(turns)}"
    yield f"{'shifts':<{WIDTH}}{_lengths(kagome['shift_lengths'], sigma)}"
    yield f"{'tilt of the stack':<{WIDTH}}{kagome['tilt']:.1f}°"
    faults = ", ".join(f"above layer {k + 1}" for k in kagome["faults"])
    yield f"{'stacking faults':<{WIDTH}}{faults or 'none'}"


def _lengths(lengths: list[float | None], sigma: float) -> str:
    """Return different lengths in σ_L and nm, each once."""
    texts = [
        "none" if length is None else f"{length:.3f} σ_L ({length * sigma:.2f} nm)"
        for length in lengths
    ]
    return ", ".join(dict.fromkeys(texts))
