"""What is asked of a space: as a link keeps it, and as vectors."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.readers.draft import Modality
from search_app.search.filters import MOST_PARTS, Filters, filters_from_params, filters_to_params
from search_app.search.full_text import quoted
from search_app.search.fusion import CALIBRATED, METHODS
from search_app.search.listing import Listing, Look, listing_from_params, listing_to_params
from search_app.search.snapshot import Snapshot
from search_app.search.terms import (
    LONGEST_TEXT,
    MOST_TERMS,
    WORDS_BESIDE_A_PICTURE,
    Term,
    along_the_arc,
    compose,
    is_item,
    is_picture,
    judged,
    read_term,
    write_term,
)

if TYPE_CHECKING:
    from PIL.Image import Image

DEFAULT_COUNT = 24
LARGEST_COUNT = 96

Dimensions = Literal[2, 3]
LONGEST_AREA = 1_200
"""Characters of a selection that a link keeps."""
MOST_HIDDEN = 40
"""Entries of the legend that a link keeps hidden."""
_COLOURINGS = ("modality", "folder", "date", "match", "topic")
_METADATA = "meta:"


@dataclass(frozen=True)
class Query:
    """A question to a space; every part may be left out, and parts that are there are asked together.

    `text` and `picture` are the simple question, of weight 1 each; `terms` are what is composed with them.
    """

    text: str = ""
    picture: str = ""
    """The name of an uploaded picture that the space keeps."""
    likes: tuple[str, ...] = ()
    """The ids of items to find more like."""
    unlikes: tuple[str, ...] = ()
    """The ids of items to find less like."""
    terms: tuple[Term, ...] = ()
    filters: Filters = field(default_factory=Filters)
    """Which items may be found."""
    count: int = DEFAULT_COUNT
    """How many results make a page."""
    listing: Listing = field(default_factory=Listing)
    look: Look = field(default_factory=Look)
    method: str = CALIBRATED
    """How images and texts are put into one list: a name of search_app.search.fusion.METHODS."""
    balance: float = 0.0
    """From -1, which favours texts, to 1, which favours images."""
    separate: bool = False
    """Whether images and texts are listed apart, each ranked on its own."""

    @property
    def at_start(self) -> "Query":
        """The same on its first page, with nothing opened: how a new question begins."""
        return replace(self, listing=replace(self.listing, page=1), look=Look(self.look.layout))

    @property
    def asks(self) -> bool:
        """Whether there is anything to search for."""
        return bool(self.asked or self.likes or self.unlikes)

    @property
    def asked(self) -> tuple[Term, ...]:
        """All terms of the question: its text and its picture first."""
        text = (Term("text", self.text),) if self.text else ()
        picture = (Term("image", self.picture),) if self.picture else ()
        return (*text, *picture, *self.terms)

    @property
    def words(self) -> str:
        """All that is asked for in words."""
        return " ".join(term.value for term in self.asked if term.kind == "text" and term.weight > 0)

    @property
    def named(self) -> tuple[str, ...]:
        """The ids of the items that the question names; they are left out of the hits."""
        of_terms = [item_id for term in self.terms for item_id in term.items]
        return tuple(dict.fromkeys([*self.likes, *self.unlikes, *of_terms]))

    @property
    def pictures(self) -> tuple[str, ...]:
        """The names of the pictures that the question is asked with."""
        return tuple(dict.fromkeys(term.value for term in self.asked if term.kind == "image"))


def with_terms(query: Query, terms: Iterable[Term]) -> Query:
    """The query with `terms` for all of its terms: the first text and picture of weight 1 are the simple question."""
    text, picture, others = "", "", []
    for term in terms:
        if term.kind == "text" and term.weight == 1.0 and not text:
            text = term.value
        elif term.kind == "image" and term.weight == 1.0 and not picture:
            picture = term.value
        elif term not in others:
            others.append(term)
    return replace(query, text=text, picture=picture, terms=tuple(others[:MOST_TERMS]))


@dataclass(frozen=True)
class MapView:
    """How the map is drawn."""

    dimensions: Dimensions = 2
    colouring: str = "modality"
    """`modality`, `folder`, `date`, `match` (how close to the question), `topic`, or `meta:` and a metadata key."""
    gap: bool = False
    """Whether the modality gap is left as it is; otherwise each modality is centred on its own mean."""
    projection: str = "pca"
    """How the space is projected, as search_app.maps.layout reads it."""
    axes: tuple[str, ...] = ()
    """What is drawn along each axis, as search_app.maps.layout writes it; () for the first components."""
    sheet: bool = False
    """Whether pictures are drawn on the map."""
    names: bool = True
    """Whether the names of topics are drawn."""
    hidden: tuple[str, ...] = ()
    """The entries of the legend whose items are not drawn."""
    item: str = ""
    """The id of the item that is looked at."""
    euclidean: bool = False
    """Whether the neighbours of that item are those by Euclidean distance; otherwise by cosine."""
    spot: tuple[float, ...] = ()
    """The empty place that is decoded, a number for each dimension; () for none."""
    window: str = ""
    """The part of the map that is looked at, as the browser writes it; '' for the whole."""
    area: str = ""
    """What is selected, as search_app.maps.area writes it; '' for nothing."""

    @property
    def looking(self) -> bool:
        """Whether an item, a place or a selection is looked at."""
        return bool(self.item or self.spot or self.area)

    @property
    def at_rest(self) -> "MapView":
        """The same map with nothing on it looked at."""
        return replace(self, item="", spot=(), area="")


_WINDOW = re.compile(r"-?[\d.e+-]{1,20}( -?[\d.e+-]{1,20}){2,5}")

Params = dict[str, list[str]]
"""The query part of a link: each name with its values."""


def to_params(query: Query, view: MapView) -> Params:
    """Write a query and a map view as the parameters of a link; what is at its default is left out."""
    given: dict[str, Sequence[str]] = {
        "q": [query.text] if query.text else [],
        "image": [query.picture] if query.picture else [],
        "term": [write_term(term) for term in query.terms],
        "like": query.likes,
        "unlike": query.unlikes,
        **filters_to_params(query.filters),
        "k": [str(query.count)] if query.count != DEFAULT_COUNT else [],
        "method": [query.method] if query.method != CALIBRATED else [],
        "balance": [f"{query.balance:g}"] if query.balance else [],
        "lists": ["separate"] if query.separate else [],
        **listing_to_params(query.listing, query.look),
        "map": ["3d"] if view.dimensions == 3 else [],
        "colour": [view.colouring] if view.colouring != "modality" else [],
        "gap": ["open"] if view.gap else [],
        "projection": [view.projection] if view.projection != "pca" else [],
        "axis": view.axes,
        "pictures": ["shown"] if view.sheet else [],
        "names": [] if view.names else ["off"],
        "hide": view.hidden,
        "item": [view.item] if view.item else [],
        "distance": ["euclidean"] if view.euclidean else [],
        "spot": [" ".join(f"{place:.4g}" for place in view.spot)] if view.spot else [],
        "area": [view.area] if view.area else [],
        "window": [view.window] if view.window else [],
    }
    return {name: list(values) for name, values in given.items() if values}


def from_params(params: Mapping[str, Sequence[str]]) -> tuple[Query, MapView]:
    """Read a query and a map view from a link's parameters; what cannot be read takes its default."""

    def first(name: str) -> str:
        values = params.get(name) or [""]
        return values[0]

    likes = _item_ids(params.get("like", ()))
    listing, look = listing_from_params(params)
    terms = [term for written in params.get("term", ()) if (term := read_term(written))]
    query = Query(
        text=first("q").strip()[:LONGEST_TEXT],
        picture=first("image") if is_picture(first("image")) else "",
        likes=likes,
        unlikes=tuple(item_id for item_id in _item_ids(params.get("unlike", ())) if item_id not in likes),
        terms=tuple(dict.fromkeys(terms))[:MOST_TERMS],
        filters=filters_from_params(params),
        count=_count(first("k")),
        listing=listing,
        look=look,
        method=first("method") if first("method") in METHODS else CALIBRATED,
        balance=_balance(first("balance")),
        separate=first("lists") == "separate",
    )
    colour = first("colour")[:LONGEST_TEXT]
    view = MapView(
        dimensions=3 if first("map") == "3d" else 2,
        colouring=colour if colour in _COLOURINGS or colour.removeprefix(_METADATA) not in ("", colour) else "modality",
        gap=first("gap") == "open",
        projection=first("projection")[:20] or "pca",
        axes=tuple(written[: 2 * LONGEST_TEXT] for written in params.get("axis", ()))[:3],
        sheet=first("pictures") == "shown",
        names=first("names") != "off",
        hidden=tuple(dict.fromkeys(params.get("hide", ())))[:MOST_HIDDEN],
        item=first("item") if is_item(first("item")) else "",
        euclidean=first("distance") == "euclidean",
        spot=_spot(first("spot")),
        area=first("area") if len(first("area")) <= LONGEST_AREA else "",
        window=first("window") if _WINDOW.fullmatch(first("window")) else "",
    )
    return query, view


