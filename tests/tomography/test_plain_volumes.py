"""Volumes of other programs, made here without any code of ours between spheres and voxels."""

from dataclasses import replace

import mrcfile
import numpy as np
import pytest
from scipy.ndimage import rotate

from hsmc.configuration import LARGE, SMALL
from hsmc.errors import InputError
from hsmc.tomography.detection import detect
from hsmc.tomography.detection_options import DetectionOptions
from hsmc.tomography.plain_volumes import VolumeOptions, read_any_volume
from hsmc.tomography.reconstruction import Method
from hsmc.tomography.series import BRIGHT, LINES
from hsmc.tomography.volume_files import write_volume

from .conftest import matched

PIXEL, TILTS = 0.8, (-67.5, 52.5, 2.5)  # lopsided, so that the sense of the tilt counts


def rasterised(particles, shape, fine=3):
    """Count points of a grid that lie in spheres; axes z, y, x. Half large, half small species."""
    volume = np.zeros(shape, np.float32)
    middle = 0.5 * (np.array(shape) - 1.0)
    offsets = (np.arange(fine) + 0.5) / fine - 0.5
    radii = particles.columns["radius_nm"] / PIXEL
    for place, radius in zip(particles.positions[:, ::-1] / PIXEL + middle, radii, strict=True):
        low = np.maximum(np.floor(place - radius - 1.0), 0).astype(int)
        high = np.minimum(np.ceil(place + radius + 2.0), shape).astype(int)
        axes = [
            (np.arange(a, b)[:, None] + offsets).ravel() - centre
            for a, b, centre in zip(low, high, place, strict=True)
        ]
        z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
        inside = (z**2 + y**2 + x**2 <= radius**2).astype(np.float32)
        size = high - low
        blocks = inside.reshape(size[0], fine, size[1], fine, size[2], fine)
        volume[low[0] : high[0], low[1] : high[1], low[2] : high[2]] += blocks.mean(axis=(1, 3, 5))
    return volume


def other_reconstruction(volume, angles, depth):
    """Turn the volume, add it up along z, filter by |k|, and smear back: textbook steps alone."""
    nz, ny, nx = volume.shape
    pad = (nx - nz) // 2
    cube = np.pad(volume, ((pad, nx - nz - pad), (0, 0), (0, 0)))
    ramp = np.abs(np.fft.fftfreq(2 * nx)) * (0.5 + 0.5 * np.cos(2 * np.pi * np.fft.fftfreq(2 * nx)))
    z, x = np.meshgrid(
        np.arange(depth) - 0.5 * (depth - 1), np.arange(nx) - 0.5 * (nx - 1), indexing="ij"
    )
    out = np.zeros((depth, ny, nx))
    for angle in angles:
        turned = rotate(cube, angle, axes=(2, 0), reshape=False, order=1)
        image = turned.sum(axis=0)
        image = np.fft.ifft(np.fft.fft(image, 2 * nx, axis=1) * ramp, axis=1).real[:, :nx]
        theta = np.radians(angle)
        u = x * np.cos(theta) + z * np.sin(theta) + 0.5 * (nx - 1)
        left = np.clip(np.floor(u).astype(int), 0, nx - 2)
        part = np.clip(u - left, 0.0, 1.0)
        rows = image[:, left] * (1.0 - part) + image[:, left + 1] * part
        out += rows.transpose(1, 0, 2)
    return out


def write_plain(path, values, pixel=PIXEL):
    with mrcfile.new(path, overwrite=True) as file:
        file.set_data(values)
        file.voxel_size = 10.0 * pixel


@pytest.fixture(scope="module")
def volume(slab):
    """48 large and 152 small spheres, a wedge missing, and 10 % of noise."""
    extent = np.abs(slab.positions).max(axis=0) + 5.0
    nx, ny, nz = (2 * int(np.ceil(one / PIXEL)) for one in extent)
    angles = np.arange(TILTS[0], TILTS[1] + 0.1, TILTS[2])
    made = other_reconstruction(rasterised(slab, (nz, ny, nx + 16)), angles, nz)
    noise = np.random.default_rng(0).standard_normal(made.shape)
    return made + 0.1 * made.std() * noise


