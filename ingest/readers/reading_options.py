"""What a person may choose about how files are read."""

import re
from dataclasses import dataclass, replace
from pathlib import PurePath

from ingest.readers.formats import format_of, is_table


@dataclass(frozen=True)
class ReadingOptions:
    """How files are read, where there is a choice."""

    text_column: str = ""
    """The column of a table that holds a row's text; '' takes a usual one, else all cells."""
    id_column: str = ""
    """The column of a table that names a row; '' takes one called `id`."""
    image_column: str = ""
    """The column of a table that names pictures; '' where its rows are texts."""
    frames: int = 0
    """How many frames of an animation are read, spread evenly; 0 where nothing was said, which reads the first."""
    every: float = 0.0
    """Seconds between the frames of a video that are read; 0 where nothing was said, which reads one a scene."""
    gps: bool = False
    """Whether the place where a photo was taken is kept."""

    def chosen_for(self, path: PurePath) -> str:
        """What of these choices bears on the file at `path`, as one string; '' where none was made."""
        if is_table(path) and (self.text_column or self.id_column or self.image_column):
            images = f" image={self.image_column}" if self.image_column else ""
            return f"text={self.text_column} id={self.id_column}{images}"
        found = format_of(path)
        chosen = []
        if found and found.group == "animation" and self.frames:
            chosen.append(f"frames={self.frames}")
        if found and found.kind == "video" and self.every:
            chosen.append(f"every={self.every:g}")
        if found and found.kind == "image" and self.gps:
            chosen.append("gps")
        return " ".join(chosen)

    def for_table(self, path: PurePath, before: str) -> "ReadingOptions":
        """The choices for the table at `path`: these, else `before`, what was chosen when it was read last."""
        if self.chosen_for(path) or not (found := _TABLE_CHOICES.fullmatch(before)):
            return self
        return replace(self, text_column=found[1], id_column=found[2], image_column=found[3] or "")


CHOICES = "|read:"
"""Parts, in what the ledger keeps of a source's state, its caption from how it was read."""


def choices_in(state: str) -> str:
    """How a source was read, by the state that the ledger keeps of it; '' as usual."""
    return state.rpartition(CHOICES)[2] if CHOICES in state else ""


_TABLE_CHOICES = re.compile(r"text=(.*?) id=(.*?)(?: image=(.*))?")

DEFAULT_READING = ReadingOptions()
