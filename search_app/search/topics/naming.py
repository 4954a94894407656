"""Names of topics: the words that set their texts apart, and the words of the vocabulary nearest to their centres.

A distinctive word of a topic's texts (class-based TF-IDF) is weighted by how near it lies to the topic's centre, so
that words which only mark a language or a style do not name it (after KeyBERT, Grootendorst 2020).  A topic of pictures
without any text is named by the vocabulary alone.

A name must be true: only words that hold of the topic's items name it (see `search_app.search.topics.holding`).  Where
at least WITH_TEXT of its items have a text, a word must stand in one of these texts; where fewer have, what these few
say tells nothing of the others.  A topic of which no word holds stays without words.  Of
the many words of the vocabulary that are tried, one may hold by chance: alone, it must hold ALONE of the items.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from search_app.search.background_tasks import Progress
from search_app.search.passage_quality import reads_like_prose
from search_app.search.pca_reduction import groups_of, sampled
from search_app.search.snapshot import Snapshot
from search_app.search.topics.ctfidf import DistinctiveWord, distinctive_words, words_of
from search_app.search.topics.holding import holding
from search_app.search.topics.model import SEPARATOR, UNNAMED, TopicName, Topics
from search_app.search.topics.vocabulary import WordVectors

TEXT_SAMPLE = 8_000
"""Texts and captions at most that are read for names: of a larger space a steady sample."""
WITH_TEXT = 1 / 3
"""The share of a topic's items that must have a text for these texts to tell of the topic."""
ALONE = 0.95
"""The share of a topic's items that a word of the vocabulary must hold if it is the only one."""
WORDS_IN_NAME = 3
_CANDIDATES = 12  # words that are weighted, for each topic
_NEAREST = 60  # words of the vocabulary that are looked at for each topic
_STORED_WORDS = 8  # words of each sort that are kept with a topic
_MIN_COSINE = 0.15  # from which on a distinctive word is about its topic
_LONGEST_SUFFIX = 3  # letters that two forms of one word may differ by

ReadTexts = Callable[[Sequence[int]], dict[int, str]]


def name_topics(
    topics: Topics, snapshot: Snapshot, read: ReadTexts, words: WordVectors, encoder: Encoder, progress: Progress
) -> Topics:
    """The topics with names; `read` gives the texts of items.  Raises what `progress` raises."""
    if not len(topics):
        return topics
    progress(0.6, "reading what texts and captions say")
    texts = _texts(topics, snapshot, read)
    candidates = distinctive_words([each.words for each in texts], _CANDIDATES)
    candidates = [found if each.tell else [] for found, each in zip(candidates, texts, strict=True)]
    own_words = [each.word for of_topic in candidates for each in of_topic]
    vocabulary = words.vocabulary(encoder, progress=lambda share, message: progress(0.6 + 0.3 * share, message))
    encoded = words.encode(own_words, encoder, lambda share, message: progress(0.9 + 0.1 * share, message))
    vectors = dict(zip(own_words, vocabulary.centre(encoded), strict=True))
    directions = topics.centres @ topics.reduction.basis  # back into the full space
    directions /= np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-9)
    # Without what all topics have in common, or the same words would be near to all.
    differences = directions - directions.mean(axis=0) * (len(directions) > 2)
    names: list[TopicName] = []
    for number, (direction, distinctive, each) in enumerate(zip(differences, candidates, texts, strict=True)):
        near = [word for word, _ in vocabulary.nearest(direction, _NEAREST) if not each.tell or word in each.said]
        vectors |= dict(zip(near, vocabulary.vectors_of(near), strict=True))
        true = _true_words({*near, *(found.word for found in distinctive)}, vectors, topics, number, snapshot)
        said = [found for found in distinctive if found.word in true]
        near = [word for word in near if word in true][:_STORED_WORDS]
        if not said and len(near) == 1 and true[near[0]] < ALONE:
            near = []
        names.append(_name(direction, said, near, vectors, {name.name for name in names}))
    return replace(topics, names=tuple(names))


