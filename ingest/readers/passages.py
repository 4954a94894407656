"""Cuts a document into passages that fit an encoder's text window."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ingest.readers.document import Document
from ingest.readers.draft import Draft

TARGET_TOKENS = 180
"""Tokens up to which neighbouring short paragraphs are merged: enough to be about something, and about one thing."""
MAX_HEADING_LENGTH = 300
"""Most characters of a title or heading that are prepended to passages or shown."""

TokenSpans = Callable[[str], list[tuple[int, int]]]
Span = tuple[int, int]


@dataclass(frozen=True)
class _Piece:
    """Characters `start` to `end` of a section's text, and how many tokens they are."""

    start: int
    end: int
    tokens: int


@dataclass(frozen=True)
class _Heading:
    """A title or heading with its tokens, so that it can be shortened."""

    text: str
    spans: tuple[Span, ...]

    @property
    def tokens(self) -> int:
        return len(self.spans) + 1 if self.spans else 0  # One for the full stop behind it.

    def within(self, tokens: int) -> str:
        """Its text with a full stop, in at most `tokens` tokens; '' if there is no room."""
        if not self.spans or tokens < 2:
            return ""
        text = self.text if self.tokens <= tokens else self.text[: self.spans[tokens - 2][1]]
        return text if text.endswith((".", "!", "?", ":", "。", "！", "？")) else f"{text}."


