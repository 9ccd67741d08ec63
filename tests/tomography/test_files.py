"""Series from files: right ones, odd ones and broken ones."""

import warnings

import h5py
import mrcfile
import numpy as np
import pytest
import tifffile

from hsmc.errors import InputError
from hsmc.tomography.lens import Lens
from hsmc.tomography.monolayer import measure_layer
from hsmc.tomography.preparation import line_integrals, without_outliers
from hsmc.tomography.reconstruction import Method
from hsmc.tomography.series import BRIGHT, LINES, TiltSeries
from hsmc.tomography.series_files import ReadOptions, read_series, write_series
from hsmc.tomography.volume_files import Volume, read_volume, write_volume

ANGLES = np.array([-30.0, 0.0, 30.0])


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(50.0, 90.0, (3, 6, 8)).astype(np.float32)


def mrc(path, data, pixel=0.7, angles=None):
    with mrcfile.new(path) as file:
        file.set_data(data)
        if pixel is not None:
            file.voxel_size = 10.0 * pixel
    if angles is not None:
        path.with_suffix(".rawtlt").write_text("\n".join(map(str, angles)))
    return path


@pytest.mark.parametrize("name", ["s.h5", "s.mrc"])
def test_series_come_back(name, images, tmp_path):
    series = TiltSeries(images, ANGLES, 0.7, BRIGHT)
    write_series(tmp_path / name, series)
    back = read_series(tmp_path / name, ReadOptions(kind=BRIGHT))
    np.testing.assert_array_equal(back.images, images)
    np.testing.assert_allclose(back.angles, ANGLES)
    assert back.pixel == pytest.approx(0.7, rel=1e-6)


def test_images_are_sorted_by_tilt(images, tmp_path):
    path = mrc(tmp_path / "s.mrc", images, angles=[30.0, -30.0, 0.0])
    np.testing.assert_array_equal(read_series(path).images, images[[1, 2, 0]])


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint16", "float32"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_modes_and_byte_orders(dtype, order, tmp_path):
    """Mode 0, 1, 6 and 2, from either kind of machine."""
    data = np.arange(3 * 4 * 5).reshape(3, 4, 5).astype(np.dtype(dtype).newbyteorder(order))
    path = mrc(tmp_path / "s.mrc", data, angles=ANGLES)
    np.testing.assert_array_equal(read_series(path).images, data.astype(np.float32))


def test_headers_of_fei_hold_angles_and_pixel(images, tmp_path):
    """1024 records of 128 bytes, tilt first and pixel (m) twelfth, no machine stamp, no map id:
    as a real microscope wrote it.
    """
    path = mrc(tmp_path / "s.mrc", images, pixel=None)
    raw = bytearray(path.read_bytes())
    extended = np.zeros((1024, 32), "<f4")
    extended[:3, 0], extended[:3, 11] = ANGLES, 3.36e-9
    raw[92:96] = np.int32(131072).tobytes()
    raw[104:108] = bytes(4)
    raw[208:216] = bytes(8)
    path.write_bytes(bytes(raw[:1024]) + extended.tobytes() + bytes(raw[1024:]))
    series = read_series(path)
    np.testing.assert_allclose(series.angles, ANGLES)
    assert series.pixel == pytest.approx(3.36, rel=1e-5)
    assert any("extended header" in note for note in series.notes)


def test_stacks_of_tiff_and_mdoc(images, tmp_path):
    path = tmp_path / "s.tif"
    tifffile.imwrite(path, images, photometric="minisblack")
    text = "PixelSpacing = 7.0\n" + "".join(f"[ZValue = 0]\nTiltAngle = {a}\n" for a in ANGLES)
    (tmp_path / "s.mdoc").write_text(text)
    series = read_series(path)
    np.testing.assert_allclose(series.angles, ANGLES)
    assert series.pixel == pytest.approx(0.7)


def test_hdf5_of_other_programs(images, tmp_path):
    with h5py.File(tmp_path / "s.emd", "w") as file:
        file["data/tomography/data"] = images
    series = read_series(tmp_path / "s.emd", ReadOptions(step=(-30.0, 30.0), pixel=0.7))
    np.testing.assert_allclose(series.angles, ANGLES)


def test_a_tilt_axis_along_the_rows(images, tmp_path):
    path = mrc(tmp_path / "s.mrc", images, angles=ANGLES)
    series = read_series(path, ReadOptions(axis="x"))
    np.testing.assert_array_equal(series.images, images.transpose(0, 2, 1))


def broken(kind, path, images):
    """Make a file with one fault, and return the options to read it with."""
    if kind == "truncated":
        mrc(path, images, angles=ANGLES)
        path.write_bytes(path.read_bytes()[:-100])
    elif kind == "mode":
        mrc(path, images.astype(np.complex64), angles=ANGLES)
    elif kind == "no angles":
        mrc(path, images)
    elif kind == "count":
        mrc(path, images, angles=ANGLES[:2])
    elif kind == "one image":
        mrc(path, images[0], angles=ANGLES)
    elif kind == "zero":
        mrc(path, images * np.array([1, 0, 1], np.float32)[:, None, None], angles=ANGLES)
    elif kind == "nan":
        images[1, 2, 3] = np.nan
        mrc(path, images, angles=ANGLES)
    elif kind == "no pixel":
        mrc(path, images, pixel=None, angles=ANGLES)
    elif kind == "one Å":
        mrc(path, images, pixel=0.1, angles=ANGLES)
    elif kind == "steep":
        mrc(path, images, angles=[-130.0, 0.0, 130.0])
    elif kind == "twice":
        mrc(path, images, angles=[0.0, 0.0, 30.0])
    elif kind == "words":
        mrc(path, images)
        path.with_suffix(".rawtlt").write_text("-30\nzero\n30\n")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("truncated", "cut short"),
        ("mode", "complex64; real ones"),
        ("no angles", "has no tilt angles.*--angles FILE"),
        ("count", "2 tilt angles in s.rawtlt for 3 images"),
        ("one image", "one image of shape"),
        ("zero", "image 1 is empty: all pixels are 0"),
        ("nan", "image 1 has 1 pixels that are not finite"),
        ("no pixel", r"how wide a pixel is; give it by --pixel, in nm \(1 nm = 10 Å\)"),
        ("one Å", "how wide a pixel is"),
        ("steep", "run from -130 to 130 degrees"),
        ("twice", "do not rise"),
        ("words", "'zero'; needs a number"),
        ("missing", "no such file"),
    ],
)
def test_broken_files_are_refused_in_one_line(kind, words, images, tmp_path):
    """What was found, what is needed. (mrcfile itself warns of the truncated one.)"""
    path = tmp_path / "s.mrc"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        broken(kind, path, images)
    with pytest.raises(InputError, match=words) as caught:
        read_series(path)
    assert "\n" not in str(caught.value)


