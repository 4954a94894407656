"""Marks near-duplicates: pictures that differ only by compression, size, slight cropping or colour, and texts of the
same words.

Each new item is compared with the leaders, the items that represent a group or only themselves (Hartigan's leader
algorithm, 1975): it joins the group of the nearest leader that is near enough, else it becomes a leader.  So no chain
of small differences leads from one picture to a wholly different one, and nothing is compared twice.  Vectors are read
in pieces, so memory does not grow with the space.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES, Modality
from ingest.readers.perceptual_hash import FLAT, picture_hash
from ingest.run.engines.local import READERS
from ingest.space.ledger import Ledger
from ingest.space.ledger.near_duplicates import HashedItems

SURE_BITS, SURE_COSINE = 10, 0.5
"""Pictures are near-duplicates if at most SURE_BITS of the 64 bits of their hashes differ and their cosine is at least
SURE_COSINE.  Measured with `lite`: see tests/benchmarks/README.md."""
LIKELY_BITS, LIKELY_COSINE = 20, 0.9
"""They are as well if more bits differ, up to LIKELY_BITS, and their cosine is at least LIKELY_COSINE."""
FLAT_COSINE = 0.9995
"""Pictures of one tone have no hash; their vectors have to be the same."""
TEXT_COSINE, TEXT_WORDS = 0.96, 0.85
"""Texts are near-duplicates when their words are the same, or when their cosine is this and they share so many of
their words (Jaccard index)."""

_NEW_AT_ONCE = 16_384  # new items that are compared together
_LEADERS_AT_ONCE = 8_192  # leaders that are read together
_ROWS_AT_ONCE = 1_024  # rows of one product of vectors
_HASHES_AT_ONCE = 1_000  # items whose hashes are computed together
_CANDIDATES = 8  # texts whose words are compared for each text
_WORD = re.compile(r"\w+")


def mark_near_duplicates(ledger: Ledger, folder: Path) -> None:
    """Compare the items of the space in `folder` that were not compared yet; for the holder of its write lock."""
    ledger.near_duplicates.drop_stale()
    for modality in MODALITIES:
        _hash_unhashed(ledger, folder, modality)
        while len((new := ledger.near_duplicates.uncompared(modality, _NEW_AT_ONCE)).ids):
            ledger.near_duplicates.put_leaders(zip(new.ids.tolist(), _leaders_of(ledger, modality, new), strict=True))


def near_pictures(
    cosines: NDArray[np.float32], hashes: NDArray[np.int64], others: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether pictures are near-duplicates, by the cosines of their vectors and their hashes; all of one shape (n,)."""
    bits = np.bitwise_count((hashes ^ others).view(np.uint64))
    flat = (hashes == FLAT) | (others == FLAT)
    near = ((bits <= SURE_BITS) & (cosines >= SURE_COSINE)) | ((bits <= LIKELY_BITS) & (cosines >= LIKELY_COSINE))
    return np.where(flat, (hashes == others) & (cosines >= FLAT_COSINE), near)


def near_texts(one: str, other: str) -> bool:
    """Whether two texts whose vectors are close share nearly all of their words."""
    words, others = set(_words(one)), set(_words(other))
    return len(words & others) >= TEXT_WORDS * len(words | others)


