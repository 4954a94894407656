"""Every filter but the modality, in a popover: only what this space has, and how much of it.

A filter of the schema that has no entry in `_CONTROLS` gets the plain control of its type.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import streamlit as st

from search_app.components.search.timeline import Range, timeline
from search_app.components.shared import page_url
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import PLURAL, snippet
from search_app.search.fields import LONGEST_PART, MOST_PARTS, Field, fields_of
from search_app.search.query import Query
from search_app.search.query_dates import without_date
from search_app.search.query_schema import Filters
from search_app.search.snapshot import Snapshot
from search_app.search.topics.model import MIN_ITEMS
from search_app.search.value_types import Choice, Day, Flag

_PICTURE_SIZES = (0, 300_000, 1_000_000, 2_000_000, 8_000_000, 12_000_000, 24_000_000)
_EARLIEST, _LATEST = date(1800, 1, 1), date(2200, 1, 1)
_REFUSED = "words that are no date"
_BESIDE = ("modality",)  # beside the popover; see `filter_row`


@dataclass(frozen=True)
class Shown:
    """What a control is drawn for: a filter, as the query has it, of a space."""

    name: str
    value: Any
    snapshot: Snapshot
    space: AppSpace | None

    @property
    def key(self) -> str:
        """The key of the widget."""
        return f"filter-{self.name.replace('_', '-')}"

    @property
    def field(self) -> Field:
        """The filter in the schema."""
        return fields_of(Filters)[self.name]

    @property
    def label(self) -> str:
        """The filter's name as a label."""
        return self.name.replace("_", " ").capitalize()


Draw = Callable[[Shown], None]


@dataclass(frozen=True)
class Control:
    """How a filter is set, and said once it is."""

    draw: Draw | None
    """Draws the widget; None for a filter that only the map, links and programs set."""
    words: Callable[[Any], str]
    """A value in words."""


def more_filters(
    query: Query, snapshot: Snapshot, space: AppSpace | None = None, first: Callable[[], None] | None = None
) -> None:
    """Draw the popover as the query has it, with the topics of `space`; a change goes into the URL.

    `first` draws what stands above all other filters.
    """
    upper = ("folder", "exact", "title", "topic", "format")
    with (
        st.popover("Filters", icon=":material/tune:", key="filter-more", width="content"),
        st.container(key="filter-panel", gap="small"),
    ):
        if first is not None:
            first()
        if space is not None:
            timeline(space, snapshot, (query.filters.taken_after, query.filters.taken_before), _taken_changed)
        for name in upper:
            _draw(name, query, snapshot, space)
        left, right = st.columns(2)
        with left:
            _draw("after", query, snapshot, space)
        with right:
            _draw("before", query, snapshot, space)
        drawn = {*_BESIDE, *upper, "after", "before", "where"}
        for name in [*(name for name in fields_of(Filters) if name not in drawn), "where"]:
            _draw(name, query, snapshot, space)


def filter_tokens(query: Query, *, modality: bool = False) -> list[dict[str, str]]:
    """A token of the query bar for each filter that is set in the popover: its id, its words, and more on demand.

    The `modality` has one only where no control beside the bar says it.
    """
    found = [
        {"id": f"filter-{number}", "words": snippet(words, 60)}
        for number, (words, _) in enumerate(_set(_apart_from_date(query)), start=1)
    ]
    if modality and query.filters.modality:
        kinds = " and ".join(PLURAL[each] for each in query.filters.modality)
        found.insert(0, {"id": "filter-modality", "words": f"only {kinds}"})
    if _says_date(query):
        days = [words for words, _ in _set(Filters(**_taken(query.filters)))]
        title = f"{', '.join(days)}. Take it away to look for the words instead"
        found.insert(0, {"id": "filter-date", "words": query.display.dated, "icon": "calendar_month", "title": title})
    return found


def drop_filter(name: str) -> None:
    """Take the filter of the token with this id away; words that were a date are plain words from then on."""
    query, _ = page_url.current()
    if name == "filter-modality":
        _set_filters(modality=())
    if name == "filter-date" and _says_date(query):
        st.session_state[_REFUSED] = refused_dates() | {query.display.dated.lower()}
        page_url.go(without_date(query))
    for number, (_, change) in enumerate(_set(_apart_from_date(query)), start=1):
        if name == f"filter-{number}":
            _set_filters(**change)


def refused_dates() -> frozenset[str]:
    """Words, in lower case, that somebody does not want to be taken for a date."""
    return frozenset(st.session_state.get(_REFUSED, ()))


def _says_date(query: Query) -> bool:
    return bool(query.display.dated and (query.filters.taken_after or query.filters.taken_before))


