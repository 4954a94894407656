"""What the items of a source depend on beside its content: its caption, and the options it was read with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ReadState:
    """What a source was read with; another one means that the source has to be read, or captioned, again."""

    caption: str = ""
    """Identifies the caption sidecar: `name:size:mtime`; '' without one."""
    row: str = ""
    """The digest of what rows of a table say of a picture; '' for any other source."""
    options: str = ""
    """The reading options that bear on it, as `ReadingOptions.options_for` writes them."""
