"""The end of a run: sources that no longer exist or are no longer selected leave the space, unless that looks wrong."""

import os
from pathlib import Path

from ingest.formatting import format_count
from ingest.outcomes import SourceOutcome
from ingest.run.options import MissingPolicy
from ingest.run.report import Report
from ingest.sources.discovery import Discovery
from ingest.space.ledger import Ledger
from ingest.space.ledger.records import Source

FEW_SOURCES = 20
"""A space of fewer sources may lose more than half of them without --yes."""

MISSING = "its file is gone"
NOT_SELECTED = "left out now: by --include, --exclude or an ignore file, or as hidden or a link"


def remove_missing(
    ledger: Ledger, run: int, discovery: Discovery, report: Report, *, missing: MissingPolicy, held: int
) -> None:
    """Remove the sources under the roots of `discovery` that `run` did not find, as `missing` says.

    `held` is how many sources the space had before the run.  What is refused is noted in `report`.
    """
    sources = ledger.sources
    not_found = sources.not_seen_under(discovery.roots, run) if discovery.watched else sources.not_seen(run)
    gone = missing_sources(not_found, discovery, report, missing=missing, held=held)
    if gone:
        ledger.remove([source.id for source, _ in gone])
    for source, reason in gone:
        if source.in_the_space:
            report.add(SourceOutcome(source.path, "removed", reason))


def missing_sources(
    not_found: list[Source], discovery: Discovery, report: Report, *, missing: MissingPolicy, held: int
) -> list[tuple[Source, str]]:
    """Those of the sources `not_found` that are to leave the space, with the reason; nothing is written."""
    occupied = _occupied(discovery)
    gone: list[tuple[Source, str]] = []
    for source in not_found:
        path = Path(source.path)
        above = discovery.roots.above(path)
        if not above or not discovery.can_see(path):
            continue
        if not discovery.watched and not any(root in occupied for root in above):
            report.note(
                f"{above[-1]} is empty now, and the space has sources from it: they are kept, since a folder that is "
                "not mounted looks the same. Mount it and run again."
            )
            continue
        gone.append((source, NOT_SELECTED if path in discovery.left_out or os.path.lexists(path) else MISSING))
    in_the_space = sum(source.in_the_space for source, _ in gone)
    sources = format_count(in_the_space, "source")
    if in_the_space and missing == "keep":
        report.note(
            f"{sources} of the space {'is' if in_the_space == 1 else 'are'} no longer among these files, and kept as "
            "--keep-missing asks. Without it, the next run removes them."
        )
        return []
    if missing == "remove" and held >= FEW_SOURCES and 2 * in_the_space > held:
        report.refused = in_the_space
        report.note(
            f"{in_the_space:,} of the space's {held:,} sources, more than half, are no longer among these files "
            "(a disk that is not mounted, a folder that moved, a rule that leaves out more than was meant?). They are "
            "kept. If they are to leave the space, give the same command with --yes; if not, --keep-missing says so."
        )
        return []
    return gone


def _occupied(discovery: Discovery) -> set[Path]:
    """The roots under which there is anything at all, selected or not."""
    occupied: set[Path] = set()
    parents: set[Path] = set()
    for path in (*(found.path for found in discovery.sources), *discovery.left_out):
        if path.parent in parents and path not in discovery.roots:
            continue
        parents.add(path.parent)
        occupied.update(discovery.roots.above(path))
    return occupied
