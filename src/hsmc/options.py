"""Options of each command: for the command line, TOML files and Python alike."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from hsmc.checked_options import Options, shown
from hsmc.ensemble import Axes, BoxMode, Motion
from hsmc.errors import InputError
from hsmc.schedule import RampShape

Fit = Literal["dilate", "stretch", "relax", "none"]
BoxMoves = Literal["heat-bath", "metropolis"]
Protocol = Literal["default", "paper"]
Count = Annotated[int, Field(ge=1)]
Direction = tuple[int, int, int]

PROTOCOLS: dict[str, dict[str, Any]] = {
    "default": {},
    # The paper's own run (Boneschanscher et al. 2013, Supporting Information V): fixed here,
    # whatever becomes the default.
    "paper": {
        "start": "a6b19-measured",
        "replicate": (1, 1, 1),
        "fit": "dilate",
        "box": "isotropic",
        "moves": "local",
        "box_moves": "metropolis",
        "pressure": 1e6,
        "cycles": 300_000,
        "ramp": "geometric",
        "ramp_start": 10.0,
        "ramp_fraction": 0.9,
    },
}


FLOPPY_PROTOCOLS: dict[str, dict[str, Any]] = {
    # Filion et al. 2009 and de Graaf et al. 2012: ramp from 2 to 1e5 as (t/T)^g.
    "paper": {"moves": "local", "cycles": 20_000, "ramp_start": 2.0, "pressure": 1e5},
}


class StartOptions(Options):
    """What every start configuration needs.

    Attributes:
        ratio: Size ratio γ = σ_S/σ_L; None takes that of the start file, else 0.695.
        start: Name of a crystal, "fluid", or a file (result, CIF, POSCAR, extended XYZ, GSD).
        large: Label of the large species in a file of another format.
        composition: Numbers of large and small spheres of a fluid; None: 96 and 304.
        replicate: Copies of the start along each box vector; None: 2 2 4 for a6b19, else 1 1 1.
        fit: What to do about overlaps; None: none for result files and fluids, else dilate.
        packing: Packing fraction to start from; None: 0.3 for fluids, else as the fit leaves it.
        seed: Root seed.
    """

    ratio: float | None = None
    start: str = "a6b19"
    large: str | None = None
    composition: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]] | None = None
    replicate: tuple[Count, Count, Count] | None = None
    fit: Fit | None = None
    packing: Annotated[float, Field(gt=0.0, lt=1.0)] | None = None
    seed: Annotated[int, Field(ge=0)] = 1


class RunOptions(StartOptions):
    """What every Monte Carlo run needs.

    Attributes:
        box: Which elements of the box move.
        axes: Cartesian axes along which spheres move.
        moves: How spheres move: local, trial moves of single ones; chain or newtonian, event
            chains.
        box_moves: How box moves are made.
        pressure: βPσ_L³ (at the end of a compression); a fixed box has none.
        threads: Threads that move more than 4096 spheres (local moves) or 32 768 (event chains);
            no number depends on it.
    """

    box: BoxMode = "isotropic"
    axes: Axes = "xyz"
    moves: Motion = "local"
    box_moves: BoxMoves = "heat-bath"
    pressure: Annotated[float, Field(gt=0.0)] = 1e6
    threads: Count = 1


def _check_imposed(given: Mapping[str, Any], *names: str) -> None:
    """Refuse what is said of a pressure and would be ignored; what a protocol sets may be."""
    if given.get("box") != "fixed":
        return
    for name in names:
        if given.get(name) not in (None, "none"):  # no ramp is what a fixed box has
            message = (
                f"{name} is {shown(given[name])}, but box is fixed, so no pressure is imposed; "
                "leave it out, or choose another --box"
            )
            raise InputError(message)


class CompressOptions(RunOptions):
    """Options of a compression.

    Attributes:
        protocol: "paper" repeats the paper's own run; "default" is ours.
        moves: As in ``RunOptions``; newtonian ones compress best.
        cycles: Length of the run; a cycle is N trials, or collisions, and a box move.
        ramp: Law of the pressure's rise.
        ramp_start: βPσ_L³ at the first cycle.
        ramp_fraction: Part of the run that the rise takes.
        ramp_power: Exponent of the power law.
        frames: Configurations stored on the way, besides the first and the last.
    """

    protocol: Protocol = "default"
    moves: Motion = "newtonian"
    cycles: Count = 30_000
    ramp: RampShape = "geometric"
    ramp_start: Annotated[float, Field(gt=0.0)] = 10.0
    ramp_fraction: Annotated[float, Field(gt=0.0, le=1.0)] = 0.9
    ramp_power: Annotated[float, Field(gt=0.0)] = 6.0
    frames: Annotated[int, Field(ge=0, le=10_000)] = 100

    @classmethod
    def build(cls, given: Mapping[str, Any]) -> Self:
        """Check options given by name; what the protocol sets gives way to what is given."""
        _check_imposed(given, "pressure", "ramp", "ramp_start", "ramp_fraction", "ramp_power")
        preset = PROTOCOLS.get(str(given.get("protocol", "default")), {})
        return super().build({**preset, **given})


class SampleOptions(RunOptions):
    """Options of sampling at a fixed pressure.

    Attributes:
        equilibrate: Cycles before sampling; steps are tuned in the first half, then frozen.
        cycles: Cycles that are sampled.
        every: Cycles averaged into one stored value; a divisor of ``cycles``.
        frames: Configurations stored on the way, besides the first and the last.
    """

    pressure: Annotated[float, Field(gt=0.0)] = 10.0
    equilibrate: Count = 20_000
    cycles: Count = 100_000
    every: Count = 10
    frames: Annotated[int, Field(ge=0, le=10_000)] = 100

    @classmethod
    def build(cls, given: Mapping[str, Any]) -> Self:
        """Check options given by name and fill in the rest."""
        _check_imposed(given, "pressure")
        return super().build(given)

    @model_validator(mode="after")
    def _check_every(self) -> Self:
        if self.cycles % self.every or self.cycles < 2 * self.every:
            message = (
                f"cycles is {self.cycles}, needs to be twice, three times ... every, which is "
                f"{self.every}"
            )
            raise InputError(message)
        return self


class FloppyOptions(Options):
    """Options of a floppy-box search.

    Attributes:
        ratio: Size ratio γ = σ_S/σ_L; None takes that of the start file, else 0.695.
        large: Number of large spheres.
        small: Number of small spheres.
        runs: Number of independent runs.
        first_run: Number of the first of them; a run's random numbers depend on its number.
        start: "random", or a crystal or file (result, CIF, POSCAR, extended XYZ, GSD) that has
            these numbers of spheres; it is scaled until nothing overlaps.
        protocol: "paper" is the published one (Metropolis moves, power ramps).
        moves: How spheres move, as in ``RunOptions``.
        cycles: Length of the compression of a run.
        ramp_start: βPσ_L³ at its first cycle.
        pressure: βPσ_L³ at its end.
        jam: Drive to strict jamming and certify.
        seed: Root seed.
    """

    ratio: float | None = None
    large: Annotated[int, Field(ge=0)] = 6
    small: Annotated[int, Field(ge=0)] = 19
    runs: Count = 100
    first_run: Annotated[int, Field(ge=0)] = 0
    start: str = "random"
    protocol: Protocol = "default"
    moves: Motion = "newtonian"
    cycles: Count = 60_000
    ramp_start: Annotated[float, Field(gt=0.0)] = 20.0
    pressure: Annotated[float, Field(gt=0.0)] = 200.0
    jam: bool = True
    seed: Annotated[int, Field(ge=0)] = 1

    @model_validator(mode="after")
    def _check_numbers(self) -> Self:
        if self.large + self.small == 0:
            message = "large is 0 and small is 0; at least one sphere is needed"
            raise InputError(message)
        return self

    @classmethod
    def build(cls, given: Mapping[str, Any]) -> Self:
        """Check options given by name; what the protocol sets gives way to what is given."""
        preset = FLOPPY_PROTOCOLS.get(str(given.get("protocol", "default")), {})
        return super().build({**preset, **given})


class JamOptions(StartOptions):
    """Options of jamming.

    Attributes:
        noise: Standard deviation of random displacements (in σ_L) and strains applied first;
            about 1e-3 frees a crystal that is stationary by symmetry alone.
        max_programs: Linear programs to solve at most.
        as_is: Certify the start as it stands, without moving a sphere.
    """

    noise: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    max_programs: Count = 1000
    as_is: bool = False


class AnalyzeOptions(Options):
    """Options of an analysis.

    Attributes:
        ratio: Size ratio γ = σ_S/σ_L of a crystal, or of a file that gives no sizes.
        large: Label of the large species in a file of another format.
        sigma_nm: The length σ_L, in nm; sizes with ligands and of cores are known at 9.4 only.
        unit_nm: Length unit of a file that gives no sizes, in nm; None: 0.1, the Å of CIF.
        r_max: Largest distance of g(r), in σ_L.
        k_max: Largest wave number of S(k), in 1/σ_L.
        gap: Relative gap of contacts; None: 1e-6 for jam and floppy results, else 1e-4.
        zones: Zone axes of simulated projections, u, v, w in vectors of the box.
        normal: Direction to which the normal of kagome layers is compared, in the Cartesian
            axes of the box (a along x, b in xy).
    """

    ratio: float | None = None
    large: str | None = None
    sigma_nm: Annotated[float, Field(gt=0.0)] = 9.4
    unit_nm: Annotated[float, Field(gt=0.0)] | None = None
    r_max: Annotated[float, Field(gt=0.0, le=100.0)] = 4.0
    k_max: Annotated[float, Field(gt=0.0, le=200.0)] = 20.0
    gap: Annotated[float, Field(ge=0.0, lt=1.0)] | None = None
    zones: tuple[Direction, ...] = ((0, 0, 1),)
    normal: tuple[float, float, float] = (0.0, 0.0, 1.0)

    @field_validator("zones", mode="before")
    @classmethod
    def _read_zones(cls, zones: object) -> object:
        return (
            [_whole_numbers(zone) for zone in zones] if isinstance(zones, list | tuple) else zones
        )

    @model_validator(mode="after")
    def _check_directions(self) -> Self:
        for name, direction in (*(("zone", zone) for zone in self.zones), ("normal", self.normal)):
            if not any(direction):
                message = f"{name} is {shown(direction)}, needs a direction: not all 0"
                raise InputError(message)
        return self


def _whole_numbers(text: object) -> object:
    """Return "0 0 1", "0,0,1", "001" or "1-10" as three whole numbers, anything else as it is."""
    if not isinstance(text, str):
        return text
    words = text.replace(",", " ").split()
    if len(words) == 1:
        words = re.findall(r"-?\d", text)
    if len(words) != 3 or not re.fullmatch(r"[-\d\s,]+", text.strip()):
        message = f"zone is {text!r}, needs three whole numbers such as 0 0 1"
        raise InputError(message)
    return words
