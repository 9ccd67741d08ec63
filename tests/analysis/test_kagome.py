"""Layers of large spheres, kagome patterns and stackings, ideal and as measured."""

import math

import numpy as np
import pytest

from hsmc.analysis.kagome import kagome_stack
from hsmc.analysis.layers import find_layers
from hsmc.analysis.planar_graph import planar_graph
from hsmc.box import Box
from hsmc.configuration import LARGE, Configuration
from hsmc.crystal import crystal
from hsmc.defects import sheared_layers, stacking_fault
from hsmc.fit import dilate, stretch
from tests.analysis.states import descriptions, rotated

NM = 9.4

SMALL_A, LARGE_A, SMALL_B, LARGE_B = 9.46, 13.90, 10.63, 12.73
"""Edges of the triangles of Table S3 in nm, at z = 0 and at z = ½."""


def a6b19():
    return crystal("a6b19").configuration(0.695)


def of_larges(box, scaled):
    """Return large spheres at fractions of a box."""
    n = len(scaled)
    return Configuration.from_scaled(
        box, np.array(scaled, dtype=float), np.ones(n), np.full(n, LARGE, dtype=np.int64)
    )


def shifted_layers(copies, shifts, vectors=None):
    """Return A6B19, ``copies`` along c, its layers of large spheres k moved by shifts[k].

    Shifts are in fractions of a and b, for the 2·copies layers from the bottom; small spheres
    stay where they are.
    """
    state = a6b19().replicated(1, 1, copies)
    scaled = state.scaled
    layer = np.rint(scaled[:, 2] * 2 * copies).astype(int) % (2 * copies)
    large = state.types == LARGE
    scaled[large, :2] += np.array(shifts)[layer[large]]
    box = state.box if vectors is None else Box(vectors)
    return Configuration.from_scaled(box, scaled, state.diameters, state.types)


def test_a6b19():
    """Two kagome layers of two kinds of triangles each, turned by 60°, hexagon on hexagon.

    Fails if small and large triangles are exchanged (tried).
    """
    stack = kagome_stack(a6b19())
    assert stack.layers.miller == (0, 0, 2)
    assert stack.layers.order == pytest.approx(1.0)
    assert stack.layers.spacing * NM == pytest.approx(11.21 / 2)
    assert stack.layers.roughness == pytest.approx(0.0, abs=1e-12)
    assert stack.layers.angle_to(np.array([0.0, 0.0, 2.0])) == pytest.approx(0.0)
    assert stack.layers.angle_to(np.array([0.0, -1.0, -1.0])) == pytest.approx(45.0)
    assert stack.vertices == 1.0
    assert stack.is_kagome
    edges = {(round(each.small * NM, 2), round(each.large * NM, 2)) for each in stack.each}
    assert edges == {(SMALL_A, LARGE_A), (SMALL_B, LARGE_B)}
    assert np.linalg.norm(stack.lattice, axis=0) * NM == pytest.approx([23.36, 23.36])
    assert [step.turn for step in stack.steps] == pytest.approx([60.0, 60.0])
    assert [step.distance * NM for step in stack.steps] == pytest.approx([0.0, 0.0], abs=0.02)
    assert stack.faults == 0
    assert stack.tilt == pytest.approx(0.0, abs=1e-6)


def test_as_measured():
    """Raw Tables S1 and S2: all vertices found, the turn within a few degrees of 60°."""
    stack = kagome_stack(crystal("a6b19-measured").configuration(0.695))
    assert stack.vertices == 1.0
    assert [step.turn for step in stack.steps] == pytest.approx([60.0, 60.0], abs=3.0)
    assert all(step.distance * NM < 0.5 for step in stack.steps)
    assert stack.faults == 0


