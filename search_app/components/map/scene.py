"""What is drawn beside the points of a map: the question as a star, its hits with their numbers, marked items."""

from collections.abc import Sequence
from typing import Any

from search_app.components.map.captions import axes_of
from search_app.components.map.scatter import Drawing, theme_of
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import snippet
from search_app.components.shared.page_layout import theme
from search_app.search.hits import Hit
from search_app.search.query import Query
from search_app.search.schema import MapView
from search_app.search.searcher import Answer

_LABEL = 28  # characters


def scene_of(
    space: AppSpace, picture: Drawing, query: Query, view: MapView, answer: Answer | None
) -> dict[str, Any]:  # fmt: skip
    """What every map draws beside its points, with nothing looked at; see scatter/src/map.js."""
    return {
        "space": space.identity,
        "theme": theme_of(theme()),
        "axes": axes_of(space, picture.layout),
        "hits": numbered(picture, answer.ranking.hits if answer else ()),
        "star": star(picture, query, answer),
        "trail": [],
        "item": None,
        "near": [],
        "spot": None,
        "area": None,
        "topics": [],
        "fly": None,
        "hidden": list(view.hidden),
        "window": "",
        "sheet": False,
        "density": True,
        "small": False,
    }


def marked(picture: Drawing, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The items of `ids` that are on the map, with where they are drawn."""
    layout = picture.layout
    at = [layout.rows_of([item_id]) for item_id in ids]
    return [
        {"id": item_id, "at": picture.at(layout.spots[rows[0]]).tolist(), "kind": int(layout.modalities[rows[0]])}
        for item_id, rows in zip(ids, at, strict=True)
        if len(rows)
    ]


def numbered(picture: Drawing, hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """The hits that are on the map, each with its number in the list."""
    ranks = {hit.id: hit.rank for hit in hits}
    return [{**mark, "rank": str(ranks[mark["id"]])} for mark in marked(picture, [hit.id for hit in hits])]


def star(picture: Drawing, query: Query, answer: Answer | None) -> dict[str, Any] | None:
    """Where the question lies; None where nothing is asked."""
    if answer is None or answer.probe is None:
        return None
    return {"at": picture.at(picture.layout.place_probe(answer.probe)).tolist(), "label": question_label(query)}


def question_label(query: Query) -> str:
    """A few words for a question."""
    return snippet(query.words or ("a picture" if query.images else "items"), _LABEL)
