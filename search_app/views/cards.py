"""Results as cards: a picture or a passage, where it comes from, and how close it is."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import streamlit as st

from ingest.space import Item
from search_app.engine.hits import Hit
from search_app.views import links
from search_app.views.details import show_details
from search_app.views.resources import OpenSpace, thumbnail
from search_app.views.words import closeness, headline, in_html, numbers, snippet, whereabouts

_KINDS = {"image": "IMAGE", "text": "TEXT"}
_PASSAGE = 320
_MARKS = {"very close": "ns-very", "close": "ns-near", "loosely related": "ns-loose", "no real match": "ns-none"}


def results(space: OpenSpace, hits: Sequence[Hit], items: Mapping[str, Item]) -> None:
    """Draw a card for each hit whose item is still there."""
    _grid(space, hits, items, key="results")


def separate_results(space: OpenSpace, hits: Sequence[Hit], items: Mapping[str, Item]) -> None:
    """Draw the same cards, images and passages apart."""
    for modality, title in (("image", "Images"), ("text", "Passages")):
        own = [hit for hit in hits if hit.modality == modality]
        if own:
            st.html(f'<div class="ns-section ns-part">{title}<small>{len(own)}</small></div>')
            _grid(space, own, items, key=f"results-{modality}")


def _grid(space: OpenSpace, hits: Sequence[Hit], items: Mapping[str, Item], key: str) -> None:
    with st.container(key=key):
        for hit in hits:
            if hit.id in items:
                _card(space, hit, items[hit.id])


def _card(space: OpenSpace, hit: Hit, item: Item) -> None:
    with st.container(key=f"card-{hit.rank}"):
        _front(space, item, key=f"hit-{hit.rank}", badge=str(hit.rank))
        caption = snippet(item.text, 120) if item.modality == "image" else ""
        caption_line = f'<div class="ns-caption" title="{in_html(caption)}">{in_html(caption)}</div>'
        place = in_html(whereabouts(item))
        st.html(
            f'<div class="ns-facts"><h4 title="{in_html(headline(item))}">{in_html(headline(item))}</h4>'
            f'<div class="ns-where" title="{place}">{place}</div>{caption_line}'
            f'<div class="ns-score"><b class="{_MARKS[hit.closeness]}">{_match(hit)}</b>'
            f"<span>{closeness(hit)}</span><details><summary>numbers</summary>{numbers(hit)}</details></div></div>"
        )
        with st.container(key=f"acts-{hit.rank}", horizontal=True, vertical_alignment="center"):
            _act(
                f"from-{hit.rank}",
                "Search from this alone",
                ":material/travel_explore:",
                partial(links.ask_like, item.id),
            )
            _act(f"more-{hit.rank}", "More like this", ":material/thumb_up:", partial(links.judge, item.id, liked=True))
            _act(
                f"less-{hit.rank}",
                "Less like this",
                ":material/thumb_down:",
                partial(links.judge, item.id, liked=False),
            )
            if st.button("Details", key=f"details-{hit.rank}", type="tertiary"):
                show_details(space, item, hit)


def _act(key: str, label: str, icon: str, action: Callable[[], None]) -> None:
    """An icon that acts; its name is for those who listen, and for those who wait over it."""
    st.button(label, key=key, type="tertiary", icon=icon, help=label, on_click=action)


def starters(space: OpenSpace, items: Sequence[Item]) -> None:
    """Draw small cards of items to start from."""
    with st.container(key="starters"):
        for place, item in enumerate(items, start=1):
            with st.container(key=f"starter-{place}"):
                _front(space, item, key=f"start-{place}")
                with st.container(key=f"acts-start-{place}", horizontal=True):
                    st.button(
                        "Start here",
                        key=f"start-here-{place}",
                        type="tertiary",
                        icon=":material/travel_explore:",
                        on_click=links.ask_like,
                        args=(item.id,),
                    )


def _match(hit: Hit) -> str:
    """How close a hit is in a word; one that is found by a name or a code says so."""
    return "says your words" if hit.said > 0.5 else hit.closeness


def _front(space: OpenSpace, item: Item, key: str, badge: str = "") -> None:
    number = f'<span class="ns-badge">{badge}</span>' if badge else ""
    marks = f'{number}<span class="ns-kind">{_KINDS[item.modality]}</span>'
    if item.modality == "image":
        st.html(f'<div class="ns-{item.modality}">{marks}</div>')
        photo(space, item, key=key)
    else:
        words = in_html(snippet(item.text, _PASSAGE))
        st.html(f'<div class="ns-{item.modality}">{marks}<div class="ns-passage"><p>{words}</p></div></div>')


def photo(space: OpenSpace, item: Item, key: str, width: int | None = None) -> None:
    """Draw an image's thumbnail: filling its frame when that crops little, whole otherwise."""
    path = space.space.thumbnail_path(item)
    small = thumbnail(path) if path else None
    if small is None:
        st.html('<div class="ns-gone">no thumbnail</div>')
        return
    wide, high = float(item.meta.get("width", 1)), float(item.meta.get("height", 1))
    fit = "paper" if small.on_white else "cover" if 1.25 <= wide / max(high, 1.0) <= 1.8 else "whole"
    with st.container(key=f"{fit}-{key}", width=width or "stretch"):
        st.image(small.jpeg, alt=snippet(item.text or item.name, 120), width="stretch")
