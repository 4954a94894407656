"""Which items a query lets through: as a link keeps it, and as a choice among a snapshot's items.

What is one of few values, or a number, is a column beside the vectors, and a filter on it is a comparison of a whole
column.  What needs text (phrases, titles, metadata) is asked of the ledger's indexes, which name the items.
"""

import re
import threading
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.errors import SettingsError
from ingest.readers.dominant_colours import COLOUR_NAMES, colour_bits
from ingest.readers.draft import MODALITIES, Modality
from ingest.space.ledger.search_index import SHAPES, day_number, suffix_of
from search_app.search.full_text import phrase
from search_app.search.modality_items import Group
from search_app.search.selections import is_selection
from search_app.search.snapshot import Snapshot

LONGEST_PART = 200
"""Characters of a phrase, a title or a metadata value that a link keeps."""
MOST_PARTS = 20
"""Folders, phrases and the like that a link keeps of each."""

_REMEMBERED = 32  # filters whose masks are kept: a byte an item each

_DATE = re.compile(r"(\d{4})(?:-(\d\d?)(?:-(\d\d?))?)?", re.ASCII)
_SIZE = re.compile(r"(\d{1,12}(?:\.\d+)?)\s*(mp|[kmg]?b)|(\d{1,9})\s*[x×]\s*(\d{1,9})", re.IGNORECASE | re.ASCII)
_LISTS = ("modalities", "folders", "formats", "shapes", "colours", "topics", "phrases", "where")
_UNITS = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "mp": 10**6}


@dataclass(frozen=True)
class Filters:
    """What an item must be to be found; a part at its default lets all items through."""

    modalities: tuple[Modality, ...] = ()
    """Only items of these; () stands for all."""
    folders: tuple[str, ...] = ()
    """Only items from these folders; () stands for all."""
    formats: tuple[str, ...] = ()
    """Only items of files with these suffixes, `jpg` and `.JPEG` being the same one; () stands for all."""
    after: date | None = None
    """Only photos taken, and other files last changed, on this day or later."""
    before: date | None = None
    """The same, on this day or earlier."""
    min_pixels: int = 0
    """Only pictures of at least so many pixels."""
    max_pixels: int = 0
    """Only pictures of at most so many pixels; 0 for any."""
    min_bytes: int = 0
    """Only items of files of at least so many bytes."""
    max_bytes: int = 0
    """Only items of files of at most so many bytes; 0 for any."""
    shapes: tuple[str, ...] = ()
    """Only pictures that are `landscape`, `portrait` or `square`; () stands for all items."""
    colours: tuple[str, ...] = ()
    """Only pictures that are mostly of one of these COLOUR_NAMES; () stands for all items."""
    captioned: bool = False
    """Only pictures that have a caption."""
    topics: tuple[str, ...] = ()
    """Only items of the topics that have these names, or one of these among the words of their name; () for all."""
    selection: str = ""
    """Only items of the kept selection of this name, see search_app.search.selections; '' stands for all."""
    title: str = ""
    """Only items whose title says this."""
    phrases: tuple[str, ...] = ()
    """Only items that say each of these, word for word, in their text, title, file name or keywords."""
    where: tuple[str, ...] = ()
    """Only items with each of these in their metadata: KEY=VALUE, or KEY with any value."""

    def __post_init__(self) -> None:
        """Take a list, or a single string, for a tuple; raises SettingsError for what no item can be."""
        for name in _LISTS:
            given = getattr(self, name)
            object.__setattr__(self, name, (given,) if isinstance(given, str) else tuple(given))
        formats = tuple(suffix_of(f"x.{suffix.removeprefix('.')}") for suffix in self.formats)
        object.__setattr__(self, "formats", formats)
        for kind, given, known in (
            ("modality", self.modalities, MODALITIES),
            ("orientation", self.shapes, SHAPES[1:]),
            ("colour", self.colours, COLOUR_NAMES),
        ):
            if unknown := next((value for value in given if value not in known), None):
                raise SettingsError(f"There is no {kind} {unknown!r}. Choose of {', '.join(known)}.")

    @property
    def wanted(self) -> tuple[Modality, ...]:
        """The modalities that hits may have."""
        return self.modalities or MODALITIES

    @property
    def narrow(self) -> bool:
        """Whether anything but the modality is asked for."""
        return self != Filters(modalities=self.modalities)