def test_angles_given_twice_are_refused(tmp_path):
    with pytest.raises(InputError, match="given twice"):
        ReadOptions(angles=tmp_path, step=(0.0, 1.0))


def test_line_integrals_are_minus_the_logarithm():
    """−ln(I/I0) with I0 found from the empty beam. Fails without the sign (tried)."""
    rng = np.random.default_rng(0)
    thick = np.zeros((2, 60, 60), np.float32)
    thick[:, 20:40, 20:40] = 0.3
    counts = rng.poisson(2000.0 * np.exp(-thick)).astype(np.float32)
    prepared = line_integrals(TiltSeries(counts, np.array([0.0, 1.0]), 1.0, BRIGHT))
    assert prepared.series.kind == LINES
    assert prepared.empty == pytest.approx(2000.0, rel=0.01)
    assert prepared.series.images[:, 22:38, 22:38].mean() == pytest.approx(0.3, abs=0.02)


def test_hot_pixels_go_and_edges_stay():
    """A pixel that stands out alone is repaired; an edge, where many do, is left alone."""
    image = np.zeros((1, 40, 40), np.float32)
    image[:, :, 20:] = 100.0
    image += np.random.default_rng(0).standard_normal(image.shape).astype(np.float32)
    spoiled = image.copy()
    spoiled[0, 5, 5], spoiled[0, 30, 30] = 5000.0, -5000.0
    repaired, part = without_outliers(spoiled)
    assert part == pytest.approx(2 / 1600, abs=1e-3)
    assert np.abs(repaired - image).max() < 6.0


def test_hot_pixels_at_the_edges_go_and_their_neighbours_stay():
    """In corners and sides the 3 × 3 pixels are fewer; what is made up beyond must not count.

    Fails if zeros lie beyond the edges: whole corners are then taken for dead pixels (tried), or
    if the outermost pixels are left as they are (tried).
    """
    good = np.random.default_rng(1).normal(100.0, 1.0, (1, 40, 40)).astype(np.float32)
    spoiled = good.copy()
    hot = ((0, 0), (0, 20), (17, 0), (39, 39), (39, 8), (25, 39))
    for row, column in hot:
        spoiled[0, row, column] = 900.0
    repaired, part = without_outliers(spoiled)
    assert part == pytest.approx(len(hot) / 1600)
    assert np.abs(repaired - good).max() < 6.0


def test_volumes_come_back(tmp_path):
    values = np.random.default_rng(0).random((3, 4, 5)).astype(np.float32)
    volume = Volume(values, 0.7, ANGLES, Method("sirt", 7), Lens(800.0), np.zeros((3, 2)), 0.5,
                    (0.4, 0.1), ("as told",))  # fmt: skip
    write_volume(tmp_path / "v.h5", volume)
    back = read_volume(tmp_path / "v.h5")
    np.testing.assert_array_equal(back.values, values)
    assert (back.method, back.lens, back.residuals) == (volume.method, volume.lens, (0.4, 0.1))


def test_other_files_are_no_volumes(tmp_path):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file["a"] = 1
    with pytest.raises(InputError, match="no volume of hsmc tomo reconstruct"):
        read_volume(tmp_path / "v.h5")


def test_distances_in_a_hexagonal_layer():
    """Dark discs 9.4 nm apart with 0.3 nm of jitter: the mean within 3 standard errors.

    Fails if particles at the edge count, too (tried).
    """
    rng, pixel, spacing = np.random.default_rng(0), 0.5, 9.4
    i, j = np.meshgrid(np.arange(12), np.arange(12))
    x, y = spacing * (i + 0.5 * (j % 2)).ravel() + 12.0, spacing * np.sqrt(0.75) * j.ravel() + 12.0
    x, y = (one + rng.normal(0.0, 0.3, one.shape) for one in (x, y))
    rows, columns = np.mgrid[:280, :290] * pixel
    image = np.full(rows.shape, 100.0)
    for a, b in zip(x, y, strict=True):
        image -= 30.0 * np.sqrt(
            np.maximum(1.0 - ((columns - a) ** 2 + (rows - b) ** 2) / 3.25**2, 0)
        )
    layer = measure_layer(image + rng.normal(0.0, 3.0, image.shape), pixel, 6.5)
    assert layer.particles == pytest.approx(144, abs=8)
    assert layer.mean == pytest.approx(9.4, abs=3 * layer.error)
    assert layer.deviation == pytest.approx(0.3 * np.sqrt(2.0), rel=0.25)


def test_layers_without_six_neighbours_are_refused():
    with pytest.raises(InputError, match="too coarse"):
        measure_layer(np.zeros((50, 50)), 3.0, 6.5)
