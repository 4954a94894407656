"""Hits shown as one: near-duplicates folded under the closest of them, and the passages of a document together."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from search_app.search.hits import Hit

PASSAGES_SHOWN = 3
"""Further passages of a document that are shown under the first; more are in its details."""


@dataclass(frozen=True)
class Entry:
    """One place in the list of results."""

    hit: Hit
    """The closest of what is shown here."""
    alike: tuple[Hit, ...] = ()
    """Its near-duplicates among the hits, closest first."""
    passages: tuple[Hit, ...] = ()
    """Further passages of its document among the hits, closest first."""


def folded(entries: Iterable[Entry], leaders: Mapping[str, str]) -> list[Entry]:
    """The entries with those of one group of near-duplicates under the first of them.

    `leaders` gives for a hit's id the item that stands for its group, as `near_duplicates.leaders` gives it.
    """
    first: dict[str, Entry] = {}
    for entry in entries:
        leader = leaders.get(entry.hit.id, entry.hit.id)
        known = first.get(leader)
        first[leader] = replace(known, alike=(*known.alike, entry.hit)) if known else entry
    return list(first.values())


def grouped(entries: Iterable[Entry], documents: Mapping[str, str]) -> list[Entry]:
    """The entries with the passages of one document under the first of them; images stay on their own.

    `documents` gives for a passage's id the document that it came from; what it has not stays on its own.
    """
    first: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        document = documents.get(entry.hit.id, "") if entry.hit.modality == "text" else ""
        key = ("document", document) if document else ("item", entry.hit.id)
        known = first.get(key)
        if known:
            more = (*known.passages, entry.hit, *entry.passages)
            first[key] = replace(known, passages=more, alike=(*known.alike, *entry.alike))
        else:
            first[key] = entry
    return list(first.values())


def with_numbers(entries: Iterable[Entry], unfolded: Collection[str]) -> Iterator[tuple[str, Entry]]:
    """What has a card of its own, and the number on it: the results, each with its near-duplicates where `unfolded`."""
    for entry in entries:
        yield str(entry.hit.rank), entry
        if entry.hit.id in unfolded:
            for place, hit in enumerate(entry.alike, start=1):
                yield f"{entry.hit.rank}-{place}", Entry(hit)