def test_particles_of_an_independent_rasteriser_are_found(volume, slab, tmp_path):
    """Stored as dark particles in 16-bit whole numbers with an offset, as other programs do: all
    large ones and 97 % of the small ones, hardly any that is not there, mean errors below 0.15
    and 0.25 nm.

    Fails if dark particles are not turned into bright ones, if the template's tilts have the other
    sense, or if all angles are in it instead of those told (tried).
    """
    scale = 8000.0 / np.abs(volume).max()
    write_plain(tmp_path / "v.mrc", np.round(12000.0 - scale * volume).astype(np.int16))
    made = read_any_volume(tmp_path / "v.mrc", VolumeOptions(tilts=TILTS, kind=BRIGHT))
    assert made.pixel == pytest.approx(PIXEL)
    particles = detect(made.values, made.imaging, DetectionOptions()).particles
    for species, recall, error in ((LARGE, 1.0, 0.15), (SMALL, 0.97, 0.25)):
        mine, real = particles.of(species), slab.of(species)
        pairs = matched(mine, real, 1.5)
        assert len(pairs) >= recall * len(real)
        assert len(pairs) >= 0.98 * len(mine)
        off = mine[pairs[:, 0]] - real[pairs[:, 1]]
        assert np.linalg.norm(off, axis=1).mean() < error


def test_what_is_missing_is_asked_for_in_one_line(tmp_path):
    write_plain(tmp_path / "v.mrc", np.zeros((3, 4, 5), np.float32), 0.1)
    with pytest.raises(InputError, match=r"give the angles.*--tilts.*--pixel, in nm; --kind"):
        read_any_volume(tmp_path / "v.mrc", VolumeOptions())
    with pytest.raises(InputError, match=r"made; give its voxels by --pixel, in nm$"):
        read_any_volume(tmp_path / "v.mrc", VolumeOptions(tilts=TILTS, kind=LINES))


def test_angles_come_from_a_file_and_in_any_order(tmp_path):
    write_plain(tmp_path / "v.mrc", np.zeros((3, 4, 5), np.float32))
    (tmp_path / "v.tlt").write_text("10\n-10\n0\n")
    told = VolumeOptions(angles=tmp_path / "v.tlt", kind=LINES, pixel=0.5)
    made = read_any_volume(tmp_path / "v.mrc", told)
    np.testing.assert_array_equal(made.angles, [-10.0, 0.0, 10.0])
    assert made.pixel == 0.5


def test_our_own_volumes_need_no_words(tmp_path):
    write_plain(tmp_path / "v.mrc", np.zeros((3, 4, 5), np.float32))
    told = VolumeOptions(tilts=TILTS, kind=LINES)
    write_volume(tmp_path / "v.h5", read_any_volume(tmp_path / "v.mrc", told))
    with pytest.raises(InputError, match="says itself how it was made"):
        read_any_volume(tmp_path / "v.h5", replace(told, method=Method("sirt")))
    assert len(read_any_volume(tmp_path / "v.h5", VolumeOptions()).angles) == 49


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("given twice", {"angles": "a.tlt", "tilts": TILTS}),
        ("kind is 'grey'", {"kind": "grey"}),
        ("pixel is -1 nm", {"pixel": -1.0}),
    ],
)
def test_options_are_checked(words, told):
    with pytest.raises(InputError, match=words):
        VolumeOptions(**told)


@pytest.mark.parametrize("tilts", [(60.0, -60.0, 1.0), (-60.0, 60.0, 0.0)])
def test_tilts_rise(tilts, tmp_path):
    write_plain(tmp_path / "v.mrc", np.zeros((3, 4, 5), np.float32))
    with pytest.raises(InputError, match="need first < last and step > 0"):
        read_any_volume(tmp_path / "v.mrc", VolumeOptions(tilts=tilts, kind=LINES))
