"""What is asked of a space: as a link keeps it, and as vectors."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.readers.draft import Modality
from search_app.engine.filters import Filters, filters_from_params, filters_to_params
from search_app.engine.snapshot import Snapshot

if TYPE_CHECKING:
    from PIL.Image import Image

DEFAULT_COUNT = 24
LARGEST_COUNT = 96
LONGEST_TEXT = 2_000
"""Characters of a query's text that a link keeps."""

Dimensions = Literal[2, 3]
Colouring = Literal["modality", "folder"]

_PICTURE = re.compile(r"[0-9a-f]{32}")
_ITEM = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Query:
    """A question to a space; every part may be left out, and parts that are there are asked together."""

    text: str = ""
    picture: str = ""
    """The name of an uploaded picture that the space keeps."""
    like: str = ""
    """The id of an item whose own vector is the question; the item itself is left out of the hits."""
    filters: Filters = field(default_factory=Filters)
    """Which items may be found."""
    count: int = DEFAULT_COUNT

    @property
    def asks(self) -> bool:
        """Whether there is anything to search for."""
        return bool(self.text or self.picture or self.like)


@dataclass(frozen=True)
class MapView:
    """How the map is drawn."""

    dimensions: Dimensions = 2
    colouring: Colouring = "modality"
    gap: bool = False
    """Whether the modality gap is left as it is; otherwise each modality is centred on its own mean."""


Params = dict[str, list[str]]
"""The query part of a link: each name with its values."""


def to_params(query: Query, view: MapView) -> Params:
    """Write a query and a map view as the parameters of a link; what is at its default is left out."""
    given: dict[str, Sequence[str]] = {
        "q": [query.text] if query.text else [],
        "image": [query.picture] if query.picture else [],
        "like": [query.like] if query.like else [],
        **filters_to_params(query.filters),
        "k": [str(query.count)] if query.count != DEFAULT_COUNT else [],
        "map": ["3d"] if view.dimensions == 3 else [],
        "colour": [view.colouring] if view.colouring != "modality" else [],
        "gap": ["open"] if view.gap else [],
    }
    return {name: list(values) for name, values in given.items() if values}


def from_params(params: Mapping[str, Sequence[str]]) -> tuple[Query, MapView]:
    """Read a query and a map view from a link's parameters; what cannot be read takes its default."""

    def first(name: str) -> str:
        values = params.get(name) or [""]
        return values[0]

    query = Query(
        text=first("q").strip()[:LONGEST_TEXT],
        picture=first("image") if _PICTURE.fullmatch(first("image")) else "",
        like=first("like") if _ITEM.fullmatch(first("like")) else "",
        filters=filters_from_params(params),
        count=_count(first("k")),
    )
    view = MapView(
        dimensions=3 if first("map") == "3d" else 2,
        colouring="folder" if first("colour") == "folder" else "modality",
        gap=first("gap") == "open",
    )
    return query, view


def _count(written: str) -> int:
    if not written.isascii() or not written.isdecimal() or len(written) > 6:
        return DEFAULT_COUNT
    return min(max(int(written), 1), LARGEST_COUNT)


@dataclass(frozen=True)
class Part:
    """One part of a query as a vector."""

    modality: Modality
    vector: NDArray[np.float32]
    """Unit length, shape (dimension,)."""


@dataclass(frozen=True)
class Probe:
    """A query as vectors: the unit vector of each of its parts."""

    parts: tuple[Part, ...]

    @property
    def raw(self) -> NDArray[np.float32]:
        """The parts' mean direction as the encoder gave it, unit length, shape (dimension,)."""
        return unit(np.sum([part.vector for part in self.parts], axis=0, dtype=np.float64))

    def centred(self, means: Mapping[Modality, NDArray[np.float64]]) -> NDArray[np.float32]:
        """The parts' mean direction once each has lost its modality's mean, unit length, shape (dimension,).

        Each part is brought to unit length before it is averaged, so that text and picture weigh the same however
        narrow their modality's cone is.
        """
        return unit(np.sum([unit(part.vector - means[part.modality]) for part in self.parts], axis=0, dtype=np.float64))


def encode(
    query: Query, encoder: Encoder, snapshot: Snapshot, picture: "Image | None" = None
) -> Probe | None:  # fmt: skip
    """Turn a query into vectors; None when nothing is left to ask, as when the item it is like has gone.

    `picture` is the upright RGB picture that `query.picture` names; without one that part is left out.
    """
    parts: list[Part] = []
    if query.text:
        parts.append(Part("text", encoder.encode_texts([within_window(query.text, encoder)])[0]))
    if picture is not None:
        parts.append(Part("image", encoder.encode_images([picture])[0]))
    if query.like and (found := snapshot.find(query.like)):
        group, row = found
        parts.append(Part(group.modality, group.vectors[row]))
    return Probe(tuple(parts)) if parts else None


def within_window(text: str, encoder: Encoder) -> str:
    """The beginning of `text` that fits the encoder's text window."""
    spans = encoder.token_spans(text)
    window = encoder.info.text_window
    return text if len(spans) <= window else text[: spans[window - 1][1]]


def without_filters(query: Query) -> Query:
    """The same question to the whole space."""
    return replace(query, filters=Filters())


def unit(vector: NDArray[np.floating]) -> NDArray[np.float32]:
    """`vector` at unit length; a vector of no length stays as it is."""
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / length if length > 0 else vector, dtype=np.float32)
