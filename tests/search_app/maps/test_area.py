import numpy as np
import pytest

from search_app.maps.area import MAX_CORNERS, Area, inside, parse_area, simplified_area

SQUARE = ((0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0))


def test_what_lies_in_the_drawn_line_is_selected_and_nothing_else() -> None:
    horseshoe = Area(((0, 0), (4, 0), (4, 4), (3, 4), (3, 1), (1, 1), (1, 4), (0, 4)))
    positions = np.array([[0.5, 3], [3.5, 3], [2, 0.5], [2, 3], [-1, 2], [5, 0.5]], np.float32)
    assert inside(horseshoe, positions).tolist() == [True, True, True, False, False, False]


def test_in_a_scene_all_that_lies_behind_the_line_is_selected_and_nothing_behind_the_eye() -> None:
    # A camera at the origin that looks down the third axis: x / -z and y / -z are where a place is in the view.
    view_matrix = (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, -1, 0, 0, 0, 0)
    area = Area(((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)), view_matrix)
    positions = np.array([[0.4, 0, -1], [4, 0, -10], [0.6, 0, -1], [0.4, 0, 1]], np.float32)
    assert inside(area, positions).tolist() == [True, True, False, False]


def test_an_area_of_a_flat_map_selects_nothing_of_a_scene() -> None:
    assert not inside(Area(SQUARE), np.ones((3, 3), np.float32)).any()


def test_a_link_keeps_an_area_with_few_of_its_corners() -> None:
    circle = [(float(np.cos(turn)), float(np.sin(turn))) for turn in np.linspace(0, 2 * np.pi, 1_000)]
    area = simplified_area(circle, view_matrix=tuple(range(16)))
    assert area is not None and len(area.corners) <= MAX_CORNERS
    assert parse_area(area.to_param()) == area
    assert len(area.to_param()) < 1_200


def test_a_line_of_many_places_keeps_its_shape_in_few() -> None:
    sides = [np.linspace(start, end, 40) for start, end in (((0, 0), (2, 0)), ((2, 0), (2, 2)), ((2, 2), (0, 2)))]
    area = simplified_area(np.concatenate(sides).tolist())
    assert area is not None and set(area.corners) == set(SQUARE)


@pytest.mark.parametrize("corners", [[], [(0, 0), (1, 1)], [(0, 0), (1, float("nan")), (2, 0)]])
def test_what_encloses_nothing_is_no_area(corners: list[tuple[float, float]]) -> None:
    assert simplified_area(corners) is None


@pytest.mark.parametrize("written", ["", "0 0;1 1", "0 0;1 1;x 2", "0 0;1 1;2", "0 0;1 1;nan 2", "0 0;1 1;2 2@1 2 3"])
def test_what_is_no_area_is_not_read(written: str) -> None:
    assert parse_area(written) is None
