"""A job script for SLURM: an array of which each job takes its share of a study."""

import math
import shlex
from pathlib import Path

JOB_CORES = 4
"""Cores of a job in the script, to be edited."""

MOST_JOBS = 100
"""Jobs of an array, at most, in the script."""

SCRIPT = """\
#!/bin/bash
#SBATCH --job-name={name}
#SBATCH --array=1-{jobs}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={cores}
#SBATCH --time=02:00:00
#SBATCH --signal=B:TERM@60
#SBATCH --output={name}-%A-%a.log

# {tasks} tasks, about {hours:.2g} CPU hours in all. Jobs may be lost, requeued or submitted again:
# what is done stays done. At the time limit checkpoints are kept; submit again to go on.
# Edit the lines above at will: the share of a job follows from --array=1-N.

exec {command} --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \\
  --workers "$SLURM_CPUS_PER_TASK"
"""


def slurm_script(study: Path, results: Path, tasks: int, cpu_seconds: float) -> str:
    """Return a SLURM array script that runs a study.

    Args:
        study: The study file, absolute.
        results: Folder of its results, absolute.
        tasks: Number of its tasks.
        cpu_seconds: Estimated CPU time of all of them.
    """
    hours = cpu_seconds / 3600.0
    jobs = max(1, min(MOST_JOBS, tasks, math.ceil(hours / JOB_CORES)))
    command = shlex.join(["hsmc", "sweep", str(study), "--results", str(results)])
    return SCRIPT.format(
        name=f"hsmc-{study.stem}",
        jobs=jobs,
        cores=JOB_CORES,
        tasks=tasks,
        hours=hours,
        command=command,
    )