def _spot(written: str) -> tuple[float, ...]:
    try:
        places = tuple(float(part) for part in written[:100].split())
    except ValueError:
        return ()
    return places if len(places) in (2, 3) and all(np.isfinite(places)) else ()


def _item_ids(written: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item_id for item_id in written if is_item(item_id)))[:MOST_TERMS]


def _count(written: str) -> int:
    if not written.isascii() or not written.isdecimal() or len(written) > 6:
        return DEFAULT_COUNT
    return min(max(int(written), 1), LARGEST_COUNT)


def _balance(written: str) -> float:
    try:
        value = float(written) if len(written) <= 8 else 0.0
    except ValueError:
        return 0.0
    # Neither nan nor a number beyond the ends is a balance.
    return round(value, 2) if -1.0 <= value <= 1.0 else 0.0


Placing = Callable[[Modality, NDArray[np.float32]], NDArray[np.floating]]
"""Moves a vector of a modality to where those of both modalities can be compared."""


@dataclass(frozen=True)
class PartVector:
    """One part of a query as a vector."""

    modality: Modality
    vector: NDArray[np.float32]
    """Unit length, shape (dimension,)."""
    weight: float = 1.0
    """Below 0 for what is left out."""
    toward: "PartVector | None" = None
    """The item at the other end, of a part that is between two."""
    at: float = 0.0
    """Where between the two it is, from 0 to 1."""

    def placed(self, place: Placing) -> NDArray[np.floating]:
        """The part where `place` moves it; what is between two is on the arc between their places."""
        here = place(self.modality, self.vector)
        return along_the_arc(here, self.toward.placed(place), self.at) if self.toward else here


