"""The operands of the lab: words, an uploaded picture, or an item of the space, each with its vector."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.readers.draft import Modality
from ingest.space.steady_sample import steady_sample
from search_app.search.query import Query
from search_app.search.query_schema import Filters
from search_app.search.query_vectors import within_window
from search_app.search.searcher import Searcher
from search_app.search.snapshot import Snapshot
from search_app.search.terms import Term

if TYPE_CHECKING:
    from PIL.Image import Image

DEFAULT_WORDS = ("a dog", "a bird", "a guitar", "a castle")
"""The words that a fresh page compares, beside the pictures that match them."""
OCCLUSION_WORDS = ("a boat", "a flower", "a car")
"""The words that a fresh page occludes a picture for: things of which one part tells more than the rest."""

_CLOSE = ("very close", "close")


@dataclass(frozen=True)
class Operand:
    """One operand of a comparison."""

    term: Term
    """Of kind text, image or item."""
    modality: Modality
    vector: NDArray[np.float32]
    """Unit length, shape (dimension,)."""


def operands_of(
    terms: Sequence[Term], encoder: Encoder, snapshot: Snapshot, pictures: "Mapping[str, Image] | None" = None
) -> list[Operand]:
    """The operands that `terms` name, in their order, without those that no longer exist.

    `pictures` are the upright RGB pictures that the terms name, by name.
    """
    pictures = pictures or {}
    words = [within_window(term.value, encoder) for term in terms if term.kind == "text"]
    texts = iter(encoder.encode_texts(words) if words else ())
    named = [pictures[term.value] for term in terms if term.kind == "image" and term.value in pictures]
    images = iter(encoder.encode_images(named) if named else ())
    operands = []
    for term in terms:
        if term.kind == "text":
            operands.append(Operand(term, "text", next(texts)))
        elif term.kind == "image" and term.value in pictures:
            operands.append(Operand(term, "image", next(images)))
        elif term.kind == "item" and (found := snapshot.find(term.value)):
            group, row = found
            operands.append(Operand(term, group.modality, group.vectors[row]))
    return operands


def default_operands(searcher: Searcher, encoder: Encoder) -> list[Term]:
    """Some words, with the picture that matches each best where one is close; else words and steadily chosen items."""
    pairs = matching_pairs(searcher, encoder)
    items = [item for _, item in pairs]
    if len(items) < 2:
        snapshot = searcher.vectors.now()
        items = [
            Term("item", str(group.ids[row]))
            for group in snapshot.groups.values()
            for row in steady_sample(group.ids, len(DEFAULT_WORDS))
        ]
    return [*(Term("text", value) for value in DEFAULT_WORDS), *dict.fromkeys(items)]


def matching_pairs(
    searcher: Searcher, encoder: Encoder, phrases: Sequence[str] = DEFAULT_WORDS
) -> list[tuple[Term, Term]]:
    """Each phrase that a picture of the space is close to, with that picture."""
    found = []
    for words in phrases:
        query = Query(text=words, filters=Filters(modality=("image",)), count=1)
        hits = searcher.ask(query, encoder).ranking.hits
        found += [(Term("text", words), Term("item", hit.id)) for hit in hits if hit.closeness in _CLOSE]
    return found
