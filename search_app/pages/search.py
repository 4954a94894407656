"""The search page: the query box, the results as cards, and the map beside them."""

from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ingest.errors import NearspaceError, SpaceChanged
from ingest.readers.draft import MODALITIES
from ingest.space import Item
from ingest.space.steady_sample import steady_sample
from search_app.components import search
from search_app.components.search.choosing import choosing_bar
from search_app.components.search.details_drawer import details_drawer
from search_app.components.search.filter_row import filters
from search_app.components.search.keyboard import listen_for_keys
from search_app.components.search.map_panel import LEAST_ITEMS, map_panel
from search_app.components.search.query_bar import query_bar
from search_app.components.search.query_terms import TermContents, term_contents
from search_app.components.search.result_grid import arrange_grids
from search_app.components.search.result_view import ResultView, starter_cards
from search_app.components.search.results_bar import results_bar
from search_app.components.search.shelves import ask_shown
from search_app.components.shared import card_actions, page_layout, page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import PLURAL, count_of
from search_app.components.shared.open_page import draw_page, loaded_encoder, show_empty_space
from search_app.search.filter_masks import item_masks, with_quoted_phrases
from search_app.search.passage_quality import reads_like_prose
from search_app.search.query import Query
from search_app.search.query_schema import Filters
from search_app.search.query_vectors import within_window
from search_app.search.selections import open_selection
from search_app.search.snapshot import Snapshot

EXAMPLES = ("a bird", "making music", "trees", "a red thing", "buildings", "the sky")
_STARTER_PICTURES, _STARTER_PASSAGES = 14, 4
_STYLE = Path(search.__file__).with_name("results.css")


def search_page() -> None:
    """Draw the page for its URL."""
    draw_page(_draw)


def _draw(space: AppSpace, query: Query, snapshot: Snapshot) -> None:
    st.html(_STYLE)
    contents = term_contents(space, query)
    with st.container(key="asked", horizontal=True, gap="small"):
        query_bar(space, query, snapshot, contents)
        bar_side = st.container(key="bar-side", width="content")
    if not len(snapshot):
        show_empty_space(space, snapshot)
    elif not query.is_empty:
        _draw_results(space, query, snapshot, contents, bar_side)
    else:
        with bar_side:
            filters(query, snapshot, space)
        _draw_start(space, query, snapshot)


@dataclass(frozen=True)
class _Layout:
    """The containers of the page, always the same ones: in another container the map would be drawn from scratch."""

    top: DeltaGenerator
    left: DeltaGenerator
    right: DeltaGenerator | None
    """For the map; None where there are too few items for one."""
    beside: DeltaGenerator
    """For the details."""


def _layout(query: Query, snapshot: Snapshot) -> _Layout:
    with st.container(key="listeners"):
        listen_for_keys(query)
        card_actions.listen_for_clicks()
        arrange_grids()
    top = st.container(key="page-top")
    if len(snapshot) < LEAST_ITEMS:
        return _Layout(top, st.container(), None, st.container(key="beside"))
    left, right = st.columns([1.6, 1], gap="small")
    return _Layout(top, left, right, st.container(key="beside"))


def _draw_results(
    space: AppSpace, query: Query, snapshot: Snapshot, contents: TermContents, bar_side: DeltaGenerator
) -> None:
    """Draw the answer to `query`, and the filters into `bar_side` once it is drawn."""
    containers = _layout(query, snapshot)
    try:
        encoder = loaded_encoder(space)
        shown = ask_shown(space.searcher, query, encoder, contents.pictures)
    except SpaceChanged:
        raise
    except NearspaceError as error:
        with bar_side:
            filters(query, snapshot, space)
        with containers.top:
            page_layout.error_notice("The search cannot be done", error)
        return
    results = ResultView(space, query, shown)
    # The results are sent to the browser first, so that nothing delays them.
    with containers.left:
        _missing_operands(query, contents)
        _draw_shown(results)
    with bar_side:
        filters(query, snapshot, space)
    with containers.top:
        if any(within_window(term.value, encoder) != term.value for term in query.all_terms if term.kind == "text"):
            page_layout.note(
                f"This text is longer than the encoder reads: only the first {encoder.info.text_window} tokens count."
            )
    if containers.right is not None:
        with containers.right:
            map_panel(space, shown.answer.snapshot, query, shown.in_view(query))
    with containers.beside:
        choosing_bar(space, query)
        details_drawer(space, query, shown.in_view(query), encoder)
    results.highlight_best_sentences(encoder)