@dataclass(frozen=True)
class Probe:
    """A query as vectors."""

    parts: tuple[PartVector, ...]
    likes: tuple[PartVector, ...] = ()
    unlikes: tuple[PartVector, ...] = ()

    @property
    def raw(self) -> NDArray[np.float32]:
        """The query's direction as the encoder gave it, unit length, shape (dimension,)."""
        return unit(self.composed(lambda _, vector: vector))

    def centred(self, means: Mapping[Modality, NDArray[np.float64]]) -> NDArray[np.float32]:
        """The query's direction once each part has lost its modality's mean, unit length, shape (dimension,).

        Each part is brought to unit length before it is composed, so that text and picture weigh the same however
        narrow their modality's cone is.
        """
        return unit(self.composed(lambda modality, vector: unit(vector - means[modality])))

    def composed(self, place: Placing) -> NDArray[np.float64]:
        """The parts composed and judged, each moved by `place` first; see search_app.search.terms."""
        terms = [(part.weight, part.placed(place)) for part in self.parts]
        question = compose(terms) if terms else None
        if not self.likes and not self.unlikes and question is not None:
            return question
        if question is not None:
            # As long as a judged item's vector, however far apart its terms are.
            usual = float(np.mean([np.linalg.norm(vector) for _, vector in terms]))
            question = question * (usual / max(float(np.linalg.norm(question)), 1e-9))
        likes, unlikes = ([part.placed(place) for part in parts] for parts in (self.likes, self.unlikes))
        return judged(question, likes, unlikes)


def encode(
    query: Query, encoder: Encoder, snapshot: Snapshot, pictures: "Mapping[str, Image] | None" = None
) -> Probe | None:
    """Turn a query into vectors; None when nothing is left to ask, as when the item it is like has gone.

    `pictures` are the upright RGB pictures that the query names, by name; terms without theirs are left out.
    """
    pictures = pictures or {}
    asked = query.asked
    words = [within_window(term.value, encoder) for term in asked if term.kind == "text"]
    texts = iter(encoder.encode_texts(words) if words else ())
    seen = [pictures[term.value] for term in asked if term.kind == "image" and term.value in pictures]
    images = iter(encoder.encode_images(seen) if seen else ())
    parts: list[PartVector] = []
    for term in asked:
        if term.kind == "text":
            parts.append(PartVector("text", next(texts), term.weight))
        elif term.kind == "image":
            parts += [PartVector("image", next(images), term.weight)] if term.value in pictures else []
        elif term.kind == "item":
            parts += _of_items([term.value], snapshot, term.weight)
        else:
            first, second, at = term.ends
            ends = _of_items([first, second], snapshot, term.weight)
            parts += [replace(ends[0], toward=ends[1], at=at)] if len(ends) == 2 else []
    if any(part.modality == "image" and part.weight > 0 for part in parts):
        parts = [
            replace(part, weight=part.weight * WORDS_BESIDE_A_PICTURE) if part.modality == "text" else part
            for part in parts
        ]
    likes, unlikes = _of_items(query.likes, snapshot), _of_items(query.unlikes, snapshot)
    return Probe(tuple(parts), tuple(likes), tuple(unlikes)) if parts or likes or unlikes else None


def _of_items(ids: Iterable[str], snapshot: Snapshot, weight: float = 1.0) -> list[PartVector]:
    found = [place for item_id in ids if (place := snapshot.find(item_id))]
    return [PartVector(group.modality, group.vectors[row], weight) for group, row in found]


def within_window(text: str, encoder: Encoder) -> str:
    """The beginning of `text` that fits the encoder's text window."""
    spans = encoder.token_spans(text)
    window = encoder.info.text_window
    return text if len(spans) <= window else text[: spans[window - 1][1]]


def with_quoted(query: Query) -> Filters:
    """The query's filters, with the phrases that stand in quotation marks in its text."""
    phrases = dict.fromkeys([*query.filters.phrases, *quoted(query.text)])
    return replace(query.filters, phrases=tuple(phrases)[:MOST_PARTS])


def without_filters(query: Query) -> Query:
    """The same question to the whole space."""
    return replace(query, filters=Filters())


def unit(vector: NDArray[np.floating]) -> NDArray[np.float32]:
    """`vector` at unit length; a vector of no length stays as it is."""
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / length if length > 0 else vector, dtype=np.float32)
