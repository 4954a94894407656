"""The end of a run: sources whose files are gone, or not wanted any more, leave the space; unless that looks wrong."""

import os
from pathlib import Path

from ingest.outcomes import SourceOutcome
from ingest.run.options import MissingPolicy
from ingest.run.report import Report
from ingest.sources.discovery import Finds
from ingest.space.ledger.ledger import Ledger
from ingest.space.ledger.overview import sources_under
from ingest.space.ledger.records import Source

FEW = 20
"""A space of fewer sources may lose more than half of them without being asked."""

GONE = "its file is gone"
NOT_WANTED = "left out now: by --include, --exclude or an ignore file, or as hidden or a link"


def sweep(ledger: Ledger, run: int, finds: Finds, report: Report, *, missing: MissingPolicy, held: int) -> None:
    """Forget the sources under the roots of `finds` that `run` did not come across, as `missing` says.

    `held` is how many sources the space had before the run.  What is refused is told in `report`.
    """
    not_seen = sources_under(ledger, finds.roots, run) if finds.told else ledger.sources_not_seen(run)
    gone = swept(not_seen, finds, report, missing=missing, held=held)
    if gone:
        ledger.remove([source.id for source, _ in gone])
    for source, reason in gone:
        if source.in_the_space:
            report.add(SourceOutcome(source.path, "removed", reason))


def swept(
    not_seen: list[Source], finds: Finds, report: Report, *, missing: MissingPolicy, held: int
) -> list[tuple[Source, str]]:  # fmt: skip
    """Those of the sources `not_seen` that are to leave the space, with the reason; nothing is written."""
    occupied = _occupied(finds)
    gone: list[tuple[Source, str]] = []
    for source in not_seen:
        path = Path(source.path)
        above = finds.roots.above(path)
        if not above or finds.is_blind_to(path):
            continue
        if not finds.told and not any(root in occupied for root in above):
            report.note(
                f"{above[-1]} is empty now, and the space has sources from it: they are kept, since a folder that is "
                "not mounted looks the same. Mount it and run again."
            )
            continue
        gone.append((source, NOT_WANTED if path in finds.left_out or os.path.lexists(path) else GONE))
    in_the_space = sum(source.in_the_space for source, _ in gone)
    if in_the_space and missing == "keep":
        report.note(
            f"{_sources(in_the_space)} of the space {'is' if in_the_space == 1 else 'are'} not among these files any "
            "more, and kept as --keep-missing asks. Without it, the next run removes them."
        )
        return []
    if missing == "remove" and held >= FEW and 2 * in_the_space > held:
        report.refused = in_the_space
        report.note(
            f"{in_the_space:,} of the space's {held:,} sources, more than half, are not among these files any more "
            "(a disk that is not mounted, a folder that moved, a rule that leaves out more than was meant?). They are "
            "kept. If they are to leave the space, give the same command with --yes; if not, --keep-missing says so."
        )
        return []
    return gone


def _occupied(finds: Finds) -> set[Path]:
    """The roots under which there is anything at all, wanted or not."""
    occupied: set[Path] = set()
    looked_at: set[Path] = set()
    for path in (*(found.path for found in finds.files), *finds.left_out):
        if path.parent in looked_at and path not in finds.roots:
            continue
        looked_at.add(path.parent)
        occupied.update(finds.roots.above(path))
    return occupied


def _sources(count: int) -> str:
    return "1 source" if count == 1 else f"{count:,} sources"
