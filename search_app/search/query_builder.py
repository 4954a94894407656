"""Questions put together from parts, for the command line and for programs."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import ItemNotFound, ReadError, SettingsError
from search_app.search.query import Query, with_terms
from search_app.search.query_pictures import require_small
from search_app.search.query_schema import Filters
from search_app.search.terms import LARGEST_WEIGHT, LONGEST_TEXT, MOST_TERMS, Term, checked_term, is_item
from search_app.search.terms import between as between_items

if TYPE_CHECKING:
    from PIL.Image import Image

    from ingest.encoders.base import Encoder
    from ingest.space import Ledger
    from search_app.search.searcher import Searcher


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a question: exactly one of `text`, `image`, `item` and `between`, and its weight."""

    text: str = ""
    """Words."""
    image: "str | Path | bytes | Image | None" = None
    """A picture: its file, the content of one, or an open RGB picture held upright."""
    item: str = ""
    """The id of an item of the space."""
    between: "tuple[str, str, float] | None" = None
    """Two items' ids, and a place from 0 (the first) to 1 (the second) on the arc between them."""
    weight: float = 1.0
    """How much it counts, up to 5; below 0 it is left out."""


def part_of(term: Term) -> Part:
    """The part of a question that a term stands for; not for a picture, which a term only names."""
    if term.kind == "text":
        return Part(text=term.value, weight=term.weight)
    if term.kind == "item":
        return Part(item=term.value, weight=term.weight)
    return Part(between=term.ends, weight=term.weight)


def build_query(
    parts: Iterable[Part], like: Sequence[str] = (), unlike: Sequence[str] = (), *, at_least: int
) -> "tuple[Query, dict[str, Image]]":
    """The query of these parts, and its pictures by the names that it has for them.

    `like` and `unlike` are ids of items to find more, and less, like.  `at_least` is the side in pixels that the
    encoder wants to see.  Raises SettingsError when a part cannot be asked, and when there is none.
    """
    # A string is a sequence of ids too, as far as types can tell: that of its digits.
    like, unlike = ([given] if isinstance(given, str) else given for given in (like, unlike))
    terms: list[Term] = []
    pictures: dict[str, Image] = {}
    for part in parts:
        given = [bool(part.text.strip()), part.image is not None, bool(part.item), part.between is not None]
        if sum(given) != 1:
            raise SettingsError("A part of a question is one of text, image, item and between. Give exactly one.")
        if not 0 < abs(part.weight) <= LARGEST_WEIGHT:
            raise SettingsError(
                f"A part cannot have the weight {part.weight}. Give a number from -{LARGEST_WEIGHT:g} to "
                f"{LARGEST_WEIGHT:g}, and not 0."
            )
        terms.append(_term(part, pictures, at_least))
    if not terms and not like and not unlike:
        raise SettingsError("There is nothing to look for. Give words, a picture or an item.")
    if max(len(terms), len(like), len(unlike)) > MOST_TERMS:
        raise SettingsError(f"A question has at most {MOST_TERMS} parts, and as many judged items. Leave some out.")
    for item_id in [*like, *unlike]:
        _require_id(item_id)
    likes = tuple(dict.fromkeys(like))
    unlikes = tuple(item_id for item_id in dict.fromkeys(unlike) if item_id not in likes)
    return with_terms(Query(like=likes, unlike=unlikes), terms), pictures


def require_items(query: Query, ledger: "Ledger") -> None:
    """Make sure that the items are there which the question names; raises ItemNotFound."""
    there = {item.id for item in ledger.items.get(query.items)}
    if absent := [item_id for item_id in query.items if item_id not in there]:
        raise item_not_found(", ".join(absent))


def require_filters(filters: Filters, searcher: "Searcher", encoder: "Encoder") -> None:
    """Make sure that the space has the folders and topics that the filters name; raises SettingsError."""
    snapshot = searcher.vectors.now()
    for name in filters.folder:
        if name not in snapshot.folder_names:
            raise SettingsError(f"The space has no folder {name!r}. `nearspace status --json` lists those there are.")
    if filters.topic:
        topics = searcher.topics.get_or_find(snapshot, encoder)
        for name in filters.topic:
            if not topics.numbers_of([name]):
                raise SettingsError(f"The space has no topic {name!r}. `nearspace topics` lists those there are.")


def item_not_found(item_id: str) -> ItemNotFound:
    """The error of an item that is not there."""
    return ItemNotFound(
        f"The space has no item {item_id}. Take the id of one from a search: `nearspace search ... --json`."
    )


def _term(part: Part, pictures: "dict[str, Image]", at_least: int) -> Term:
    if part.image is not None:
        name = f"{len(pictures):032x}"
        pictures[name] = _picture(part.image, at_least)
        term = Term("image", name, part.weight)
    elif part.between is not None:
        first, second, place = part.between
        _require_id(first)
        _require_id(second)
        if not 0.0 <= place <= 1.0:
            raise SettingsError(f"{place} is no place between two items. Give a number from 0 to 1.")
        term = between_items(first, second, place, part.weight)
    elif part.item:
        _require_id(part.item)
        term = Term("item", part.item, part.weight)
    else:
        term = Term("text", part.text.strip(), part.weight)
        if len(term.value) > LONGEST_TEXT:
            raise SettingsError(f"These words are longer than {LONGEST_TEXT:,} characters. Shorten them.")
    checked = checked_term(term)
    if checked is None:
        raise SettingsError(f"A part of the weight {part.weight} cannot be asked. Give another weight.")
    return checked


def _require_id(item_id: str) -> None:
    if not is_item(item_id):
        raise item_not_found(repr(item_id[:40]))


def _picture(given: "str | Path | bytes | Image", at_least: int) -> "Image":
    from ingest.readers.images import open_upright

    if isinstance(given, bytes):
        try:
            require_small(given)
            return open_upright(io.BytesIO(given), at_least=at_least)
        except ReadError as error:
            raise SettingsError(f"The picture cannot be searched for: {error}") from error
    if isinstance(given, str | Path):
        file = Path(given).expanduser()
        if not file.exists():
            raise SettingsError(f"There is no picture {given}. Check how it is spelt.")
        try:
            return open_upright(file, at_least=at_least)
        except ReadError as error:
            raise SettingsError(f"{given}: {error}") from error
    return given.convert("RGB")
