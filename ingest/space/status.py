"""What a space holds, for `nearspace status`, the library page and programs."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ingest.space.ledger.overview import size_on_disk
from ingest.space.space import Space
from ingest.space.staging import has_staged, staged_count


def space_status(space: Space) -> dict[str, Any]:
    """What is in the space, in values that JSON has; `nearspace status --json` prints it."""
    manifest = space.manifest
    ledger = space.ledger
    spread, run = ledger.overview.spread(), ledger.runs.last()
    groups, duplicates = ledger.near_duplicates.counts()
    return {
        "space": space.name,
        "folder": str(space.folder),
        "encoder": {
            "id": manifest.encoder.id,
            "dimension": manifest.encoder.dimension,
            "fingerprint": manifest.encoder.fingerprint,
            "licence": manifest.encoder.licence,
        },
        "created": manifest.created,
        "items": ledger.items.counts(),
        "sources": ledger.sources.outcome_counts(),
        "near_duplicates": {
            "groups": groups,
            "items": duplicates,
            "not_compared": ledger.near_duplicates.uncompared_count(),
        },
        "copies": ledger.duplicates.count(),
        "kept_out": ledger.exclusions.paths(),
        "modality_gap": manifest.modality_gap,
        "not_indexed": ledger.pending.count(),
        "chroma": str(manifest.chroma) if manifest.chroma else None,
        "folders": spread.folders,
        "formats": spread.formats,
        "years": ledger.overview.by_year(),
        "years_taken": ledger.overview.by_year_taken(),
        "reencoding": {"staged": staged_count(space.folder)} if has_staged(space.folder) else None,
        "bytes": size_on_disk(space.folder),
        "last_run": asdict(run) if run else None,
    }


def describe_run(run: Mapping[str, Any]) -> str:
    """A run in words."""
    when = format_moment(run["started"])
    took = "" if run["seconds"] is None else f", {run['seconds']:,.1f} s"
    outcomes = ", ".join(f"{count:,} {outcome}" for outcome, count in (run["outcomes"] or {}).items() if count)
    ended = "" if run["finished"] else "; it did not finish, or is still running"
    return f"{when}{took}{': ' if outcomes else ''}{outcomes}{ended}"


def describe_reencoding(reencoding: Mapping[str, int], items: Mapping[str, int]) -> str:
    """A re-encoding that is under way or was interrupted, in words."""
    return (
        f"begun: {reencoding['staged']:,} of {sum(items.values()):,} items have a vector of another encoder; searches "
        "use the old ones until all are there, and the same `nearspace reencode` continues from there"
    )


def format_moment(moment: str) -> str:
    """A moment in ISO 8601 as a date and a time by this machine's clock."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
