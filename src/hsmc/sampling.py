"""Sampling at a fixed pressure."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hsmc.analysis.statistics import estimate_mean
from hsmc.driver import Phase, run_phases
from hsmc.monitor import Monitor, Progress
from hsmc.options import SampleOptions
from hsmc.results import Result
from hsmc.schedule import PressureRamp


def sample(
    out: Path | str | None = None, monitor: Monitor[Progress] | None = None, **options: Any
) -> Result:
    """Equilibrate, tune, freeze the steps and sample hard spheres at one pressure.

    Args:
        out: Result file to write; an unfinished one of the same options is resumed.
        monitor: Who watches the run and may stop it.
        **options: Fields of ``SampleOptions``: ``ratio``, ``start``, ``pressure`` ...

    Returns:
        The result; its summary holds the mean packing fraction, its standard error and the
        effective number of samples; of a fixed box, the pressure if event chains measure it.

    Raises:
        InputError: An option or the start is not usable.
        OutputError: The file exists and is not to be resumed.
        OverlapError: Spheres overlap in the start.
        StorageError: The file cannot be written.
    """
    chosen = SampleOptions.build(options)
    ramp = PressureRamp(final=chosen.pressure, cycles=1, shape="none")
    tuning = (chosen.equilibrate + 1) // 2
    phases = [
        Phase("tune", tuning, tuning=True, ramp=ramp),
        Phase("equilibrate", chosen.equilibrate - tuning, tuning=False, ramp=ramp),
        Phase("sample", chosen.cycles, tuning=False, ramp=ramp, every=chosen.every),
    ]
    path = None if out is None else Path(out)
    return run_phases("sample", chosen, phases, chosen.frames, _estimates, path, monitor)


def _estimates(result: Result) -> dict[str, Any]:
    """Return means over the sampled cycles, with their errors: of what is not given."""
    cycles = result.series["cycle"] - result.parameters["equilibrate"]
    if result.parameters["box"] == "fixed":
        return pressure_estimates(result, cycles > 0)
    estimate = estimate_mean(result.series["packing_fraction"][cycles > 0])
    return {
        "mean_packing_fraction": estimate.mean,
        "standard_error": estimate.standard_error,
        "effective_samples": estimate.effective_samples,
        "reliable": estimate.reliable,
    }


def pressure_estimates(result: Result, sampled: NDArray[np.bool_]) -> dict[str, Any]:
    """Return βPσ_L³ as event chains measured it, where they hit something, over two rows at least.

    Without a collision there is the ideal gas in every row, with no error: nothing was measured.

    Args:
        result: Of any run.
        sampled: Which rows of its series count; shape (S,).
    """
    series = result.series
    if "measured_pressure" not in series or np.count_nonzero(sampled) < 2:  # one has no error
        return {}
    if not np.isfinite(series["mean_free_path"][sampled]).any():
        return {}
    estimate = estimate_mean(series["measured_pressure"][sampled])
    return {
        "mean_pressure": estimate.mean,
        "pressure_standard_error": estimate.standard_error,
        "pressure_reliable": estimate.reliable,
    }
