"""What a view shows, against places worked out by hand or by brute force, and its pixels."""

import itertools

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb

from hsmc.box import Box
from hsmc.configuration import LARGE, SMALL, Configuration
from hsmc.errors import InputError
from hsmc.report import style
from hsmc.report.projection import (
    VIEWS,
    cell_edges,
    copies_to_show,
    find_view,
    spheres_in_view,
    widest_gap,
)
from hsmc.report.views import add_height_bar, draw_view, species_colours
from tests.conftest import points, sheared_boxes

CUBE = Box.cubic(4.0)


def spheres(*scaled, box=CUBE, diameters=None, types=None):
    n = len(scaled)
    return Configuration.from_scaled(
        box,
        np.array(scaled),
        np.ones(n) if diameters is None else diameters,
        np.full(n, LARGE) if types is None else types,
    )


@pytest.mark.parametrize(
    ("place", "copies", "drawn"),
    [
        ((0.5, 0.5, 0.5), 1, 1),  # inside
        ((0.0, 0.5, 0.5), 1, 2),  # on a side
        ((0.0, 0.0, 0.5), 1, 4),  # on a vertical edge
        ((0.9, 0.5, 0.5), 1, 2),  # 0.4 from the side, the radius is 0.5
        ((0.87, 0.5, 0.5), 1, 1),  # 0.52 from it
        ((0.5, 0.5, 0.0), 1, 1),  # on top: nothing above or below is shown
        ((0.5, 0.5, 0.5), 2, 4),
        ((0.0, 0.0, 0.5), 2, 9),
    ],
)
def test_images_complete_the_sides(place, copies, drawn):
    shown = spheres_in_view(spheres(place), VIEWS["top"], copies)
    assert len(shown.centres) == drawn
    assert set(shown.index) == {0}


def sides(box, view, copies):
    """Yield a point on each side face that bounds what is shown, and its outward normal."""
    vectors = box.vectors.T
    for along, other in ((view.right, view.up), (view.up, view.right)):
        normal = np.cross(vectors[other], vectors[view.depth])
        normal *= np.sign(normal @ vectors[along]) / np.linalg.norm(normal)
        yield np.zeros(3), -normal
        yield copies * vectors[along], normal


@given(
    box=sheared_boxes(),
    seed=st.integers(0, 1000),
    name=st.sampled_from(sorted(VIEWS)),
    copies=st.integers(1, 2),
)
@settings(max_examples=60)
def test_images_agree_with_brute_force_in_sheared_boxes(box, seed, name, copies):
    """Brute force: every image whose sphere is not wholly outside one of the side faces.

    Fails if the reach is in fractions of an edge, not of the distance between faces.
    """
    configuration, view = points(4, box, diameter=1.0, seed=seed), VIEWS[name]
    drawn = spheres_in_view(configuration, view, copies)
    expected = 0
    for steps in itertools.product(range(-3, 6), repeat=2):
        scaled = configuration.scaled
        scaled[:, [view.right, view.up]] += steps
        places = box.unscale(scaled)
        inside = [(places - foot) @ normal < 0.5 for foot, normal in sides(box, view, copies)]
        expected += int(np.all(inside, axis=0).sum())
    assert len(drawn.centres) == expected


def test_spheres_are_drawn_from_the_farthest_to_the_nearest():
    configuration = points(50, CUBE, diameter=1.0, seed=3)
    for view in VIEWS.values():
        drawn = spheres_in_view(configuration, view)
        depths = view.towards * configuration.positions[drawn.index, view.depth]
        assert np.all(np.diff(depths) >= 0.0)
        assert np.all(np.diff(drawn.nearness) >= 0.0)


def test_heights_are_those_of_the_centres_above_the_cut():
    configuration = spheres((0.5, 0.5, 0.1), (0.5, 0.5, 0.4), (0.2, 0.5, 0.95))
    drawn = spheres_in_view(configuration, VIEWS["top"], cut=0.9)
    assert dict(zip(drawn.index, drawn.heights, strict=True)) == pytest.approx(
        {2: 0.05, 0: 0.2, 1: 0.5}
    )
    uncut = spheres_in_view(configuration, VIEWS["front"], cut=0.9)
    expected = {0: 0.1, 1: 0.4, 2: 0.95}
    assert dict(zip(uncut.index, uncut.heights, strict=True)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("fractions", "cut"),
    [
        ([0.02, 0.45, 0.98], 0.715),  # the layer about 0 is one layer
        ([0.1, 0.2, 0.6], 0.85),
        ([0.3, 0.9], 0.6),
        ([0.25], 0.75),
    ],
)
def test_widest_gap(fractions, cut):
    assert widest_gap(np.array(fractions)) == pytest.approx(cut)


