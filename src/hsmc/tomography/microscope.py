"""Bright-field images of spheres: absorption, phase, defocus, noise and misplacement."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import fft

from hsmc.box import Floats
from hsmc.configuration import LARGE
from hsmc.errors import InputError
from hsmc.kernels.sphere_images import draw_chords
from hsmc.rng import stream
from hsmc.tomography.particles import Particles
from hsmc.tomography.series import BRIGHT, Single, TiltSeries

MARGIN = 24
"""Pixels drawn beyond the image on every side: what lies there scatters into it."""

RAYS = 2
"""Rays across half a pixel: waves are propagated on a grid twice as fine as the image."""

FILM_GRAIN = 1.0
"""Radius of the grains of the support film, in nm."""


@dataclass(frozen=True, slots=True)
class Microscope:
    """How images are taken. Lengths are in nm; of two numbers the first is the large species'.

    Attributes:
        pixel: Width of a pixel.
        tilts: First angle, last angle and step, in degrees.
        size: Columns and rows of an image; None fits the sample.
        voltage: Accelerating voltage, in kV.
        underfocus: Positive below focus.
        information_limit: Spacing at which the envelope has fallen to 1/e².
        mean_free_paths: Absorption lengths Λ: intensity falls as exp(−t/Λ).
        inner_potentials: Mean inner potentials over that of the matrix, in V.
        dose: Electrons per nm² in each image; 0 leaves out the noise.
        shifts: Pixels by which images are misplaced; a standard deviation, or a bound.
        shifts_are: "normal" for a standard deviation along each axis, "uniform" for a bound.
        axis_error: Degrees by which the tilt axis is turned from the columns.
        defocus_gradient: Parts of a tilted sample have a defocus of their own.
        film: Thickness of a carbon film under the slab; 0 for none.
        diffracting: Fraction of the particles that are dark by diffraction in an image.
        bits: 8 stores whole numbers from 0 to 255; 0 keeps counts.
        seed: Root seed.
    """

    pixel: float = 0.7
    tilts: tuple[float, float, float] = (-65.0, 65.0, 1.0)
    size: tuple[int, int] | None = None
    voltage: float = 200.0
    underfocus: float = 0.0
    information_limit: float = 0.5
    mean_free_paths: tuple[float, float] = (80.0, 130.0)
    inner_potentials: tuple[float, float] = (7.0, 6.0)
    dose: float = 5000.0
    shifts: float = 0.0
    shifts_are: str = "normal"
    axis_error: float = 0.0
    defocus_gradient: bool = False
    film: float = 0.0
    diffracting: float = 0.0
    bits: int = 0
    seed: int = 1

    def __post_init__(self) -> None:
        first, last, step = self.tilts
        if not (step > 0.0 and last > first):
            message = f"tilts are {self.tilts}, need first < last and step > 0, in degrees"
            raise InputError(message)
        if self.shifts_are not in ("normal", "uniform"):
            message = f"shifts are {self.shifts_are!r}, need normal or uniform"
            raise InputError(message)
        if self.bits not in (0, 8):
            message = f"bits are {self.bits}, need 0 (counts) or 8"
            raise InputError(message)
        for name in ("pixel", "voltage", "information_limit"):
            if not getattr(self, name) > 0.0:
                message = f"{name.replace('_', ' ')} is {getattr(self, name):g}, needs to be > 0"
                raise InputError(message)
        for name in ("dose", "shifts", "film", "diffracting"):
            if not getattr(self, name) >= 0.0:
                message = f"{name} is {getattr(self, name):g}, needs to be ≥ 0"
                raise InputError(message)

    @property
    def angles(self) -> Floats:
        """Tilts in degrees; shape (T,)."""
        first, last, step = self.tilts
        count = math.floor((last - first) / step + 1e-6) + 1
        return first + step * np.arange(count, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """A simulated series and the shifts that it was given.

    Attributes:
        series: The images.
        shifts: Columns and rows by which each image is misplaced, in pixels; shape (T, 2).
    """

    series: TiltSeries
    shifts: Floats


def electron_wavelength(voltage: float) -> float:
    """Return the wavelength of electrons, in nm, relativity included.

    Args:
        voltage: Accelerating voltage, in kV.
    """
    rest, joined = 510.99895, 1.23984198  # m c² in keV; h c in keV nm
    return joined / math.sqrt(voltage * (2.0 * rest + voltage))


def interaction_constant(voltage: float) -> float:
    """Return σ, radians of phase per nm and V of projected potential.

    Source: Kirkland, Advanced Computing in Electron Microscopy, 2nd ed., Sec. 2.2:
    σ = (2π/λV) (m c² + eV) / (2 m c² + eV).
    """
    rest = 510.99895
    scale = 2.0 * math.pi / (electron_wavelength(voltage) * voltage * 1000.0)
    return scale * (rest + voltage) / (2.0 * rest + voltage)


def take_series(
    particles: Particles, microscope: Microscope, progress: Callable[[str, float], None]
) -> Simulated:
    """Take a tilt series of particles.

    The exit wave is exp(−t/2Λ + iσ V t), t the length of a ray through the cores.

    Args:
        particles: What is seen, with a column ``radius_nm``.
        microscope: How it is seen.
        progress: Told what is done, and which part of it.
    """
    angles = microscope.angles
    shifts = _shifts(microscope, len(angles))
    grains = _film(particles, microscope)
    nx, ny = microscope.size or _fitting_size(particles, microscope)
    images = np.empty((len(angles), ny, nx), np.float32)
    for t, angle in enumerate(np.radians(angles)):
        scene = _Scene(float(angle), shifts[t], (nx, ny), microscope)
        intensity = scene.intensity(particles, grains, t)
        images[t] = _detect(intensity, microscope, t)
        progress("simulate", (t + 1) / len(angles))
    if microscope.bits:
        images = _whole_numbers(images)
    return Simulated(TiltSeries(images, angles, microscope.pixel, BRIGHT), shifts)


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """One image: where things are seen, and how."""

    angle: float
    shift: Floats
    size: tuple[int, int]
    microscope: Microscope

    def intensity(self, particles: Particles, grains: Particles, number: int) -> Floats:
        """Return the intensity over that of the empty beam; shape (ny, nx)."""
        optics = self.microscope
        large = particles.types == LARGE
        absorption = 1.0 / np.where(large, *optics.mean_free_paths)
        dark = stream(optics.seed, "diffraction", number).random(len(particles))
        absorption = np.where(dark < optics.diffracting, 3.0 * absorption, absorption)
        phase = interaction_constant(optics.voltage) * np.where(large, *optics.inner_potentials)
        exponent = self._draw(particles, np.array([-0.5 * absorption, phase]))
        if len(grains):
            carbon = np.array([[-0.5 / 150.0], [interaction_constant(optics.voltage) * 9.0]])
            exponent += self._draw(grains, np.repeat(carbon, len(grains), axis=1))
        waves = np.exp(exponent[0] + 1j * exponent[1])
        fine = self._developed(waves)
        ny, nx = self.size[1], self.size[0]
        inside = fine[2 * MARGIN : 2 * (MARGIN + ny), 2 * MARGIN : 2 * (MARGIN + nx)]
        return np.asarray(inside.reshape(ny, 2, nx, 2).mean(axis=(1, 3)))

    def _draw(self, particles: Particles, weights: Floats) -> Floats:
        """Return weighted thicknesses on a grid twice as fine as the image, with margins."""
        u, v = self._seen(particles.positions)
        nx, ny = self.size
        images = np.zeros((len(weights), 2 * (ny + 2 * MARGIN), 2 * (nx + 2 * MARGIN)))
        fine = 0.5 * self.microscope.pixel
        draw_chords(
            u / fine + 0.5 * (images.shape[2] - 1) + 2.0 * self.shift[0],
            v / fine + 0.5 * (images.shape[1] - 1) + 2.0 * self.shift[1],
            particles.columns["radius_nm"] / fine,
            np.ascontiguousarray(weights * fine),
            RAYS,
            images,
        )
        return images

    def _seen(self, positions: Floats) -> tuple[Floats, Floats]:
        """Return where centres fall in the image, in nm from its middle."""
        x, y, z = positions.T
        u = x * math.cos(self.angle) + z * math.sin(self.angle)
        psi = math.radians(self.microscope.axis_error)
        return (
            u * math.cos(psi) - y * math.sin(psi),
            u * math.sin(psi) + y * math.cos(psi),
        )

    def _developed(self, waves: Floats) -> Floats:
        """Return the intensity behind the lens; bands of equal defocus are blended."""
        optics = self.microscope
        spectrum = fft.fft2(waves)
        steep = math.tan(self.angle) if optics.defocus_gradient else 0.0
        width = waves.shape[1]
        at = (np.arange(width) - 0.5 * (width - 1)) * 0.5 * optics.pixel
        span = abs(steep) * float(at[-1])
        bands = 1 if span < 25.0 else 2 + math.ceil(2.0 * span / 50.0)
        nodes = np.linspace(-span, span, bands)
        total = np.zeros(waves.shape)
        for node in nodes:
            wave = fft.ifft2(
                spectrum * self._transfer(waves.shape, optics.underfocus + float(node))
            )
            share = np.ones(width)
            if bands > 1:
                spacing = nodes[1] - nodes[0]
                share = np.clip(1.0 - np.abs(-steep * at - node) / spacing, 0.0, 1.0)
            total += share * np.abs(wave) ** 2
        return total

    def _transfer(self, shape: tuple[int, ...], underfocus: float) -> Floats:
        fine = 0.5 * self.microscope.pixel
        ky, kx = fft.fftfreq(shape[0], fine), fft.fftfreq(shape[1], fine)
        k2 = ky[:, None] ** 2 + kx[None, :] ** 2
        wavelength = electron_wavelength(self.microscope.voltage)
        envelope = np.exp(-2.0 * k2 * self.microscope.information_limit**2)
        # Underfocus: phase objects look dark, as absorbing ones do.
        return np.asarray(envelope * np.exp(1j * math.pi * wavelength * underfocus * k2))


def _fitting_size(particles: Particles, microscope: Microscope) -> tuple[int, int]:
    """Return columns and rows that hold the sample at every tilt, with 6 nm around it."""
    extent = np.abs(particles.positions).max(axis=0)
    angles = np.radians(microscope.angles)
    x, y, z = extent
    wide = float((x * np.cos(angles) + z * np.abs(np.sin(angles))).max())
    psi = abs(math.radians(microscope.axis_error))
    bound = microscope.shifts * microscope.pixel * (3.0 if microscope.shifts_are == "normal" else 1)
    across, along = wide + y * psi, y + wide * psi
    return (
        2 * math.ceil((across + 6.0 + bound) / microscope.pixel),
        2 * math.ceil((along + 6.0 + bound) / microscope.pixel),
    )


def _shifts(microscope: Microscope, count: int) -> Floats:
    rng = stream(microscope.seed, "shifts")
    if microscope.shifts_are == "uniform":
        return rng.uniform(-microscope.shifts, microscope.shifts, (count, 2))
    return microscope.shifts * rng.standard_normal((count, 2))


def _film(particles: Particles, microscope: Microscope) -> Particles:
    """Return the grains of a film below the particles, at 60 % by volume."""
    if not microscope.film:
        return Particles(np.empty((0, 3)), np.empty(0, np.int64), {"radius_nm": np.empty(0)})
    low, high = particles.positions.min(axis=0) - 12.0, particles.positions.max(axis=0) + 12.0
    low[2] = float((particles.positions[:, 2] - particles.columns["radius_nm"]).min())
    low[2] -= microscope.film
    high[2] = low[2] + microscope.film
    volume = float(np.prod(high - low))
    count = round(0.6 * volume / (4.0 / 3.0 * math.pi * FILM_GRAIN**3))
    places = stream(microscope.seed, "film").uniform(low, high, (count, 3))
    return Particles(places, np.ones(count, np.int64), {"radius_nm": np.full(count, FILM_GRAIN)})


def _detect(intensity: Floats, microscope: Microscope, number: int) -> Floats:
    """Return counted electrons, or the intensity itself without a dose."""
    if not microscope.dose:
        return intensity
    mean = microscope.dose * microscope.pixel**2 * intensity
    return stream(microscope.seed, "noise", number).poisson(mean).astype(np.float64)


def _whole_numbers(images: Single) -> Single:
    top = float(images.max())
    return np.round(images * np.float32(255.0 / top)).astype(np.float32)
