"""A dry run: what an ingest would do, and how long it would take; nothing is written."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ingest.encoders.base import Encoder
from ingest.outcomes import Outcome, SourceOutcome
from ingest.readers.formats import Kind
from ingest.readers.reading_options import ReadingOptions
from ingest.run.classified import Classified, Duplicate, Moved, New, NotIngested, Recaptioned, duplicate_reason
from ingest.run.classify import Classifier, earlier_options
from ingest.run.cleanup import missing_sources
from ingest.run.engines import local
from ingest.run.engines.workload import EncodingCount, Workload
from ingest.run.events import Event, OnEvent
from ingest.run.exclusions import leave_out_excluded
from ingest.run.options import DEFAULT, IngestOptions
from ingest.run.read_source import same_pictures
from ingest.run.report import Report
from ingest.sources.discovery import discover
from ingest.sources.found import FoundSource
from ingest.sources.read_state import ReadState
from ingest.sources.table_images import add_table_images
from ingest.space.ledger import Ledger
from ingest.space.ledger.database import LEDGER_NAME
from ingest.space.ledger.item import Item
from ingest.space.ledger.records import Source
from ingest.space.manifest import MANIFEST_NAME, current_manifest

TIMED_SECONDS = 6.0
"""About how long the encoder is timed for each kind of file."""

_CHUNKS = (4, 8, 16, 32, 32, 32)  # files timed at once; larger ones fill the encoder's batches


@dataclass(frozen=True)
class DryRun:
    """What a run would do."""

    report: Report
    """The outcomes that sources would have, as far as is known without reading them."""
    by_kind: Counter[tuple[Kind | None, Outcome]]
    """How many files of each kind would have each outcome; removed sources and links are of kind None."""
    to_encode: list[FoundSource]
    """The files that would be read and encoded."""
    seconds: float
    """About how long reading and encoding them would take; 0 if there are none."""
    timed: int
    """How many of them were read and encoded to estimate it."""


def ledger_to_read(home: Path, name: str) -> Ledger:
    """The ledger of the space `name`, without its server or its lock; an empty one if there is no such space."""
    folder = home / name
    if (folder / MANIFEST_NAME).is_file() and (folder / LEDGER_NAME).is_file():
        return Ledger(folder / LEDGER_NAME, current_manifest(folder).encoder.dimension)
    return _empty_ledger()


def dry_run(
    ledger: Ledger,
    paths: Sequence[Path],
    load: Callable[[], Encoder],
    options: IngestOptions = DEFAULT,
    *,
    on_event: OnEvent = lambda event: None,
) -> DryRun:
    """Find out what `ingest` with the same arguments would do to the space of `ledger`.

    Files are hashed if their size or time differs, and some of those to be encoded are read and encoded by the encoder
    that `load` returns, to time it; the vectors are discarded.  Which files would fail to be read is not known.

    Raises:
        SettingsError: a glob is invalid.
        EncoderError: the encoder cannot be loaded.
    """
    started = time.monotonic()
    selection, reading, addresses = options.selection, options.reading, options.addresses
    report = Report()
    discovery = discover(
        paths, selection, on_outcome=report.add, on_found=lambda count: on_event(Event(count, True, 0))
    )
    report.left_out = len(discovery.left_out)
    add_table_images(discovery, reading, lambda table: earlier_options(ledger, table))
    discovery.space_folder = ledger.path.parent.resolve()
    leave_out_excluded(discovery, ledger, (*paths, *addresses), report)
    by_kind: Counter[tuple[Kind | None, Outcome]] = Counter((None, entry.outcome) for entry in report.outcomes)
    classifier = Classifier(ledger, _WouldRead(ledger, reading).read, reading)
    to_encode: list[FoundSource] = []
    moved: set[int] = set()
    size, classified_size = sum(found.size for found in discovery.sources), 0
    with ThreadPoolExecutor(local.READERS) as pool:
        for count, classified in enumerate(pool.map(classifier.classify, discovery.sources), 1):
            classified_size += classified.found.size
            on_event(
                Event(len(discovery.sources), False, count, size, classified_size, current=classified.found.ledger_path)
            )
            outcome, reason = _expected_outcome(classified)
            report.add(SourceOutcome(classified.found.ledger_path, outcome, reason))
            by_kind[classified.found.kind, outcome] += 1
            if isinstance(classified, Moved):
                moved.add(classified.source.id)
            elif isinstance(classified, New) and classified.same_as is None:
                to_encode.append(classified.found)
    report.found = report.settled = len(discovery.sources)
    if addresses:
        count_of_addresses = "1 web address" if len(addresses) == 1 else f"{len(addresses):,} web addresses"
        report.note(f"{count_of_addresses} would be fetched; what is there is not known before that.")
    found_paths = {found.ledger_path for found in discovery.sources}
    sources = ledger.sources.all()
    not_found = [source for source in sources if source.path not in found_paths and source.id not in moved]
    held = sum(source.in_the_space for source in sources)
    for source, reason in missing_sources(not_found, discovery, report, missing=options.missing, held=held):
        if source.in_the_space:
            report.add(SourceOutcome(source.path, "removed", reason))
            by_kind[None, "removed"] += 1
    seconds, timed = _estimate(to_encode, load, reading) if to_encode else (0.0, 0)
    report.estimate = seconds
    report.seconds = time.monotonic() - started
    return DryRun(report, by_kind, to_encode, seconds, timed)


class _WouldRead:
    """Stands in for a reader in a dry run: a source that would be read is `New`, without drafts."""

    def __init__(self, ledger: Ledger, reading: ReadingOptions) -> None:
        self._ledger = ledger
        self._reading = reading

    def read(self, found: FoundSource, file: Path, sha256: str, source: Source | None) -> New:
        is_update = source is not None and source.in_the_space
        items: list[Item] = []
        if found.kind in ("image", "video"):
            _, items = same_pictures(self._ledger, sha256, self._reading.options_for(found.path))
        return New(found, sha256, ReadState(), [], is_update, items[0] if items else None)


def _added(is_update: bool) -> Outcome:
    return "updated" if is_update else "added"


def _expected_outcome(classified: Classified) -> tuple[Outcome, str]:
    match classified:
        case New(is_update=is_update, same_as=same_as):
            return _added(is_update), (duplicate_reason(classified.found, same_as.path) if same_as else "")
        case Duplicate(is_update=is_update, holder_path=holder_path):
            return _added(is_update), duplicate_reason(classified.found, holder_path)
        case Moved(source=source):
            return "moved", f"from {source.path}"
        case Recaptioned():
            return "updated", "its caption changed"
        case NotIngested(outcome=outcome, reason=reason):
            return outcome, reason
    return "unchanged", ""


def _estimate(files: Sequence[FoundSource], load: Callable[[], Encoder], reading: ReadingOptions) -> tuple[float, int]:
    """About how many seconds reading and encoding `files` takes, and how many of them were timed."""
    encoder = load()
    seconds, timed = 0.0, 0
    for kind in sorted({found.kind for found in files if found.kind}):
        of_kind = [found for found in files if found.kind == kind]
        sample = random.Random(len(of_kind)).sample(of_kind, min(len(of_kind), sum(_CHUNKS)))  # noqa: S311
        each, tried = time_files(sample, encoder, reading)
        seconds, timed = seconds + each * len(of_kind), timed + tried
    return seconds, timed


def time_files(
    sample: Sequence[FoundSource],
    encoder: Encoder,
    reading: ReadingOptions = DEFAULT.reading,
    seconds: float = TIMED_SECONDS,
) -> tuple[float, int]:
    """The seconds that reading and encoding one of these files takes on average, and how many of them were timed.

    It takes about `seconds`; `sample` has at least one file, and files of one kind.
    """
    _encode(sample[:1], encoder, reading)  # the first file also loads libraries and warms the encoder up
    took, tried = 0.0, 0
    for size in _CHUNKS:
        chunk = sample[tried : tried + size]
        if not chunk or took > seconds:
            break
        started = time.monotonic()
        _encode(chunk, encoder, reading)
        took, tried = took + time.monotonic() - started, tried + len(chunk)
    return took / tried, tried


def _encode(files: Sequence[FoundSource], encoder: Encoder, reading: ReadingOptions) -> None:
    """Read and encode as a run does, and discard the vectors."""
    ledger = _empty_ledger()
    classifier = Workload((), ledger, encoder, reading).classifier()
    for _ in local.run(files, classifier.classify, encoder, EncodingCount()):
        pass
    ledger.close()


def _empty_ledger() -> Ledger:
    return Ledger(Path(":memory:"), 1)  # SQLite's name for a database that is no file
