"""Named errors. A message says what was found, what is needed and what to do."""


class HsmcError(Exception):
    """A mistake in what the user gave: one clear line, exit code 2."""


class InputError(HsmcError):
    """A parameter, a file or a configuration is not usable as it is."""


class OverlapError(HsmcError):
    """Hard spheres overlap where they must not.

    Attributes:
        pair: Indices of the two spheres (equal for a sphere and its own image).
        distance: Their centre-to-centre distance, in σ_L.
        contact: The distance at which they would touch, in σ_L.
    """

    def __init__(self, i: int, j: int, distance: float, contact: float, remedy: str) -> None:
        self.pair, self.distance, self.contact = (i, j), distance, contact
        who = f"spheres {i} and {j} overlap" if i != j else f"sphere {i} overlaps its own image"
        super().__init__(
            f"{who}: {distance:.6g} apart, contact at {contact:.6g} "
            f"(short by {contact - distance:.2g}; lengths in σ_L); {remedy}"
        )


class OutputError(HsmcError):
    """An output exists, is in use, or belongs to another run."""


class StorageError(HsmcError):
    """Reading or writing failed, a full disk included: exit code 74; earlier files are intact."""


class SolverError(HsmcError):
    """A linear program could not be solved; the best state so far is kept. Exit code 1."""
