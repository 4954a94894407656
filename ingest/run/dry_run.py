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
from ingest.run.classify import Copy, Examined, Examiner, Fresh, LeftOut, Moved, Recaptioned, same_content
from ingest.run.cleanup import swept
from ingest.run.engines import local
from ingest.run.engines.work import EncodingCount
from ingest.run.events import Event, OnEvent
from ingest.run.exclusions import without_removed
from ingest.run.options import DEFAULT, IngestOptions
from ingest.run.report import Report
from ingest.sources.discovery import find
from ingest.sources.table_images import with_named_pictures
from ingest.sources.walk import Found
from ingest.space.ledger.database import LEDGER_NAME
from ingest.space.ledger.item import Item
from ingest.space.ledger.ledger import Ledger
from ingest.space.ledger.records import Source
from ingest.space.manifest import MANIFEST_NAME, current_manifest

TIMED_SECONDS = 6.0
"""About how long the encoder is timed for each kind of file."""

_CHUNKS = (4, 8, 16, 32, 32, 32)  # files timed at once; larger ones fill the encoder's batches


@dataclass(frozen=True)
class Plan:
    """What a run would do."""

    report: Report
    """The outcomes that sources would have, as far as this can be said without reading them."""
    by_kind: Counter[tuple[Kind | None, Outcome]]
    """How many files of each kind would have each outcome; removed sources and links are of kind None."""
    to_encode: list[Found]
    """The files that would be read and encoded."""
    seconds: float
    """About how long reading and encoding them would take; 0 where there are none."""
    timed: int
    """How many of them were read and encoded to tell."""


def ledger_to_read(home: Path, name: str) -> Ledger:
    """The ledger of the space `name`, without its server or its lock; an empty one where there is no such space."""
    folder = home / name
    if (folder / MANIFEST_NAME).is_file() and (folder / LEDGER_NAME).is_file():
        return Ledger(folder / LEDGER_NAME, current_manifest(folder).encoder.dimension)
    return _empty_ledger()


def plan(
    ledger: Ledger,
    paths: Sequence[Path],
    load: Callable[[], Encoder],
    options: IngestOptions = DEFAULT,
    *,
    on_event: OnEvent = lambda event: None,
) -> Plan:
    """Say what `ingest` with the same arguments would do to the space of `ledger`.

    Files are hashed where their size or time differs, and some of those to be encoded are read and encoded by the
    encoder that `load` gives, to time it; the vectors are thrown away.  What would fail to be read is not known yet.

    Raises:
        SettingsError: a glob cannot be understood.
        EncoderError: the encoder cannot be loaded.
    """
    started = time.monotonic()
    selection, reading, addresses = options.selection, options.reading, options.addresses
    report = Report()
    finds = find(paths, selection, report, told=lambda count: on_event(Event(count, True, 0)))
    with_named_pictures(finds, ledger, reading)
    finds.own = ledger.path.parent.resolve()
    without_removed(finds, ledger, (*paths, *addresses), report)
    by_kind: Counter[tuple[Kind | None, Outcome]] = Counter((None, entry.outcome) for entry in report.outcomes)
    looker = _Looker(ledger, reading)
    to_encode: list[Found] = []
    moved: set[int] = set()
    size, looked_at = sum(found.size for found in finds.files), 0
    with ThreadPoolExecutor(local.READERS) as pool:
        for count, examined in enumerate(pool.map(looker.examine, finds.files), 1):
            looked_at += examined.found.size
            on_event(Event(len(finds.files), False, count, size, looked_at, current=examined.found.source))
            outcome, reason = _outlook(examined)
            report.add(SourceOutcome(examined.found.source, outcome, reason))
            by_kind[examined.found.kind, outcome] += 1
            if isinstance(examined, Moved):
                moved.add(examined.source.id)
            elif isinstance(examined, Fresh) and examined.copy_of is None:
                to_encode.append(examined.found)
    report.found = report.settled = len(finds.files)
    if addresses:
        them = "1 web address" if len(addresses) == 1 else f"{len(addresses):,} web addresses"
        report.note(f"{them} would be fetched; what is there is not known before that.")
    seen = {str(found.path) for found in finds.files}
    sources = ledger.sources()
    not_seen = [source for source in sources if source.path not in seen and source.id not in moved]
    held = sum(source.in_the_space for source in sources)
    for source, why in swept(not_seen, finds, report, missing=options.missing, held=held):
        if source.in_the_space:
            report.add(SourceOutcome(source.path, "removed", why))
            by_kind[None, "removed"] += 1
    seconds, timed = _estimate(to_encode, load, reading) if to_encode else (0.0, 0)
    report.estimate = seconds
    report.seconds = time.monotonic() - started
    return Plan(report, by_kind, to_encode, seconds, timed)


class _Looker(Examiner):
    """An examiner that does not read: a file to be read is `Fresh` without drafts."""

    def __init__(self, ledger: Ledger, reading: ReadingOptions) -> None:
        super().__init__(ledger, _NO_ENCODER, reading)

    def _read(self, found: Found, file: Path, sha256: str, source: Source | None) -> Fresh:
        known = source is not None and source.in_the_space
        items: list[Item] = []
        if found.kind in ("image", "video"):
            _, items = self._same_pictures(sha256, self._reading.chosen_for(found.path))
        return Fresh(found, sha256, "", [], known, items[0] if items else None)


_NO_ENCODER: Encoder = None  # type: ignore[assignment]  # a looker never encodes


def _outlook(examined: Examined) -> tuple[Outcome, str]:
    match examined:
        case Fresh(known=known, copy_of=copy):
            return ("updated" if known else "added"), (same_content(examined.found, copy.path) if copy else "")
        case Copy(known=known, first=first):
            return ("updated" if known else "added"), same_content(examined.found, first)
        case Moved(source=source):
            return "moved", f"from {source.path}"
        case Recaptioned():
            return "updated", "its caption changed"
        case LeftOut(outcome=outcome, reason=reason):
            return outcome, reason
    return "unchanged", ""


def _estimate(files: Sequence[Found], load: Callable[[], Encoder], reading: ReadingOptions) -> tuple[float, int]:
    """About how many seconds reading and encoding `files` takes, and how many of them were tried for it."""
    encoder = load()
    seconds, timed = 0.0, 0
    for kind in sorted({found.kind for found in files if found.kind}):
        of_kind = [found for found in files if found.kind == kind]
        sample = random.Random(len(of_kind)).sample(of_kind, min(len(of_kind), sum(_CHUNKS)))  # noqa: S311
        _encode(sample[:1], encoder, reading)  # the first file also loads libraries and warms the encoder up
        took, tried = 0.0, 0
        for size in _CHUNKS:
            chunk = sample[tried : tried + size]
            if not chunk or took > TIMED_SECONDS:
                break
            begun = time.monotonic()
            _encode(chunk, encoder, reading)
            took, tried = took + time.monotonic() - begun, tried + len(chunk)
        seconds, timed = seconds + took / tried * len(of_kind), timed + tried
    return seconds, timed


def _encode(files: Sequence[Found], encoder: Encoder, reading: ReadingOptions) -> None:
    """Read and encode as a run does, and throw the vectors away."""
    ledger = _empty_ledger()
    examiner = Examiner(ledger, encoder, reading)
    for _ in local.run(files, examiner.examine, encoder, EncodingCount()):
        pass
    ledger.close()


def _empty_ledger() -> Ledger:
    return Ledger(Path(":memory:"), 1)  # SQLite's name for a database that is no file