def words_hash(text: str) -> int:
    """The same number for texts of the same words, whatever their case, spaces and punctuation."""
    digest = hashlib.sha256(" ".join(_words(text) or [text]).encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _hash_unhashed(ledger: Ledger, folder: Path, modality: Modality) -> None:
    """Give every item a hash: texts by their words, and pictures that were read without one by their thumbnail."""
    with ThreadPoolExecutor(READERS) as pool:
        while rows := ledger.near_duplicates.without_hash(modality, _HASHES_AT_ONCE):
            if modality == "text":
                hashes = [words_hash(text) for _, text, _ in rows]
            else:
                hashes = list(pool.map(_thumbnail_hash, [folder / name for _, _, name in rows]))
            ledger.near_duplicates.put_hashes(zip([item for item, _, _ in rows], hashes, strict=True))


def _thumbnail_hash(path: Path) -> int:
    from PIL import Image

    try:
        with Image.open(path) as thumbnail:
            return picture_hash(thumbnail)
    except OSError:  # it is missing or broken, as `check` says
        return FLAT


def _leaders_of(ledger: Ledger, modality: Modality, new: HashedItems) -> list[int]:
    """The leader of each of `new`."""
    nearest = _Nearest(ledger, modality, new)
    if modality == "text":
        same = ledger.near_duplicates.leaders_with_hash(modality, new.hashes.tolist())
        for row, number in enumerate(new.hashes.tolist()):
            if number in same:
                nearest.leader[row], nearest.cosine[row] = same[number], np.inf
    after = 0
    while len((known := ledger.near_duplicates.leading_items(modality, after, _LEADERS_AT_ONCE)).ids):
        for first in range(0, len(new.ids), _ROWS_AT_ONCE):
            nearest.compare(np.arange(first, min(first + _ROWS_AT_ONCE, len(new.ids))), known)
        after = int(known.ids[-1])
    nearest.compare_among_themselves()
    return nearest.leader.tolist()


class _Nearest:
    """For each new item the nearest leader that is near enough, among those compared so far."""

    def __init__(self, ledger: Ledger, modality: Modality, new: HashedItems) -> None:
        self._ledger = ledger
        self._modality = modality
        self._new = new
        self.leader = np.zeros(len(new.ids), np.int64)
        """0 if there is none yet."""
        self.cosine = np.full(len(new.ids), -1.0)

    def compare(self, rows: NDArray[np.int64], known: HashedItems) -> None:
        """Compare the new items `rows` with the leaders `known`."""
        for row, index, cosine in self._near(rows, known):
            if cosine > self.cosine[row]:
                self.leader[row], self.cosine[row] = known.ids[index], cosine

    def compare_among_themselves(self) -> None:
        """Let each item without a leader become one, or join an earlier one that has."""
        new = self._new
        by_words: dict[int, int] = {}
        for first in range(0, len(new.ids), _ROWS_AT_ONCE):
            rows = np.arange(first, min(first + _ROWS_AT_ONCE, len(new.ids)))
            earlier = np.flatnonzero(self.leader[:first] == new.ids[:first])
            for start in range(0, len(earlier), _LEADERS_AT_ONCE):
                piece = earlier[start : start + _LEADERS_AT_ONCE]
                self.compare(
                    rows[self.leader[rows] == 0], HashedItems(new.ids[piece], new.hashes[piece], new.vectors[piece])
                )
            left = rows[self.leader[rows] == 0]
            near: dict[int, list[tuple[float, int]]] = {}
            mine = HashedItems(new.ids[left], new.hashes[left], new.vectors[left])
            for row, index, cosine in self._near(left, mine):
                near.setdefault(row, []).append((cosine, int(left[index])))
            for row in left.tolist():
                words = int(new.hashes[row])
                leaders = [
                    (cosine, other) for cosine, other in near.get(row, ()) if self.leader[other] == new.ids[other]
                ]
                if self._modality == "text" and words in by_words:
                    self.leader[row] = by_words[words]
                elif leaders:
                    self.leader[row] = new.ids[max(leaders)[1]]
                else:
                    self.leader[row] = new.ids[row]
                    by_words.setdefault(words, int(new.ids[row]))

    def _near(self, rows: NDArray[np.int64], known: HashedItems) -> Iterator[tuple[int, int, float]]:
        """The near pairs: row, index among `known`, cosine; a picture is paired with itself too."""
        if not len(rows) or not len(known.ids):
            return
        if self._modality == "text":
            yield from self._near_texts(rows, known)
            return
        for row in rows.tolist():
            # Hashes first: they leave so few that hardly any cosine has to be computed.
            number = self._new.hashes[row]
            indices = np.flatnonzero(np.bitwise_count((known.hashes ^ number).view(np.uint64)) <= LIKELY_BITS)
            cosines = known.vectors[indices] @ self._new.vectors[row]
            near = near_pictures(cosines, np.full(len(indices), number), known.hashes[indices])
            yield from (
                (row, int(index), float(cosine)) for index, cosine in zip(indices[near], cosines[near], strict=True)
            )

    def _near_texts(self, rows: NDArray[np.int64], known: HashedItems) -> Iterator[tuple[int, int, float]]:
        cosines = self._new.vectors[rows] @ known.vectors.T
        pairs: list[tuple[int, int, float]] = []
        for line, row in zip(cosines, rows.tolist(), strict=True):
            indices = np.flatnonzero(line >= TEXT_COSINE)
            if len(indices) > _CANDIDATES:
                indices = indices[np.argsort(-line[indices], kind="stable")[:_CANDIDATES]]
            pairs += [
                (row, int(index), float(line[index])) for index in indices if known.ids[index] != self._new.ids[row]
            ]
        texts = self._ledger.items.texts_without_titles(_distinct([int(known.ids[index]) for _, index, _ in pairs]))
        texts |= self._ledger.items.texts_without_titles(_distinct([int(self._new.ids[row]) for row, _, _ in pairs]))
        for row, index, cosine in pairs:
            if near_texts(texts[int(self._new.ids[row])], texts[int(known.ids[index])]):
                yield row, index, cosine


def _distinct(ids: Sequence[int]) -> list[int]:
    return sorted(set(ids))
