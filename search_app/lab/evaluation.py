"""How well a space finds what belongs together: its captions or its folders say what does.

With captions as truth, each caption asks for its picture among all pictures, and each picture for its caption among all
captions: the standard protocol of image and text retrieval.  With folders as truth, items ask for items of folders of
the same name in all four directions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from ingest.readers.draft import MODALITIES, Modality
from ingest.space import Ledger
from ingest.space.steady_sample import steady_sample
from search_app.search.query_vectors import within_window
from search_app.search.snapshot import Snapshot

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Truth = Literal["captions", "folders"]

DEPTHS = (1, 5, 10)
MOST_QUESTIONS = 1_000
MISSES = 8
_AT_ONCE = 128  # questions whose closeness to everything is held at a time
_SMALLEST = 2  # items of a modality that a folder must have to ask for its own


@dataclass(frozen=True)
class Miss:
    """A question that was answered badly."""

    question: str
    """What asked: an item's id, or a caption's words."""
    first: str
    """What came first, likewise."""
    right: str
    """What should have come, the best placed of it."""
    rank: int
    """The place of that, from 1."""


@dataclass(frozen=True)
class Direction:
    """How well one modality finds another."""

    asked: Modality
    found: Modality
    questions: int
    among: int
    recall: tuple[float, float, float]
    """Share of the questions with something right among the first 1, 5 and 10; each from 0 to 1."""
    ndcg: float
    """Normalised discounted cumulative gain of the first ten (Järvelin and Kekäläinen 2002), 0 to 1."""
    misses: tuple[Miss, ...]
    """The worst first."""

    @property
    def name(self) -> str:
        """As `text to image`."""
        return f"{self.asked} to {self.found}"


def by_captions(ledger: Ledger, snapshot: Snapshot, encoder: Encoder) -> list[Direction]:
    """Both directions between pictures and their captions; [] where no picture has one.

    Of many captioned pictures a steady sample asks.
    """
    group = snapshot.groups.get("image")
    captioned = np.flatnonzero(group.facets.captioned) if group is not None else np.empty(0, np.int64)
    if group is None or not len(captioned):
        return []
    captioned = captioned[steady_sample(group.ids[captioned], MOST_QUESTIONS)]
    items = ledger.items([str(number) for number in group.ids[captioned]])
    words = {int(item.id): " ".join(item.text.split()) for item in items if item.text.strip()}
    rows = np.array([row for row in captioned if int(group.ids[row]) in words], np.int64)
    captions = list(dict.fromkeys(words[int(group.ids[row])] for row in rows))
    if not captions:
        return []
    place = {caption: number for number, caption in enumerate(captions)}
    caption_of = np.array([place[words[int(group.ids[row])]] for row in rows], np.int64)
    vectors = encoder.encode_texts([within_window(caption, encoder) for caption in captions])
    names = [str(number) for number in group.ids.tolist()]
    to_image = [rows[caption_of == number] for number in range(len(captions))]
    to_text = [np.array([number], np.int64) for number in caption_of]
    return [
        measured("text", "image", vectors, captions, group.vectors, names, to_image),
        measured("image", "text", group.vectors[rows], [names[row] for row in rows], vectors, captions, to_text),
    ]


def by_folders(snapshot: Snapshot) -> list[Direction]:
    """All directions between items whose folders have the same last name; those without questions are left out.

    A folder counts for a direction where it has items that ask and items to be found, other than the asking one.
    """
    codes: dict[str, int] = {}
    last_names = (name.rstrip("/").rpartition("/")[2] for name in snapshot.folder_names)
    code_of = np.array([codes.setdefault(name, len(codes)) for name in last_names], np.int64)
    found = []
    for asked in MODALITIES:
        for target in MODALITIES:
            asking, among = snapshot.groups.get(asked), snapshot.groups.get(target)
            if asking is None or among is None or not len(asking) or not len(among):
                continue
            of_asking, of_among = code_of[asking.folders], code_of[among.folders]
            # One pass groups the rows of all folders: an archive may have a folder a day.
            counts = np.bincount(of_among, minlength=len(codes))
            ordered, ends = np.argsort(of_among, kind="stable"), np.cumsum(counts)
            able = np.flatnonzero(counts[of_asking] >= (_SMALLEST if asked == target else 1))
            # Where all lies in one folder, everything is right and nothing is shown.
            if len(np.unique(of_asking[able])) < 2:
                continue
            rows = able[steady_sample(asking.ids[able], MOST_QUESTIONS)]
            names, others = ([str(number) for number in group.ids.tolist()] for group in (asking, among))
            right = [ordered[ends[code] - counts[code] : ends[code]] for code in of_asking[rows]]
            own = rows if asked == target else None
            questions = [names[row] for row in rows]
            found.append(measured(asked, target, asking.vectors[rows], questions, among.vectors, others, right, own))
    return found


def measured(
    asked: Modality,
    found: Modality,
    questions: Floats,
    names: Sequence[str],
    among: Floats,
    others: Sequence[str],
    right: Sequence[Rows],
    own: Rows | None = None,
) -> Direction:
    """Ask each of `questions` (q, d) among `among` (n, d), unit rows, by cosine.

    `right` gives the rows of `among` that are right for each question, at least one beside its `own` row, which is left
    out.
    """
    ranks, gains = np.empty(len(questions), np.int64), np.empty(len(questions))
    firsts, bests = np.empty(len(questions), np.int64), np.empty(len(questions), np.int64)
    discounts = 1.0 / np.log2(np.arange(2, DEPTHS[-1] + 2))
    for start in range(0, len(questions), _AT_ONCE):
        cosines = questions[start : start + _AT_ONCE] @ among.T
        for place, row in enumerate(cosines, start=start):
            wanted = right[place]
            if own is not None:
                row[own[place]] = -np.inf
                wanted = wanted[wanted != own[place]]
            bests[place] = wanted[np.argmax(row[wanted])]
            best = row[bests[place]]
            # What is as close as the best of what is right counts as before it: equal vectors tell nothing apart.
            ranks[place] = 1 + int((row >= best).sum()) - int((row[wanted] >= best).sum())
            depth = min(DEPTHS[-1], len(row) - (own is not None))
            top = np.argpartition(-row, depth - 1)[:depth]
            top = top[np.argsort(-row[top], kind="stable")]
            firsts[place] = top[0]
            ideal = discounts[: min(depth, len(wanted))].sum()
            gains[place] = float(discounts[:depth][np.isin(top, wanted)].sum() / ideal)
    worst = [int(place) for place in np.argsort(-ranks, kind="stable")[:MISSES] if ranks[place] > 1]
    misses = (Miss(names[place], others[firsts[place]], others[bests[place]], int(ranks[place])) for place in worst)
    one, five, ten = (float((ranks <= depth).mean()) for depth in DEPTHS)
    return Direction(asked, found, len(questions), len(among), (one, five, ten), float(gains.mean()), tuple(misses))
