"""How runs were made, beside how the paper made its own: words for a report."""

from collections.abc import Mapping
from typing import Any

from hsmc.checked_options import shown
from hsmc.options import FLOPPY_PROTOCOLS, PROTOCOLS
from hsmc.report import paper
from hsmc.report.entry import Entry

DEFAULT_BOX = "isotropic"


def of_compression(entry: Entry) -> str:
    """Return what of a compression is the paper's, and what differs."""
    parameters = entry.best.parameters
    protocol = str(parameters.get("protocol", "default"))
    same_ratio = entry.ratio == paper.COMPRESSED_RATIO
    if protocol == "paper":
        words = "the paper's protocol"
        differing = departures(parameters, {**PROTOCOLS["paper"], "packing": None})
    else:
        words, box = f"protocol {protocol}", parameters.get("box", DEFAULT_BOX)
        differing = [] if box == DEFAULT_BOX else [f"box {box}"]
    if protocol == "paper" and same_ratio and not differing:
        return "the paper's protocol and ratio"
    joined = ", ".join(differing)
    if joined:
        words += f" but for {joined}" if protocol == "paper" else f", {joined}"
    if same_ratio:
        return f"{words}; γ = {entry.ratio:.4g}, as in the paper"
    return f"{words}; γ = {entry.ratio:.4g}, the paper had γ = {paper.COMPRESSED_RATIO}"


def of_searches(entries: list[Entry], protocol: str) -> str:
    """Return the name of the protocol of searches, and what any of them does otherwise."""
    preset = FLOPPY_PROTOCOLS.get(protocol, {})
    found = [departures(entry.best.parameters, preset) for entry in entries]
    differing = dict.fromkeys(word for words in found for word in words)
    return protocol + (f" but for {', '.join(differing)}" if differing else "")


def departures(parameters: Mapping[str, Any], preset: Mapping[str, Any]) -> list[str]:
    """Name the parameters that differ from what a protocol sets.

    Args:
        parameters: Of a result; what is not among them was not known when it was made.
        preset: What the protocol sets.
    """
    differing = {
        name: parameters[name]
        for name, value in preset.items()
        if name in parameters and _plain(parameters[name]) != _plain(value)
    }
    return [
        f"no {name}" if value is None else f"{name.replace('_', ' ')} {shown(value)}"
        for name, value in differing.items()
    ]


def _plain(value: Any) -> Any:
    """Return a value as it compares: result files hold lists for tuples, names in any case."""
    if isinstance(value, str):
        return value.lower()
    return tuple(value) if isinstance(value, list | tuple) else value
