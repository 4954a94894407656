"""What discovery finds: a source, its state, and what a table says of it."""

from dataclasses import dataclass
from pathlib import Path, PurePath

from ingest.readers.draft import Value
from ingest.readers.formats import Kind
from ingest.sources.location import SourceLocation, WebCopy


@dataclass(frozen=True)
class TableRow:
    """What the rows of a table say of the picture that they name."""

    caption: str
    facts: dict[str, Value]
    """Further facts for the picture's items."""
    digest: str
    """Identifies caption and facts."""


@dataclass(frozen=True)
class FoundSource:
    """A source that discovery found."""

    location: SourceLocation
    root: Path
    """The folder that was walked, resolved; for a file named directly, the folder it is in."""
    size: int
    """Bytes."""
    mtime_ns: int
    kind: Kind | None
    """What it is read as; None if no reader knows its suffix."""
    problem: str = ""
    """Why it cannot be read, if that is known already."""
    gaps: str = ""
    """What is known to be missing of it; '' if nothing is."""
    row: TableRow | None = None
    """What a table says of it, for a picture that a table names."""

    @property
    def path(self) -> Path:
        """The path that people know it by; for what was fetched, the path of its copy."""
        return self.location.path

    @property
    def ledger_path(self) -> str:
        """The string that the ledger knows it by."""
        return self.location.ledger_path

    @property
    def ledger_root(self) -> str:
        """The string that the ledger knows its root by: the folder's path, or scheme and host of an address."""
        return self.location.site if isinstance(self.location, WebCopy) else str(self.root)

    @property
    def folder(self) -> str:
        """Its folder as people see it: the root's own name, then the path below it; or the host, then the path."""
        if isinstance(self.location, WebCopy):
            return self.location.folder
        return PurePath(self.root.name or "/", self.path.parent.relative_to(self.root)).as_posix()
