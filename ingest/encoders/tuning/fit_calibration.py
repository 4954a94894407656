"""Fits an encoder's calibration on captioned pictures that it was not trained on.

Each caption in turn is a query to a collection of pictures and of all other captions, as in `nearspace search`: its own
picture and that picture's other captions are relevant.  Each picture is a query to the captions likewise.  Pictures
that the encoder was trained on may make the collection larger, but are never queries: an encoder is surer of them than
of any others.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.calibration import Calibration, Cell, echo, features
from ingest.encoders.tuning.caption_vectors import Captions
from ingest.readers.draft import Modality

CANDIDATES = 50
"""Hits of each modality and query that a probability is fitted on."""
MIN_RELEVANT = 40
"""Relevant hits below which a probability cannot be fitted."""
_MAX_QUERIES = 2_000
_PENALTY = 1.0  # ridge, on features of unit deviation
_MAX_UNRELATED_PAIRS = 20_000  # pairs of which mean and deviation are taken
_MAX_COMPARED_PICTURES = 1_500  # pictures that are compared with one another

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Collection:
    """Pictures with their captions; the encoder was not trained on the first `unseen` pictures."""

    images: NDArray[np.float32]
    """Unit rows, shape (n, dimension)."""
    captions: Captions
    """Of these pictures."""
    unseen: int


def fit_calibration(
    collection: Collection, fingerprint: str, source: str, fallback: Calibration | None = None
) -> Calibration | None:
    """The calibration of the encoder that gave these vectors; None if there are too few pairs to fit one.

    Pictures with one caption do not show which texts belong to a text: that cell is then taken from `fallback`, the
    calibration of an encoder with the same text tower.  No caption shows which pictures belong to a picture: the
    probabilities of text to text are used for image to image.
    """
    images, texts = collection.images.astype(np.float64), collection.captions.vectors.astype(np.float64)
    vectors = CentredVectors(_centred(images), _centred(texts))
    text_image = _fit(_caption_queries(vectors, collection, "image"))
    text_text = _fit(_caption_queries(vectors, collection, "text"))
    image_text = _fit(_picture_queries(vectors, collection))
    if fallback is not None and text_text is None:
        text_text = fallback.cells["text", "text"].weights, fallback.cells["text", "text"].bias
    if text_image is None or text_text is None or image_text is None:
        return None
    across = _cosines_across(images, texts, collection)
    among_texts = _cosines_among_texts(texts, collection) or _fallback_levels(fallback, "text")
    if across is None or among_texts is None:
        return None
    among_images = _cosines_among_images(images, texts, collection, among_texts)
    cells: dict[tuple[Modality, Modality], Cell] = {
        ("text", "image"): Cell(*text_image, *across),
        ("text", "text"): Cell(*text_text, *among_texts),
        ("image", "text"): Cell(*image_text, *across),
        ("image", "image"): Cell(*text_text, *among_images),
    }
    return Calibration(fingerprint, collection.unseen, source, cells)


@dataclass(frozen=True)
class CentredVectors:
    """Vectors centred on the mean of their modality, of unit length."""

    images: Floats
    texts: Floats


Hits = tuple[Floats, NDArray[np.bool_]]
"""Features of the nearest hits of a query, and which of them are relevant."""


def _caption_queries(vectors: CentredVectors, collection: Collection, hit_modality: Modality) -> Iterator[Hits]:
    rows_by_picture = collection.captions.rows_by_picture
    owners: dict[int, list[int]] = {}
    for picture, rows in enumerate(rows_by_picture):
        for row in rows.tolist():
            owners.setdefault(row, []).append(picture)
    queries = np.unique(np.concatenate([*rows_by_picture[: collection.unseen], np.empty(0, np.int64)])).tolist()
    for text in queries[:: max(1, len(queries) // _MAX_QUERIES)]:
        others = np.delete(np.arange(len(vectors.texts)), text)
        query = vectors.texts[text]
        cosines = np.delete(vectors.texts @ query, text)
        best = vectors.texts[others[_nearest(cosines)]]
        if hit_modality == "text":
            relevant = np.concatenate([rows_by_picture[picture] for picture in owners[text]])
            yield _hits(vectors.texts, others, cosines, best, relevant, texts=True)
        else:
            rows = np.arange(len(vectors.images))
            yield _hits(vectors.images, rows, vectors.images @ query, best, np.array(owners[text]), texts=False)


def _picture_queries(vectors: CentredVectors, collection: Collection) -> Iterator[Hits]:
    rows = np.arange(len(vectors.texts))
    for picture in range(min(collection.unseen, _MAX_QUERIES)):
        cosines = vectors.texts @ vectors.images[picture]
        best = vectors.texts[_nearest(cosines)]
        yield _hits(vectors.texts, rows, cosines, best, collection.captions.rows_by_picture[picture], texts=True)


def _hits(vectors: Floats, rows: Rows, cosines: Floats, best: Floats, relevant: Rows, *, texts: bool) -> Hits:
    nearest = _nearest(cosines)
    standardised = (cosines[nearest] - cosines.mean()) / max(float(cosines.std()), 1e-9)
    hits = rows[nearest]
    return features(standardised, echo(vectors[hits], best, texts=texts)), np.isin(hits, relevant)


def _nearest(cosines: Floats) -> Rows:
    return np.asarray(np.argsort(-cosines, kind="stable")[:CANDIDATES])


def _fit(hits: Iterator[Hits]) -> tuple[tuple[float, ...], float] | None:
    parts = list(hits)
    if not parts or sum(int(relevant.sum()) for _, relevant in parts) < MIN_RELEVANT:
        return None
    return logistic(np.concatenate([part for part, _ in parts]), np.concatenate([part for _, part in parts]))


def logistic(points: Floats, relevant: NDArray[np.bool_]) -> tuple[tuple[float, ...], float]:
    """Weights and bias of a ridge logistic regression, by Newton's method (iteratively reweighted least squares)."""
    centre, scale = points.mean(axis=0), np.maximum(points.std(axis=0), 1e-9)
    design = np.concatenate([(points - centre) / scale, np.ones((len(points), 1))], axis=1)
    ridge = np.diag([_PENALTY] * (design.shape[1] - 1) + [1e-6])
    solution = np.zeros(design.shape[1])
    for _ in range(50):
        probability = 1.0 / (1.0 + np.exp(-np.clip(design @ solution, -30, 30)))
        slope = design.T @ (probability - relevant) + ridge @ solution
        curvature = (design * (probability * (1.0 - probability))[:, None]).T @ design + ridge
        step = np.linalg.solve(curvature, slope)
        solution -= step
        if np.abs(step).max() < 1e-8:
            break
    weights = solution[:-1] / scale
    return tuple(weights.tolist()), float(solution[-1] - weights @ centre)


