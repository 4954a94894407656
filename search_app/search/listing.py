"""How the hits of a question are listed and shown: as a link keeps it, and the order that people may choose."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from ingest.errors import SettingsError
from search_app.search.snapshot import Snapshot
from search_app.search.terms import is_item

if TYPE_CHECKING:
    from ingest.space import Item

Layout = Literal["grid", "list"]
Sort = Literal["closeness", "date", "name", "folder", "size"]
SORTS: tuple[Sort, ...] = get_args(Sort)
"""By closeness, or the newest, the first by name or folder, or the largest file first."""
LAST_PAGE = 10_000
MOST_UNFOLDED = 20

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Listing:
    """What becomes of the hits of a question before they are shown, and how."""

    sort: Sort = "closeness"
    reverse: bool = False
    """Whether that order is turned round; the closest always come first."""
    page: int = 1
    """From 1."""
    diversity: float = 0.0
    """0 for the closest first, up to 1 for what differs most from what comes before it."""
    fold: bool = True
    """Whether near-duplicates are shown as one."""
    group: bool = True
    """Whether the passages of one document are shown as one."""

    def __post_init__(self) -> None:
        """Raises SettingsError for an order, a page or a diversity that there is not."""
        if self.sort not in SORTS:
            raise SettingsError(f"There is no order {self.sort!r}. Choose of {', '.join(SORTS)}.")
        if self.page < 1:
            raise SettingsError(f"There is no page {self.page}. Give a number from 1.")
        if not 0.0 <= self.diversity <= 1.0:
            raise SettingsError(f"{self.diversity} is no diversity. Give a number from 0 to 1.")

    @property
    def sorts(self) -> bool:
        """Whether another order than by closeness is asked for."""
        return self.sort != "closeness"


@dataclass(frozen=True)
class Look:
    """How the page shows the results; it changes nothing about what is listed."""

    layout: Layout = "grid"
    unfolded: tuple[str, ...] = ()
    """The ids of hits whose near-duplicates are shown after all."""
    opened: str = ""
    """The id of the item whose details are shown, or ''."""


PLAIN = Listing(fold=False, group=False)
"""Each hit on its own, the closest first."""


def listing_to_params(listing: Listing, look: Look) -> dict[str, Sequence[str]]:
    """The parameters of a link that stand for a listing and its look; those at their default are empty."""
    return {
        "sort": [listing.sort] if listing.sorts else [],
        "order": ["reverse"] if listing.reverse else [],
        "page": [str(listing.page)] if listing.page > 1 else [],
        "diversity": [f"{listing.diversity:g}"] if listing.diversity else [],
        "fold": [] if listing.fold else ["off"],
        "group": [] if listing.group else ["off"],
        "view": [look.layout] if look.layout != "grid" else [],
        "unfold": look.unfolded,
        "open": [look.opened] if look.opened else [],
    }


def listing_from_params(params: Mapping[str, Sequence[str]]) -> tuple[Listing, Look]:
    """Read a listing and its look from a link's parameters; what cannot be read takes its default."""

    def first(name: str) -> str:
        return next(iter(params.get(name, ())), "")

    sort = first("sort")
    listing = Listing(
        sort=sort if sort in SORTS else "closeness",
        reverse=first("order") == "reverse",
        page=page_of(first("page")) or 1,
        diversity=share_of(first("diversity")),
        fold=first("fold") != "off",
        group=first("group") != "off",
    )
    unfolded = dict.fromkeys(item_id for item_id in params.get("unfold", ()) if is_item(item_id))
    look = Look(
        layout="list" if first("view") == "list" else "grid",
        unfolded=tuple(unfolded)[:MOST_UNFOLDED],
        opened=first("open") if is_item(first("open")) else "",
    )
    return listing, look


def page_of(written: str) -> int:
    """The number of a page, from 1 to LAST_PAGE; 0 where it is none."""
    sound = written.isascii() and written.isdecimal() and len(written) <= 6
    return min(int(written), LAST_PAGE) if sound else 0


def share_of(written: str) -> float:
    """A number from 0 to 1; 0 where it is none."""
    try:
        value = float(written) if len(written) <= 8 else 0.0
    except ValueError:
        return 0.0
    return round(value, 2) if 0.0 <= value <= 1.0 else 0.0


def ordered(
    ids: Sequence[str], listing: Listing, snapshot: Snapshot, items: "Mapping[str, Item]"
) -> list[str]:  # fmt: skip
    """`ids`, which come closest first, in the order that `listing` asks for; equals stay closest first.

    Items that have left the space, and so have no place in the order, come last.
    """
    if not listing.sorts:
        return list(ids)
    there = [item_id for item_id in ids if item_id in items]
    falling = listing.sort in ("date", "size")
    keys = _keys(there, listing.sort, snapshot, items)
    # `sorted` keeps equals as they are, also in reverse.
    arranged = sorted(there, key=lambda item_id: keys[item_id], reverse=falling != listing.reverse)
    return [*arranged, *(item_id for item_id in ids if item_id not in items)]


def _keys(
    ids: Iterable[str], sort: Sort, snapshot: Snapshot, items: "Mapping[str, Item]"
) -> dict[str, tuple]:  # fmt: skip
    if sort == "name":
        return {item_id: _as_read(items[item_id].name) for item_id in ids}
    if sort == "folder":
        return {item_id: (*_as_read(items[item_id].folder), *_as_read(items[item_id].name)) for item_id in ids}
    keys: dict[str, tuple] = {}
    for item_id in ids:
        place = snapshot.find(item_id)
        facets = place[0].facets if place else None
        if sort == "size":
            keys[item_id] = (int(facets.bytes[place[1]]) if facets and place else 0,)
        else:
            day = int(facets.days[place[1]]) if facets and place else np.iinfo(np.int32).min
            keys[item_id] = (day, str(items[item_id].meta.get("taken", "")))
    return keys


def _as_read(name: str) -> tuple[tuple[int, int | str], ...]:
    """A key by which `img 2` comes before `img 10`, and upper and lower case alike."""
    return tuple(
        (0, int(part[:18])) if part.isdecimal() and part.isascii() else (1, part.casefold())
        for part in _DIGITS.split(name)
        if part
    )