def cut_passages(document: Document, token_spans: TokenSpans, window: int) -> list[Draft]:
    """Cut `document` into passages whose `encoded_text`, heading prepended, is at most `window` tokens.

    Passages end where paragraphs do, else sentences, lines, clauses, words, tokens; neighbouring short paragraphs of
    a section are merged up to TARGET_TOKENS.  Every character of a section, but for white space at the cuts, is in
    exactly one passage, in order.  Title and heading together take at most a quarter of the window.  A section
    without a single token gives no passage.
    """
    if window < 8:
        raise ValueError(f"a window of {window} tokens is too small to cut_passages a text for")
    title = _heading(document.title, token_spans)
    heading = _heading("", token_spans)
    drafts: list[Draft] = []
    for section in document.sections:
        if section.heading[:MAX_HEADING_LENGTH] != heading.text:
            heading = _heading(section.heading, token_spans)
        head = _head(title, heading, window // 4)
        room = window - len(token_spans(_encoded(head, "")))
        pieces = list(_pieces(section.text, token_spans, room))
        if not any(piece.tokens for piece in pieces):
            continue
        for piece in _merged(pieces, min(TARGET_TOKENS, room), room):
            for start, end in _within_window(section.text, piece.start, piece.end, head, token_spans, window):
                text = section.text[start:end]
                drafts.append(
                    Draft(
                        modality="text",
                        text=text,
                        encoded_text=_encoded(head, text),
                        title=_display_title(document.title, section.heading),
                        page=section.page,
                        meta={**document.meta, **section.meta},
                    )
                )
    return drafts


def sentences(text: str) -> list[Span]:
    """The spans of a passage's sentences, without the white space around them; a blank line ends one too."""
    spans: list[Span] = []
    start = 0
    for blank in [*_BLANK_LINES.finditer(text), None]:
        end = blank.start() if blank else len(text)
        for stop in [*_sentence_ends(text, start, end), end]:
            inside = text[start:stop]
            if inside.strip():
                first = start + len(inside) - len(inside.lstrip())
                spans.append((first, first + len(inside.strip())))
            start = stop
        start = blank.end() if blank else end
    return spans


def _heading(text: str, token_spans: TokenSpans) -> _Heading:
    text = text[:MAX_HEADING_LENGTH].strip()
    # A name such as "0042" tells nothing, and is not prepended.
    return _Heading(text, tuple(token_spans(text)) if any(letter.isalpha() for letter in text) else ())


def _head(title: _Heading, heading: _Heading, room: int) -> str:
    """Return "Title. Heading." in at most `room` tokens; each has half of it and what the other leaves."""
    if heading.text.casefold() == title.text.casefold():
        return title.within(room)
    for_title = min(title.tokens, max(room // 2, room - heading.tokens))
    return f"{title.within(for_title)} {heading.within(room - for_title)}".strip()


def _encoded(head: str, text: str) -> str:
    return f"{head}\n{text}" if head else text


def _display_title(title: str, heading: str) -> str:
    names = [title] if heading.casefold() in ("", title.casefold()) else [title, heading]
    shown = " – ".join(filter(None, names))
    return shown if len(shown) <= MAX_HEADING_LENGTH else shown[: MAX_HEADING_LENGTH - 1] + "…"


def _pieces(text: str, token_spans: TokenSpans, room: int) -> Iterator[_Piece]:
    """Yield the paragraphs of `text` in order, and of those with more than `room` tokens their parts."""
    start = 0
    for blank in [*_BLANK_LINES.finditer(text), None]:
        end = blank.start() if blank else len(text)
        paragraph = text[start:end].strip()
        if paragraph:
            start = text.index(paragraph[0], start)
            starts = [start + first for span in token_spans(paragraph) for first in _token_starts(span)]
            piece = _Piece(start, start + len(paragraph), len(starts))
            if piece.tokens <= room:
                yield piece
            else:
                yield from _split(text, piece, starts, min(TARGET_TOKENS, room), _BOUNDARIES)
        start = blank.end() if blank else end


def _token_starts(span: Span) -> Iterable[int]:
    """Where a token starts; a long one, which stands for a word that the tokeniser gave up on, counts as several."""
    start, end = span
    return (start,) if end - start <= 64 else range(start, end, 16)


_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")


def _split(
    text: str, piece: _Piece, starts: list[int], room: int, boundaries: "tuple[_Boundary, ...]"
) -> Iterator[_Piece]:
    """Yield the parts of `piece` by the first kind of border, and of parts with more than `room` tokens by the next."""
    if piece.tokens <= room:
        yield piece
    elif not boundaries:
        yield from _by_tokens(piece, starts, room)
    else:
        ends = [*boundaries[0](text, piece.start, piece.end), piece.end]
        start = piece.start
        for end in ends:
            tokens = bisect_left(starts, end) - bisect_left(starts, start)
            yield from _split(text, _Piece(start, end, tokens), starts, room, boundaries[1:])
            start = end


def _by_tokens(piece: _Piece, starts: list[int], room: int) -> Iterator[_Piece]:
    start, first = piece.start, bisect_left(starts, piece.start)
    last = bisect_left(starts, piece.end)
    while last - first > room:
        # Tokens smaller than a character begin where it does: a character is never cut_passages.
        following = bisect_left(starts, starts[first + room])
        if following <= first:
            following = bisect_left(starts, start + 1)
        if following >= last:
            break
        yield _Piece(start, starts[following], following - first)
        start, first = starts[following], following
    yield _Piece(start, piece.end, last - first)


def _merged(pieces: list[_Piece], target: int, room: int) -> list[_Piece]:
    """Join neighbours up to `target` tokens, and up to `room` rather than leave one far too short."""
    merged: list[_Piece] = []
    for piece in pieces:
        if merged:
            last = merged[-1]
            together = _Piece(last.start, piece.end, last.tokens + piece.tokens)
            if together.tokens <= target or (together.tokens <= room and last.tokens < target // 4):
                merged[-1] = together
                continue
        merged.append(piece)
    if len(merged) > 1 and merged[-1].tokens < target // 4 and merged[-2].tokens + merged[-1].tokens <= room:
        short = merged.pop()
        merged[-1] = _Piece(merged[-1].start, short.end, merged[-1].tokens + short.tokens)
    return merged


def _within_window(text: str, start: int, end: int, head: str, token_spans: TokenSpans, window: int) -> Iterator[Span]:
    """Yield the span, stripped; or its halves, should it have more tokens than its parts had (cut words may)."""
    inside = text[start:end]
    start += len(inside) - len(inside.lstrip())
    end = start + len(inside.strip())
    if start >= end:
        return
    if end - start == 1 or len(token_spans(_encoded(head, text[start:end]))) <= window:
        yield start, end
        return
    middle = start + max(1, (end - start) // 2)
    space = text.rfind(" ", start + 1, middle)
    middle = space if space > start else middle
    yield from _within_window(text, start, middle, head, token_spans, window)
    yield from _within_window(text, middle, end, head, token_spans, window)


# Where a text may be split: each function yields the positions between `start` and `end`, in order.
_Boundary = Callable[[str, int, int], Iterator[int]]

_SENTENCE_MARK = re.compile(r"[.!?…؟۔։።।]+[\"'”’»›)\]]*\s+|[。！？｡]+[」』”’）】]*\s*")
_LAST_WORD = re.compile(r"[\w.]*\Z")
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr st vs cf al nr no nos bd ca jr sr co corp inc ltd pp ed eds hr fr mt vol fig figs abb abs prof univ "  # noqa: SIM905
    "bzw vgl usw etc str tel approx est dept gen sen rep rev jan feb mar apr jun jul aug sep sept oct nov dec".split()
)


def _sentence_ends(text: str, start: int, end: int) -> Iterator[int]:
    for mark in _SENTENCE_MARK.finditer(text, start, end):
        at = mark.end()
        if at < end and not text[at].islower() and not (mark[0][0] == "." and _abbreviated(text, mark.start())):
            yield at


def _abbreviated(text: str, stop: int) -> bool:
    """Say whether the word before the full stop at `stop` is an initial, an ordinal ("3. Mai") or an abbreviation."""
    found = _LAST_WORD.search(text, max(0, stop - 20), stop)
    word = found[0] if found else ""
    return (
        "." in word
        or (len(word) == 1 and word.isalpha())
        or (len(word) < 3 and word.isdigit())
        or (word.lower() in _ABBREVIATIONS)
    )


def _after(pattern: str) -> _Boundary:
    compiled = re.compile(pattern)

    def ends(text: str, start: int, end: int) -> Iterator[int]:
        return (found.end() for found in compiled.finditer(text, start, end) if found.end() < end)

    return ends


_BOUNDARIES: tuple[_Boundary, ...] = (
    _sentence_ends,
    _after(r"\s*\n\s*"),
    _after(r"[,;:–—]\s+|[，、；：،؛]\s*"),
    _after(r"\s+"),
)
