"""Sources that a person has removed from the space by hand: later runs leave them out."""

from collections.abc import Iterable
from pathlib import Path

from ingest.run.report import Report
from ingest.sources.discovery import Discovery, resolved
from ingest.space.ledger.ledger import Ledger


def leave_out_excluded(
    discovery: Discovery, ledger: Ledger, named: Iterable[Path | str], report: Report
) -> frozenset[str]:
    """Leave out of `discovery` what was removed by hand, unless it is among the paths and addresses `named` or below.

    A note of `report` says how many files are left out.  Returns the paths that are no longer to be excluded.
    """
    named_paths = (str(resolved(each)) if isinstance(each, Path) else each for each in named)
    exclusions = ledger.exclusions.filter(named_paths)
    excluded = [found for found in discovery.sources if exclusions.excludes(found.ledger_path)]
    if excluded:
        paths = {found.ledger_path for found in excluded}
        discovery.sources[:] = [found for found in discovery.sources if found.ledger_path not in paths]
        discovery.left_out.update(found.path for found in excluded)
        files = "1 file is" if len(excluded) == 1 else f"{len(excluded):,} files are"
        report.note(
            f"{files} left out, as removed from the space by hand. To have one again, ingest it by its own name, as: "
            f"nearspace ingest {excluded[0].ledger_path}"
        )
    return exclusions.lifted
