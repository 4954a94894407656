"""What is drawn beside the points of a map: the query as a star, its hits with their numbers, and marked items."""

from collections.abc import Sequence
from typing import Any

from search_app.components.map.captions import axis_captions
from search_app.components.map.scatter import DrawnMap, theme_of
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import snippet
from search_app.components.shared.page_layout import theme
from search_app.search.hits import Hit
from search_app.search.query import Query
from search_app.search.query_schema import MapView
from search_app.search.searcher import Answer

_LABEL = 28  # characters


def scene_of(space: AppSpace, picture: DrawnMap, query: Query, view: MapView, answer: Answer | None) -> dict[str, Any]:
    """What every map draws beside its points, with nothing selected; see scatter/src/map.js."""
    return {
        "space": space.identity,
        "theme": theme_of(theme()),
        "axes": axis_captions(space, picture.layout),
        "hits": numbered_hits(picture, answer.ranking.hits if answer else ()),
        "star": query_star(picture, query, answer),
        "trail": [],
        "item": None,
        "near": [],
        "place": None,
        "area": None,
        "topics": [],
        "flyTo": None,
        "hidden": list(view.hidden),
        "window": "",
        "pictures": False,
        "density": True,
        "small": False,
        "numbered": 0,
        "drawer": False,
    }


def item_marks(picture: DrawnMap, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The items of `ids` that are on the map, with where they are drawn."""
    layout = picture.layout
    at = [layout.rows_of([item_id]) for item_id in ids]
    return [
        {
            "id": item_id,
            "at": picture.to_drawn(layout.positions[rows[0]]).tolist(),
            "kind": int(layout.modalities[rows[0]]),
        }
        for item_id, rows in zip(ids, at, strict=True)
        if len(rows)
    ]


def numbered_hits(picture: DrawnMap, hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """The hits that are on the map, each with its number in the list."""
    ranks = {hit.id: hit.rank for hit in hits}
    return [{**mark, "rank": str(ranks[mark["id"]])} for mark in item_marks(picture, [hit.id for hit in hits])]


def query_star(picture: DrawnMap, query: Query, answer: Answer | None) -> dict[str, Any] | None:
    """Where the query lies; None without a query."""
    if answer is None or answer.probe is None:
        return None
    return {"at": picture.to_drawn(picture.layout.place_probe(answer.probe)).tolist(), "label": query_label(query)}


def query_label(query: Query) -> str:
    """A few words for a query."""
    return snippet(query.words or ("a picture" if query.images else "items"), _LABEL)
