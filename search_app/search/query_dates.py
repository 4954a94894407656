"""A question whose words name a date, as the question without them among what was taken then."""

from dataclasses import replace
from datetime import date

from search_app.search.dates_in_words import DatedWords, find_date
from search_app.search.query import Query


def with_date_of_words(query: Query) -> Query:
    """The query with the date that its words name as a filter, where it asks for that; else the query as it is."""
    if not query.filters.dates:
        return query
    found = find_date(query.text, date.today())
    filters = replace(query.filters, dates=False)
    return replace(query, filters=filters) if found is None else _dated(replace(query, filters=filters), found)


def asked_with_date(query: Query, refused: frozenset[str] = frozenset()) -> Query:
    """The query with the date that its words name as a filter, and what named it kept beside.

    Words in `refused`, in lower case, are not taken for a date.
    """
    found = find_date(query.text, date.today())
    if found is None or found.words.lower() in refused:
        return query
    dated = _dated(query, found, empty=True)
    return replace(dated, display=replace(dated.display, dated=found.words))


def without_date(query: Query) -> Query:
    """The query with the words that named its date as plain words again."""
    filters = replace(query.filters, taken_after=None, taken_before=None)
    words = " ".join(part for part in (query.text, query.display.dated) if part)
    return replace(query, text=words, filters=filters, display=replace(query.display, dated=""))


def _dated(query: Query, found: DatedWords, *, empty: bool = False) -> Query:
    filters = replace(query.filters, taken_after=found.first, taken_before=found.last)
    return replace(query, text=found.rest if found.rest or empty else query.text, filters=filters)
