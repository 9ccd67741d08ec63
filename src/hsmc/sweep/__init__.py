"""Parameter studies: a grid of state points as tasks, spread over processes by Dask."""

from hsmc.sweep.engine import run_study
from hsmc.sweep.study import Study, read_study

__all__ = ["Study", "read_study", "run_study"]
