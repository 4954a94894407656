"""Topics beside the map: a list to browse, each with its size and the items that stand for it."""

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ingest.errors import NearspaceError
from search_app.components.map.item_list import picture_strip, section, thumbnails
from search_app.components.map.scatter import DrawnMap
from search_app.components.shared import page_layout, page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import count_of, in_html, in_markdown, snippet
from search_app.components.shared.open_page import loaded_encoder
from search_app.components.shared.palette import MAP_KINDS, MAP_OTHER
from search_app.maps.colouring import Category, Colouring, colour_by_topic
from search_app.search.snapshot import Snapshot
from search_app.search.topics.model import MIN_ITEMS, SEPARATOR, Topic, Topics
from search_app.search.topics.vocabulary import english_words

_AUTOMATIC_UP_TO = 20_000  # items; in larger spaces topics are found on request
_POLL_EVERY = 1.0  # seconds, while topics are found
_WORDS = 8
_STRIP = 5  # of its items
_SHOWN = 3  # words of a topic's name on the map
_LONGEST = 34  # characters of these
_VIEW_WIDTH = 2.2  # the view of a topic, in median distances of its items from their middle


def current_topics(space: AppSpace, snapshot: Snapshot) -> Topics | None:
    """The space's topics; if there are none, the search for them starts by itself where it takes only a moment."""
    space_topics = space.searcher.topics
    topics = space_topics.current(snapshot)
    automatic = topics is None and MIN_ITEMS <= len(snapshot) <= _AUTOMATIC_UP_TO and space_topics.task() is None
    # To encode the words that name topics is most of the work, and done once for an encoder.
    if automatic and not space_topics.words.missing(english_words(), snapshot.dimension):
        _find(space, snapshot)
    return topics


def _find(space: AppSpace, snapshot: Snapshot) -> None:
    try:
        space.searcher.topics.start(snapshot, loaded_encoder(space))
    except NearspaceError as error:
        page_layout.error_notice("Topics cannot be found", error)


def topic_labels(picture: DrawnMap, topics: Topics, snapshot: Snapshot, colouring: Colouring) -> list[dict[str, Any]]:
    """The name of each topic at the middle of its items, the largest first; none where no words hold of them."""
    labels = topics.labels(snapshot)
    counts = np.bincount(labels[labels >= 0], minlength=len(topics))
    colours = {category.name: _colour(category) for category in colouring.categories} if colouring.by == "topic" else {}
    return [
        {
            "code": int(number),
            "label": _short(topics.names[number].name),
            "at": picture.to_drawn(np.median(picture.layout.positions[labels == number], axis=0)).tolist(),
            "colour": colours.get(topics.names[number].name, MAP_OTHER) if colours else None,
        }
        for number in np.argsort(-counts, kind="stable")
        if counts[number] and topics.names[number].holds
    ]


def _colour(category: Category) -> str:
    return MAP_OTHER if category.other else MAP_KINDS[category.code % len(MAP_KINDS)]


def _short(name: str) -> str:
    """As many of a name's first words as fit: no word is cut where another one fits."""
    words = name.split(SEPARATOR)[:_SHOWN]
    while len(words) > 1 and len(SEPARATOR.join(words)) > _LONGEST:
        words.pop()
    return snippet(SEPARATOR.join(words), _LONGEST)


def topic_colouring(topics: Topics, snapshot: Snapshot) -> Colouring:
    """The points coloured by their topic."""
    return colour_by_topic([name.name for name in topics.names], topics.labels(snapshot))


def topic_view(picture: DrawnMap, topics: Topics | None, snapshot: Snapshot) -> dict[str, Any] | None:
    """The part of the map to show when one topic is selected: its middle `at`, and how `wide`; None otherwise."""
    query, _ = page_url.current()
    if topics is None or len(query.filters.topic) != 1:
        return None
    inside: NDArray[np.bool_] = np.isin(topics.labels(snapshot), topics.numbers_of(query.filters.topic))
    if not inside.any():
        return None
    at = picture.to_drawn(picture.layout.positions[inside])
    middle = np.median(at, axis=0)
    usual = float(np.median(np.linalg.norm(at - middle, axis=1)))
    return {"at": middle.tolist(), "wide": max(2.0 * _VIEW_WIDTH * usual, 0.1)}


def topic_clicked(topics: Topics | None, code: int) -> None:
    """Select the topic of that number, or clear the selection if it is selected already."""
    if topics is not None and 0 <= code < len(topics):
        look_at_topic(topics.names[code].name)


