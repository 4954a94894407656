"""The things that the lab compares: words, a picture of one's own, or an item of the space, each with its vector."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.readers.draft import Modality
from ingest.space.steady_sample import steady_sample
from search_app.search.query import Query
from search_app.search.query_vectors import within_window
from search_app.search.schema import Filters
from search_app.search.searcher import Searcher
from search_app.search.snapshot import Snapshot
from search_app.search.terms import Term

if TYPE_CHECKING:
    from PIL.Image import Image

STARTING_WORDS = ("a dog", "a bird", "a guitar", "a castle")
"""What a fresh page compares, beside the pictures that the space has of it."""
LOOKED_INTO = ("a boat", "a flower", "a car")
"""What a fresh page looks into a picture for: of such things, one part tells more than the rest."""

_CLOSE = ("very close", "close")


@dataclass(frozen=True)
class Thing:
    """One thing that is compared."""

    term: Term
    """Of kind text, image or item."""
    modality: Modality
    vector: NDArray[np.float32]
    """Unit length, shape (dimension,)."""


def things_of(
    terms: Sequence[Term], encoder: Encoder, snapshot: Snapshot, pictures: "Mapping[str, Image] | None" = None
) -> list[Thing]:
    """The things that `terms` stand for, in their order, without those that have gone.

    `pictures` are the upright RGB pictures that the terms name, by name.
    """
    pictures = pictures or {}
    words = [within_window(term.value, encoder) for term in terms if term.kind == "text"]
    texts = iter(encoder.encode_texts(words) if words else ())
    seen = [pictures[term.value] for term in terms if term.kind == "image" and term.value in pictures]
    images = iter(encoder.encode_images(seen) if seen else ())
    things = []
    for term in terms:
        if term.kind == "text":
            things.append(Thing(term, "text", next(texts)))
        elif term.kind == "image" and term.value in pictures:
            things.append(Thing(term, "image", next(images)))
        elif term.kind == "item" and (found := snapshot.find(term.value)):
            group, row = found
            things.append(Thing(term, group.modality, group.vectors[row]))
    return things


def starting_things(searcher: Searcher, encoder: Encoder) -> list[Term]:
    """Some words, with the picture that matches each best where one is close; else words and steadily chosen items."""
    pairs = starting_pairs(searcher, encoder)
    items = [item for _, item in pairs]
    if len(items) < 2:
        snapshot = searcher.vectors.now()
        items = [
            Term("item", str(group.ids[row]))
            for group in snapshot.groups.values()
            for row in steady_sample(group.ids, len(STARTING_WORDS))
        ]
    return [*(Term("text", value) for value in STARTING_WORDS), *dict.fromkeys(items)]


def starting_pairs(
    searcher: Searcher, encoder: Encoder, wanted: Sequence[str] = STARTING_WORDS
) -> list[tuple[Term, Term]]:
    """Each of these words of which the space has a picture that is close, with that picture."""
    found = []
    for words in wanted:
        query = Query(text=words, filters=Filters(modality=("image",)), count=1)
        hits = searcher.ask(query, encoder).ranking.hits
        found += [(Term("text", words), Term("item", hit.id)) for hit in hits if hit.closeness in _CLOSE]
    return found
