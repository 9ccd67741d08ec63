"""Jamming of any start configuration, with its certificate kept in a file."""

import math
import time
from pathlib import Path
from typing import Any

import numpy as np

from hsmc.configuration import Configuration
from hsmc.errors import OutputError, SolverError
from hsmc.hdf5 import is_hdf5
from hsmc.jamming import Certificate, JamResult, certify
from hsmc.jamming import jam as drive
from hsmc.neighbors import check_overlap_free, smallest_gap
from hsmc.options import JamOptions
from hsmc.provenance import provenance
from hsmc.results import Arrays, Frame, Result, read_result, write_result
from hsmc.resuming import finished
from hsmc.start import build_start
from hsmc.storage import check_folder, sole_writer


def jam(out: Path | str | None = None, **options: Any) -> Result:
    """Drive a start configuration to strict jamming and certify what is reached.

    Args:
        out: Result file to write; it must be new.
        **options: Fields of ``JamOptions``: ``start``, ``ratio``, ``fit``, ``noise`` ...

    Returns:
        The result: frames are the start and the jammed state, the summary holds the
        certificate, the tables its contacts and forces.

    Raises:
        InputError: An option or the start is not usable.
        OutputError: The file exists.
        OverlapError: Spheres overlap in the start.
        SolverError: The solver failed; what was reached is in the file, labelled so.
        StorageError: The file cannot be written.
    """
    chosen = JamOptions.build(options)
    if out is None:
        return _jam(chosen, None)
    path = Path(out)
    check_folder(path)
    with sole_writer(path):
        if path.exists():
            raise OutputError(_existing(path, chosen))
        return _jam(chosen, path)


def _existing(path: Path, chosen: JamOptions) -> str:
    """Return what is said of a file that is there."""
    if not is_hdf5(path):
        return f"{path} exists; choose another --out, or remove it first"
    if "start" not in chosen.model_fields_set:  # hsmc.jam("run.h5"), so written
        return f"{path} exists, and is what jam would write; to start from it, give start="
    return finished(path, read_result(path), "jam", chosen.model_dump(mode="json"))


def _jam(chosen: JamOptions, out: Path | None) -> Result:
    began = time.process_time()
    start = build_start(chosen).configuration
    check_overlap_free(start, "choose --fit dilate or relax")
    reached = _reached(start, chosen)
    certificate, failure = _certified(reached, chosen.seed)
    final = reached.configuration
    check_overlap_free(final, "this is a bug of hsmc: please report it with the command")
    summary = {
        "packing_fraction": final.packing_fraction,
        "converged": reached.converged,
        "status": reached.status,
        "programs": reached.programs,
        "smallest_gap": smallest_gap(final).gap,
        **({} if certificate is None else certificate_summary(certificate)),
        "cpu_seconds": time.process_time() - began,
    }
    result = Result(
        "jam",
        "finished",
        chosen.model_dump(mode="json"),
        (Frame(0, start), Frame(1, final)),
        {"cycle": np.array([0, 1]), "packing_fraction": _fractions(start, final)},
        summary,
        provenance(),
        tables={} if certificate is None else certificate_tables(certificate),
    )
    if out is not None:
        write_result(out, result)
    if failure or not reached.converged:
        kept = f"; the best state so far is kept in {out}" if out is not None else ""
        message = f"{failure or reached.status}{kept}"
        raise SolverError(message)
    return result


def _reached(start: Configuration, chosen: JamOptions) -> JamResult:
    if chosen.as_is:
        return JamResult(start, 0, True, "certified as it stands")
    return drive(start, noise=chosen.noise, max_programs=chosen.max_programs, seed=chosen.seed)


def _fractions(*configurations: Configuration) -> np.ndarray:
    return np.array([each.packing_fraction for each in configurations])


def _certified(reached: JamResult, seed: int) -> tuple[Certificate | None, str]:
    try:
        return certify(reached.configuration, seed), ""
    except SolverError as error:
        return None, str(error)


def certificate_summary(certificate: Certificate) -> dict[str, Any]:
    """Return the figures of a certificate by name; None for a gap that does not exist."""
    figures = {
        "contacts": len(certificate.contacts),
        "isostatic_count": certificate.isostatic_count,
        "rattlers": len(certificate.rattlers),
        "largest_contact_gap": certificate.largest_contact_gap,
        "smallest_other_gap": certificate.smallest_other_gap,
        "strict_margin": certificate.strict_margin,
        "collective_margin": certificate.collective_margin,
        "threshold": certificate.threshold,
        "flexes": certificate.flexes,
        "smallest_force": certificate.smallest_force,
        "force_residual": certificate.force_residual,
        "pressure_anisotropy": certificate.pressure_anisotropy,
    }
    finite = {name: value if math.isfinite(value) else None for name, value in figures.items()}
    return {"verdict": certificate.verdict, **finite}


def certificate_tables(certificate: Certificate) -> Arrays:
    """Return contacts, their forces and the rattlers as arrays by name."""
    contacts = certificate.contacts
    return {
        "contact_pairs": np.column_stack([contacts.i, contacts.j]),
        "contact_images": contacts.image,
        "contact_forces": certificate.forces,
        "rattlers": certificate.rattlers,
    }
