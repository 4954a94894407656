"""Lists of items beside the map: a picture, a name that opens the item on the map, and its source."""

from collections.abc import Callable, Iterable, Mapping

import streamlit as st

from ingest.space import Item
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import headline, in_html, in_markdown, snippet, source_label
from search_app.components.shared.thumbnails import data_url, resized_thumbnail

_SIDE = 128  # pixels


def section(title: str, remark: str = "") -> None:
    """Draw a heading; both may be untrusted."""
    small = f"<small>{in_html(remark)}</small>" if remark else ""
    st.html(f'<div class="ns-section">{in_html(title)}{small}</div>')


def panel_heading(title: str, remark: str = "", close: Callable[[], None] = page_url.unfocus) -> None:
    """Draw a heading with a button that closes the panel, by `close`."""
    with st.container(key="map-side-head", horizontal=True, vertical_alignment="top", gap="small"):
        st.html(
            f'<div class="ns-item"><h4>{in_html(title)}</h4><div class="ns-source-label">{in_html(remark)}</div></div>',
            width="stretch",
        )
        st.button("Close", key="map-close", icon=":material/close:", type="tertiary", on_click=close)


def rows(space: AppSpace, items: Iterable[Item], key: str, remarks: Mapping[str, str] | None = None) -> None:
    """Draw a row for each item; `remarks`, by id, stand at its end."""
    with st.container(key=f"items-{key}", gap=None):
        for item in items:
            with st.container(
                key=f"item-row-{key}-{item.id}", horizontal=True, vertical_alignment="center", gap="small"
            ):
                st.html(_picture(space, item) or '<div class="ns-glyph">¶</div>', width="content")
                with st.container(gap=None, width="stretch"):
                    st.button(
                        in_markdown(snippet(headline(item), 60)),
                        key=f"open-{key}-{item.id}",
                        type="tertiary",
                        on_click=page_url.focus_item,
                        args=(item.id,),
                    )
                    line = snippet(item.text, 90) or source_label(item)
                    st.html(f'<div class="ns-source-label">{in_html(line)}</div>')
                if remark := (remarks or {}).get(item.id):
                    st.html(f'<div class="ns-remark">{in_html(remark)}</div>', width="content")


def thumbnails(space: AppSpace, items: Iterable[Item], key: str) -> None:
    """Draw small cards side by side: a picture, or the beginning of a passage, each with a button that opens it."""
    with st.container(key=f"cards-{key}"):
        for item in items:
            with st.container(key=f"tile-{key}-{item.id}"):
                words = f'<div class="ns-tile">{in_html(snippet(item.text or item.name, 90))}</div>'
                st.html(_picture(space, item) or words)
                st.button(
                    in_markdown(snippet(headline(item), 24)),
                    key=f"tile-open-{key}-{item.id}",
                    type="tertiary",
                    on_click=page_url.focus_item,
                    args=(item.id,),
                )


def picture_strip(space: AppSpace, items: Iterable[Item]) -> None:
    """Draw a row of small pictures; a passage is a sign with its beginning as tooltip."""
    parts = [
        _picture(space, item) or f'<div class="ns-glyph" title="{in_html(snippet(item.text, 200))}">¶</div>'
        for item in items
    ]
    st.html(f'<div class="ns-strip">{"".join(parts)}</div>')


def _picture(space: AppSpace, item: Item) -> str:
    """The item's small picture as HTML; '' where it has none."""
    path = space.thumbnail_path(item)
    small = resized_thumbnail(path, _SIDE) if path else None
    alt = in_html(snippet(item.text or item.name, 100))
    return f'<img class="ns-small" src="{data_url(small)}" alt="{alt}">' if small else ""
