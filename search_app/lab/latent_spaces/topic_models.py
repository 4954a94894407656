"""Topic models of a space's texts, which read words alone, beside topics of the encoder's vectors.

LDA     latent Dirichlet allocation (Blei, Ng and Jordan 2003), by variational Bayes
PLSA    probabilistic latent semantic analysis (Hofmann 1999), as the non-negative factorisation with the
        Kullback-Leibler loss, which has the same optima (Gaussier and Goutte 2005)
LSA     latent semantic analysis (Deerwester et al. 1990): a truncated singular value decomposition
neural  k-means of the encoder's vectors, with the words that set each cluster apart (Grootendorst 2022)
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ingest.errors import SpaceError
from search_app.lab.latent_spaces.latent_space import Floats, LatentSpace
from search_app.search.topics.ctfidf import distinctive_words, words_of
from search_app.search.topics.stop_words import STOP_WORDS

Kind = Literal["lda", "plsa", "lsa", "neural"]
KINDS: dict[Kind, str] = {"lda": "LDA", "plsa": "PLSA", "lsa": "LSA", "neural": "neural topics"}

MIN_TEXTS = 8
_WORDS = 8  # that name a topic
_VOCABULARY = 5_000
_MAX_SHARE = 0.8  # of a topic's even share of the texts: a word in more of them is a stop word, in any language
_FEW_TEXTS = 60  # below which words of a single text count, and common words are kept longer
_ROUNDS = 200
_NO_WORDS = "These texts share too few words for topics. Ingest more documents."
_WORD = r"(?u)\b[^\W\d_]{3,}\b"


@dataclass(frozen=True)
class TopicModel:
    """Topics of texts."""

    kind: Kind
    space: LatentSpace
    """Each text by its weights over the topics, shape (n, topics)."""
    words: tuple[tuple[str, ...], ...]
    """Of each topic, the words that weigh most; untrusted."""
    topic_of: NDArray[np.int64]
    """The topic that weighs most in each text, shape (n,)."""

    @property
    def sizes(self) -> list[int]:
        """How many texts each topic has."""
        return [int(size) for size in np.bincount(self.topic_of, minlength=len(self.words))]


def topic_models(
    names: Sequence[str], texts: Sequence[str], ids: Sequence[str], vectors: Floats, count: int, seed: int = 0
) -> dict[Kind, TopicModel]:
    """All four models of `texts` with `count` topics each; `vectors` (n, d) are the encoder's own.

    Raises SpaceError for fewer than FEWEST_TEXTS texts, or texts without words.
    """
    if len(texts) < MIN_TEXTS:
        raise SpaceError(f"Topics need {MIN_TEXTS} texts at least, and there are {len(texts)}. Ingest more documents.")
    counts, words = word_counts(texts, count)
    count = min(count, len(texts) - 1, len(words) - 1)

    def model(kind: Kind, weights: NDArray[Any], named: Sequence[Sequence[str]], topic_of: NDArray[Any]) -> TopicModel:
        space = LatentSpace(tuple(names), np.asarray(weights, np.float32), tuple(ids))
        return TopicModel(kind, space, tuple(map(tuple, named)), np.asarray(topic_of, np.int64))

    lda, lda_words = _lda(counts, count, seed)
    plsa, plsa_words = _plsa(counts, count, seed)
    lsa, lsa_words = _lsa(counts, count, seed)
    clusters = _clusters(vectors, count, seed)
    near = _shares(-((vectors[:, np.newaxis] - _centroids(vectors, clusters, count)) ** 2).sum(axis=2) * 4.0)
    return {
        "lda": model("lda", lda, _strongest(lda_words, words), lda.argmax(axis=1)),
        "plsa": model("plsa", plsa, _strongest(plsa_words, words), plsa.argmax(axis=1)),
        "lsa": model("lsa", lsa, _strongest(lsa_words, words), np.abs(lsa).argmax(axis=1)),
        "neural": model("neural", near, _distinctive(texts, clusters, count), clusters),
    }


def agreement(one: TopicModel, other: TopicModel) -> float:
    """How far two models put the same texts together: adjusted mutual information (Vinh, Epps and Bailey 2010).

    1 for the same topics, 0 for what chance alone would give.
    """
    from sklearn.metrics import adjusted_mutual_info_score

    return float(adjusted_mutual_info_score(one.topic_of, other.topic_of))


def word_counts(texts: Sequence[str], topics: int) -> tuple[Any, tuple[str, ...]]:
    """The word counts of texts: a sparse matrix (n, words), and the words.

    Stop words, and words too common to distinguish `topics` topics in any language, are left out.  Raises SpaceError
    where no word is left.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    few = len(texts) < _FEW_TEXTS
    common = 0.5 if few else min(0.5, _MAX_SHARE / topics)
    counter = CountVectorizer(
        token_pattern=_WORD,
        max_df=common,
        min_df=1 if few else 2,
        max_features=_VOCABULARY,
        stop_words=sorted(word for word in STOP_WORDS if word.isalpha() and len(word) > 2),
    )
    try:
        counts = counter.fit_transform(texts)
    except ValueError as error:  # it says so where nothing is left to count
        raise SpaceError(_NO_WORDS) from error
    words = tuple(counter.get_feature_names_out().tolist())
    if len(words) < 3:
        raise SpaceError(_NO_WORDS)
    return counts, words


