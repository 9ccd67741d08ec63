"""What a user is told while the kernels compile."""

from hsmc.kernels.jit import CACHE
from hsmc.kernels.run import run_block

COMPILING = "compiling the kernels: about half a minute, once for this version on this machine"


def compiling_note() -> str:
    """Return a line for the user if the next run has to compile first, else an empty string.

    It looks for the file that Numba writes last, with the code that calls all the rest. A cache
    shared with a machine of another kind has one, too: there the line is missing.
    """
    name = run_block.__module__.rpartition(".")[2]
    written = CACHE.glob(f"*/{name}.{run_block.__name__}-*.nbi")
    return "" if any(written) else COMPILING
