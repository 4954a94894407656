"""The lists of sources as they were called before, until every caller names the part of the ledger."""

from pathlib import Path

from ingest.space.ledger.ledger import Ledger
from ingest.space.ledger.runs import IngestedRoot as Place
from ingest.space.ledger.source_filter import ListedSource as Listed
from ingest.space.ledger.source_filter import Reason
from ingest.space.ledger.source_filter import SourceFilter as Wanted

__all__ = ["Listed", "Place", "Reason", "Wanted", "count", "listed", "places", "reasons"]


def count(ledger: Ledger, wanted: Wanted) -> int:
    """As `Sources.count`."""
    return ledger.sources.count(wanted)


def listed(ledger: Ledger, wanted: Wanted, offset: int, limit: int) -> list[Listed]:
    """As `Sources.page`."""
    return ledger.sources.page(wanted, offset, limit)


def reasons(ledger: Ledger, wanted: Wanted) -> list[Reason]:
    """As `Sources.reasons`."""
    return ledger.sources.reasons(wanted)


def places(ledger: Ledger, folder: Path, most: int) -> list[Place]:
    """As `Runs.ingested_roots`."""
    return ledger.runs.ingested_roots(folder, most)
