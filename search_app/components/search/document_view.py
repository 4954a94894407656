"""A whole document, joined from its passages, with the hits in it highlighted."""

from collections.abc import Collection, Sequence
from pathlib import PurePath

import streamlit as st

from ingest.encoders.base import Encoder
from ingest.readers.formats import is_table
from ingest.readers.passages import Span
from ingest.space import Item
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import highlight, in_html, unwrapped
from search_app.search.searcher import Answer

MAX_CHARACTERS = 300_000
"""Of a longer document, the part around the passage is shown."""


def document_view(
    space: AppSpace, item: Item, answer: Answer | None, encoder: Encoder | None, hit_ids: Collection[str]
) -> None:
    """Draw the document that a passage belongs to, or the part around it if it is very long; of a table, only the row.

    Passages of the document whose ids are in `hit_ids` are marked.
    """
    is_row = is_table(PurePath(item.path))
    passages = [item] if is_row else space.ledger.items.of_source(item.path)
    texts = [passage for passage in passages if passage.modality == "text"] or [item]
    first, last = _visible_range(texts, item)
    best = _best_sentences(space, texts[first:last], item, answer, encoder, hit_ids)
    parts = [_omission_note(first, "before")] if first else []
    title, page = None, None
    for passage in texts[first:last]:
        if passage.title != title:
            parts.append(f"<h5>{in_html(passage.title)}</h5>" if passage.title else "")
        if passage.page is not None and passage.page != page:
            parts.append(f'<div class="ns-page-label">page {passage.page}</div>')
        title, page = passage.title, passage.page
        css_class = "ns-current-passage" if passage.id == item.id else "ns-hit-passage" if passage.id in hit_ids else ""
        parts.append(f'<p class="{css_class}">{highlight(unwrapped(passage.text), best.get(passage.id))}</p>')
    parts += [_omission_note(len(texts) - last, "after")] if last < len(texts) else []
    st.html(f'<div class="ns-document" tabindex="0">{"".join(parts)}</div>')


def _omission_note(count: int, where: str) -> str:
    return f'<div class="ns-note">{count:,} passages {where} this part are omitted here; the original has them.</div>'


def _visible_range(texts: Sequence[Item], item: Item) -> tuple[int, int]:
    """The first passage to show and the one after the last: all, or as many around `item` as fit."""
    position = next((number for number, passage in enumerate(texts) if passage.id == item.id), 0)
    first, last = position, position + 1
    room = MAX_CHARACTERS - len(texts[position].text)
    while room > 0 and (first > 0 or last < len(texts)):
        if last < len(texts):
            room -= len(texts[last].text)
            last += 1
        if first > 0:
            first -= 1
            room -= len(texts[first].text)
    return first, last


def _best_sentences(
    space: AppSpace,
    texts: Sequence[Item],
    item: Item,
    answer: Answer | None,
    encoder: Encoder | None,
    hit_ids: Collection[str],
) -> dict[str, Span]:
    """The best sentence of each hit in the document."""
    if answer is None or answer.question is None or encoder is None:
        return {}
    hit_texts = {
        passage.id: unwrapped(passage.text) for passage in texts if passage.id in hit_ids or passage.id == item.id
    }
    return space.sentences.best(hit_texts, answer.question, answer.means["text"], encoder)
