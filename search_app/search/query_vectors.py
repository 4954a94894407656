"""A question as vectors: its terms encoded, and composed as search_app.search.composition says."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.readers.draft import Modality
from search_app.search.composition import WORDS_BESIDE_A_PICTURE, along_the_arc, compose, judged
from search_app.search.query import Query
from search_app.search.snapshot import Snapshot

if TYPE_CHECKING:
    from PIL.Image import Image

Transform = Callable[[Modality, NDArray[np.float32]], NDArray[np.floating]]
"""Maps a vector of a modality to where vectors of both modalities can be compared."""


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

    def transformed(self, transform: Transform) -> NDArray[np.floating]:
        """The part where `transform` moves it; what is between two is on the arc between their places."""
        here = transform(self.modality, self.vector)
        return along_the_arc(here, self.toward.transformed(transform), self.at) if self.toward else here


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

    def composed(self, transform: Transform) -> NDArray[np.float64]:
        """The parts composed and judged, each moved by `transform` first; see search_app.search.composition."""
        terms = [(part.weight, part.transformed(transform)) for part in self.parts]
        question = compose(terms) if terms else None
        if not self.likes and not self.unlikes and question is not None:
            return question
        if question is not None:
            # As long as a judged item's vector, however far apart its terms are.
            usual = float(np.mean([np.linalg.norm(vector) for _, vector in terms]))
            question = question * (usual / max(float(np.linalg.norm(question)), 1e-9))
        likes, unlikes = ([part.transformed(transform) for part in parts] for parts in (self.likes, self.unlikes))
        return judged(question, likes, unlikes)


def encode(
    query: Query, encoder: Encoder, snapshot: Snapshot, pictures: "Mapping[str, Image] | None" = None
) -> Probe | None:
    """Turn a query into vectors; None when nothing is left to ask, as when the item it is like no longer exists.

    `pictures` are the upright RGB pictures that the query names, by name; terms without theirs are left out.
    """
    pictures = pictures or {}
    words = [within_window(term.value, encoder) for term in query.all_terms if term.kind == "text"]
    texts = iter(encoder.encode_texts(words) if words else ())
    opened = [pictures[term.value] for term in query.all_terms if term.kind == "image" and term.value in pictures]
    images = iter(encoder.encode_images(opened) if opened else ())
    parts: list[PartVector] = []
    for term in query.all_terms:
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
    likes, unlikes = _of_items(query.like, snapshot), _of_items(query.unlike, snapshot)
    return Probe(tuple(parts), tuple(likes), tuple(unlikes)) if parts or likes or unlikes else None


def _of_items(ids: Iterable[str], snapshot: Snapshot, weight: float = 1.0) -> list[PartVector]:
    found = [place for item_id in ids if (place := snapshot.find(item_id))]
    return [PartVector(group.modality, group.vectors[row], weight) for group, row in found]


def within_window(text: str, encoder: Encoder) -> str:
    """The beginning of `text` that fits the encoder's text window."""
    spans = encoder.token_spans(text)
    window = encoder.info.text_window
    return text if len(spans) <= window else text[: spans[window - 1][1]]


def unit(vector: NDArray[np.floating]) -> NDArray[np.float32]:
    """`vector` at unit length; a vector of no length stays as it is."""
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / length if length > 0 else vector, dtype=np.float32)
