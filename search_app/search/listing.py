"""The order in which the hits of a question are listed; `search_app.search.query_schema.Listing` says which."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from search_app.search.query_schema import PLAIN as PLAIN
from search_app.search.query_schema import Listing as Listing
from search_app.search.query_schema import Sort
from search_app.search.snapshot import Snapshot

if TYPE_CHECKING:
    from ingest.space import Item

_DIGITS = re.compile(r"(\d+)")


def ordered(ids: Sequence[str], listing: Listing, snapshot: Snapshot, items: "Mapping[str, Item]") -> list[str]:
    """`ids`, which come closest first, in the order that `listing` sets; equals stay closest first.

    Items that have left the space, and so have no place in the order, come last.
    """
    if not listing.sorts:
        return list(ids)
    present = [item_id for item_id in ids if item_id in items]
    descending = listing.sort in ("date", "size")
    keys = _keys(present, listing.sort, snapshot, items)
    # `sorted` keeps equals as they are, also in reverse.
    by_key = sorted(present, key=lambda item_id: keys[item_id], reverse=descending != listing.reverse)
    return [*by_key, *(item_id for item_id in ids if item_id not in items)]


def _keys(
    ids: Iterable[str], sort: Sort, snapshot: Snapshot, items: "Mapping[str, Item]"
) -> dict[str, tuple[object, ...]]:
    if sort == "name":
        return {item_id: _natural_key(items[item_id].name) for item_id in ids}
    if sort == "folder":
        return {item_id: (*_natural_key(items[item_id].folder), *_natural_key(items[item_id].name)) for item_id in ids}
    keys: dict[str, tuple[object, ...]] = {}
    for item_id in ids:
        place = snapshot.find(item_id)
        facets = place[0].facets if place else None
        if sort == "size":
            keys[item_id] = (int(facets.bytes[place[1]]) if facets and place else 0,)
        else:
            day = int(facets.days[place[1]]) if facets and place else np.iinfo(np.int32).min
            keys[item_id] = (day, str(items[item_id].meta.get("taken", "")))
    return keys


def _natural_key(name: str) -> tuple[tuple[int, int | str], ...]:
    """A key by which `img 2` comes before `img 10`, and upper and lower case alike."""
    return tuple(
        (0, int(part[:18])) if part.isdecimal() and part.isascii() else (1, part.casefold())
        for part in _DIGITS.split(name)
        if part
    )
