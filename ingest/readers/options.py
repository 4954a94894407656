"""What a person may choose about how files are read."""

from dataclasses import dataclass
from pathlib import PurePath

TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".parquet"})
"""Tables: a row an item."""


@dataclass(frozen=True)
class Reading:
    """How files are read, where there is a choice."""

    text_column: str = ""
    """The column of a table that holds a row's text; '' takes a usual one, else all cells."""
    id_column: str = ""
    """The column of a table that names a row; '' takes one called `id`."""

    def chosen_for(self, path: PurePath) -> str:
        """What of these choices bears on the file at `path`, as one string; '' where none was made."""
        if path.suffix.lower() in TABLE_SUFFIXES and (self.text_column or self.id_column):
            return f"text={self.text_column} id={self.id_column}"
        return ""


AS_USUAL = Reading()
