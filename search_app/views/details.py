"""Everything about one item, in a dialog."""

import streamlit as st

from ingest.errors import ReadError
from ingest.places import at_hand
from ingest.space import Item
from search_app.engine.composing import Term
from search_app.engine.hits import Hit
from search_app.views import links
from search_app.views.resources import OpenSpace, thumbnail
from search_app.views.words import closeness, headline, in_html, snippet, unwrapped

_SIDE = 1_600
_PLACES = 20  # other files of the same content that are named


@st.dialog("Details", width="medium")
def show_details(space: OpenSpace, item: Item, hit: Hit | None) -> None:
    """Show a picture as large as the dialog, or a passage whole, with where it comes from and how close it is."""
    if item.modality == "image":
        _picture(space, item)
    facts = {"source": item.path, "folder": item.folder}
    if item.also:
        more = [f"and {len(item.also) - _PLACES:,} more"] if len(item.also) > _PLACES else []
        facts["also at"] = "\n".join([*item.also[:_PLACES], *more])
    if item.page is not None:
        facts["page"] = str(item.page)
    if item.clock:
        facts["time"] = item.clock
    if item.modality == "image" and "width" in item.meta and "height" in item.meta:
        facts["size"] = f"{item.meta['width']} × {item.meta['height']} pixels"
    if "taken" in item.meta:
        facts["taken"] = str(item.meta["taken"]).replace("T", " ")
    if hit is not None:
        facts["match"] = hit.closeness
        facts["closeness"] = closeness(hit)
        facts["cosine"] = f"{hit.cosine:.4f} (comparable only among {_own_kind(item)})"
        facts["distance"] = f"{hit.distance:.4f} (Euclidean, between vectors of unit length)"
        facts["score"] = f"{hit.score:.2f} standard deviations above what is usual for this query"
    text = f'<div class="ns-full">{in_html(unwrapped(item.text))}</div>' if item.text.strip() else ""
    rows = "".join(
        f"<dt>{name}</dt><dd>{in_html(value).replace(chr(10), '<br>')}</dd>" for name, value in facts.items()
    )
    st.html(f'<div class="ns-item ns-details"><h4>{in_html(headline(item))}</h4>{text}<dl>{rows}</dl></div>')
    with st.container(key="details-acts", horizontal=True, gap="small"):
        if st.button("Search from this alone", key="details-more", icon=":material/travel_explore:"):
            links.ask_like(item.id)
            st.rerun()
        # A result is close to the question: at half its weight its likes are gone already, and more of the rest stays.
        for label, icon, weight in (("Add to the question", "add", 1.0), ("Leave out", "remove", -0.5)):
            term = Term("item", item.id, weight)
            key, sign = f"details-{icon}", f":material/{icon}:"
            if st.button(label, key=key, icon=sign, type="tertiary", on_click=links.add_term, args=(term,)):
                st.rerun()


def _own_kind(item: Item) -> str:
    return "images" if item.modality == "image" else "passages"


def _picture(space: OpenSpace, item: Item) -> None:
    from ingest.readers.again import open_again

    alt = snippet(item.text or item.name, 120)
    try:
        with at_hand(item.path, space.space.folder) as file:
            picture = open_again(file, item, at_least=_SIDE // 2)
    except ReadError:
        path = space.space.thumbnail_path(item)
        if path and (small := thumbnail(path)):
            st.image(small.jpeg, alt=alt)
        st.html('<div class="ns-note">The file itself cannot be read any more; this is its thumbnail.</div>')
        return
    picture.thumbnail((_SIDE, _SIDE))
    st.image(picture, alt=alt, width="stretch")
