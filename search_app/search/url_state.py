"""A question and the view of the map as the parameters of a link, and back."""

from collections.abc import Iterable, Mapping

from search_app.search.aliases import with_present_names
from search_app.search.fields import read_fields, write_fields
from search_app.search.query import Query
from search_app.search.query_schema import Display, Filters, Listing, MapView

Params = dict[str, list[str]]
"""The query part of a link: each name with its values."""


def to_params(query: Query, view: MapView) -> Params:
    """Write a query and a map view as the parameters of a link; what is at its default is left out."""
    asked = write_fields(query)
    count = {name: asked.pop(name) for name in ("count",) if name in asked}  # beside the listing
    return (
        asked
        | write_fields(query.filters)
        | count
        | write_fields(query.listing)
        | write_fields(query.display)
        | write_fields(view)
    )


def from_params(params: Mapping[str, Iterable[str]]) -> tuple[Query, MapView]:
    """Read a query and a map view from a link's parameters, also by their former names.

    What cannot be read takes its default. A folder, format or topic that the space does not have is kept, so that the
    page can say that it does not exist.
    """
    present, _ = with_present_names(params, "link")
    asked = read_fields(Query, present, strict=False)
    if "unlike" in asked:
        asked["unlike"] = tuple(item_id for item_id in asked["unlike"] if item_id not in asked.get("like", ()))
    query = Query(
        **asked,
        filters=Filters(**read_fields(Filters, present, strict=False)),
        listing=Listing(**read_fields(Listing, present, strict=False)),
        display=Display(**read_fields(Display, present, strict=False)),
    )
    return query, MapView(**read_fields(MapView, present, strict=False))