def test_cell_edges_of_a_tilted_box():
    box = Box(np.array([[2.0, 0.0, 0.5], [0.0, 3.0, 0.0], [0.0, 0.0, 4.0]]))
    near, others = cell_edges(box, VIEWS["top"], cut=0.0)
    corners = {tuple(corner) for edge in near for corner in edge}
    assert corners == {(0.5, 0.0), (2.5, 0.0), (0.5, 3.0), (2.5, 3.0)}
    lengths = np.linalg.norm(others[:, 1] - others[:, 0], axis=1)
    assert sorted(lengths) == pytest.approx([0.5] * 4 + [2.0] * 2 + [3.0] * 2)


@pytest.mark.parametrize(("n", "copies"), [(1, 4), (25, 2), (99, 2), (100, 1), (100_000, 1)])
def test_small_boxes_are_shown_several_times(n, copies):
    assert copies_to_show(n) == copies


def picture(configuration, **options):
    """Return the pixels of a view, and a function from places to rows and columns."""
    with style.look():
        figure = style.new_figure(2.0, 2.0)
        axes = figure.add_subplot()
        drawn = draw_view(axes, configuration, copies=1, **options)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[:, :, :3] / 255.0

    def at(x, y):
        column, row = axes.transData.transform((x, y))
        return pixels[round(pixels.shape[0] - 1 - row), round(column)]

    return at, drawn


def test_the_upper_sphere_hides_the_lower_and_has_the_colour_of_its_height():
    """Fails if spheres are drawn in the order of the file, or heights in another unit."""
    upper_first = spheres((0.5, 0.5, 0.6), (0.5, 0.5, 0.3), (0.2, 0.8, 0.3))
    at, _ = picture(upper_first)
    cut = widest_gap(np.array([0.6, 0.3]))
    heights = mpl.colormaps[style.HEIGHTS]([(0.6 - cut) % 1.0, (0.3 - cut) % 1.0])[:, :3]
    assert at(2.0, 2.0) == pytest.approx(heights[0], abs=0.01)
    assert at(0.8, 3.2) == pytest.approx(heights[1], abs=0.01)


@pytest.mark.parametrize("diameter", [1.0, 0.6])
def test_spheres_are_true_to_size(diameter):
    at, _ = picture(spheres((0.5, 0.25, 0.5), diameters=np.array([diameter])))
    radius = 0.5 * diameter
    assert not np.allclose(at(2.0 + 0.9 * radius, 1.0), 1.0)
    assert not np.allclose(at(2.0, 1.0 - 0.9 * radius), 1.0)
    assert np.allclose(at(2.0 + 1.15 * radius, 1.0), 1.0)
    assert np.allclose(at(2.0, 1.0 - 1.15 * radius), 1.0)


def test_species_have_their_colours_and_fade_with_distance():
    types = np.array([LARGE, SMALL, LARGE])
    configuration = spheres(
        (0.5, 0.5, 1 - 1e-9), (0.4, 0.5, 1 - 1e-9), (0.3, 0.5, 0.0), types=types
    )
    drawn = spheres_in_view(configuration, VIEWS["top"])
    colours = dict(zip(drawn.index, species_colours(drawn), strict=True))
    assert colours[0] == pytest.approx(to_rgb(style.LARGE_COLOUR), abs=1e-6)
    assert colours[1] == pytest.approx(to_rgb(style.SMALL_COLOUR), abs=1e-6)
    assert np.all(colours[2] > colours[0])


def test_many_spheres_become_pixels_in_vector_files():
    _, few = picture(points(50, CUBE, diameter=0.1))
    _, many = picture(points(5000, CUBE, diameter=0.1))
    assert not few.get_rasterized()
    assert many.get_rasterized()


def test_the_height_bar_is_in_units_of_the_box():
    with style.look():
        figure = style.new_figure(2.0, 2.0)
        axes = figure.add_subplot()
        add_height_bar(figure, draw_view(axes, spheres((0.5, 0.5, 0.5))), [axes])
    bar = figure.axes[-1]
    assert bar.get_ylim() == (0.0, 1.0)
    assert "box height" in bar.get_ylabel()


def test_unknown_views_and_colours_are_named():
    with pytest.raises(InputError, match="view is 'below', needs one of top, front, side"):
        find_view("below")
    with style.look():
        axes = style.new_figure(2.0, 2.0).add_subplot()
    with pytest.raises(InputError, match="colour is 'charge', needs one of height, species"):
        draw_view(axes, spheres((0.5, 0.5, 0.5)), colour="charge")


def test_the_box_of_a_dilute_state_is_within_the_axes():
    """All its outline. Fails if the axes are fitted to the spheres alone (tried)."""
    state = Configuration.from_scaled(
        Box.cubic(9.0), np.full((1, 3), 0.5), np.ones(1), np.zeros(1, dtype=np.int64)
    )
    axes = style.new_figure(style.COLUMN, style.COLUMN).add_subplot()
    draw_view(axes, state, copies=1)
    lines = [item for item in axes.collections if isinstance(item, LineCollection)]
    corners = np.concatenate([np.concatenate(item.get_segments()) for item in lines])
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    assert left < corners[:, 0].min() < corners[:, 0].max() < right
    assert bottom < corners[:, 1].min() < corners[:, 1].max() < top