@pytest.mark.parametrize("fit", [dilate, stretch])
def test_at_any_density(fit):
    """The pattern is known by its shape: dilated to φ = 0.15, or drawn out along z."""
    stack = kagome_stack(fit(a6b19()))
    assert stack.layers.miller == (0, 0, 2)
    assert stack.vertices == 1.0
    assert [step.turn for step in stack.steps] == pytest.approx([60.0, 60.0])


def test_descriptions_of_one_crystal():
    """Replicas, other vectors, rotations."""
    expected = kagome_stack(a6b19())
    for name, other in descriptions(a6b19()).items():
        stack = kagome_stack(other)
        assert stack.vertices == 1.0, name
        assert stack.layers.spacing == pytest.approx(expected.layers.spacing), name
        edges = {(round(each.small * NM, 2), round(each.large * NM, 2)) for each in stack.each}
        assert edges == {(SMALL_A, LARGE_A), (SMALL_B, LARGE_B)}, name
        assert [step.turn for step in stack.steps] == pytest.approx([60.0] * len(stack.steps)), name
        assert stack.faults == 0, name
        assert stack.tilt == pytest.approx(0.0, abs=0.05), name


@pytest.mark.parametrize("noise", [0.3, 0.6])
def test_with_noise(noise):
    """Random displacements (nm an axis), as detected structures have, and a rotated box.

    0.3 nm is the uncertainty of a mean position, 0.6 nm nearly that of a single one.
    """
    rng = np.random.default_rng(5)
    state = a6b19().replicated(3, 3, 4)
    moved = state.positions + noise / NM * rng.standard_normal(state.positions.shape)
    state = rotated(Configuration(state.box, moved, state.diameters, state.types))
    stack = kagome_stack(state)
    assert stack.vertices > 0.99
    assert stack.layers.count == 8
    # of 27 triangles a layer, each known to 0.6 nm / (10 nm / √3) or 6°, folded at 60°
    assert [step.turn for step in stack.steps] == pytest.approx([60.0] * 8, abs=6.0)
    assert stack.faults == 0


def test_stacking_fault_of_structure_2():
    """Turned by 60° and shifted by the short L–L distance along a and b, in the middle of 16
    layers: a fault there, and one where the box repeats.

    Along both axes at 120° that makes one short distance. Fails if the shift is measured from
    the layer's corner instead of its hexagons (tried).
    """
    part = SMALL_A / 23.36
    stack = kagome_stack(shifted_layers(8, [(0.0, 0.0)] * 8 + [(part, part)] * 8))
    assert stack.vertices == 1.0
    assert [step.is_fault for step in stack.steps] == [False] * 7 + [True] + [False] * 7 + [True]
    assert [step.turn for step in stack.steps] == pytest.approx([60.0] * 16)
    assert stack.steps[7].distance * NM == pytest.approx(SMALL_A, abs=0.03)
    assert stack.steps[15].distance * NM == pytest.approx(SMALL_A, abs=0.03)
    assert np.sort(np.abs(stack.steps[7].shift)) == pytest.approx([part, part], abs=0.002)
    assert stack.tilt == pytest.approx(0.0, abs=0.1)


def test_builders_of_defects():
    """The crystals of ``hsmc.defects``: one fault a period; 43° to the substrate, 5.8 % more.

    The substrate's normal is along c, as the paper has it for structure 3.
    """
    stack = kagome_stack(stacking_fault(crystal("a6b19"), period=4).configuration(0.695))
    assert stack.vertices == 1.0
    assert stack.faults == 1
    fault = next(step for step in stack.steps if step.is_fault)
    assert fault.distance * NM == pytest.approx(SMALL_A, abs=0.03)
    assert fault.turn == pytest.approx(60.0)
    state = sheared_layers(crystal("a6b19")).configuration(0.695)
    stack = kagome_stack(state)
    assert stack.tilt == pytest.approx(43.0, abs=0.01)
    assert stack.layers.angle_to(state.box.vectors[:, 2]) == pytest.approx(43.0, abs=0.01)
    assert stack.layers.spacing * NM == pytest.approx(1.058 * 11.21 / 2)
    assert stack.faults == 0


