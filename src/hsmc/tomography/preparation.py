"""From raw images to line integrals: outliers repaired, logarithm taken, edges quiet."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import median_filter

from hsmc.errors import InputError
from hsmc.tomography.series import BRIGHT, DARK, LINES, Single, TiltSeries
from hsmc.tomography.threads import in_threads

OUTLIER = 6.0
"""Spreads from the median of its neighbours beyond which a pixel is hot (or dead)."""

FAINTEST = 0.02
"""Intensity over the empty beam's at which the logarithm is cut off."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Line integrals and what was done to get them.

    Attributes:
        series: The line integrals.
        repaired: Pixels that were replaced, over all.
        empty: Intensity taken as the empty beam, on average over the images; NaN if none.
    """

    series: TiltSeries
    repaired: float
    empty: float


def line_integrals(series: TiltSeries, empty: float | None = None) -> Prepared:
    """Return line integrals: −ln(I/I0) in bright field, the signal itself in dark field.

    Args:
        series: Images as stored.
        empty: Intensity of the empty beam, I0; None takes it from each image: the most common of
            its brightest values.

    Raises:
        InputError: I0 is not above 0, or images of a bright field are not.
    """
    if series.kind == LINES:
        return Prepared(series, 0.0, float("nan"))
    images, repaired = without_outliers(series.images)
    if series.kind == DARK:
        levels = np.percentile(images, 1.0, axis=(1, 2)).astype(np.float32)
        out = images - levels[:, None, None]
        scale = np.float32(out.mean() or 1.0)
        return Prepared(replace(series, images=out / scale, kind=LINES), repaired, float("nan"))
    if empty is not None and not empty > 0.0:
        message = f"intensity of the empty beam is {empty:g}, needs to be > 0"
        raise InputError(message)
    if float(np.median(images)) <= 0.0:
        message = (
            f"the median of the bright-field images is {np.median(images):g}; intensities need to "
            "be > 0 (are they dark field, or line integrals already?)"
        )
        raise InputError(message)
    levels = np.array([empty if empty is not None else _empty_beam(image) for image in images])
    relative = images / levels[:, None, None].astype(np.float32)
    lines = -np.log(np.maximum(relative, np.float32(FAINTEST)))
    return Prepared(series.with_images(lines, LINES), repaired, float(levels.mean()))


def without_outliers(images: Single) -> tuple[Single, float]:
    """Replace hot and dead pixels by the median of their neighbours; return also their part.

    The spread is that of the differences from the median of 3 × 3 pixels, over the whole image or
    over 5 × 5 pixels, whichever is larger: edges of the sample differ, but not alone.
    """
    out = np.array(images, np.float32)
    counts = np.zeros(len(out), np.int64)

    def one(number: int) -> None:
        image = out[number]
        smooth = median_filter(image, size=3, mode="nearest")
        away = image - smooth
        size = np.abs(away)
        # images of few grey levels, or with an empty background, have no spread of their own
        least = max(1.4826 * float(np.median(size)), 0.25 * float(away.std()))
        hot = size > OUTLIER * least
        windows = sliding_window_view(np.pad(size, 2, mode="edge"), (5, 5))[hot].reshape(-1, 25)
        hot[hot] = size[hot] > OUTLIER * 1.4826 * np.median(windows, axis=1)
        image[hot] = smooth[hot]
        counts[number] = hot.sum()

    in_threads(one, range(len(out)))
    return out, float(counts.sum()) / out.size


def guess_kind(images: Single) -> str:
    """Return whether images are bright or dark field: the edges are brighter or darker."""
    middle = images[len(images) // 2]
    border = np.concatenate([middle[0], middle[-1], middle[:, 0], middle[:, -1]])
    return BRIGHT if np.median(border) > middle.mean() else DARK


def _empty_beam(image: Single) -> float:
    """Return the most common of the brightest values of an image.

    Source:
        The half-sample mode, Bickel, Comput. Stat. Data Anal. 39, 153 (2002),
        doi:10.1016/S0167-9473(01)00057-3, of the pixels above the mean.
    """
    values = np.sort(image[image > image.mean()].astype(np.float64).ravel())
    while len(values) > 200:
        half = len(values) // 2
        widths = values[half:] - values[: len(values) - half]
        first = int(np.argmin(widths))
        values = values[first : first + half]
    return float(values.mean())