def _true_words(
    words: Iterable[str], vectors: Mapping[str, NDArray[np.float32]], topics: Topics, number: int, snapshot: Snapshot
) -> dict[str, float]:
    """Those of `words` that hold of the items of the topic of that number, with the share that they hold."""
    ordered = sorted(words)
    if not ordered:
        return {}
    ids = np.concatenate([group.ids[topics.labels_of(group) == number] for _, group in groups_of(snapshot)])
    found = holding(np.array([vectors[word] for word in ordered]), ids, snapshot, topics.reduction.means)
    return {ordered[place]: float(found.shares[place]) for place in np.flatnonzero(found.topical)}


@dataclass(frozen=True)
class _Texts:
    """What the texts and captions of a topic say."""

    words: list[set[str]]
    """Of each text."""
    tell: bool
    """Whether enough of the topic's items have a text."""

    @cached_property
    def said(self) -> frozenset[str]:
        return frozenset().union(*self.words)


def _texts(topics: Topics, snapshot: Snapshot, read: ReadTexts) -> list[_Texts]:
    """What each topic's texts say, of a steady sample of the space."""
    said: list[list[set[str]]] = [[] for _ in range(len(topics))]
    items = np.zeros(len(topics), int)
    for _, group in groups_of(snapshot):
        rows = sampled(group, snapshot, TEXT_SAMPLE)
        labels = topics.labels_of(group)[rows]
        items += np.bincount(labels, minlength=len(topics))
        prose = reads_like_prose(group, rows)  # tables of paths and licence texts name nothing
        texts = read([int(number) for number in group.ids[rows[prose]]])
        for number, label in zip(group.ids[rows], labels, strict=True):
            if text := texts.get(int(number)):
                said[label].append(words_of(text))
    return [_Texts(each, len(each) >= WITH_TEXT * max(count, 1)) for each, count in zip(said, items, strict=True)]


def _name(
    direction: NDArray[np.float32],
    candidates: Sequence[DistinctiveWord],
    near: Sequence[str],
    vectors: Mapping[str, NDArray[np.float32]],
    used_names: set[str],
) -> TopicName:
    length = max(float(np.linalg.norm(direction)), 1e-9)
    closeness = {each.word: float(vectors[each.word] @ direction) / length for each in candidates}
    weighted = sorted(candidates, key=lambda each: -each.weight * max(closeness[each.word], 0.0))
    said = [each.word for each in weighted if closeness[each.word] >= _MIN_COSINE][:_STORED_WORDS]
    # A word that is both distinctive and near names best; then the two lists take turns.
    both = [word for word in said if any(_same_stem(word, other) for other in near)]
    ordered = _distinct([*both, *_interleaved(said, near)])
    for count in range(min(WORDS_IN_NAME, max(len(ordered), 1)), len(ordered) + 1):
        if (name := SEPARATOR.join(ordered[:count])) not in used_names:
            return TopicName(name, tuple(said), tuple(near))
    base, number = SEPARATOR.join(ordered[:WORDS_IN_NAME]) or UNNAMED, 2
    while base in used_names or (not ordered and f"{base} {number}" in used_names):
        if f"{base} {number}" not in used_names:
            return TopicName(f"{base} {number}", tuple(said), tuple(near))
        number += 1
    return TopicName(base, tuple(said), tuple(near))


def _interleaved(first: Sequence[str], second: Sequence[str]) -> list[str]:
    longest = max(len(first), len(second))
    return [word for place in range(longest) for word in (*first[place : place + 1], *second[place : place + 1])]


def _distinct(words: Sequence[str]) -> list[str]:
    """The words without other forms of a word before."""
    found: list[str] = []
    for word in words:
        if not any(_same_stem(word, other) for other in found):
            found.append(word)
    return found


def _same_stem(one: str, other: str) -> bool:
    """Whether two words are forms of one word, as far as their beginnings show."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) <= 2:
        return one == other
    return longer.startswith(shorter) and len(longer) - len(shorter) <= _LONGEST_SUFFIX
