"""What the items of a source depend on beside its content: its caption, and the options it was read with."""

from dataclasses import dataclass

_ROW = "row:"
_OPTIONS = "|read:"


@dataclass(frozen=True)
class ReadState:
    """What a source was read with; another one means that the source has to be read, or captioned, again."""

    caption: str = ""
    """Identifies the caption that came from outside: `name:size:mtime` of a sidecar, or `row:` and a digest; '' without
    one."""
    options: str = ""
    """The reading options that bear on it, as `ReadingOptions.options_for` writes them."""

    @classmethod
    def of_row(cls, digest: str, options: str = "") -> "ReadState":
        """The state of a picture whose caption comes from rows of a table."""
        return cls(f"{_ROW}{digest}", options)

    @property
    def from_row(self) -> bool:
        """Whether the caption comes from rows of a table."""
        return self.caption.startswith(_ROW)

    @classmethod
    def parse(cls, column: str) -> "ReadState":
        """The state that the ledger's column `sidecar` holds."""
        caption, _, options = column.rpartition(_OPTIONS) if _OPTIONS in column else (column, "", "")
        return cls(caption, options)

    def __str__(self) -> str:
        """The state as the ledger's column `sidecar` holds it."""
        return f"{self.caption}{_OPTIONS}{self.options}" if self.options else self.caption
