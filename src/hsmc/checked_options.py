"""Options that are checked in one place, each fault in one line that names it."""

import difflib
import itertools
import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from hsmc.errors import InputError
from hsmc.mixture import check_size_ratio

LONGEST = 60
"""Characters of a value that a message shows."""


class Options(BaseModel):
    """Options that are checked as a whole, each fault in one line."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("ratio", mode="before", check_fields=False)
    @classmethod
    def _check_ratio(cls, ratio: object) -> object:
        number = number_in(ratio)
        if number is not None:
            check_size_ratio(number)
        return ratio

    @classmethod
    def build(cls, given: Mapping[str, Any]) -> Self:
        """Check options given by name and fill in the rest.

        Raises:
            InputError: An option is unknown or its value not usable; the message names it.
        """
        try:
            return cls.model_validate(dict(given))
        except ValidationError as error:
            raise InputError(_one_line(error, given, list(cls.model_fields))) from None


def read_config(path: Path, what: str = "config") -> dict[str, Any]:
    """Read options from a TOML file; dashes in names count as underscores.

    Args:
        path: The file.
        what: What it is, for messages.

    Raises:
        InputError: The file is missing or no TOML.
    """
    try:
        text = path.read_text(encoding="utf-8")
        given = tomllib.loads(text)
    except FileNotFoundError:
        message = f"{what} {path} does not exist; give a TOML file"
        raise InputError(message) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"{what} {path} is not readable TOML: {error}"
        raise InputError(message) from None
    return {name.replace("-", "_"): value for name, value in given.items()}


def check_hours(hours: object) -> float:
    """Return a time limit in hours.

    Raises:
        InputError: It is no number > 0.
    """
    number = number_in(hours)
    if number is None or not 0.0 < number < math.inf:
        message = f"max-hours is {hours}, needs to be a number > 0"
        raise InputError(message)
    return number


def differences(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Name the options in which two sets differ, for a message."""
    parts = [
        f"{name} is {_told(stored.get(name))} there, {_told(wanted[name])} here"
        for name in wanted
        if stored.get(name) != wanted[name]
    ]
    return ", ".join(parts)


def _told(value: object) -> str:
    return "not given" if value is None else shown(value)


def number_in(value: object) -> float | None:
    """Return what is a number or reads as one; None if it does not."""
    try:
        return float(value) if isinstance(value, float | int | str) else None
    except ValueError:
        return None


def _one_line(error: ValidationError, given: Mapping[str, Any], known: list[str]) -> str:
    fault = error.errors(include_url=False)[0]
    name = str(fault["loc"][0])
    if fault["type"] == "extra_forbidden":
        near = nearest_name(name, known)
        hint = f"did you mean {near}?" if near else f"known are {', '.join(known)}"
        return f"unknown option {name}; {hint}"
    need = fault["msg"].replace("Input should be", "needs to be")
    if fault["type"] == "missing":  # of a tuple, as no option is required
        need = "needs more numbers"
    return f"{name} is {shown(given[name])}, {need[0].lower()}{need[1:]}"


def nearest_name(name: str, known: Sequence[str]) -> str:
    """Return the known name that may be meant, of near ones that which begins alike; or ""."""
    near = difflib.get_close_matches(name, known, n=len(known))
    return max(near, key=lambda other: _alike_at_first(name, other), default="")


def _alike_at_first(one: str, other: str) -> int:
    """Return how many letters two names share before they differ."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def shown(value: object) -> str:
    """Return a value as the user may have written it, the start of it if it is long."""
    words = " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return (words if len(words) <= LONGEST else f"{words[:LONGEST]}…") or "empty"
