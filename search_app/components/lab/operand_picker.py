"""Choosing the operands of a section: typed words, an uploaded picture, or items of the space."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from ingest.errors import ReadError, SpaceError
from ingest.readers.draft import Modality
from ingest.space.steady_sample import steady_sample
from search_app.components.lab.clicks import action_attribute
from search_app.components.lab.item_labels import ItemLabel, image_tag, item_label
from search_app.components.search.query_terms import MEGABYTES
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html, snippet
from search_app.components.shared.open_page import loaded_encoder
from search_app.lab.operands import DEFAULT_WORDS, OCCLUSION_WORDS, default_operands, matching_pairs
from search_app.search.query import Query
from search_app.search.query_pictures import keep_picture, upload_suffixes
from search_app.search.query_schema import Filters
from search_app.search.snapshot import Snapshot
from search_app.search.terms import LONGEST_TEXT, MOST_TERMS, Term, is_item

_FOUND = 12
_DEFAULTS, _OCCLUSION = "what the lab is about at first", "what the lab looks into at first"
_PROBLEM = "problem of the lab's last upload"
_UPLOADS = "pictures uploaded in the lab so far"

OnChosen = Callable[[Term], None]


def operand_chips(
    key: str,
    labels: Sequence[ItemLabel],
    drop: Callable[[int], None] | None,
    signs: Sequence[str] = (),
    flip: Callable[[int], None] | None = None,
) -> None:
    """Draw operands in a row, each with a button that calls `drop` with its index; without `drop` they are fixed.

    `signs` are shown before them, on a button that calls `flip`.
    """
    with st.container(key=f"lab-chips-{key}", horizontal=True, vertical_alignment="center", gap="small"):
        for place, label in enumerate(labels):
            with st.container(
                key=f"lab-chip-{key}-{place}", horizontal=True, vertical_alignment="center", gap="xxsmall"
            ):
                name = in_html(snippet(label.name, 40))
                if flip is not None:
                    st.button(
                        signs[place],
                        key=f"lab-sign-{key}-{place}",
                        type="tertiary",
                        help="Add it, or take it away",
                        on_click=flip,
                        args=(place,),
                    )
                st.html(
                    f'<div class="ns-lab-chip">{image_tag(label, alt="")}<b dir="auto">{name}</b></div>',
                    width="content",
                )
                if drop is not None:
                    st.button(
                        f"Take {snippet(label.name, 40)} out",
                        key=f"lab-drop-{key}-{place}",
                        icon=":material/close:",
                        type="tertiary",
                        on_click=drop,
                        args=(place,),
                    )


def add_controls(
    space: AppSpace, snapshot: Snapshot, key: str, on_chosen: OnChosen, *, words: str = "Add words"
) -> None:
    """Draw the three ways to add an operand; each calls `chosen` with its term, as a callback.

    Items of the space come by the action `key` of `search_app.components.lab.clicks`; see `on_item_picked`.
    """
    with st.container(key=f"lab-add-{key}", horizontal=True, vertical_alignment="center", gap="small"):
        text_entry(key, on_chosen, words)
        item_search(space, snapshot, key)
        picture_upload(space, key, on_chosen)
    if problem := st.session_state.pop(_PROBLEM, None):
        from search_app.components.shared.page_layout import notice

        notice("This picture cannot be used", problem, is_error=True)


def text_entry(key: str, on_chosen: OnChosen, label: str) -> None:
    """Draw a box whose words are added with Enter."""
    box = f"lab-words-{key}"

    def entered() -> None:
        words = str(st.session_state.get(box) or "").strip()
        st.session_state[box] = ""
        if words:
            on_chosen(Term("text", words[:LONGEST_TEXT]))

    st.text_input(
        label,
        key=box,
        placeholder=f"{label}, then Enter",
        label_visibility="collapsed",
        max_chars=LONGEST_TEXT,
        on_change=entered,
        width=230,
    )


def picture_upload(space: AppSpace, key: str, on_chosen: OnChosen) -> None:
    """Draw a popover to upload a picture."""
    # Another key each time: an uploader cannot be emptied, and would give its picture again.
    box = f"lab-upload-{key}-{st.session_state.get(_UPLOADS, 0)}"

    def uploaded() -> None:
        upload = st.session_state.get(box)
        if upload is None:
            return
        st.session_state[_UPLOADS] = st.session_state.get(_UPLOADS, 0) + 1
        try:
            at_least = space.manifest.encoder.image_size
            on_chosen(Term("image", keep_picture(space.folder, upload.getvalue(), at_least, upload.name)))
        except (ReadError, SpaceError) as error:
            st.session_state[_PROBLEM] = f"{snippet(upload.name, 80)}: {error}"

    with st.popover("Your picture", key=f"lab-uploading-{key}", icon=":material/upload:", type="tertiary"):
        st.file_uploader("Picture", type=upload_suffixes(), key=box, max_upload_size=MEGABYTES, on_change=uploaded)


def item_search(
    space: AppSpace,
    snapshot: Snapshot,
    key: str,
    modality: Modality | None = None,
    label: str = "From the collection",
) -> None:
    """Draw a popover to search the space for an item and pick it."""
    with st.popover(label, key=f"lab-picking-{key}", icon=":material/photo_library:", type="tertiary"):
        words = st.text_input("Look for", key=f"lab-find-{key}", placeholder="a bird, a castle …")
        items = space.ledger.items.get(_found(space, snapshot, str(words or "").strip(), modality))
        cells = ""
        for item in items:
            shown = item_label(space, item)
            inside = image_tag(shown, alt="") or f'<span dir="auto">{in_html(snippet(shown.words, 90))}</span>'
            name = in_html(snippet(shown.name, 60))
            cells += f'<button {action_attribute(key, item.id)} title="{name}" aria-label="{name}">{inside}</button>'
        st.html(
            f'<div class="ns-lab-item-grid">{cells}</div>' if cells else '<div class="ns-note">Nothing found.</div>'
        )


def on_item_picked(on_chosen: OnChosen) -> Callable[[str], None]:
    """The action for items that are picked in `item_search`."""

    def act(value: str) -> None:
        if is_item(value):
            on_chosen(Term("item", value))

    return act


def add_within_limit(terms: Sequence[Term], term: Term, most: int = MOST_TERMS) -> list[Term]:
    """`terms` with one more; beyond `most`, the first is dropped."""
    return list(dict.fromkeys([*terms, term]))[-most:]


def _found(space: AppSpace, snapshot: Snapshot, words: str, modality: Modality | None) -> list[str]:
    if words:
        filters = Filters(modality=(modality,) if modality else ())
        answer = space.searcher.ask(Query(text=words, filters=filters, count=_FOUND), loaded_encoder(space))
        return [hit.id for hit in answer.ranking.hits]
    groups: Mapping[Modality, object] = snapshot.groups
    names = [name for name in groups if modality in (None, name) and len(snapshot.groups[name])]
    return [
        str(snapshot.groups[name].ids[row])
        for name in names
        for row in steady_sample(snapshot.groups[name].ids, _FOUND // len(names))
    ]


def default_occlusion(space: AppSpace, snapshot: Snapshot) -> tuple[Term, Term] | None:
    """A picture of the space and the words that it matches, for a fresh page; None where there is none."""
    state = (space.folder, snapshot.revision)
    known = st.session_state.get(_OCCLUSION)
    if known is None or known[0] != state:
        pairs = matching_pairs(space.searcher, loaded_encoder(space), (*OCCLUSION_WORDS, *DEFAULT_WORDS))
        known = st.session_state[_OCCLUSION] = (state, (pairs[0][1], pairs[0][0]) if pairs else None)
    found: tuple[Term, Term] | None = known[1]
    return found


def default_terms(space: AppSpace, snapshot: Snapshot) -> list[Term]:
    """The operands of a fresh page: words and items of the space; computed once a session and revision."""
    state = (space.folder, snapshot.revision)
    known = st.session_state.get(_DEFAULTS)
    if known is None or known[0] != state:
        known = st.session_state[_DEFAULTS] = (state, default_operands(space.searcher, loaded_encoder(space)))
    return list(known[1])