def _taken(filters: Filters) -> dict[str, Any]:
    return {"taken_after": filters.taken_after, "taken_before": filters.taken_before}


def _apart_from_date(query: Query) -> Filters:
    """The filters without the date that words of the question named, which has a token of its own."""
    return replace(query.filters, taken_after=None, taken_before=None) if _says_date(query) else query.filters


def _draw(name: str, query: Query, snapshot: Snapshot, space: AppSpace | None) -> None:
    if draw := _control(name).draw:
        draw(Shown(name, getattr(query.filters, name), snapshot, space))


def _control(name: str) -> Control:
    return _CONTROLS.get(name) or Control(_plain, lambda value: f"{name.replace('_', ' ')}: {value}")


def _set(filters: Filters) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each value of a filter in words, with the change that removes it; filters of several values first."""
    fields = {name: field for name, field in fields_of(Filters).items() if name not in _BESIDE}
    order = [*_CONTROLS, *(name for name in fields if name not in _CONTROLS)]
    for name in sorted(order, key=lambda name: not fields[name].many):
        value, words = getattr(filters, name), _control(name).words
        if fields[name].many:
            for each in value:
                yield words(each), {name: tuple(other for other in value if other != each)}
        elif value != getattr(Filters(), name):
            yield words(value), {name: getattr(Filters(), name)}


def _taken_changed(days: Range) -> None:
    _set_filters(taken_after=days[0], taken_before=days[1])


def _set_filters(**changes: Any) -> None:
    query, _ = page_url.current()
    if {"taken_after", "taken_before"} & changes.keys():
        query = replace(query, display=replace(query.display, dated=""))  # the words no longer say it
    page_url.go(replace(query, filters=replace(query.filters, **changes)))


def _changes(shown: Shown, value_of: Callable[[Any], Any] = lambda value: value) -> dict[str, Any]:
    """The arguments of a widget that sets the filter, to what `value_of` makes of the widget's value."""
    return {
        "key": shown.key,
        "on_change": lambda: _set_filters(**{shown.name: value_of(st.session_state[shown.key])}),
    }


# ---- the controls --------------------------------------------------------------------------------------------------


def _plain(shown: Shown) -> None:
    """The control of any filter, by its type."""
    field, state, key = shown.field, st.session_state, shown.key
    if isinstance(field.type, Choice):
        _pills(shown, dict.fromkeys(field.type.names), shown.label)
    elif isinstance(field.type, Flag):
        state[key] = shown.value
        st.toggle(shown.label, **_changes(shown, bool))
    elif isinstance(field.type, Day):
        _date(shown, shown.label)
    elif field.many:
        _several_words(shown, shown.label)
    else:
        state[key] = field.type.write(shown.value) if shown.value else ""
        default = getattr(Filters(), shown.name)
        st.text_input(
            shown.label,
            max_chars=LONGEST_PART,
            help=field.help,
            **_changes(shown, lambda text: field.read_link([str(text)], default)),
        )


def _words(shown: Shown, label: str) -> None:
    st.session_state[shown.key] = shown.value
    st.text_input(label, max_chars=LONGEST_PART, **_changes(shown, lambda text: str(text).strip()))


def _several_words(shown: Shown, label: str, placeholder: str = "", help: str = "") -> None:
    """A text box for several values, with ; between."""
    st.session_state[shown.key] = "; ".join(shown.value)
    st.text_input(
        label,
        placeholder=placeholder,
        max_chars=LONGEST_PART,
        help=help or f"{shown.field.help}; several with ; between.",
        **_changes(shown, lambda text: shown.field.read_link(str(text).split(";"), ())),
    )


def _exact(shown: Shown) -> None:
    explained = "In its text, title, file name or keywords. A final * lets the last word go on."
    _several_words(shown, "Says, word for word", "ISO 9001", explained)


def _where(shown: Shown) -> None:
    explained = "A key with its value, or a key alone for any value; several with ; between."
    _several_words(shown, "Metadata", "camera=Canon EOS R5", explained)


def _multiselect(shown: Shown, counts: Mapping[str, int], label: str, name_of: Callable[[str], str]) -> None:
    st.session_state[shown.key] = list(dict.fromkeys(shown.value))
    st.multiselect(
        label,
        list(counts),
        format_func=name_of,
        placeholder="Any",
        max_selections=MOST_PARTS,  # a link keeps no more
        **_changes(shown, tuple),
    )


def _folder(shown: Shown) -> None:
    names = dict.fromkeys([*shown.snapshot.folder_counts(), *shown.value], 0)
    if len(names) > 1:
        _multiselect(shown, names, "Folder", str)


