"""Untrusted words made safe to show, and numbers made readable."""

import html
import re
from itertools import pairwise
from pathlib import PurePosixPath

from ingest.readers.draft import Modality
from ingest.space import Item
from search_app.search.hits import Hit
from search_app.search.neighbours import Measure

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$&=^@/'\"])")
_WRAPPED = 50  # a line of fewer characters was not broken at a fixed width
_STANDS_ALONE = re.compile(r"\s{2,}|\t|[-*+•>|#]|\d+[.)]")

PLURAL: dict[Modality, str] = {"image": "images", "text": "passages"}
MEASURES: dict[Measure, str] = {"cosine": "Cosine", "euclidean": "Euclidean"}
"""What a person is shown to choose a measure by."""


def in_html(text: str) -> str:
    """`text` as HTML that shows it literally, also inside an attribute."""
    return html.escape(text, quote=True)


def in_markdown(text: str) -> str:
    """`text` as Streamlit Markdown that shows it literally on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def in_plotly(text: str) -> str:
    """`text` as a Plotly label that shows it literally."""
    return html.escape(text, quote=False)


def snippet(text: str, longest: int) -> str:
    """The beginning of `text` on one line, cut between words to at most `longest` characters."""
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    cut = line[: longest - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[longest // 2 :] else cut).rstrip(" ,;:.-") + "…"


def marked(text: str, span: tuple[int, int] | None) -> str:
    """`text` as HTML that shows it literally, with the part at `span` marked."""
    if span is None:
        return in_html(text)
    start, end = span
    return f'{in_html(text[:start])}<mark class="ns-best">{in_html(text[start:end])}</mark>{in_html(text[end:])}'


def excerpt(text: str, span: tuple[int, int] | None, longest: int) -> str:
    """`text` as HTML on one line, of some `longest` characters, with the part at `span` marked and in it.

    The line goes on behind that part, and begins before it as far as there is room.
    """
    if span is None:
        return in_html(snippet(text, longest))
    start, end = span
    lead, inside, rest = (" ".join(part.split()) for part in (text[:start], text[start:end], text[end:]))
    inside = snippet(inside, longest)
    room = longest - len(inside)
    before = max(room // 3, room - len(rest))
    if len(lead) > before:
        # From the beginning of a word.
        lead = f"… {lead[len(lead) - before :].partition(' ')[2]}" if before > 12 else "…"
    rest = snippet(rest, max(room - len(lead), 0)) if len(rest) > room - len(lead) else rest
    parts = (in_html(lead), f'<mark class="ns-best">{in_html(inside)}</mark>', in_html(rest))
    return " ".join(part for part in parts if part)


def unwrapped(text: str) -> str:
    """`text` with the lines of its paragraphs joined where they were broken at a fixed width; short lines stay."""
    lines = text.strip().split("\n")
    joined = lines[:1]
    for before, line in pairwise(lines):
        if len(before) >= _WRAPPED and line.strip() and not _STANDS_ALONE.match(line):
            joined[-1] += " " + line
        else:
            joined.append(line)
    return "\n".join(joined)


def headline(item: Item) -> str:
    """What an item is called: a picture's file name; a passage's heading, else its file name."""
    return item.name if item.modality == "image" else (item.title.strip() or item.name)


def whereabouts(item: Item) -> str:
    """Where an item comes from: folder, for a passage also the file, the page or time, and how many are the same."""
    place = item.folder if item.modality == "image" else str(PurePosixPath(item.folder) / item.name)
    within = f"at {item.clock}" if item.clock else f"page {item.page}" if item.page is not None else ""
    return ", ".join(part for part in (place, within, item.also_at) if part)


def closeness(hit: Hit) -> str:
    """The percentile in words, never claiming more than was counted."""
    plural = PLURAL[hit.modality]
    if hit.others == 0:
        return f"the only {plural.removesuffix('s')} here"
    if hit.percentile >= 100.0 and not hit.sampled:
        return f"closest of {hit.others + 1:,} {plural}"
    if hit.others < 20:
        return f"closer than {round(hit.percentile * hit.others / 100)} of {hit.others} {plural}"
    # Rounded down, and with a further digit at the very top: 99.97 % is not "closer than 100 %".
    if hit.percentile >= 99.9:
        return f"closer than {min(int(hit.percentile * 100 + 1e-9) / 100, 99.99):.2f} % of {plural}"
    return f"closer than {int(hit.percentile * 10 + 1e-9) / 10:.1f} % of {plural}"


def numbers(hit: Hit) -> str:
    """What stands behind the words: the raw cosine, the distance, and the chance where it is known."""
    chance = "" if hit.chance is None else f" · chance {_percent(hit.chance)}"
    return f"cosine {hit.cosine:.3f} · distance {hit.distance:.3f}{chance}"


def _percent(share: float) -> str:
    """A share in per cent, never called none or all."""
    if share < 0.01:
        return "below 1 %"
    return "above 99 %" if share > 0.99 else f"{share:.0%}".replace("%", " %")


def readable_size(size: int) -> str:
    """A size of `size` bytes as people say it."""
    if size < 1_000:
        return f"{size} bytes"
    for unit, one in (("kB", 1e3), ("MB", 1e6)):
        if size < 1_000 * one:
            return f"{size / one:.3g} {unit}"
    return f"{size / 1e9:.3g} GB"


def count_of(number: int, modality: Modality) -> str:
    """A number of items of one modality in words."""
    plural = PLURAL[modality]
    return f"{number:,} {plural if number != 1 else plural.removesuffix('s')}"
