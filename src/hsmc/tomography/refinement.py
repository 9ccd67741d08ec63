"""Particles make the series better, and the series the particles, in turn.

Particles serve as markers, so images are laid on them. And they tell what the images hold beyond
line integrals (see ``wave_optics``), which is taken away, as much of it as the images show.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hsmc.tomography.alignment import residual
from hsmc.tomography.detection import Detected, Detector
from hsmc.tomography.detection_options import DetectionOptions
from hsmc.tomography.fitting import Fit, improve
from hsmc.tomography.lens import Lens, undo_sign_changes
from hsmc.tomography.matched_filter import Spectrum
from hsmc.tomography.model_alignment import align_to_particles
from hsmc.tomography.reconstruction import reconstruct
from hsmc.tomography.search import BRIGHTEST, typical_densities
from hsmc.tomography.series import Single
from hsmc.tomography.wave_optics import beyond_linear
from hsmc.tomography.workflow import Progress, Reconstruction, ReconstructionOptions, rebuild

CORRECTIONS = 2
"""Times that a bright field's contrast beyond line integrals is taken away, at least."""

STEPS = 2
"""Gauss-Newton steps from one volume to another that is little different."""

LARGEST_SHARE = 5.0
"""Of the computed contrast that is taken away."""


def detect_again(
    made: Reconstruction,
    reconstruction: ReconstructionOptions,
    options: DetectionOptions,
    passes: int,
    progress: Progress,
    mask: NDArray[np.bool_] | None = None,
) -> tuple[Reconstruction, Detected]:
    """Detect, align by the particles, correct the images by them, reconstruct, and detect again.

    Args:
        made: A first reconstruction.
        reconstruction: How it was made.
        options: What is looked for.
        passes: Alignments by the particles.
        progress: Told what is done, and which part of it.
        mask: Where particles may be; None for everywhere.

    Raises:
        InputError: Voxels are too coarse, the mask has another shape, or there is no particle.
    """
    detector = Detector(made.volume.values.shape, made.volume.imaging, options, mask)
    found = detector.find(made.volume.values, progress)
    reconstruction = replace(reconstruction, lens=made.volume.lens)  # it may have been fitted
    rounds = max(passes, CORRECTIONS if made.bright else 0)
    plain, fit = made, found.fit
    for number in range(rounds):
        if number < passes:
            plain = _aligned(plain, made, detector, fit, reconstruction, progress)
        made = plain  # what was corrected before is not needed any more, and large
        if plain.bright:
            made, fit = _corrected(plain, detector, fit, reconstruction)
        else:
            fit, _ = _refit(detector, plain.volume.values, fit)
        progress("refine", (number + 1) / rounds)
    return made, detector.find(made.volume.values, progress) if rounds else found


def share_of_change(rest: Spectrum, changed: Spectrum) -> float:
    """Return how much of a change leaves least of what is not explained, 0 to ``LARGEST_SHARE``.

    Args:
        rest: What particles fitted to a volume leave of it.
        changed: What particles fitted to the changed volume leave of that.
    """
    away = rest - changed
    share = np.vdot(away, rest).real / max(float(np.vdot(away, away).real), 1e-30)
    return float(np.clip(share, 0.0, LARGEST_SHARE))


def credible(fit: Fit) -> NDArray[np.bool_]:
    """Return which densities are those of particles: above 0, and not far above the typical one."""
    densities = fit.amplitudes[:, 0]
    most = BRIGHTEST * typical_densities(fit)[fit.types]
    return np.asarray((densities > 0.0) & (densities < most))


def _aligned(
    plain: Reconstruction,
    made: Reconstruction,
    detector: Detector,
    fit: Fit,
    options: ReconstructionOptions,
    progress: Progress,
) -> Reconstruction:
    """Lay images, corrected as they are by now, on the particles; rebuild them as taken."""
    alignment = align_to_particles(
        plain.lines,
        made.placed,
        plain.alignment,
        detector.particles(fit),
        detector.options.diameters,
        options.lens,
    )
    depth = plain.volume.values.shape[0]
    after = residual(plain.lines, alignment, depth)
    alignment = replace(alignment, residuals=(*alignment.residuals, after))
    return rebuild(
        plain.lines, alignment, depth, options, plain.volume.notes, progress, bright=plain.bright
    )


def _corrected(
    plain: Reconstruction, detector: Detector, fit: Fit, options: ReconstructionOptions
) -> tuple[Reconstruction, Fit]:
    """Take away the contrast beyond line integrals; return also the particles fitted to that."""
    lens = options.lens or Lens(0.0)
    fit = fit.select(credible(fit))  # what is none would have waves of its own
    images = plain.placed.with_images(
        beyond_linear(plain.placed, detector.particles(fit), detector.options.diameters, lens)
    )
    if options.lens is not None:
        images = undo_sign_changes(images, options.lens)
    values = plain.volume.values
    change = reconstruct(images, values.shape[0], options.method)
    fits, rests = zip(
        *(_refit(detector, volume, fit) for volume in (values, values - change)), strict=True
    )
    share = share_of_change(*rests)
    note = f"contrast beyond line integrals taken away: {share:.2f} of that of the particles' waves"
    volume = replace(
        plain.volume,
        values=values - np.float32(share) * change,
        notes=(*plain.volume.notes, note),
    )
    placed = plain.placed.with_images(plain.placed.images - np.float32(share) * images.images)
    corrected = replace(plain, volume=volume, placed=placed)
    return corrected, _between(fits[0], fits[1], share)


def _refit(detector: Detector, volume: Single, fit: Fit) -> tuple[Fit, Spectrum]:
    """Return particles fitted to a volume, and what they leave of it."""
    matched = detector.matched.of(volume)
    fit = improve(fit, matched, detector.curvature, STEPS, sizes=True)
    return fit, matched.residual(fit.places, fit.types, fit.amplitudes)


def _between(one: Fit, other: Fit, share: float) -> Fit:
    """Return particles on the way from one fit to another, or beyond: both are nearly linear."""
    return Fit(
        one.places + share * (other.places - one.places),
        one.types,
        one.amplitudes + share * (other.amplitudes - one.amplitudes),
    )