def _draw_shown(results: ResultView) -> None:
    query, shown = results.query, results.shown
    if not shown.page.entries and query.listing.page > 1:
        page_layout.notice("There is no such page", f"The results end before page {query.listing.page:,}.")
        st.button(
            "To the first page", key="first-page", icon=":material/first_page:", on_click=page_url.go_to_page, args=(1,)
        )
    elif shown.page.entries:
        bar = st.container()
        results.draw()
        with bar:
            results_bar(results.space, query, shown)
    elif shown.answer.probe is not None:
        _no_results(query, shown.answer.snapshot)


def _missing_operands(query: Query, contents: TermContents) -> None:
    if any(name not in contents.pictures for name in query.images):
        page_layout.notice(
            "The picture of this link is no longer stored",
            "Only the newest uploads are kept. Upload it again, or search for words.",
            is_error=True,
        )
    if any(item_id not in contents.items for item_id in query.items):
        page_layout.notice(
            "The item of this link is no longer in the space",
            "Its file was removed, or changed and read again. Search for it by words or by its picture.",
            is_error=True,
        )


def _no_results(query: Query, snapshot: Snapshot) -> None:
    """Show which filter excludes everything, and offer to clear the filters."""
    existing = snapshot.folder_counts()
    missing = [name for name in query.filters.folder if name not in existing]
    kinds = ("other " if query.items else "") + " or ".join(
        PLURAL[modality] for modality in query.filters.modalities_searched
    )
    everything = " and ".join(count_of(len(snapshot.groups[modality]), modality) for modality in MODALITIES)
    if query.filters.folder and len(missing) == len(query.filters.folder):
        reason = f"The space has no folder {', '.join(missing)}."
    elif replace(with_quoted_phrases(query), folder=()).narrow:
        reason = "No item meets all conditions: remove one of the filters or quotation marks."
    elif query.filters.folder:
        reason = f"There are no {kinds} in {', '.join(query.filters.folder)}."
    elif query.filters.modality:
        reason = f"The space has no {kinds}."
    else:
        reason = "There is no other item in the space."
    page_layout.notice("No results", reason, f"The whole space holds {everything}.")
    if query.filters != Filters():
        st.button(
            "Clear the filters", key="clear-filters", icon=":material/filter_alt_off:", on_click=page_url.clear_filters
        )


def _draw_start(space: AppSpace, query: Query, snapshot: Snapshot) -> None:
    containers = _layout(query, snapshot)
    with containers.left:
        st.html(
            '<div class="ns-hero"><h1>Search by meaning, in words and pictures.</h1>'
            "<p>Pictures and passages lie together: what is alike in meaning lies close. Ask in "
            "words, with a picture, or with both; every result says how close it is, and the map shows where it "
            "lies.</p></div>"
        )
        with st.container(key="examples", horizontal=True, gap="xsmall"):
            for number, example in enumerate(EXAMPLES, start=1):
                st.button(example, key=f"example-{number}", on_click=page_url.search_text, args=(example,))
        items, passing = _starter_items(space, query.filters, snapshot)
        title = "Or start from something in this space"
        if query.filters != Filters():
            counted = f"{len(items):,} of {passing:,} items that pass the filters"
            title = counted if passing else "No item passes the filters"
        st.html(f'<h2 class="ns-section">{title}</h2>')
        starter_cards(space, items)
    if containers.right is not None:
        with containers.right:
            map_panel(space, snapshot, query, None)
    with containers.beside:
        details_drawer(space, query)


def _starter_items(space: AppSpace, filters: Filters, snapshot: Snapshot) -> tuple[list[Item], int]:
    """Some items to start from, and how many pass the filters; the same at every visit: mostly pictures, if any.

    Passages that do not read like prose are not offered where there are others.
    """
    topics = space.searcher.topics.current(snapshot) if filters.topic else None
    selected = open_selection(space.folder, filters.selection) if filters.selection else None
    masks = item_masks(filters, snapshot, space.ledger, topics, selected)
    found: list[str] = []
    for modality, count in (("image", _STARTER_PICTURES), ("text", _STARTER_PASSAGES)):
        if modality in masks:
            group = snapshot.groups[modality]
            readable = masks[modality] & reads_like_prose(group)
            ids = group.ids[readable if readable.any() else masks[modality]]
            found += [str(ids[row]) for row in steady_sample(ids, count)]
    return space.ledger.items.get(found), sum(int(mask.sum()) for mask in masks.values())
