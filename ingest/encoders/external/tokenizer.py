"""The tokeniser of an external text tower: ids laid out as its model expects, and where each token is in the text."""

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
class TokenLayout:
    """How a model expects its tokens: which ids surround those of a text, and how inputs are padded."""

    cleaning: Cleaning
    """What is done to a text before it is tokenised: OpenCLIP's names, and `strip` for hardly anything."""
    first: tuple[int, ...]
    """Ids before the text's own."""
    last: tuple[int, ...]
    """Ids after them."""
    pad: int
    width: int
    """Largest number of ids of one input, `first` and `last` and `tail` counted."""
    full: bool
    """Whether every input is padded to `width`; else only to the longest of its batch."""
    tail: tuple[int, ...] = ()
    """Ids at the very end, after the padding."""

    @property
    def window(self) -> int:
        """Tokens of one text that fit."""
        return self.width - len(self.first) - len(self.last) - len(self.tail)


@dataclass(frozen=True)
class TokenBatch:
    """Windows of texts, padded to one width."""

    windows: list[int]
    """The index of each row's window among all windows."""
    ids: NDArray[np.int64]
    """Shape (len(windows), width)."""
    mask: NDArray[np.int64]
    """1 for ids, 0 for padding; same shape."""


@dataclass(frozen=True)
class Windows:
    """Texts cut into windows that fit a text tower."""

    ids: list[list[int]]
    owners: list[int]
    """The index of the text that each window comes from."""


class TextTokenizer:
    """A tokeniser and its layout; may be used from several threads at once."""

    def __init__(self, tokenizer: str, layout: TokenLayout) -> None:
        """Join `tokenizer`, in the JSON of the `tokenizers` library, and its layout."""
        from tokenizers import Tokenizer

        self.layout = layout
        self._tokenizer = Tokenizer.from_str(tokenizer)
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        # A text is only text, even where it spells a special token.
        self._tokenizer.encode_special_tokens = True

    def windows(self, texts: Sequence[str]) -> Windows:
        """Cut `texts` into windows of at most `layout.window` tokens; a text without tokens has one empty window."""
        cleaned = [clean(replace_surrogates(text), self.layout.cleaning) for text in texts]
        windows = Windows([], [])
        for owner, encoding in enumerate(self._tokenizer.encode_batch(cleaned, add_special_tokens=False)):
            ids = encoding.ids
            for start in range(0, max(len(ids), 1), self.layout.window):
                windows.ids.append(ids[start : start + self.layout.window])
                windows.owners.append(owner)
        return windows

    def batches(self, windows: Sequence[Sequence[int]]) -> Iterator[TokenBatch]:
        """Windows of similar length together, laid out and padded, in batches of bounded size."""
        layout = self.layout
        extra = len(layout.first) + len(layout.last) + len(layout.tail)
        lengths = [len(window) + extra for window in windows]
        for members in _group_by_length(lengths, layout.width if layout.full else None):
            width = layout.width if layout.full else max(lengths[index] for index in members)
            ids = np.full((len(members), width), layout.pad, np.int64)
            mask = np.zeros((len(members), width), np.int64)
            for row, index in enumerate(members):
                laid_out = [*layout.first, *windows[index], *layout.last]
                ids[row, : len(laid_out)] = laid_out
                mask[row, : len(laid_out)] = 1
                if layout.tail:
                    ids[row, -len(layout.tail) :] = layout.tail
                    mask[row, -len(layout.tail) :] = 1
            yield TokenBatch(members, ids, mask)

    def spans(self, text: str) -> list[Span]:
        """The span (start, end), in characters of `text`, of every token that `windows` gives for it, in order."""
        text = replace_surrogates(text)
        cleaned = clean(text, self.layout.cleaning)
        offsets = self._tokenizer.encode(cleaned, add_special_tokens=False).offsets
        return list(_spans_before_cleaning(text, cleaned, offsets, self.layout.cleaning))


def clean(text: str, cleaning: Cleaning) -> str:
    """The text as OpenCLIP cleans it: encoding fixed, entities resolved, white space joined; then by `cleaning`."""
    if cleaning == "strip":
        return text.strip()
    text = " ".join(_fixed(text).split())
    if cleaning == "lower":
        return text.lower()
    if cleaning == "canonicalize":
        return " ".join(text.replace("_", " ").translate(_NO_PUNCTUATION).lower().split())
    return text


def replace_surrogates(text: str) -> str:
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


def _fixed(text: str) -> str:
    import html

    if text.isascii() and "&" not in text and text.isprintable():
        return text  # nothing to fix
    try:
        from ftfy import fix_text  # type: ignore[import-not-found]
    except ModuleNotFoundError:  # it comes with OpenCLIP; without that, a model compiled earlier still runs
        return html.unescape(html.unescape(text))
    return html.unescape(html.unescape(fix_text(text)))


def _spans_before_cleaning(text: str, cleaned: str, offsets: Iterable[Span], cleaning: Cleaning) -> Iterator[Span]:
    """Where tokens of the cleaned text are in the text itself: exact within a word that kept its length."""
    words = list(_WORD.finditer(text))
    sources = [(word.span(), part.group()) for word in words for part in _WORD.finditer(clean(word.group(), cleaning))]
    parts = list(_WORD.finditer(cleaned))
    if [part for _, part in sources] != [part.group() for part in parts]:
        # Cleaned as a whole it differs from its words cleaned one by one, which is rare: spans are scaled.
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
        (word_start, word_end), part = sources[number]
        first, last = max(start - starts[number], 0), end - starts[number]
        scale = 1.0 if len(part) == word_end - word_start else (word_end - word_start) / len(part)
        yield min(word_start + int(first * scale), word_end), min(word_start + int(last * scale), word_end)


def _group_by_length(lengths: Sequence[int], full: int | None) -> Iterator[list[int]]:
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        width = full or lengths[index]
        if batch and (len(batch) == BATCH_TEXTS or (len(batch) + 1) * width > BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
