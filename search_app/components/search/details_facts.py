"""The facts about an item: its source and its file, and for a result the numbers behind the words."""

import streamlit as st

from ingest.space import Item
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import (
    headline,
    in_html,
    percentile_label,
    readable_size,
    snippet,
)
from search_app.search.hits import Hit

_MAX_DUPLICATES = 20  # listed by path
_SHOWN_SEPARATELY = ("width", "height", "taken", "colours", "seconds", "frame")


def facts(space: AppSpace, item: Item, hit: Hit | None) -> None:
    """Draw the facts about `item`; `hit` gives its numbers for the question."""
    path = (
        f'<dt>source</dt><dd><span class="ns-copy-text">{in_html(item.path)}</span> '
        '<button type="button" class="ns-copy" aria-label="Copy the path">Copy</button></dd>'
    )
    numbers = f'<div class="ns-eyebrow">Numbers</div><dl>{_rows(_numbers(item, hit))}</dl>' if hit else ""
    st.html(f'<div class="ns-item ns-details"><dl>{path}{_rows(_about(space, item))}</dl>{numbers}</div>')


def _rows(named: dict[str, str]) -> str:
    return "".join(
        f'<dt>{in_html(name)}</dt><dd dir="auto">{in_html(value).replace(chr(10), "<br>")}</dd>'
        for name, value in named.items()
    )


def _about(space: AppSpace, item: Item) -> dict[str, str]:
    source = space.ledger.sources.get(item.path)
    about: dict[str, str] = {"folder": item.folder}
    if item.also:
        more = [f"and {len(item.also) - _MAX_DUPLICATES:,} more"] if len(item.also) > _MAX_DUPLICATES else []
        about["also at"] = "\n".join([*item.also[:_MAX_DUPLICATES], *more])
    if item.title and item.title != headline(item):
        about["title"] = item.title
    if item.page is not None:
        about["page"] = str(item.page)
    if item.clock:
        about["time"] = item.clock
    if item.modality == "image" and item.text.strip():
        about["caption"] = item.text
    if item.modality == "image" and "width" in item.meta and "height" in item.meta:
        about["size"] = f"{item.meta['width']} × {item.meta['height']} pixels"
    if source is not None:
        about["file"] = readable_size(source.size)
    if "taken" in item.meta:
        about["taken"] = str(item.meta["taken"]).replace("T", " ")
    return about | {
        key.replace("_", " "): snippet(str(value), 300)
        for key, value in item.meta.items()
        if key not in _SHOWN_SEPARATELY
    }


def _numbers(item: Item, hit: Hit) -> dict[str, str]:
    kind = "pictures" if item.modality == "image" else "passages"
    return {
        "match": hit.closeness,
        "closeness": percentile_label(hit),
        "cosine": f"{hit.cosine:.4f} (comparable only among {kind})",
        "distance": f"{hit.distance:.4f} (Euclidean, between vectors of unit length)",
        "score": f"{hit.score:.2f} standard deviations above what is usual for this question",
    }
