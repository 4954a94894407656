from typing import get_args

import pytest

from search_app.maps import manifold
from search_app.maps.layout import METHODS, AxisEnd, MapSpec, SemanticAxis, spec_of, with_spec
from search_app.search import query_schema
from search_app.search.query import Query
from search_app.search.query_schema import MapView
from search_app.search.url_state import from_params, to_params


def linked(params: dict[str, list[str]]) -> MapSpec:
    """The map of a link."""
    return spec_of(from_params(params)[1])


DAY_TO_NIGHT = SemanticAxis(AxisEnd("text", "day > noon, 50% & more"), AxisEnd("item", "12"))


@pytest.mark.parametrize(
    "spec",
    [
        MapSpec(),
        MapSpec("umap", 3, gap=True),
        MapSpec("tsne"),
        MapSpec(axes=(2, 10)),
        MapSpec(dimensions=3, axes=(DAY_TO_NIGHT, 3, SemanticAxis(AxisEnd("text", "Tag"), AxisEnd("text", "Nacht")))),
        MapSpec(axes=(DAY_TO_NIGHT,)),
    ],
)
def test_a_link_keeps_what_a_map_is_asked_for(spec: MapSpec) -> None:
    assert linked(to_params(Query(), with_spec(MapView(), spec))) == spec


@pytest.mark.parametrize(
    "params",
    [
        {"projection": ["lda"], "map": ["4d"], "gap": ["closed"]},
        {"axis": ["0", "11", "x", "²", "text:a", "text:>text:b", "item:x>text:b", "text:a>text:a", "a>b>c"]},
        {"axis": []},
    ],
)
def test_what_cannot_be_read_in_a_link_takes_its_default(params: dict[str, list[str]]) -> None:
    assert linked(params) == MapSpec()


def test_a_link_that_names_no_layout_is_of_straight_axes_unless_a_page_knows_a_better_one() -> None:
    assert MapView().projection == "auto" and spec_of(MapView()) == MapSpec("pca")
    assert "projection" not in to_params(Query(), MapView())
    assert to_params(Query(), with_spec(MapView(), MapSpec("pca")))["projection"] == ["pca"]


def test_axes_that_are_not_asked_for_are_the_first_components_that_are_free() -> None:
    assert MapSpec(dimensions=3).drawn_axes == (1, 2, 3)
    assert MapSpec(dimensions=3, axes=(2,)).drawn_axes == (2, 1, 3)
    assert MapSpec(axes=(DAY_TO_NIGHT,)).drawn_axes == (DAY_TO_NIGHT, 1)
    assert MapSpec("umap", axes=(2,)).drawn_axes == ()


def test_dimensions_and_gap_are_written_as_the_search_page_writes_them() -> None:
    view = with_spec(MapView(), MapSpec(dimensions=3, gap=True))
    assert view == MapView(dimensions=3, gap=True, projection="pca")
    assert linked(to_params(Query(), view)) == MapSpec(dimensions=3, gap=True)


def test_an_axis_is_not_repeated_and_words_are_bounded() -> None:
    assert linked({"axis": ["3", "3", "4"]}).axes == (3, 4)
    (axis,) = spec_of(MapView(axis=("text:" + "x" * 9_000 + ">item:4",))).axes
    assert isinstance(axis, SemanticAxis) and len(axis.start.value) <= 2_000


def test_the_schema_and_the_maps_know_the_same_projections() -> None:
    assert tuple(METHODS) == query_schema.PROJECTIONS == get_args(query_schema.ProjectionChoice)[1:]
    assert set(manifold._FITS) == set(METHODS) - {"pca"}