class Grouped(Protocol):
    """What filters ask of topics; see `search_app.search.topics.model.Topics`."""

    def among(self, group: Group, names: Sequence[str]) -> NDArray[np.bool_]:
        """Which items of the group are of a topic with one of these names, or words of a name; (len(group),)."""
        ...


class Lookups(Protocol):
    """What filters ask of a ledger; see `ingest.space.ledger.lookup.Lookup`."""

    def items_saying(self, expression: str) -> NDArray[np.int64]:
        """The live items whose words match, rising."""
        ...

    def items_with(self, key: str, value: str | None = None) -> NDArray[np.int64]:
        """The live items whose metadata has `key`, with `value` if one is given, rising."""
        ...


def let_through(
    filters: Filters,
    snapshot: Snapshot,
    ledger: Lookups,
    topics: Grouped | None = None,
    selected: NDArray[np.int64] | None = None,
) -> dict[Modality, NDArray[np.bool_]]:
    """Which items of each wanted modality the filters let through, shape (len(group),).

    A filter by topic needs the space's `topics`; without any, no item is of one.  A filter by selection needs the ids
    that are `selected`; without any, no item is.
    """
    named = list(_named(filters, ledger))
    if filters.selection:
        named.append(np.empty(0, np.int64) if selected is None else selected)
    masks: dict[Modality, NDArray[np.bool_]] = {}
    for modality in filters.wanted:
        if (group := snapshot.groups.get(modality)) is None:
            continue
        mask = np.ones(len(group), np.bool_)
        for part in _columns(filters, group, snapshot):
            mask &= part
        if filters.topics:
            mask &= topics.among(group, filters.topics) if topics else np.bool_(False)
        for ids in named:
            part = np.zeros(len(group), np.bool_)
            part[group.rows_of(ids)] = True
            mask &= part
        masks[modality] = mask
    return masks


class Masks:
    """What filters let through, remembered for the newest snapshot; safe to share between threads."""

    def __init__(self, ledger: Lookups) -> None:
        """Look nothing up yet."""
        self._ledger = ledger
        self._lock = threading.Lock()
        self._revision = -1
        self._known: dict[Filters, tuple[Grouped | None, dict[Modality, NDArray[np.bool_]]]] = {}

    def of(
        self,
        filters: Filters,
        snapshot: Snapshot,
        topics: Grouped | None = None,
        selected: NDArray[np.int64] | None = None,
    ) -> dict[Modality, NDArray[np.bool_]]:
        """As `let_through`; the masks are not to be written to."""
        if selected is not None:  # whoever selected may select anew under the same name
            return let_through(filters, snapshot, self._ledger, topics, selected)
        with self._lock:
            if self._revision != snapshot.revision:
                self._revision, self._known = snapshot.revision, {}
            known = self._known.get(filters)
        if known is not None and known[0] is topics:
            return known[1]
        masks = let_through(filters, snapshot, self._ledger, topics)
        with self._lock:
            if self._revision == snapshot.revision:
                if len(self._known) >= _REMEMBERED:
                    del self._known[next(iter(self._known))]
                self._known[filters] = topics, masks
        return masks


def _columns(filters: Filters, group: Group, snapshot: Snapshot) -> Iterator[NDArray[np.bool_]]:
    facets = group.facets
    if filters.folders:
        yield snapshot.in_folders(group, filters.folders)
    if filters.formats:
        yield _among(facets.formats, snapshot.format_names, filters.formats)
    if filters.after:
        yield facets.days >= day_number(filters.after)
    if filters.before:
        yield facets.days <= day_number(filters.before)
    for values, least, most in (
        (facets.pixels, filters.min_pixels, filters.max_pixels),
        (facets.bytes, filters.min_bytes, filters.max_bytes),
    ):
        if least:
            yield values >= least
        if most:
            yield (values <= most) & (values > 0)
    if filters.shapes:
        yield np.isin(facets.shapes, [SHAPES.index(name) for name in filters.shapes])
    if filters.colours:
        yield (facets.colours & colour_bits(",".join(filters.colours))) != 0
    if filters.captioned:
        yield facets.captioned


def _among(codes: NDArray[np.integer], names: Sequence[str], wanted: Sequence[str]) -> NDArray[np.bool_]:
    chosen = np.array([*(name in wanted for name in names), False])  # the last stands for -1: not known
    return np.asarray(chosen[codes])