def look_at_topic(name: str) -> None:
    """Filter by one topic, or by none if that one is selected already."""
    query, _ = page_url.current()
    _filter_by(() if query.filters.topic == (name,) else (name,))


def topics_panel(space: AppSpace, snapshot: Snapshot, topics: Topics | None) -> None:
    """Draw the list of topics, or the selected ones."""
    if len(snapshot) < MIN_ITEMS:
        return
    if topics is None:
        _find_progress(space, snapshot)
        return
    query, _ = page_url.current()
    described = topics.describe(snapshot)
    chosen = [topic for topic in described if topic.number in topics.numbers_of(query.filters.topic)]
    if query.filters.topic and chosen:
        for topic in chosen:
            _topic(space, topic)
        return
    with st.container(key="map-topics", gap=None):
        for topic in described:
            _row(space, topic)
    _drift(space, snapshot, topics)


def _row(space: AppSpace, topic: Topic) -> None:
    with st.container(key=f"topic-row-{topic.number}", gap=None):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"topic-head-{topic.number}"):
            st.button(
                in_markdown(topic.name),
                key=f"topic-{topic.number}",
                type="tertiary",
                on_click=look_at_topic,
                args=(topic.name,),
            )
            st.html(f'<div class="ns-remark">{topic.size:,}</div>', width="content")
        items = space.ledger.items.get(list(topic.representatives))
        picture_strip(space, sorted(items, key=lambda item: item.modality != "image")[:_STRIP])


def _topic(space: AppSpace, topic: Topic) -> None:
    with st.container(key=f"map-topic-{topic.number}"):
        with st.container(key=f"map-side-head-{topic.number}", horizontal=True, vertical_alignment="top", gap="small"):
            holds = " and ".join(
                count_of(count, modality)  # type: ignore[arg-type]
                for count, modality in ((topic.images, "image"), (topic.texts, "text"))
                if count
            )
            st.html(
                f'<div class="ns-item"><h4>{in_html(topic.name)}</h4><div class="ns-source-label">{holds}</div></div>',
                width="stretch",
            )
            st.button(
                "Close",
                key=f"map-close-{topic.number}",
                icon=":material/close:",
                type="tertiary",
                on_click=_leave_topic,
                args=(topic.name,),
            )
        facts = []
        if topic.said:
            facts.append(f"Its texts and captions say <b>{in_html(', '.join(topic.said[:_WORDS]))}</b>.")
        if topic.near:
            facts.append(f"The nearest words are <b>{in_html(', '.join(topic.near[:_WORDS]))}</b>.")
        facts.append(f"How alike they are: <b>{topic.spread:.2f}</b> of 1 (mean cosine to their middle).")
        st.html(f'<div class="ns-note">{" ".join(facts)}</div>')
        section("Typical for it")
        thumbnails(space, space.ledger.items.get(list(topic.representatives)), f"topic-{topic.number}")


def _leave_topic(name: str) -> None:
    """Filter by the other selected topics; by none where the filter was a word of several names."""
    query, _ = page_url.current()
    others = tuple(other for other in query.filters.topic if other != name)
    _filter_by(others if others != query.filters.topic else ())


def _filter_by(topics: tuple[str, ...]) -> None:
    query, view = page_url.current()
    page_url.go(replace(query, filters=replace(query.filters, topic=topics)).at_start, view.unfocused)


def _drift(space: AppSpace, snapshot: Snapshot, topics: Topics) -> None:
    drift = topics.drift(snapshot)
    if drift.offered and st.button("Find topics anew", key="topics-anew", icon=":material/refresh:", type="tertiary"):
        _find(space, snapshot)
        st.rerun()


@st.fragment(run_every=_POLL_EVERY)
def _find_progress(space: AppSpace, snapshot: Snapshot) -> None:
    """Show how far the search for topics is, or offer it."""
    space_topics = space.searcher.topics
    task = space_topics.task()
    found = task is not None and task.status.state == "done" and space_topics.current(snapshot) is not None
    # Topics that the space has outgrown since they were found must be found again.
    if task is None or (task.status.finished and not found):
        if task is not None and task.status.problem:
            page_layout.note(task.status.problem)
        page_layout.note(
            "What lies together can be found and named, so that the map tells what is where. The first time the words "
            "that name it are encoded, which takes a minute or so."
        )
        if st.button("Find topics", key="topics-find", icon=":material/category:"):
            _find(space, snapshot)
            st.rerun(scope="fragment")
        return
    if found:
        st.rerun()
    st.progress(task.status.share, text=task.status.message or "Finding topics …")
