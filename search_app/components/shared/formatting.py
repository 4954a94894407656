"""Text escaped for display, and items, scores and sizes as people read them."""

import html
import re
import unicodedata
from itertools import pairwise
from pathlib import PurePosixPath

from ingest.readers.draft import Modality
from ingest.space import Item
from search_app.search.hits import Hit
from search_app.search.neighbours import Measure

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$&=^@/'\"])")
_RIGHT_TO_LEFT = ("R", "AL")  # classes of letters, as Unicode names them
_ISOLATE = ("\u2068", "\u2069")  # the first letter between them gives the direction
_JOINER = "\u200d"
_WRAPPED = 50  # a shorter line was not wrapped at a fixed width
_STARTS_A_BLOCK = re.compile(r"\s{2,}|\t|[-*+•>|#]|\d+[.)]")

PLURAL: dict[Modality, str] = {"image": "pictures", "text": "passages"}
MEASURES: dict[Measure, str] = {"cosine": "Cosine", "euclidean": "Euclidean"}
"""The label of each measure."""


def in_html(text: str) -> str:
    """`text` as HTML that shows it literally, also inside an attribute."""
    return html.escape(text, quote=True)


def in_markdown(text: str) -> str:
    """`text` as Streamlit Markdown that shows it literally on one line, in its own direction."""
    return isolated(_MARKDOWN.sub(r"\\\1", " ".join(text.split())))


def in_plotly(text: str) -> str:
    """`text` as a Plotly label that shows it literally, in its own direction."""
    return isolated(html.escape(text, quote=False))


def isolated(text: str) -> str:
    """`text` between marks that keep its direction to itself, where it has letters that run from right to left.

    For places where no element of its own can have `dir="auto"`: labels that Streamlit, Plotly or SVG draw.
    """
    if any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in text):
        return text.join(_ISOLATE)
    return text


def snippet(text: str, max_length: int) -> str:
    """The beginning of `text` on one line, cut between words to at most `max_length` characters.

    What a reader sees as one character, such as a letter with its accents or a flag, is not cut.
    """
    line = " ".join(text.split())
    if len(line) <= max_length:
        return line
    cut = line[: _between_characters(line, max_length - 1)]
    if " " in cut[max_length // 2 :]:
        cut = cut.rsplit(" ", 1)[0]
    return cut.rstrip(" ,;:.-") + "…"


def _between_characters(line: str, at: int) -> int:
    """The last place at or before `at` where a character as readers see it ends."""
    while 0 < at < len(line) and (_continues(line[at]) or line[at - 1] == _JOINER or _splits_flag(line, at)):
        at -= 1
    return at


def _continues(letter: str) -> bool:
    """Whether it belongs to the character before it: an accent, a joiner or the colour of an emoji."""
    return (
        letter == _JOINER
        or unicodedata.category(letter) in ("Mn", "Mc", "Me")
        or "\U0001f3fb" <= letter <= "\U0001f3ff"
    )


def _splits_flag(line: str, at: int) -> bool:
    """Whether a cut at `at` would part the two letters of a flag."""
    letters = 0
    while at - letters > 0 and "\U0001f1e6" <= line[at - letters - 1] <= "\U0001f1ff":
        letters += 1
    return letters % 2 == 1 and "\U0001f1e6" <= line[at] <= "\U0001f1ff"


def highlight(text: str, span: tuple[int, int] | None) -> str:
    """`text` as HTML that shows it literally, with the part at `span` highlighted."""
    if span is None:
        return in_html(text)
    start, end = span
    return f'{in_html(text[:start])}<mark class="ns-highlight">{in_html(text[start:end])}</mark>{in_html(text[end:])}'


def excerpt(text: str, span: tuple[int, int] | None, max_length: int) -> str:
    """`text` as HTML on one line, of about `max_length` characters, that shows and highlights the part at `span`.

    Text before that part is included as far as it fits.
    """
    if span is None:
        return in_html(snippet(text, max_length))
    start, end = span
    before, inside, after = (" ".join(part.split()) for part in (text[:start], text[start:end], text[end:]))
    inside = snippet(inside, max_length)
    room = max_length - len(inside)
    room_before = max(room // 3, room - len(after))
    if len(before) > room_before:
        # Start at a word.
        before = f"… {before[len(before) - room_before :].partition(' ')[2]}" if room_before > 12 else "…"
    after = snippet(after, max(room - len(before), 0)) if len(after) > room - len(before) else after
    parts = (in_html(before), f'<mark class="ns-highlight">{in_html(inside)}</mark>', in_html(after))
    return " ".join(part for part in parts if part)


def unwrapped(text: str) -> str:
    """`text` with hard-wrapped paragraphs joined into one line each; short lines are kept."""
    lines = text.strip().split("\n")
    joined = lines[:1]
    for previous, line in pairwise(lines):
        if len(previous) >= _WRAPPED and line.strip() and not _STARTS_A_BLOCK.match(line):
            joined[-1] += " " + line
        else:
            joined.append(line)
    return "\n".join(joined)


def headline(item: Item) -> str:
    """An item's title: the file name of a picture; the heading of a passage, or else its file name."""
    return item.name if item.modality == "image" else (item.title.strip() or item.name)


def source_label(item: Item) -> str:
    """Where an item comes from: its folder, for a passage its file, then page or time, and its duplicates."""
    path = item.folder if item.modality == "image" else str(PurePosixPath(item.folder) / item.name)
    position = f"at {item.clock}" if item.clock else f"page {item.page}" if item.page is not None else ""
    return ", ".join(part for part in (path, position, item.also_at) if part)


def percentile_label(hit: Hit) -> str:
    """The percentile of a hit in words, rounded so that it never claims more than was counted."""
    plural = PLURAL[hit.modality]
    if hit.others == 0:
        return f"the only {plural.removesuffix('s')} here"
    if hit.percentile >= 100.0 and not hit.sampled:
        return f"closest of {hit.others + 1:,} {plural}"
    if hit.others < 20:
        return f"closer than {round(hit.percentile * hit.others / 100)} of {hit.others} {plural}"
    # Rounded down, with one more digit at the very top: 99.97 % is not "closer than 100 %".
    if hit.percentile >= 99.9:
        return f"closer than {min(int(hit.percentile * 100 + 1e-9) / 100, 99.99):.2f} % of {plural}"
    return f"closer than {int(hit.percentile * 10 + 1e-9) / 10:.1f} % of {plural}"


def score_details(hit: Hit) -> str:
    """The numbers behind the words: cosine, distance, and the chance of a match if it is known."""
    chance = "" if hit.chance is None else f" · chance {percent_label(hit.chance)}"
    return f"cosine {hit.cosine:.3f} · distance {hit.distance:.3f}{chance}"


def percent_label(share: float) -> str:
    """A share in per cent, never 0 % or 100 %."""
    if share < 0.01:
        return "below 1 %"
    return "above 99 %" if share > 0.99 else f"{share:.0%}".replace("%", " %")


def readable_size(size: int) -> str:
    """A size in bytes, with its unit."""
    if size < 1_000:
        return f"{size} bytes"
    for unit, factor in (("kB", 1e3), ("MB", 1e6)):
        if size < 1_000 * factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size / 1e9:.3g} GB"


def count_of(number: int, modality: Modality) -> str:
    """A count with its noun, such as `3 pictures`."""
    plural = PLURAL[modality]
    return f"{number:,} {plural if number != 1 else plural.removesuffix('s')}"