def _lda(counts: Any, count: int, seed: int) -> tuple[NDArray[Any], NDArray[Any]]:
    from sklearn.decomposition import LatentDirichletAllocation

    # Texts here are short.  With a sparse prior each settles at once on whatever topic its first words fell to.
    model = LatentDirichletAllocation(count, max_iter=40, doc_topic_prior=1.0, topic_word_prior=0.1, random_state=seed)
    weights = model.fit_transform(counts)
    return weights, _relevance(model.components_)


def _plsa(counts: Any, count: int, seed: int) -> tuple[NDArray[Any], NDArray[Any]]:
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    model = NMF(count, init="nndsvda", solver="mu", beta_loss="kullback-leibler", max_iter=_ROUNDS, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the last rounds move hardly anything
        weights = model.fit_transform(counts)
    # P(topic | text): each topic's share in the words that the text has.
    mass = weights * model.components_.sum(axis=1)
    return mass / np.maximum(mass.sum(axis=1, keepdims=True), 1e-12), _relevance(model.components_)


def _lsa(counts: Any, count: int, seed: int) -> tuple[NDArray[Any], NDArray[Any]]:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfTransformer

    model = TruncatedSVD(count, random_state=seed)
    weights = model.fit_transform(TfidfTransformer(sublinear_tf=True).fit_transform(counts))
    return weights, np.abs(model.components_)


def _clusters(vectors: Floats, count: int, seed: int) -> NDArray[np.int64]:
    from sklearn.cluster import KMeans

    centred = vectors - vectors.mean(axis=0)
    return np.asarray(KMeans(count, n_init=4, random_state=seed).fit_predict(centred), np.int64)


def _centroids(vectors: Floats, clusters: NDArray[np.int64], count: int) -> Floats:
    return np.stack([vectors[clusters == topic].mean(axis=0) for topic in range(count)])


def _distinctive(texts: Sequence[str], clusters: NDArray[np.int64], count: int) -> list[list[str]]:
    """The words that set the texts of each cluster apart."""
    classes: list[list[set[str]]] = [[] for _ in range(count)]
    for text, cluster in zip(texts, clusters.tolist(), strict=True):
        classes[cluster].append(words_of(text))
    return [[found.word for found in each] for each in distinctive_words(classes, _WORDS)]


def _relevance(by_word: NDArray[Any]) -> NDArray[Any]:
    """The relevance of each word to each topic: its share in the topic, times the topic's share in the word."""
    shares = by_word / np.maximum(by_word.sum(axis=1, keepdims=True), 1e-12)
    return np.asarray(shares * shares / np.maximum(shares.sum(axis=0), 1e-12))


def _strongest(by_word: NDArray[Any], words: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    order = np.argsort(-by_word, axis=1, kind="stable")[:, :_WORDS]
    return tuple(tuple(words[place] for place in row if by_word[topic, place] > 0) for topic, row in enumerate(order))


def _shares(scores: NDArray[Any]) -> NDArray[Any]:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
