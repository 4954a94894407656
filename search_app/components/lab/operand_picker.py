"""Choosing what a section of the lab is about: words typed, a picture uploaded, or items of the space."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from ingest.errors import ReadError, SpaceError
from ingest.readers.draft import Modality
from ingest.space.steady_sample import steady_sample
from search_app.components.lab.clicks import pick
from search_app.components.lab.item_labels import Face, face_of_item, image_tag
from search_app.components.search.query_terms import MEGABYTES
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html, snippet
from search_app.components.shared.open_page import loaded_encoder
from search_app.lab.operands import LOOKED_INTO, STARTING_WORDS, starting_pairs, starting_things
from search_app.search.query import Query
from search_app.search.query_pictures import keep_picture, upload_suffixes
from search_app.search.schema import Filters
from search_app.search.snapshot import Snapshot
from search_app.search.terms import LONGEST_TEXT, MOST_TERMS, Term, is_item

_FOUND = 12
_STARTING, _LOOKED_INTO = "what the lab is about at first", "what the lab looks into at first"
_PROBLEM = "problem of the lab's last upload"
_USED = "pictures uploaded in the lab so far"

Chosen = Callable[[Term], None]


def chips(
    key: str,
    faces: Sequence[Face],
    drop: Callable[[int], None] | None,
    signs: Sequence[str] = (),
    flip: Callable[[int], None] | None = None,
) -> None:
    """Show things in a row, each with a button that calls `drop` with its place; without `drop` they stay.

    `signs` are shown before them, on a button that calls `flip`.
    """
    with st.container(key=f"lab-chips-{key}", horizontal=True, vertical_alignment="center", gap="small"):
        for place, face in enumerate(faces):
            with st.container(
                key=f"lab-chip-{key}-{place}", horizontal=True, vertical_alignment="center", gap="xxsmall"
            ):
                name = in_html(snippet(face.name, 40))
                if flip is not None:
                    st.button(
                        signs[place],
                        key=f"lab-sign-{key}-{place}",
                        type="tertiary",
                        help="Add it, or take it away",
                        on_click=flip,
                        args=(place,),
                    )
                st.html(f'<div class="ns-lab-chip">{image_tag(face)}<b>{name}</b></div>', width="content")
                if drop is not None:
                    st.button(
                        f"Take {snippet(face.name, 40)} out",
                        key=f"lab-drop-{key}-{place}",
                        icon=":material/close:",
                        type="tertiary",
                        on_click=drop,
                        args=(place,),
                    )


def adding(space: AppSpace, snapshot: Snapshot, key: str, chosen: Chosen, *, words: str = "Add words") -> None:
    """Draw the three ways to add a thing; each calls `chosen` with its term, as a callback.

    What is picked from the space comes by the action `key` of `search_app.components.lab.clicks`; see `picked`.
    """
    with st.container(key=f"lab-add-{key}", horizontal=True, vertical_alignment="center", gap="small"):
        typing(key, chosen, words)
        from_space(space, snapshot, key)
        uploading(space, key, chosen)
    if problem := st.session_state.pop(_PROBLEM, None):
        from search_app.components.shared.page_layout import notice

        notice("This picture cannot be used", problem, is_error=True)


def typing(key: str, chosen: Chosen, label: str) -> None:
    """A box whose words are chosen with Enter."""
    box = f"lab-words-{key}"

    def entered() -> None:
        words = str(st.session_state.get(box) or "").strip()
        st.session_state[box] = ""
        if words:
            chosen(Term("text", words[:LONGEST_TEXT]))

    st.text_input(
        label,
        key=box,
        placeholder=f"{label}, then Enter",
        label_visibility="collapsed",
        max_chars=LONGEST_TEXT,
        on_change=entered,
        width=230,
    )


def uploading(space: AppSpace, key: str, chosen: Chosen) -> None:
    """A popover that takes a picture of one's own."""
    # Another key each time: an uploader cannot be emptied, and would give its picture again.
    box = f"lab-upload-{key}-{st.session_state.get(_USED, 0)}"

    def uploaded() -> None:
        upload = st.session_state.get(box)
        if upload is None:
            return
        st.session_state[_USED] = st.session_state.get(_USED, 0) + 1
        try:
            at_least = space.manifest.encoder.image_size
            chosen(Term("image", keep_picture(space.folder, upload.getvalue(), at_least, upload.name)))
        except (ReadError, SpaceError) as error:
            st.session_state[_PROBLEM] = f"{snippet(upload.name, 80)}: {error}"

    with st.popover("Your picture", key=f"lab-uploading-{key}", icon=":material/upload:", type="tertiary"):
        st.file_uploader("Picture", type=upload_suffixes(), key=box, max_upload_size=MEGABYTES, on_change=uploaded)


