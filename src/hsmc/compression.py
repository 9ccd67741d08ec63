"""NPT compression of hard spheres."""

from pathlib import Path
from typing import Any

from hsmc.driver import Phase, run_phases
from hsmc.monitor import Monitor, Progress
from hsmc.options import CompressOptions
from hsmc.results import Result
from hsmc.sampling import pressure_estimates
from hsmc.schedule import PressureRamp


def compress(
    out: Path | str | None = None, monitor: Monitor[Progress] | None = None, **options: Any
) -> Result:
    """Compress hard spheres in the isothermal-isobaric ensemble under a pressure ramp.

    Args:
        out: Result file to write; an unfinished one of the same options is resumed.
        monitor: Who watches the run and may stop it.
        **options: Fields of ``CompressOptions``: ``ratio``, ``start``, ``pressure`` ...

    Returns:
        The result; its ``final`` is the compressed configuration.

    Raises:
        InputError: An option or the start is not usable.
        OutputError: The file exists and is not to be resumed.
        OverlapError: Spheres overlap in the start.
        StorageError: The file cannot be written.
    """
    chosen = CompressOptions.build(options)
    ramp = PressureRamp(
        final=chosen.pressure,
        cycles=chosen.cycles,
        start=min(chosen.ramp_start, chosen.pressure),
        shape=chosen.ramp,
        fraction=chosen.ramp_fraction,
        power=chosen.ramp_power,
    )
    phases = [Phase("compress", chosen.cycles, tuning=True, ramp=ramp)]
    path = None if out is None else Path(out)
    return run_phases("compress", chosen, phases, chosen.frames, _estimates, path, monitor)


def _estimates(result: Result) -> dict[str, Any]:
    """Return the pressure that event chains measured in a fixed box, over the second half."""
    half = result.series["cycle"][-1] // 2
    measured = pressure_estimates(result, result.series["cycle"] > half)
    return {**measured, "averaged_from": int(half)} if measured else {}
