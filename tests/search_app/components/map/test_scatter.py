"""What the browser's map is sent: small, the same numbers, and nothing that is not asked for."""

import json
import struct

import numpy as np

from search_app.components.map.binary_message import pack_message
from search_app.components.map.scatter import MAX_POINTS, drawn_map, drawn_rows, fitted_box, point_colours
from search_app.components.shared.palette import LIGHT
from search_app.maps.colouring import Category, Colouring
from search_app.maps.layout import Layout, MapSpec
from search_app.search.projection import Drift


def layout(count: int, dimensions: int = 2) -> Layout:
    random = np.random.default_rng(4)
    images = count // 4
    positions = random.normal(3.0, [5.0, 1.0, 1.0][:dimensions], (count, dimensions)).astype(np.float32)
    return Layout(
        MapSpec(dimensions=3 if dimensions == 3 else 2),
        revision=1,
        ids=np.concatenate([np.arange(images) * 2, np.arange(count - images) * 2 + 1]),
        modalities=np.repeat(np.array([0, 1], np.int8), [images, count - images]),
        positions=positions,
        axes=(),
        variance=(),
        place=lambda modality, vectors: vectors[:, :dimensions],
        place_probe=lambda probe: np.zeros(dimensions, np.float32),
        measure_trust=lambda: None,
        drift=Drift(count, 0, 0, 1.0, None),
        fitted_on=count,
        items_at_fit=count,
    )


def colouring(count: int) -> Colouring:
    return Colouring("modality", np.zeros(count, np.uint8), (Category(0, "images", count),))


def unpacked(packed: bytes) -> dict[str, np.ndarray]:
    length = struct.unpack("<I", packed[:4])[0]
    place = -(-(4 + length) // 8) * 8
    arrays = {}
    for block in json.loads(packed[4 : 4 + length])["blocks"]:
        kind = np.dtype(block["kind"])
        arrays[block["name"]] = np.frombuffer(packed, kind, block["count"], place)
        place += -(-block["count"] * kind.itemsize // 8) * 8
    assert place == len(packed)
    return arrays


def test_a_hundred_thousand_points_in_three_dimensions_are_less_than_four_megabytes() -> None:
    drawn = drawn_map(layout(100_000, dimensions=3))
    assert (
        len(drawn.packed) + len(point_colours(drawn, colouring(100_000), LIGHT, np.ones(100_000, np.bool_))) < 2_000_000
    )


def test_the_browser_gets_back_what_was_packed() -> None:
    arrays = {"a": np.arange(3, dtype=np.int16), "b": np.array([0.5]), "c": np.arange(5, dtype=np.uint8)}
    found = unpacked(pack_message({"name": "ü <b>"}, arrays))
    assert all((found[name] == array).all() for name, array in arrays.items())


def test_points_keep_their_places_to_a_pixel_and_their_distances_to_one_another() -> None:
    drawn = drawn_map(layout(500))
    at = unpacked(drawn.packed)["spots"].reshape(-1, 2) / 32_000
    np.testing.assert_allclose(drawn.to_layout(at), drawn.layout.positions, atol=1e-3)
    assert drawn.reach[0] == drawn.reach[1]
    assert np.abs(at).max() <= 1.0


def test_a_scenes_matrix_brings_the_layouts_own_places_into_the_view() -> None:
    drawn = drawn_map(layout(50, dimensions=3))
    matrix = np.random.default_rng(5).normal(size=16)
    position = drawn.layout.positions[7]
    here = np.reshape(drawn.layout_matrix(matrix), (4, 4)).T @ [*position, 1.0]
    there = np.reshape(matrix, (4, 4)).T @ [*drawn.to_drawn(position), 1.0]
    np.testing.assert_allclose(here, there, atol=1e-6)


def test_of_a_large_space_a_steady_sample_is_drawn_with_the_density_of_all() -> None:
    large = layout(400_000)
    rows = drawn_rows(large, MAX_POINTS)
    assert MAX_POINTS * 0.95 < len(rows) <= MAX_POINTS
    assert (np.diff(rows) > 0).all()
    assert np.isclose((rows < large.images).mean(), 0.25, atol=0.01)
    density = unpacked(drawn_map(large).packed)["density"].reshape(160, 160)
    assert density.max() == 255
    assert density[80].sum() > 4 * density[110].sum()  # five times as wide as it is high


def test_a_view_of_the_whole_map_is_of_what_all_but_a_few_outliers_span() -> None:
    positions = np.random.default_rng(3).normal(size=(1_000, 2)).astype(np.float32)
    positions[0] = (500.0, -500.0)
    low, high = fitted_box(positions)
    assert np.allclose([low, high], np.percentile(positions, (2, 98), axis=0), atol=1e-3)
    assert high[0] < 4.0 and low[1] > -4.0


def test_points_that_are_not_in_question_are_faint() -> None:
    lit = np.zeros(500, np.bool_)
    lit[10:20] = True
    assert unpacked(point_colours(drawn_map(layout(500)), colouring(500), LIGHT, lit))["faint"].sum() == 490
