"""A document as its passages tell it, with what was found in it marked and in view."""

from collections.abc import Collection, Sequence
from pathlib import PurePath

import streamlit as st

from ingest.encoders.base import Encoder
from ingest.readers.formats import is_table
from ingest.readers.passages import Span
from ingest.space import Item
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html, marked, unwrapped
from search_app.search.searcher import Answer

MOST_CHARACTERS = 300_000
"""Of a longer document the part about the passage is shown."""


def document(
    space: AppSpace, item: Item, answer: Answer | None, encoder: Encoder | None, found: Collection[str]
) -> None:
    """Draw the document of a passage, all of it unless it is very long; of a table the row alone.

    `found` are the ids of hits; those that are passages of the document are marked in it.
    """
    is_row = is_table(PurePath(item.path))
    passages = [item] if is_row else space.ledger.items.of_source(item.path)
    texts = [passage for passage in passages if passage.modality == "text"] or [item]
    first, last = _about(texts, item)
    best = _best(space, texts[first:last], item, answer, encoder, found)
    parts = [_note(first, "before")] if first else []
    title, page = None, None
    for passage in texts[first:last]:
        if passage.title != title:
            parts.append(f"<h5>{in_html(passage.title)}</h5>" if passage.title else "")
        if passage.page is not None and passage.page != page:
            parts.append(f'<div class="ns-page">page {passage.page}</div>')
        title, page = passage.title, passage.page
        kind = "ns-here" if passage.id == item.id else "ns-found" if passage.id in found else ""
        parts.append(f'<p class="{kind}">{marked(unwrapped(passage.text), best.get(passage.id))}</p>')
    parts += [_note(len(texts) - last, "after")] if last < len(texts) else []
    st.html(f'<div class="ns-document" tabindex="0">{"".join(parts)}</div>')


def _note(count: int, where: str) -> str:
    return f'<div class="ns-note">{count:,} passages {where} this part are left out here; the original has them.</div>'


def _about(texts: Sequence[Item], item: Item) -> tuple[int, int]:
    """From which passage to which the document is shown: all, or as much as there is room for about `item`."""
    place = next((number for number, passage in enumerate(texts) if passage.id == item.id), 0)
    first, last = place, place + 1
    room = MOST_CHARACTERS - len(texts[place].text)
    while room > 0 and (first > 0 or last < len(texts)):
        if last < len(texts):
            room -= len(texts[last].text)
            last += 1
        if first > 0:
            first -= 1
            room -= len(texts[first].text)
    return first, last


def _best(
    space: AppSpace,
    texts: Sequence[Item],
    item: Item,
    answer: Answer | None,
    encoder: Encoder | None,
    found: Collection[str],
) -> dict[str, Span]:
    """The best sentence of each passage that was found."""
    if answer is None or answer.question is None or encoder is None:
        return {}
    wanted = {passage.id: unwrapped(passage.text) for passage in texts if passage.id in found or passage.id == item.id}
    return space.sentences.best(wanted, answer.question, answer.means["text"], encoder)
