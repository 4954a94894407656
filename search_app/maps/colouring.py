"""What the points of a map are coloured by: one of few kinds, or a place on a scale."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES, Modality
from search_app.search.background_scores import affinity
from search_app.search.pca_reduction import groups_of
from search_app.search.query_vectors import Probe
from search_app.search.snapshot import Snapshot

KINDS = 20
"""Kinds that have a colour of their own; all others share one."""
STEPS = 254
"""The last step of a scale, which begins at 0."""
NONE = 255
"""The code of what has no place on a scale."""
_METADATA = "meta:"
_NUMBERS = 0.9  # share of a key's values that must be numbers, for the key to be a scale
_FEW = 12  # different numbers that are kinds rather than a scale
_EPOCH = date(1970, 1, 1)


class Metadata(Protocol):
    """What colours ask of a ledger; see `ingest.space.ledger.lookup.Lookup`."""

    def metadata_values(self, key: str) -> list[tuple[int, str]]:
        """Each live item that has a metadata key, with each of its values."""
        ...


@dataclass(frozen=True)
class Kind:
    """What a number among the codes stands for."""

    code: int
    name: str
    """Untrusted: may be a folder's name."""
    count: int
    other: bool = False
    """Whether it holds what has no colour of its own."""


@dataclass(frozen=True)
class Coding:
    """A number for each item of a map, which gives it its colour."""

    by: str
    """What it tells of an item, in a word."""
    codes: NDArray[np.uint8]
    """Shape (n,): the `code` of a kind; on a scale 0 to STEPS, or NONE."""
    kinds: tuple[Kind, ...]
    """The kinds there are, the largest first; on a scale that of items without a place on it, if any."""
    scale: tuple[str, str] | None = None
    """What the two ends of a scale stand for; None where there are kinds."""


def coding(by: str, snapshot: Snapshot, ledger: Metadata, probe: Probe | None = None) -> Coding:
    """How the items of a snapshot, all images before all passages, are coloured by what a link names `by`."""
    if by == "folder":
        names = snapshot.folder_names
        return _of_kinds("folder", [names[code] for _, group in groups_of(snapshot) for code in group.folders])
    if by == "date":
        days = [group.facets.days for _, group in groups_of(snapshot)]
        return _dates(np.concatenate([np.empty(0, np.int32), *days]))
    if by == "match" and probe is not None:
        return _of_scale("closeness to the question", _percentiles(snapshot, probe), ("far", "closest"))
    if by.startswith(_METADATA):
        return _of_metadata(by.removeprefix(_METADATA), snapshot, ledger)
    return _modalities(snapshot)


def coding_of_topics(names: Sequence[str], labels: NDArray[np.integer]) -> Coding:
    """The items coloured by topic; `labels` has the place of each one's topic in `names`, -1 for none."""
    return _of_kinds("topic", [names[label] if label >= 0 else "" for label in labels])


def _modalities(snapshot: Snapshot) -> Coding:
    plural = {"image": "images", "text": "passages"}
    groups = groups_of(snapshot)
    codes = [np.full(len(group), MODALITIES.index(name), np.uint8) for name, group in groups]
    kinds = tuple(Kind(MODALITIES.index(name), plural[name], len(group)) for name, group in groups)
    return Coding("modality", np.concatenate([np.empty(0, np.uint8), *codes]), kinds)


def _of_kinds(by: str, names: list[str]) -> Coding:
    counts = Counter(names)
    unnamed = counts.pop("", 0)
    largest = [name for name, _ in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))]
    # In the order of their names, so that a kind keeps its colour while its neighbours grow.
    codes = {name: code for code, name in enumerate(sorted(largest[:KINDS]))}
    kinds = [Kind(codes[name], name, counts[name]) for name in largest[:KINDS]]
    rest = sum(counts[name] for name in largest[KINDS:]) + unnamed
    if rest:
        kinds.append(Kind(KINDS, "others" if largest[KINDS:] else f"without {by}", rest, other=True))
    return Coding(by, np.array([codes.get(name, KINDS) for name in names], np.uint8), tuple(kinds))


def _of_scale(by: str, values: NDArray[np.float64], ends: tuple[str, str], without: str = "") -> Coding:
    """Values from 0 to 1 on a scale; NaN where an item has none."""
    known = np.isfinite(values)
    codes = np.full(len(values), NONE, np.uint8)
    codes[known] = np.round(np.clip(values[known], 0.0, 1.0) * STEPS)
    missing = int((~known).sum())
    kinds = (Kind(NONE, without or f"without {by}", missing, other=True),) if missing else ()
    return Coding(by, codes, kinds, ends)


def _dates(days: NDArray[np.int32]) -> Coding:
    if not len(days):
        return Coding("date", np.empty(0, np.uint8), ())
    # By rank, as a few old files would otherwise leave all others one colour.
    values = _ranks(days.astype(np.float64))
    first, last = (str(_EPOCH + timedelta(days=int(day))) for day in (days.min(), days.max()))
    return _of_scale("date", values, (first, last))


def _percentiles(snapshot: Snapshot, probe: Probe) -> NDArray[np.float64]:
    """For each item the share of its modality that is less close to the question, 0 to 1."""
    means: dict[Modality, NDArray[np.float64]] = {
        name: group.total / max(len(group), 1) for name, group in snapshot.groups.items()
    }
    for name in MODALITIES:
        means.setdefault(name, np.zeros(snapshot.dimension))
    centred = probe.centred(means)
    found = [_ranks(affinity(group.vectors, means[name], centred)) for name, group in groups_of(snapshot)]
    return np.concatenate([np.empty(0), *found])


def _of_metadata(key: str, snapshot: Snapshot, ledger: Metadata) -> Coding:
    ids = np.concatenate([np.empty(0, np.int64), *(group.ids for _, group in groups_of(snapshot))])
    told: dict[int, str] = {}
    for item, value in ledger.metadata_values(key):
        told.setdefault(item, value)
    values = [told.get(int(number), "") for number in ids]
    numbers = np.array([_number(value) for value in values])
    known = np.isfinite(numbers)
    if known.sum() >= max(_NUMBERS * len(told), 1) and len(np.unique(numbers[known])) > _FEW:
        scaled = np.full(len(numbers), np.nan)
        scaled[known] = _ranks(numbers[known])
        ends = (f"{numbers[known].min():g}", f"{numbers[known].max():g}")
        return _of_scale(key, scaled, ends)
    return _of_kinds(key, values)


def _ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """The share of the other values that are smaller, 0 to 1; equals have the same."""
    ordered = np.sort(values)
    return np.searchsorted(ordered, values, side="left") / max(len(values) - 1, 1)


def _number(value: str) -> float:
    try:
        number = float(value) if value else np.nan
    except ValueError:
        return float("nan")
    return number if np.isfinite(number) else float("nan")
