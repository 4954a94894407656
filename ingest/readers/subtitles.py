"""Subtitles (.srt, .vtt, .ass, .ssa): their text in stretches of about half a minute, each with its start."""

import html
from pathlib import Path

from ingest.errors import ReadError
from ingest.readers.document import Document, Section, title_from_name
from ingest.readers.text import decode_text, read_content

STRETCH_SECONDS = 30.0
"""After this a stretch ends with the current sentence."""
MAX_STRETCH_SECONDS = 60.0
"""After this a stretch ends in any case."""
PAUSE_SECONDS = 8.0
"""Silence that ends a stretch."""

_EXPORT_AGAIN = "Export them again from their source, or leave them out."


def read_subtitles(path: Path) -> Document:
    """Read the subtitles at `path`; raises ReadError, or SkipSource if the file is empty."""
    return parse_subtitles(decode_text(read_content(path)), title_from_name(path), path.suffix.lower())


def parse_subtitles(text: str, name: str, suffix: str) -> Document:
    """Make a document of subtitles, one section a stretch; `meta` has its `start` and `end` in seconds.

    Raises ReadError if there is no cue in `text`.
    """
    import pysubs2

    try:
        cues = pysubs2.SSAFile.from_string(text, format_=suffix.removeprefix("."))
    except (pysubs2.Pysubs2Error, ValueError, LookupError, AttributeError) as error:
        raise ReadError(f"no subtitles: no cue with its times is in it. {_EXPORT_AGAIN}") from error
    lines = [
        (cue.start / 1000, cue.end / 1000, " ".join(html.unescape(cue.plaintext).split()))
        for cue in sorted(cues, key=lambda cue: cue.start)
        if not cue.is_comment
    ]
    if not lines:
        raise ReadError(f"no subtitles: no cue with its times is in it. {_EXPORT_AGAIN}")
    sections: list[Section] = []
    stretch: list[tuple[float, float, str]] = []
    for start, end, words in lines:
        if stretch:
            length, last = stretch[-1][1] - stretch[0][0], stretch[-1]
            ended = length >= STRETCH_SECONDS and last[2].endswith((".", "!", "?", "…", "。", "！", "？", "♪"))
            if ended or length >= MAX_STRETCH_SECONDS or start - last[1] >= PAUSE_SECONDS:
                sections.append(_section(stretch))
                stretch = []
        # Rolling captions say each line again with the next.
        if words and not (stretch and stretch[-1][2] == words):
            stretch.append((start, end, words))
    if stretch:
        sections.append(_section(stretch))
    return Document(name, tuple(sections))


def _section(stretch: list[tuple[float, float, str]]) -> Section:
    text = "\n".join(words for _, _, words in stretch)
    return Section("", None, text, {"start": stretch[0][0], "end": stretch[-1][1]})
