"""How the points of a map are coloured: by a few categories, or by a continuous scale."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES, Modality
from search_app.search.background_scores import affinity
from search_app.search.pca_reduction import groups_of
from search_app.search.query_vectors import Probe
from search_app.search.snapshot import Snapshot

if TYPE_CHECKING:
    from ingest.space import Ledger

MAX_CATEGORIES = 20
"""Categories that have a colour of their own; all others share one."""
SCALE_STEPS = 254
"""The last step of a scale, which begins at 0."""
NO_VALUE = 255
"""The code of an item without a value on a scale."""
_METADATA = "meta:"
_NUMERIC_SHARE = 0.9  # share of a key's values that must be numbers, for the key to be a scale
_FEW_NUMBERS = 12  # distinct numbers up to which they are categories rather than a scale
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Category:
    """One entry of the legend."""

    code: int
    name: str
    """Untrusted: may be a folder's name."""
    count: int
    other: bool = False
    """Whether it stands for all items without a colour of their own."""


@dataclass(frozen=True)
class Colouring:
    """A code for each item of a map, from which its colour follows."""

    by: str
    """The attribute that the colours show, in a word or two."""
    codes: NDArray[np.uint8]
    """Shape (n,): the `code` of a category; on a scale 0 to SCALE_STEPS, or NO_VALUE."""
    categories: tuple[Category, ...]
    """The largest first; on a scale only that of items without a value, if any."""
    scale: tuple[str, str] | None = None
    """What the two ends of a scale stand for; None for categories."""


def colour_items(by: str, snapshot: Snapshot, ledger: "Ledger", probe: Probe | None = None) -> Colouring:
    """The colouring of a snapshot's items, all images before all passages, by what a link names `by`."""
    if by == "folder":
        names = snapshot.folder_names
        return _categorical("folder", [names[code] for _, group in groups_of(snapshot) for code in group.folders])
    if by == "date":
        days = [group.facets.days for _, group in groups_of(snapshot)]
        return _by_date(np.concatenate([np.empty(0, np.int32), *days]))
    if by == "match" and probe is not None:
        return _continuous("closeness to the question", _match_percentiles(snapshot, probe), ("far", "closest"))
    if by.startswith(_METADATA):
        return _by_metadata(by.removeprefix(_METADATA), snapshot, ledger)
    return _by_modality(snapshot)


def colour_by_topic(names: Sequence[str], labels: NDArray[np.integer]) -> Colouring:
    """The items coloured by topic; `labels` has the index of each one's topic in `names`, -1 for none."""
    return _categorical("topic", [names[label] if label >= 0 else "" for label in labels])


def _by_modality(snapshot: Snapshot) -> Colouring:
    plural = {"image": "pictures", "text": "passages"}
    groups = groups_of(snapshot)
    codes = [np.full(len(group), MODALITIES.index(name), np.uint8) for name, group in groups]
    categories = tuple(Category(MODALITIES.index(name), plural[name], len(group)) for name, group in groups)
    return Colouring("modality", np.concatenate([np.empty(0, np.uint8), *codes]), categories)


def _categorical(by: str, names: list[str]) -> Colouring:
    counts = Counter(names)
    unnamed = counts.pop("", 0)
    largest = [name for name, _ in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))]
    # In the order of their names, so that a category keeps its colour while others grow.
    codes = {name: code for code, name in enumerate(sorted(largest[:MAX_CATEGORIES]))}
    categories = [Category(codes[name], name, counts[name]) for name in largest[:MAX_CATEGORIES]]
    rest = sum(counts[name] for name in largest[MAX_CATEGORIES:]) + unnamed
    if rest:
        categories.append(
            Category(MAX_CATEGORIES, "others" if largest[MAX_CATEGORIES:] else f"without {by}", rest, other=True)
        )
    return Colouring(by, np.array([codes.get(name, MAX_CATEGORIES) for name in names], np.uint8), tuple(categories))


def _continuous(by: str, values: NDArray[np.float64], ends: tuple[str, str], without: str = "") -> Colouring:
    """Values from 0 to 1 on a scale; NaN where an item has none."""
    known = np.isfinite(values)
    codes = np.full(len(values), NO_VALUE, np.uint8)
    codes[known] = np.round(np.clip(values[known], 0.0, 1.0) * SCALE_STEPS)
    missing = int((~known).sum())
    categories = (Category(NO_VALUE, without or f"without {by}", missing, other=True),) if missing else ()
    return Colouring(by, codes, categories, ends)


def _by_date(days: NDArray[np.int32]) -> Colouring:
    if not len(days):
        return Colouring("date", np.empty(0, np.uint8), ())
    # By rank: with the dates themselves, a few old files would leave all others in one colour.
    values = _ranks(days.astype(np.float64))
    first, last = (str(_EPOCH + timedelta(days=int(day))) for day in (days.min(), days.max()))
    return _continuous("date", values, (first, last))


def _match_percentiles(snapshot: Snapshot, probe: Probe) -> NDArray[np.float64]:
    """For each item the share of its modality that is less close to the question, 0 to 1."""
    means: dict[Modality, NDArray[np.float64]] = {
        name: group.total / max(len(group), 1) for name, group in snapshot.groups.items()
    }
    for name in MODALITIES:
        means.setdefault(name, np.zeros(snapshot.dimension))
    centred = probe.centred(means)
    found = [_ranks(affinity(group.vectors, means[name], centred)) for name, group in groups_of(snapshot)]
    return np.concatenate([np.empty(0), *found])


def _by_metadata(key: str, snapshot: Snapshot, ledger: "Ledger") -> Colouring:
    ids = np.concatenate([np.empty(0, np.int64), *(group.ids for _, group in groups_of(snapshot))])
    first_values: dict[int, str] = {}
    for item, value in ledger.search_index.metadata_values(key):
        first_values.setdefault(item, value)
    values = [first_values.get(int(number), "") for number in ids]
    numbers = np.array([_number(value) for value in values])
    known = np.isfinite(numbers)
    if known.sum() >= max(_NUMERIC_SHARE * len(first_values), 1) and len(np.unique(numbers[known])) > _FEW_NUMBERS:
        scaled = np.full(len(numbers), np.nan)
        scaled[known] = _ranks(numbers[known])
        ends = (f"{numbers[known].min():g}", f"{numbers[known].max():g}")
        return _continuous(key, scaled, ends)
    return _categorical(key, values)


def _ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """The share of the other values that are smaller, 0 to 1; equal values have equal ranks."""
    ordered = np.sort(values)
    return np.searchsorted(ordered, values, side="left") / max(len(values) - 1, 1)


def _number(value: str) -> float:
    try:
        number = float(value) if value else np.nan
    except ValueError:
        return float("nan")
    return number if np.isfinite(number) else float("nan")
