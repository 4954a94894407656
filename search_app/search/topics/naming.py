"""Names of topics: the words that set their texts apart, and the words of the vocabulary nearest to their centres.

A distinctive word of a topic's texts (class-based TF-IDF) is weighted by how near it lies to the topic's centre, so
that words which only mark a language or a style do not name it (after KeyBERT, Grootendorst 2020).  A topic of pictures
without any text is named by the vocabulary alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Encoder
from search_app.search.background_tasks import Progress
from search_app.search.pca_reduction import groups_of, sampled
from search_app.search.snapshot import Snapshot
from search_app.search.topics.ctfidf import DistinctiveWord, distinctive_words, words_of
from search_app.search.topics.model import SEPARATOR, TopicName, Topics
from search_app.search.topics.vocabulary import WordVectors

TEXT_SAMPLE = 8_000
"""Texts and captions at most that are read for names: of a larger space a steady sample."""
WORDS_IN_NAME = 3
_CANDIDATES = 12  # words that are weighted, for each topic
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
    candidates = _candidates(topics, snapshot, read)
    own_words = [each.word for of_topic in candidates for each in of_topic]
    vocabulary = words.vocabulary(encoder, progress=lambda share, message: progress(0.6 + 0.3 * share, message))
    encoded = words.encode(own_words, encoder, lambda share, message: progress(0.9 + 0.1 * share, message))
    vectors = dict(zip(own_words, vocabulary.centre(encoded), strict=True))
    directions = topics.centres @ topics.reduction.basis  # back into the full space
    directions /= np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-9)
    # Without what all topics have in common, or the same words would be near to all.
    differences = directions - directions.mean(axis=0) * (len(directions) > 2)
    names: list[TopicName] = []
    for direction, of_topic in zip(differences, candidates, strict=True):
        near = [word for word, _ in vocabulary.nearest(direction, _STORED_WORDS)]
        names.append(_name(direction, of_topic, near, vectors, {name.name for name in names}))
    return replace(topics, names=tuple(names))


def _candidates(topics: Topics, snapshot: Snapshot, read: ReadTexts) -> list[list[DistinctiveWord]]:
    """For each topic the words that set its texts apart."""
    classes: list[list[set[str]]] = [[] for _ in range(len(topics))]
    for _, group in groups_of(snapshot):
        rows = sampled(group, snapshot, TEXT_SAMPLE)
        labels = topics.labels_of(group)[rows]
        texts = read([int(number) for number in group.ids[rows]])
        for number, label in zip(group.ids[rows], labels, strict=True):
            if text := texts.get(int(number)):
                classes[label].append(words_of(text))
    return distinctive_words(classes, _CANDIDATES)


def _name(
    direction: NDArray[np.float32],
    candidates: Sequence[DistinctiveWord],
    near: Sequence[str],
    vectors: dict[str, NDArray[np.float32]],
    used_names: set[str],
) -> TopicName:
    length = max(float(np.linalg.norm(direction)), 1e-9)
    closeness = {each.word: float(vectors[each.word] @ direction) / length for each in candidates}
    weighted = sorted(candidates, key=lambda each: -each.weight * max(closeness[each.word], 0.0))
    said = [each.word for each in weighted if closeness[each.word] >= _MIN_COSINE][:_STORED_WORDS]
    # A word that is both distinctive and near names best; then the two lists take turns.
    both = [word for word in said if any(_same_stem(word, other) for other in near)]
    ordered = _distinct([*both, *_interleaved(said, near)])
    for count in range(WORDS_IN_NAME, len(ordered) + 1):
        if (name := SEPARATOR.join(ordered[:count])) not in used_names:
            return TopicName(name, tuple(said), tuple(near))
    base, number = SEPARATOR.join(ordered[:WORDS_IN_NAME]) or "topic", 2
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
