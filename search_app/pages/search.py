"""The search page: one box, the results as cards, the map beside them."""

from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ingest.errors import NearspaceError, SpaceChanged
from ingest.readers.draft import MODALITIES
from ingest.space import Item
from ingest.space.steady_sample import steady_sample
from search_app.components.search.cards import Results, starters
from search_app.components.search.details import details
from search_app.components.search.filter_row import terms_and_filters
from search_app.components.search.keyboard import listen
from search_app.components.search.map_panel import map_panel
from search_app.components.search.more_filters import filter_chips
from search_app.components.search.query_box import from_item, query_box
from search_app.components.search.query_terms import TermContents, only_item, term_contents
from search_app.components.search.results_bar import pager, results_bar
from search_app.components.shared import card_actions, page_layout, page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import PLURAL, count_of
from search_app.components.shared.open_page import draw_page, loaded_encoder, space_empty
from search_app.search.filters import with_quoted_phrases
from search_app.search.query import Query
from search_app.search.query_vectors import within_window
from search_app.search.schema import Filters
from search_app.search.snapshot import Snapshot

EXAMPLES = ("a bird", "making music", "trees", "a red thing", "buildings", "the sky")
_STARTERS = 6


def search_page() -> None:
    """Draw the page as its URL asks."""
    draw_page(_draw)


def _draw(space: AppSpace, query: Query, snapshot: Snapshot) -> None:
    query_box(space, query)
    if not len(snapshot):
        space_empty(space, snapshot)
    elif not query.is_empty:
        _answer(space, query, snapshot)
    else:
        _welcome(space, query, snapshot)


@dataclass(frozen=True)
class _Parts:
    """The parts of the page, the same ones whatever it shows: the map would begin anew in another place."""

    above: DeltaGenerator
    left: DeltaGenerator
    right: DeltaGenerator


def _parts(query: Query) -> _Parts:
    with st.container(key="listening"):
        listen(query)
        card_actions.listen()
    above = st.container(key="above")
    left, right = st.columns([1.32, 1], gap="medium")
    return _Parts(above, left, right)


def _answer(space: AppSpace, query: Query, snapshot: Snapshot) -> None:
    contents, parts = term_contents(space, query), _parts(query)
    with parts.above:
        head, notes = st.container(), st.container()
    try:
        encoder = loaded_encoder(space)
        answer = space.searcher.ask(query, encoder, contents.pictures)
    except SpaceChanged:
        raise
    except NearspaceError as error:
        with head:
            terms_and_filters(space, query, snapshot, contents)
        with notes:
            page_layout.error_notice("The search cannot be done", error)
        return
    details(space, query, answer, encoder)
    shown = Results(space, query, answer)
    # The results go to the browser first: what is around them would hold them up.
    with parts.left:
        if (alone := only_item(query)) in contents.items:
            from_item(space, contents.items[alone])
        _what_has_gone(query, contents)
        _hits(shown)
    with head:
        terms_and_filters(space, query, snapshot, contents)
    with notes:
        if any(within_window(term.value, encoder) != term.value for term in query.all_terms if term.kind == "text"):
            page_layout.note(
                f"These words are longer than the encoder reads: the first {encoder.info.text_window} tokens count."
            )
    with parts.right:
        map_panel(space, answer.snapshot, query, answer)
    shown.mark(encoder)


def _hits(shown: Results) -> None:
    query, page = shown.query, shown.answer.page
    if not page.entries and query.listing.page > 1:
        page_layout.notice("There is no such page", f"The results end before page {query.listing.page:,}.")
        st.button(
            "To the first page", key="first-page", icon=":material/first_page:", on_click=page_url.go_to_page, args=(1,)
        )
    elif page.entries:
        bar = st.container()
        if not page.matches:
            page_layout.notice(
                "Nothing here really matches",
                "These are the nearest items all the same. Fuller words may find more; or there is nothing like it.",
            )
        shown.draw()
        with bar:
            results_bar(shown.space, query, page)
        pager(query, page)
    elif shown.answer.probe is not None:
        _nothing_found(query, shown.answer.snapshot)


def _what_has_gone(query: Query, contents: TermContents) -> None:
    if any(name not in contents.pictures for name in query.images):
        page_layout.notice(
            "The picture of this link is not kept any more",
            "Only the newest uploads are kept. Upload it again, or search for words.",
            bad=True,
        )
    if any(item_id not in contents.items for item_id in query.items):
        page_layout.notice(
            "The item of this link is not in the space any more",
            "Its file was removed, or changed and read again. Search for it by words or by its picture.",
            bad=True,
        )


def _nothing_found(query: Query, snapshot: Snapshot) -> None:
    """Say which filter lets nothing through, and offer to drop it."""
    known = snapshot.folder_counts()
    absent = [name for name in query.filters.folder if name not in known]
    kinds = ("other " if query.items else "") + " or ".join(
        PLURAL[modality] for modality in query.filters.modalities_searched
    )
    everything = " and ".join(count_of(len(snapshot.groups[modality]), modality) for modality in MODALITIES)
    if query.filters.folder and len(absent) == len(query.filters.folder):
        why = f"The space has no folder {', '.join(absent)}."
    elif replace(with_quoted_phrases(query), folder=()).narrow:
        why = "No item is all of what is asked for: leave one of the filters or quotation marks out."
    elif query.filters.folder:
        why = f"There are no {kinds} in {', '.join(query.filters.folder)}."
    elif query.filters.modality:
        why = f"The space has no {kinds}."
    else:
        why = "There is no other item in the space."
    page_layout.notice("No results", why, f"The whole space holds {everything}.")
    if query.filters != Filters():
        st.button(
            "Clear the filters", key="clear-filters", icon=":material/filter_alt_off:", on_click=page_url.clear_filters
        )


def _welcome(space: AppSpace, query: Query, snapshot: Snapshot) -> None:
    details(space, query)
    parts = _parts(query)
    with parts.left:
        st.html(
            '<div class="ns-hero"><h1>Search by meaning, in words and pictures.</h1>'
            "<p>Images and passages lie in one space: what is close in meaning lies close together. Ask in "
            "words, with a picture, or with both; every result says how close it is, and the map shows where it "
            "lies.</p></div>"
        )
        filter_chips(query)
        with st.container(key="examples", horizontal=True, gap="xsmall"):
            for number, words in enumerate(EXAMPLES, start=1):
                st.button(words, key=f"example-{number}", on_click=page_url.search_text, args=(words,))
        st.html('<div class="ns-section">Or start from an item of this space</div>')
        starters(space, _some_items(space, snapshot))
    with parts.right:
        map_panel(space, snapshot, query, None)


def _some_items(space: AppSpace, snapshot: Snapshot) -> list[Item]:
    """A few items to start from, the same ones at every visit: mostly images, where there are any."""
    ids: list[str] = []
    for modality, share in (("image", 4), ("text", _STARTERS)):
        group = snapshot.groups[modality]  # type: ignore[index]
        room = min(share, _STARTERS - len(ids))
        ids += [str(group.ids[row]) for row in steady_sample(group.ids, room)]
    return space.ledger.items.get(ids)