def from_space(
    space: AppSpace,
    snapshot: Snapshot,
    key: str,
    modality: Modality | None = None,
    label: str = "From the collection",
) -> None:
    """A popover in which items are looked for and picked."""
    with st.popover(label, key=f"lab-picking-{key}", icon=":material/photo_library:", type="tertiary"):
        words = st.text_input("Look for", key=f"lab-find-{key}", placeholder="a bird, a castle …")
        items = space.ledger.items(_found(space, snapshot, str(words or "").strip(), modality))
        cells = ""
        for item in items:
            face = face_of_item(space, item)
            inside = image_tag(face) or f"<span>{in_html(snippet(face.words, 90))}</span>"
            name = in_html(snippet(face.name, 60))
            cells += f'<button {pick(key, item.id)} title="{name}" aria-label="{name}">{inside}</button>'
        st.html(f'<div class="ns-lab-pick">{cells}</div>' if cells else '<div class="ns-note">Nothing found.</div>')


def picked(chosen: Chosen) -> Callable[[str], None]:
    """The action for items that are picked in `from_space`."""

    def act(value: str) -> None:
        if is_item(value):
            chosen(Term("item", value))

    return act


def with_room(terms: Sequence[Term], term: Term, most: int = MOST_TERMS) -> list[Term]:
    """`terms` with one more; the one that came first goes where there are too many."""
    return list(dict.fromkeys([*terms, term]))[-most:]


def _found(space: AppSpace, snapshot: Snapshot, words: str, modality: Modality | None) -> list[str]:
    if words:
        filters = Filters(modality=(modality,) if modality else ())
        answer = space.searcher.ask(Query(text=words, filters=filters, count=_FOUND), loaded_encoder(space))
        return [hit.id for hit in answer.ranking.hits]
    groups: Mapping[Modality, object] = snapshot.groups
    wanted = [name for name in groups if modality in (None, name) and len(snapshot.groups[name])]
    return [
        str(snapshot.groups[name].ids[row])
        for name in wanted
        for row in steady_sample(snapshot.groups[name].ids, _FOUND // len(wanted))
    ]


def looked_into(space: AppSpace, snapshot: Snapshot) -> tuple[Term, Term] | None:
    """A picture of the space and the words that it matches, to look at on a fresh page; None where there is none."""
    state = (space.folder, snapshot.revision)
    known = st.session_state.get(_LOOKED_INTO)
    if known is None or known[0] != state:
        pairs = starting_pairs(space.searcher, loaded_encoder(space), (*LOOKED_INTO, *STARTING_WORDS))
        known = st.session_state[_LOOKED_INTO] = (state, (pairs[0][1], pairs[0][0]) if pairs else None)
    found: tuple[Term, Term] | None = known[1]
    return found


def starting(space: AppSpace, snapshot: Snapshot) -> list[Term]:
    """What a fresh page is about: words and items of the space; looked for once a session and revision."""
    state = (space.folder, snapshot.revision)
    known = st.session_state.get(_STARTING)
    if known is None or known[0] != state:
        known = st.session_state[_STARTING] = (state, starting_things(space.searcher, loaded_encoder(space)))
    return list(known[1])
