"""What a person may choose about how files are read."""

import argparse
from dataclasses import dataclass
from pathlib import PurePath

from ingest.readers.kinds import IMAGE_SUFFIXES

TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".parquet"})
"""Tables: a row an item."""
_ANIMATED_SUFFIXES = frozenset({".gif", ".webp", ".apng", ".avif", ".avifs", ".fli", ".flc"})


@dataclass(frozen=True)
class Reading:
    """How files are read, where there is a choice."""

    text_column: str = ""
    """The column of a table that holds a row's text; '' takes a usual one, else all cells."""
    id_column: str = ""
    """The column of a table that names a row; '' takes one called `id`."""
    frames: int = 0
    """How many frames of an animation are read, spread evenly; 0 where nothing was said, which reads the first."""

    gps: bool = False
    """Whether the place where a photo was taken is kept."""

    def chosen_for(self, path: PurePath) -> str:
        """What of these choices bears on the file at `path`, as one string; '' where none was made."""
        if path.suffix.lower() in TABLE_SUFFIXES and (self.text_column or self.id_column):
            return f"text={self.text_column} id={self.id_column}"
        chosen = []
        if path.suffix.lower() in _ANIMATED_SUFFIXES and self.frames:
            chosen.append(f"frames={self.frames}")
        if path.suffix.lower() in IMAGE_SUFFIXES and self.gps:
            chosen.append("gps")
        return " ".join(chosen)


AS_USUAL = Reading()


def reading_of(options: argparse.Namespace) -> Reading:
    """The choices in the options of a command line."""
    return Reading(options.text_column, options.id_column, options.frames, options.gps)
