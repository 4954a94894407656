"""Names of topics: the words that set their texts apart, and the words of the vocabulary nearest to their centres.

A word that a topic's texts say more than others (class-based TF-IDF) counts by how near it also lies to the topic's
centre, so that words which only tell a language or a style do not name it (after KeyBERT, Grootendorst 2020).  A topic
of pictures without any text is named by the vocabulary alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from search_app.maps.background_jobs import Progress
from search_app.maps.ctfidf import set_apart, words_of
from search_app.maps.pca_reduction import groups_of, sampled
from search_app.maps.topics import SEPARATOR, Name, Topics
from search_app.maps.vocabulary import WordVectors
from search_app.search.snapshot import Snapshot

READ = 8_000
"""Texts and captions at most that are read for names: of a larger space a steady sample."""
IN_NAME = 3
"""Words of a name."""
_CANDIDATES, _TOLD = 12, 8  # words that are weighed, and words that are kept, for each topic
_NEAR_ENOUGH = 0.15  # cosine from which on a said word is about its topic

ReadTexts = Callable[[Sequence[int]], dict[int, str]]


def named(
    topics: Topics, snapshot: Snapshot, read: ReadTexts, words: WordVectors, encoder: Encoder, progress: Progress
) -> Topics:
    """The topics with names; `read` gives the texts of items.  Raises what `progress` raises."""
    if not len(topics):
        return topics
    progress(0.6, "reading what texts and captions say")
    said = _said(topics, snapshot, read)
    own = [word for each in said for word, _ in each]
    vocabulary = words.vocabulary(encoder, progress=lambda share, told: progress(0.6 + 0.3 * share, told))
    vectors = words.of(own, encoder, lambda share, told: progress(0.9 + 0.1 * share, told))
    directions = topics.centres @ topics.reduction.basis  # back into the full space
    directions /= np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-9)
    # Less what all topics have in common, else the same words are near to all.
    apart = directions - directions.mean(axis=0) * (len(directions) > 2)
    known = dict(zip(own, vocabulary.without_usual(vectors), strict=True))
    names: list[Name] = []
    for direction, each in zip(apart, said, strict=True):
        near = [word for word, _ in vocabulary.nearest(direction, _TOLD)]
        names.append(_name(direction, each, near, known, {name.name for name in names}))
    return replace(topics, names=tuple(names))


def _said(topics: Topics, snapshot: Snapshot, read: ReadTexts) -> list[list[tuple[str, float]]]:
    """For each topic the words that set its texts apart, with their weights."""
    classes: list[list[set[str]]] = [[] for _ in range(len(topics))]
    for _, group in groups_of(snapshot):
        rows = sampled(group, snapshot, READ)
        labels = topics.of(group)[rows]
        texts = read([int(number) for number in group.ids[rows]])
        for number, label in zip(group.ids[rows], labels, strict=True):
            if text := texts.get(int(number)):
                classes[label].append(words_of(text))
    return [[(saying.word, saying.weight) for saying in each] for each in set_apart(classes, _CANDIDATES)]


def _name(
    direction: NDArray[np.float32],
    said: Sequence[tuple[str, float]],
    near: Sequence[str],
    vectors: dict[str, NDArray[np.float32]],
    taken: set[str],
) -> Name:
    length = max(float(np.linalg.norm(direction)), 1e-9)
    closeness = {word: float(vectors[word] @ direction) / length for word, _ in said}
    weighed = sorted(said, key=lambda each: -each[1] * max(closeness[each[0]], 0.0))
    about = [word for word, _ in weighed if closeness[word] >= _NEAR_ENOUGH][:_TOLD]
    # What is both said and near names best; then by turns.
    both = [word for word in about if any(_alike(word, other) for other in near)]
    ordered = _distinct([*both, *(word for pair in _turns(about, near) for word in pair)])
    for count in range(IN_NAME, len(ordered) + 1):
        if (name := SEPARATOR.join(ordered[:count])) not in taken:
            return Name(name, tuple(about), tuple(near))
    base, number = SEPARATOR.join(ordered[:IN_NAME]) or "topic", 2
    while base in taken or (not ordered and f"{base} {number}" in taken):
        if f"{base} {number}" not in taken:
            return Name(f"{base} {number}", tuple(about), tuple(near))
        number += 1
    return Name(base, tuple(about), tuple(near))


def _turns(first: Sequence[str], second: Sequence[str]) -> list[tuple[str, ...]]:
    longest = max(len(first), len(second))
    return [(*first[place : place + 1], *second[place : place + 1]) for place in range(longest)]


def _distinct(words: Sequence[str]) -> list[str]:
    """The words without those that are another form of one before."""
    kept: list[str] = []
    for word in words:
        if not any(_alike(word, other) for other in kept):
            kept.append(word)
    return kept


def _alike(one: str, other: str) -> bool:
    """Whether two words are forms of one, as far as their beginnings tell."""
    shorter, longer = sorted((one, other), key=len)
    return longer.startswith(shorter) and len(longer) - len(shorter) <= 3 if len(shorter) > 2 else one == other