def test_a_missing_turn_is_a_fault():
    """Two like layers on each other, twice: A B B A ..., without any shift.

    The lower half is mirrored, which leaves hexagons in place and exchanges the layers.
    """
    state = a6b19().replicated(1, 1, 4)
    scaled = state.scaled
    layer = np.rint(scaled[:, 2] * 8).astype(int) % 8
    upper = (layer >= 3) & (state.types == LARGE)
    # a mirror that keeps hexagon sites (⅓, ⅔): exchange the small and the large triangles
    scaled[upper, :2] = np.array([1.0 / 3.0, 2.0 / 3.0]) * 2.0 - scaled[upper, :2]
    stack = kagome_stack(Configuration.from_scaled(state.box, scaled, state.diameters, state.types))
    assert stack.vertices == 1.0
    turns = [step.turn for step in stack.steps]
    assert turns == pytest.approx([60, 60, 0, 60, 60, 60, 60, 0], abs=1e-6)
    assert [step.is_fault for step in stack.steps] == [turn < 1.0 for turn in turns]


def test_shear_of_structure_3():
    """Layers displaced evenly, so that the stack leans by 43°: no fault, normal unchanged.

    Fails if the last step forgets the offset of the box above (tried).
    """
    state = a6b19()
    vectors = state.box.vectors.copy()
    vectors[0, 2] = math.tan(math.radians(43.0)) * vectors[2, 2]
    sheared = Configuration.from_scaled(Box(vectors), state.scaled, state.diameters, state.types)
    for other in (sheared, sheared.replicated(2, 2, 4), rotated(sheared)):
        stack = kagome_stack(other)
        assert stack.vertices == 1.0
        assert stack.tilt == pytest.approx(43.0, abs=0.01)
        assert stack.faults == 0


def test_a_layer_on_both_sides_of_the_box():
    """Layers at z = 0 whose spheres are in part just below it, so at the top of a leaning box.

    Fails if these are not brought back by the stack's offset (tried).
    """
    state = a6b19().replicated(2, 2, 2)
    vectors = state.box.vectors.copy()
    vectors[0, 2] = 0.6
    heights = 0.01 * np.random.default_rng(1).standard_normal((len(state), 3)) * [0.0, 0.0, 1.0]
    scaled = state.scaled + heights
    leaning = Configuration.from_scaled(
        Box(vectors), scaled - np.floor(scaled), state.diameters, state.types
    )
    stack = kagome_stack(leaning)
    assert stack.vertices == 1.0
    assert stack.tilt == pytest.approx(math.degrees(math.atan(0.6 / vectors[2, 2])), abs=0.1)
    assert stack.layers.roughness == pytest.approx(0.01 * vectors[2, 2], rel=0.3)


def test_angle_to_the_substrate():
    """A crystal whose c axis leans by 43° in its box has layers at 43° to z."""
    state, angle = a6b19(), math.radians(43.0)
    turn = np.array(
        [[1, 0, 0], [0, math.cos(angle), -math.sin(angle)], [0, math.sin(angle), math.cos(angle)]]
    )
    layers = kagome_stack(state).layers
    assert layers.angle_to(turn @ [0.0, 0.0, 1.0]) == pytest.approx(43.0)


@pytest.mark.parametrize("name", ["fcc", "bcc", "nazn13", "laves-c14", "laves-c15", "cscl", "sc"])
def test_no_kagome_in_other_crystals(name):
    """Of the large spheres; the cell alone, and several.

    In C14 and C15 the small spheres form kagome layers, the large ones do not.
    """
    for copies in (1, 3):
        stack = kagome_stack(crystal(name).configuration(0.695).replicated(*[copies] * 3))
        assert stack is None or (stack.vertices == 0.0 and stack.steps == ())