def _format(shown: Shown) -> None:
    counts = _with_chosen(shown.snapshot.facet_counts.formats, shown.value)
    if len(counts) > 1 or shown.value:
        _multiselect(shown, counts, "Format", lambda name: f"{name} ({counts[name]:,})")


def _topic(shown: Shown) -> None:
    space, snapshot = shown.space, shown.snapshot
    topics = space.searcher.topics.current(snapshot) if space else None
    counts = _with_chosen(topics.counts(snapshot) if topics else {}, shown.value)
    if len(counts) > 1 or shown.value:
        _multiselect(shown, counts, "Topic", lambda name: f"{name} ({counts[name]:,})" if counts[name] else name)
    elif space is not None and topics is None and len(snapshot) >= MIN_ITEMS:
        task = space.searcher.topics.task()
        if task is None or task.status.finished:
            st.button("Find topics", icon=":material/category:", on_click=_find_topics, args=(space, snapshot))
        else:
            st.caption(f"Finding topics, {100 * task.status.share:.0f} % done")


def _find_topics(space: AppSpace, snapshot: Snapshot) -> None:
    space.searcher.topics.start(snapshot, space.encoder())


def _date(shown: Shown, label: str) -> None:
    st.session_state[shown.key] = shown.value
    known = shown.value or _LATEST  # a link may have any day
    first, last = min(_EARLIEST, known), max(_LATEST, known)
    st.date_input(label, min_value=first, max_value=last, format="YYYY-MM-DD", **_changes(shown))


def _pills(shown: Shown, counts: Mapping[str, int | None], label: str) -> None:
    if not counts and not shown.value:
        return
    counts = {**dict.fromkeys(shown.value, 0), **counts} if not counts else _with_chosen(counts, shown.value)
    st.session_state[shown.key] = list(shown.value)
    st.pills(
        label,
        list(counts),
        selection_mode="multi",
        format_func=lambda name: name if counts[name] is None else f"{name} {counts[name]:,}",
        **_changes(shown, tuple),
    )


def _picture_size(shown: Shown) -> None:
    sizes = [size for size in _PICTURE_SIZES if size <= shown.snapshot.facet_counts.most_pixels]
    if len(sizes) > 1 or shown.value:
        st.session_state[shown.key] = shown.value
        st.selectbox(
            "Picture size",
            sorted({*sizes, shown.value}),
            format_func=lambda size: f"at least {_megapixels(size)}" if size else "Any",
            **_changes(shown, int),
        )


def _has_caption(shown: Shown) -> None:
    captioned = shown.snapshot.facet_counts.captioned
    if captioned or shown.value:
        st.session_state[shown.key] = shown.value
        st.toggle(f"Has a caption ({captioned:,})", **_changes(shown, bool))


def _with_chosen(counts: Mapping[str, Any], chosen: Sequence[str]) -> dict[str, Any]:
    """The counts, with 0 for what is chosen and has none."""
    return {**counts, **{name: 0 for name in chosen if name not in counts}}


def _megapixels(pixels: int) -> str:
    return f"{pixels / 1e6:.3g} megapixels"


_CONTROLS: Mapping[str, Control] = {
    "folder": Control(_folder, "in {}".format),
    "exact": Control(_exact, "says “{}”".format),
    "topic": Control(_topic, "about {}".format),
    "format": Control(_format, "{} files".format),
    "orientation": Control(lambda shown: _pills(shown, shown.snapshot.facet_counts.shapes, "Orientation"), str),
    "dominant_colour": Control(
        lambda shown: _pills(shown, shown.snapshot.facet_counts.colours, "Colour"), "mostly {}".format
    ),
    "where": Control(_where, str),
    "selection": Control(None, lambda _: "in a selection of the map"),
    "title": Control(lambda shown: _words(shown, "Title says"), "title says “{}”".format),
    "after": Control(lambda shown: _date(shown, "From"), lambda day: f"from {day.isoformat()}"),
    "before": Control(lambda shown: _date(shown, "To"), lambda day: f"to {day.isoformat()}"),
    "taken_after": Control(None, lambda day: f"taken from {day.isoformat()}"),
    "taken_before": Control(None, lambda day: f"taken to {day.isoformat()}"),
    "min_pixels": Control(_picture_size, lambda pixels: f"at least {_megapixels(pixels)}"),
    "max_pixels": Control(None, lambda pixels: f"at most {_megapixels(pixels)}"),
    "min_bytes": Control(None, lambda size: f"at least {size:,} bytes"),
    "max_bytes": Control(None, lambda size: f"at most {size:,} bytes"),
    "dates": Control(None, lambda _: "taken when the words say"),
    "has_caption": Control(_has_caption, lambda _: "has a caption"),
}
"""In the order of their tokens, filters of several values first."""
