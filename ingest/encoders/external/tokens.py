"""The tokens of a plugged-in text tower: ids in the frame its model expects, and where each token is in the text."""

import re
import string
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Cleaning = Literal["strip", "whitespace", "lower", "canonicalize"]
Span = tuple[int, int]

BATCH_TOKENS = 4096
BATCH_TEXTS = 64

_WORD = re.compile(r"\S+")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True)
class Frame:
    """How a model wants its tokens; the values are part of the encoder's fingerprint."""

    cleaning: Cleaning
    """What is done to a text before it is cut into tokens: OpenCLIP's names, and `strip` for next to nothing."""
    first: tuple[int, ...]
    """Ids before the text's own."""
    last: tuple[int, ...]
    """Ids after them."""
    pad: int
    width: int
    """Most ids of one input, `first` and `last` and `tail` counted."""
    full: bool
    """Whether every input is padded to `width`; else only to the longest of its batch."""
    tail: tuple[int, ...] = ()
    """Ids at the very end, behind the padding."""

    @property
    def window(self) -> int:
        """Tokens of one text that fit."""
        return self.width - len(self.first) - len(self.last) - len(self.tail)


@dataclass(frozen=True)
class TokenBatch:
    """Windows of texts, padded to one width."""

    places: list[int]
    """The number of each row's window among all windows."""
    ids: NDArray[np.int64]
    """Shape (len(places), width)."""
    mask: NDArray[np.int64]
    """1 for ids, 0 for padding; same shape."""


@dataclass(frozen=True)
class Windows:
    """Texts cut into stretches that fit a text tower."""

    ids: list[list[int]]
    owners: list[int]
    """The number of the text that each stretch comes from."""


class Tokens:
    """A tokeniser and its frame; may be used from several threads at once."""

    def __init__(self, tokenizer: str, frame: Frame) -> None:
        """Join `tokenizer`, in the JSON of the `tokenizers` library, and its frame."""
        from tokenizers import Tokenizer

        self.frame = frame
        self._tokenizer = Tokenizer.from_str(tokenizer)
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        # What a text says is text, even where it spells a special token.
        self._tokenizer.encode_special_tokens = True

    def windows(self, texts: Sequence[str]) -> Windows:
        """Cut `texts` into stretches of at most `frame.window` tokens; a text without tokens has one empty stretch."""
        cleaned = [clean(encodable(text), self.frame.cleaning) for text in texts]
        found = Windows([], [])
        for owner, encoding in enumerate(self._tokenizer.encode_batch(cleaned, add_special_tokens=False)):
            ids = encoding.ids
            for start in range(0, max(len(ids), 1), self.frame.window):
                found.ids.append(ids[start : start + self.frame.window])
                found.owners.append(owner)
        return found

    def batches(self, windows: Sequence[Sequence[int]]) -> Iterator[TokenBatch]:
        """Windows of similar length together, framed and padded, in batches of bounded size."""
        frame = self.frame
        around = len(frame.first) + len(frame.last) + len(frame.tail)
        lengths = [len(window) + around for window in windows]
        for places in _groups(lengths, frame.width if frame.full else None):
            width = frame.width if frame.full else max(lengths[place] for place in places)
            ids = np.full((len(places), width), frame.pad, np.int64)
            mask = np.zeros((len(places), width), np.int64)
            for row, place in enumerate(places):
                framed = [*frame.first, *windows[place], *frame.last]
                ids[row, : len(framed)] = framed
                mask[row, : len(framed)] = 1
                if frame.tail:
                    ids[row, -len(frame.tail) :] = frame.tail
                    mask[row, -len(frame.tail) :] = 1
            yield TokenBatch(places, ids, mask)

    def spans(self, text: str) -> list[Span]:
        """The span (start, end), in characters of `text`, of every token that `windows` gives for it, in order."""
        whole = encodable(text)
        cleaned = clean(whole, self.frame.cleaning)
        offsets = self._tokenizer.encode(cleaned, add_special_tokens=False).offsets
        return list(_spans_before_cleaning(whole, cleaned, offsets, self.frame.cleaning))


def clean(text: str, cleaning: Cleaning) -> str:
    """The text as OpenCLIP's tokenisers clean it: mended, entities resolved, white space joined; then what is named."""
    if cleaning == "strip":
        return text.strip()
    text = " ".join(_mended(text).split())
    if cleaning == "lower":
        return text.lower()
    if cleaning == "canonicalize":
        return " ".join(text.replace("_", " ").translate(_NO_PUNCTUATION).lower().split())
    return text


def encodable(text: str) -> str:
    """The text with "?" for half of a surrogate pair, as undecodable file names have them: it is no character."""
    return text.encode("utf-8", "replace").decode("utf-8")


def clip_tokenizer(vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> str:
    """The tokeniser of OpenAI's CLIP (Radford et al. 2021), in the JSON of the `tokenizers` library."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    words = Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, end_of_word_suffix="</w>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(words, "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return str(tokenizer.to_str())


def _mended(text: str) -> str:
    import html

    if text.isascii() and "&" not in text and text.isprintable():
        return text  # nothing that could be mended
    try:
        from ftfy import fix_text  # type: ignore[import-not-found]
    except ModuleNotFoundError:  # it comes with OpenCLIP; without that, a model compiled earlier still runs
        return html.unescape(html.unescape(text))
    return html.unescape(html.unescape(fix_text(text)))


def _spans_before_cleaning(text: str, cleaned: str, offsets: Iterable[Span], cleaning: Cleaning) -> Iterator[Span]:
    """Where tokens of the cleaned text are in the text itself: to the character where a word kept its length."""
    words = list(_WORD.finditer(text))
    kept = [(word.span(), part.group()) for word in words for part in _WORD.finditer(clean(word.group(), cleaning))]
    parts = list(_WORD.finditer(cleaned))
    if [part for _, part in kept] != [part.group() for part in parts]:
        # Cleaned as a whole it reads otherwise than word by word, which is rare: its length is shared out.
        scale = len(text) / max(len(cleaned), 1)
        yield from ((min(int(start * scale), len(text)), min(int(end * scale), len(text))) for start, end in offsets)
        return
    starts = [part.start() for part in parts]
    for start, end in offsets:
        if not parts:
            yield 0, len(text)
            continue
        # Some tokenisers count the space before a word as part of its first token.
        start += len(cleaned[start:end]) - len(cleaned[start:end].lstrip())
        number = max(0, bisect_right(starts, start) - 1)
        (word_start, word_end), part = kept[number]
        inside, length = start - starts[number], len(part)
        if length == word_end - word_start:
            yield min(word_start + max(inside, 0), word_end), min(word_start + end - starts[number], word_end)
        else:
            scale = (word_end - word_start) / length
            yield (
                word_start + int(max(inside, 0) * scale),
                min(word_end, word_start + int((end - starts[number]) * scale)),
            )


def _groups(lengths: Sequence[int], full: int | None) -> Iterator[list[int]]:
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        width = full or lengths[place]
        if batch and (len(batch) == BATCH_TEXTS or (len(batch) + 1) * width > BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