Levels = tuple[float, float, float]
"""Mean and deviation of the cosines of unrelated pairs, and median of those that belong together."""


def _fallback_levels(fallback: Calibration | None, modality: Modality) -> Levels | None:
    if fallback is None:
        return None
    cell = fallback.cells[modality, modality]
    return cell.unrelated, cell.spread, cell.matching


def _levels(unrelated: Floats, together: Floats) -> Levels | None:
    if len(together) < MIN_RELEVANT // 2:
        return None
    return float(unrelated.mean()), max(float(unrelated.std()), 1e-6), float(np.median(together))


def _cosines_across(images: Floats, texts: Floats, collection: Collection) -> Levels | None:
    unseen = np.arange(collection.unseen)
    cosines = images[: collection.unseen] @ texts.T
    belongs = collection.captions.belongs(unseen, np.arange(len(texts)))
    return _levels(_sample(cosines[~belongs]), cosines[belongs])


def _cosines_among_texts(texts: Floats, collection: Collection) -> Levels | None:
    rows_by_picture = collection.captions.rows_by_picture[: collection.unseen]
    pairs = ((one, other) for rows in rows_by_picture for one in rows for other in rows if one < other)
    together = [float(texts[one] @ texts[other]) for one, other in pairs]
    owners = np.full(len(texts), -1)
    for picture, rows in enumerate(collection.captions.rows_by_picture):
        owners[rows] = picture
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, len(texts), (2, _MAX_UNRELATED_PAIRS))
    different = owners[one] != owners[other]
    cosines = np.einsum("nd,nd->n", texts[one[different]], texts[other[different]])
    return _levels(cosines, np.array(together))


def _cosines_among_images(images: Floats, texts: Floats, collection: Collection, among_texts: Levels) -> Levels:
    """Pictures are assumed to belong together when their captions are as similar as those of one picture usually are.

    Where hardly any are, they are assumed to differ from the unrelated by as many deviations as captions do.
    """
    count = min(len(images), _MAX_COMPARED_PICTURES)
    means = np.stack([texts[rows].mean(axis=0) for rows in collection.captions.rows_by_picture[:count]])
    pairs = np.triu_indices(count, k=1)
    similarity, cosines = (means @ means.T)[pairs], (images[:count] @ images[:count].T)[pairs]
    together = similarity >= among_texts[2]
    unrelated, spread, matching = among_texts
    if levels := _levels(_sample(cosines[~together]), cosines[together]):
        return levels
    mean, deviation = float(cosines.mean()), max(float(cosines.std()), 1e-6)
    return mean, deviation, min(mean + deviation * (matching - unrelated) / spread, 1.0)


def _sample(values: Floats) -> Floats:
    return values[:: max(1, len(values) // _MAX_UNRELATED_PAIRS)]


def _centred(rows: Floats) -> Floats:
    shifted = rows - rows.mean(axis=0)
    return np.asarray(shifted / np.maximum(np.linalg.norm(shifted, axis=1, keepdims=True), 1e-12))