def _named(filters: Filters, ledger: Lookups) -> Iterator[NDArray[np.int64]]:
    expressions = [phrase(words) for words in filters.phrases]
    if filters.title:
        expressions.append(phrase(filters.title, "title"))
    for expression in expressions:
        # Words without a letter or a digit are said nowhere.
        yield ledger.items_saying(expression) if expression else np.empty(0, np.int64)
    for wanted in filters.where:
        # A command line may hold bytes that are no text, which SQLite would refuse.
        key, equals, value = wanted.encode("utf-8", "replace").decode().partition("=")
        yield ledger.items_with(key.strip(), value.strip() if equals else None)


def filters_to_params(filters: Filters) -> dict[str, Sequence[str]]:
    """The parameters of a link that stand for `filters`; those at their default are empty."""
    numbers = {"min-pixels": filters.min_pixels, "max-pixels": filters.max_pixels}
    numbers |= {"min-bytes": filters.min_bytes, "max-bytes": filters.max_bytes}
    return {
        "modality": filters.modalities,
        "folder": filters.folders,
        "format": filters.formats,
        "after": [filters.after.isoformat()] if filters.after else [],
        "before": [filters.before.isoformat()] if filters.before else [],
        **{name: [str(number)] if number else [] for name, number in numbers.items()},
        "shape": filters.shapes,
        "of-colour": filters.colours,
        "captioned": ["yes"] if filters.captioned else [],
        "topic": filters.topics,
        "selection": [filters.selection] if filters.selection else [],
        "title": [filters.title] if filters.title else [],
        "exact": filters.phrases,
        "where": filters.where,
    }


def filters_from_params(params: Mapping[str, Sequence[str]]) -> Filters:
    """Read filters from a link's parameters; what cannot be read takes its default.

    A folder, format or topic that the space does not have is kept, so that the page can say that it is not there.
    """

    def listed(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value for value in params.get(name, ()) if value.strip()))[:MOST_PARTS]

    def written(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value.strip()[:LONGEST_PART] for value in listed(name)))

    def number(name: str) -> int:
        value = next(iter(params.get(name, ())), "")
        return int(value) if value.isascii() and value.isdecimal() and len(value) <= 12 else 0

    modalities = tuple(name for name in MODALITIES if name in params.get("modality", ()))
    return Filters(
        modalities=modalities if len(modalities) < len(MODALITIES) else (),
        folders=listed("folder"),
        formats=written("format"),
        after=day_of(next(iter(params.get("after", ())), "")),
        before=day_of(next(iter(params.get("before", ())), ""), last=True),
        min_pixels=number("min-pixels"),
        max_pixels=number("max-pixels"),
        min_bytes=number("min-bytes"),
        max_bytes=number("max-bytes"),
        shapes=tuple(name for name in SHAPES[1:] if name in params.get("shape", ())),
        colours=tuple(name for name in COLOUR_NAMES if name in params.get("of-colour", ())),
        captioned="yes" in params.get("captioned", ()),
        topics=listed("topic"),
        selection=next((name for name in params.get("selection", ()) if is_selection(name)), ""),
        title=next(iter(written("title")), ""),
        phrases=written("exact"),
        where=tuple(wanted for wanted in written("where") if wanted.partition("=")[0].strip()),
    )


def day_of(written: str, *, last: bool = False) -> date | None:
    """The day that `2024-05-31`, `2024-05` or `2024` stands for: the first of it, or the `last`; None if none."""
    found = _DATE.fullmatch(written.strip())
    if not found:
        return None
    year, month, day = found.groups()
    try:
        number = int(month or (12 if last else 1))
        return date(int(year), number, int(day or (monthrange(int(year), number)[1] if last else 1)))
    except ValueError:  # also what `monthrange` raises for a month that there is not
        return None


def size_of(written: str) -> tuple[int, int] | None:
    """(pixels, bytes), one of them 0, that `2MP`, `640x480` or `500kB` stands for; None if it stands for none."""
    found = _SIZE.fullmatch(written.strip())
    if not found:
        return None
    amount, unit, wide, high = found.groups()
    if wide:
        return int(wide) * int(high), 0
    size = round(float(amount) * _UNITS[unit.lower()])
    return (size, 0) if unit.lower() == "mp" else (0, size)
