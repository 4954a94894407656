"""The options of reading files."""

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
    """The column of a table that names pictures; '' if its rows are texts."""
    frames: int = 0
    """How many frames of an animation are read, spread evenly; 0 if unset, which reads the first."""
    every: float = 0.0
    """Seconds between the frames of a video that are read; 0 if unset, which reads one a scene."""
    gps: bool = False
    """Whether the place where a photo was taken is kept."""

    def options_for(self, path: PurePath) -> str:
        """The options that bear on the file at `path`, as one string; '' if none is set."""
        if is_table(path) and (self.text_column or self.id_column or self.image_column):
            images = f" image={self.image_column}" if self.image_column else ""
            return f"text={self.text_column} id={self.id_column}{images}"
        found = format_of(path)
        options = []
        if found and found.group == "animation" and self.frames:
            options.append(f"frames={self.frames}")
        if found and found.kind == "video" and self.every:
            options.append(f"every={self.every:g}")
        if found and found.kind == "image" and self.gps:
            options.append("gps")
        return " ".join(options)

    def for_table(self, path: PurePath, earlier: str) -> "ReadingOptions":
        """The options for the table at `path`: these, else `earlier`, the options it was last read with."""
        if self.options_for(path) or not (found := _TABLE_OPTIONS.fullmatch(earlier)):
            return self
        return replace(self, text_column=found[1], id_column=found[2], image_column=found[3] or "")


_TABLE_OPTIONS = re.compile(r"text=(.*?) id=(.*?)(?: image=(.*))?")

DEFAULT_READING = ReadingOptions()
