"""Files that a person has removed from the space by hand: a run that comes across them leaves them out."""

from collections.abc import Iterable
from pathlib import Path

from ingest.run.report import Report
from ingest.sources.discovery import Finds, resolved
from ingest.space.ledger.exclusions import Gate
from ingest.space.ledger.ledger import Ledger


def without_removed(finds: Finds, ledger: Ledger, named: Iterable[Path | str], report: Report) -> frozenset[str]:
    """Leave out of `finds` what was removed by hand, unless it is among the paths and addresses `named` or below one.

    A note of `report` tells how many files are left out.  Returns the paths that are to be let in again.
    """
    gate = Gate(ledger, (str(resolved(each)) if isinstance(each, Path) else each for each in named))
    out = [found for found in finds.files if gate.keeps_out(found.source)]
    if out:
        gone = {found.source for found in out}
        finds.files[:] = [found for found in finds.files if found.source not in gone]
        finds.left_out.update(found.path for found in out)
        files = "1 file is" if len(out) == 1 else f"{len(out):,} files are"
        report.note(
            f"{files} left out, as removed from the space by hand. To have one again, ingest it by its own name, as: "
            f"nearspace ingest {out[0].source}"
        )
    return gate.let_in
