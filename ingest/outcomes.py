"""The outcome of one source: what an ingest did about it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

Outcome = Literal["added", "updated", "unchanged", "moved", "removed", "skipped", "failed"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
IN_THE_SPACE: frozenset[Outcome] = frozenset({"added", "updated", "unchanged", "moved"})
CHANGES_ITEMS: frozenset[Outcome] = frozenset({"added", "updated", "removed"})


@dataclass(frozen=True)
class SourceOutcome:
    """The outcome of one source."""

    path: str
    """The source as the ledger names it."""
    outcome: Outcome
    reason: str = ""
    items: int = 0
    """How many new items it gave."""
    gaps: str = ""
    """What of the file could not be read, while the rest is in the space."""


OnOutcome = Callable[[SourceOutcome], None]