def test_kagome_by_the_small_spheres_of_c14():
    """With the species exchanged C14 has kagome layers of equal triangles, so without a turn,
    and triangular layers between them.
    """
    cell = crystal("laves-c14").configuration(0.8)
    heights = cell.scaled[:, 2]
    layer = (cell.types != LARGE) & (np.abs(heights % 0.5 - 0.25) < 0.01)
    stack = kagome_stack(of_larges(cell.box, cell.scaled[layer]))
    assert stack.vertices == 1.0
    assert all(math.isnan(step.turn) for step in stack.steps)


def test_layers_of_random_points():
    """Some planes always seem to hold 96 random points, by 4/√96 at most; there is no kagome.

    4 as the highest of some 2000 moduli of Gaussian sums, √ln 2000 = 2.8, and some more.
    """
    rng = np.random.default_rng(4)
    state = of_larges(Box.cubic(5.0), rng.random((96, 3)))
    assert max(each.order for each in find_layers(state)) < 4.0 / math.sqrt(96)
    assert kagome_stack(state).vertices < 0.1


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few_large_spheres(n):
    """No layers, and no error."""
    rng = np.random.default_rng(n)
    types = np.array([0] * n + [1] * 5)
    state = Configuration.from_scaled(Box.cubic(3.0), rng.random((n + 5, 3)), np.ones(n + 5), types)
    assert kagome_stack(state) is None


SQUARE = np.array([[1.0, 0.0], [0.0, 1.0]])
TRIANGULAR = np.array([[1.0, -0.5], [0.0, math.sqrt(0.75)]])


@pytest.mark.parametrize(
    ("period", "places", "reach", "corners"),
    [
        (SQUARE, [[0, 0]], 1.2, (4, 4, 4, 4)),
        (TRIANGULAR, [[0, 0]], 1.2, (3, 3, 3, 3, 3, 3)),
        (TRIANGULAR, [[1 / 3, 2 / 3], [2 / 3, 1 / 3]], 0.7, (6, 6, 6)),
        (TRIANGULAR, [[0.5, 0], [0, 0.5], [0.5, 0.5]], 0.6, (3, 6, 3, 6)),
    ],
)
def test_faces_of_known_nets(period, places, reach, corners):
    """Square, triangular, honeycomb and kagome nets, of one cell each and of 3 × 2."""
    for copies in (np.array([1, 1]), np.array([3, 2])):
        shifts = np.stack(np.meshgrid(*map(np.arange, copies), indexing="ij"), -1).reshape(-1, 2)
        fractions = (np.array(places, dtype=float) + shifts[:, None]).reshape(-1, 2)
        sheets = np.zeros(len(fractions), dtype=np.int64)
        graph = planar_graph(period * copies, fractions @ period.T, sheets, reach)
        assert graph.vertices(*corners).all()
        assert not graph.vertices(*corners[:-1], 5).any()
        owner, found = graph.faces(corners[0])
        edges = np.linalg.norm(found - np.roll(found, 1, axis=1), axis=2)
        assert edges == pytest.approx(np.full(edges.shape, np.linalg.norm(graph.vector[0])))
        per_vertex = corners.count(corners[0]) / corners[0]
        assert len(owner) == round(per_vertex * len(fractions))


@pytest.mark.parametrize("n", [1, 3, 6])
def test_a_line_has_no_faces(n):
    """Points along one period: the way along them comes back, but goes round the period.

    Fails if that counts as a face (tried).
    """
    places = np.column_stack([np.arange(n), np.zeros(n)])
    graph = planar_graph(np.diag([n, 9.0]), places, np.zeros(n, dtype=np.int64), 1.1)
    assert graph.degree.tolist() == [2] * n
    assert not graph.corners.any()


def test_sheets_are_not_joined():
    places = np.array([[0.0, 0.0], [0.1, 0.0]])
    graph = planar_graph(SQUARE, places, np.array([0, 1]), 0.5)
    assert len(graph.tail) == 0
    assert not graph.vertices(3, 6, 3, 6).any()
