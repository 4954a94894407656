"""Fits an encoder's calibration on captioned pictures that it has not learnt from.

Each caption in turn asks a collection of pictures and of all other captions, as `nearspace search` would: its own
picture and that picture's other captions are relevant.  Each picture asks the captions likewise.  Pictures that the
encoder has learnt from may make the collection larger, but never ask: an encoder is surer of them than of any others.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.calibration import Calibration, Cell, echo, features
from ingest.encoders.tuning.caption_vectors import Captions
from ingest.readers.draft import Modality

CANDIDATES = 50
"""Hits of each modality and query that a chance is fitted on."""
FEWEST = 40
"""Relevant hits below which a chance cannot be fitted."""
_MOST_QUERIES = 2_000
_PENALTY = 1.0  # ridge, on features of unit deviation
_MOST_UNRELATED = 20_000  # pairs of which mean and deviation are taken
_MOST_COMPARED = 1_500  # pictures that are compared with one another

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Collection:
    """Pictures with their captions; the first `fresh` pictures have not been learnt from."""

    images: NDArray[np.float32]
    """Unit rows, shape (n, dimension)."""
    captions: Captions
    """Of these pictures."""
    fresh: int


def fit_calibration(
    collection: Collection, fingerprint: str, source: str, otherwise: Calibration | None = None
) -> Calibration | None:
    """The calibration of the encoder that gave these vectors; None if there are too few pairs to fit one.

    Pictures with one caption tell nothing of what texts belong to a text: that cell is then taken from `otherwise`,
    the calibration of an encoder with the same text tower.  What pictures belong to a picture no caption tells: the
    chances of text to text stand in for those of image to image.
    """
    images, texts = collection.images.astype(np.float64), collection.captions.vectors.astype(np.float64)
    asked = Asked(_centred(images), _centred(texts))
    text_image = _fit(_of_captions(asked, collection, "image"))
    text_text = _fit(_of_captions(asked, collection, "text"))
    image_text = _fit(_of_pictures(asked, collection))
    if otherwise is not None and text_text is None:
        text_text = otherwise.cells["text", "text"].weights, otherwise.cells["text", "text"].bias
    if text_image is None or text_text is None or image_text is None:
        return None
    across = _cosines_across(images, texts, collection)
    among_texts = _cosines_among_texts(texts, collection) or _of(otherwise, "text")
    if across is None or among_texts is None:
        return None
    among_images = _cosines_among_images(images, texts, collection, among_texts)
    cells: dict[tuple[Modality, Modality], Cell] = {
        ("text", "image"): Cell(*text_image, *across),
        ("text", "text"): Cell(*text_text, *among_texts),
        ("image", "text"): Cell(*image_text, *across),
        ("image", "image"): Cell(*text_text, *among_images),
    }
    return Calibration(fingerprint, collection.fresh, source, cells)


@dataclass(frozen=True)
class Asked:
    """Vectors that have lost their modality's mean, of unit length."""

    images: Floats
    texts: Floats


Hits = tuple[Floats, NDArray[np.bool_]]
"""Features of the nearest hits of a query, and which of them are relevant."""


def _of_captions(asked: Asked, collection: Collection, found: Modality) -> Iterator[Hits]:
    owned = collection.captions.owned
    owners: dict[int, list[int]] = {}
    for picture, rows in enumerate(owned):
        for row in rows.tolist():
            owners.setdefault(row, []).append(picture)
    queries = np.unique(np.concatenate([*owned[: collection.fresh], np.empty(0, np.int64)])).tolist()
    for text in queries[:: max(1, len(queries) // _MOST_QUERIES)]:
        others = np.delete(np.arange(len(asked.texts)), text)
        question = asked.texts[text]
        cosines = np.delete(asked.texts @ question, text)
        best = asked.texts[others[_nearest(cosines)]]
        if found == "text":
            relevant = np.concatenate([owned[picture] for picture in owners[text]])
            yield _hits(asked.texts, others, cosines, best, relevant, texts=True)
        else:
            rows = np.arange(len(asked.images))
            yield _hits(asked.images, rows, asked.images @ question, best, np.array(owners[text]), texts=False)


def _of_pictures(asked: Asked, collection: Collection) -> Iterator[Hits]:
    rows = np.arange(len(asked.texts))
    for picture in range(min(collection.fresh, _MOST_QUERIES)):
        cosines = asked.texts @ asked.images[picture]
        best = asked.texts[_nearest(cosines)]
        yield _hits(asked.texts, rows, cosines, best, collection.captions.owned[picture], texts=True)


def _hits(vectors: Floats, rows: Rows, cosines: Floats, best: Floats, relevant: Rows, *, texts: bool) -> Hits:
    nearest = _nearest(cosines)
    standardised = (cosines[nearest] - cosines.mean()) / max(float(cosines.std()), 1e-9)
    hits = rows[nearest]
    return features(standardised, echo(vectors[hits], best, texts=texts)), np.isin(hits, relevant)


def _nearest(cosines: Floats) -> Rows:
    return np.asarray(np.argsort(-cosines, kind="stable")[:CANDIDATES])


def _fit(found: Iterator[Hits]) -> tuple[tuple[float, ...], float] | None:
    parts = list(found)
    if not parts or sum(int(relevant.sum()) for _, relevant in parts) < FEWEST:
        return None
    return logistic(np.concatenate([part for part, _ in parts]), np.concatenate([part for _, part in parts]))


def logistic(points: Floats, relevant: NDArray[np.bool_]) -> tuple[tuple[float, ...], float]:
    """Weights and bias of a ridge logistic regression, by Newton's method (iteratively reweighted least squares)."""
    middle, scale = points.mean(axis=0), np.maximum(points.std(axis=0), 1e-9)
    design = np.concatenate([(points - middle) / scale, np.ones((len(points), 1))], axis=1)
    ridge = np.diag([_PENALTY] * (design.shape[1] - 1) + [1e-6])
    solution = np.zeros(design.shape[1])
    for _ in range(50):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ solution, -30, 30)))
        slope = design.T @ (chance - relevant) + ridge @ solution
        curvature = (design * (chance * (1.0 - chance))[:, None]).T @ design + ridge
        step = np.linalg.solve(curvature, slope)
        solution -= step
        if np.abs(step).max() < 1e-8:
            break
    weights = solution[:-1] / scale
    return tuple(weights.tolist()), float(solution[-1] - weights @ middle)


Levels = tuple[float, float, float]
"""Mean and deviation of the cosines of unrelated pairs, and median of those that belong together."""


def _of(otherwise: Calibration | None, modality: Modality) -> Levels | None:
    if otherwise is None:
        return None
    cell = otherwise.cells[modality, modality]
    return cell.unrelated, cell.spread, cell.matching


def _levels(unrelated: Floats, together: Floats) -> Levels | None:
    if len(together) < FEWEST // 2:
        return None
    return float(unrelated.mean()), max(float(unrelated.std()), 1e-6), float(np.median(together))


def _cosines_across(images: Floats, texts: Floats, collection: Collection) -> Levels | None:
    fresh = np.arange(collection.fresh)
    cosines = images[: collection.fresh] @ texts.T
    belongs = collection.captions.belongs(fresh, np.arange(len(texts)))
    return _levels(_some(cosines[~belongs]), cosines[belongs])


def _cosines_among_texts(texts: Floats, collection: Collection) -> Levels | None:
    owned = collection.captions.owned[: collection.fresh]
    together = [float(texts[one] @ texts[other]) for rows in owned for one in rows for other in rows if one < other]
    owners = np.full(len(texts), -1)
    for picture, rows in enumerate(collection.captions.owned):
        owners[rows] = picture
    chance = np.random.default_rng(0)
    one, other = chance.integers(0, len(texts), (2, _MOST_UNRELATED))
    apart = owners[one] != owners[other]
    cosines = np.einsum("nd,nd->n", texts[one[apart]], texts[other[apart]])
    return _levels(cosines, np.array(together))


def _cosines_among_images(images: Floats, texts: Floats, collection: Collection, among_texts: Levels) -> Levels:
    """Pictures are taken to belong together when their captions are as alike as those of one picture usually are.

    Where hardly any are, they are taken to stand out from the unrelated by as many deviations as captions do.
    """
    count = min(len(images), _MOST_COMPARED)
    means = np.stack([texts[rows].mean(axis=0) for rows in collection.captions.owned[:count]])
    pairs = np.triu_indices(count, k=1)
    alike, cosines = (means @ means.T)[pairs], (images[:count] @ images[:count].T)[pairs]
    together = alike >= among_texts[2]
    unrelated, spread, matching = among_texts
    if found := _levels(_some(cosines[~together]), cosines[together]):
        return found
    mean, deviation = float(cosines.mean()), max(float(cosines.std()), 1e-6)
    return mean, deviation, min(mean + deviation * (matching - unrelated) / spread, 1.0)


def _some(values: Floats) -> Floats:
    return values[:: max(1, len(values) // _MOST_UNRELATED)]


def _centred(rows: Floats) -> Floats:
    shifted = rows - rows.mean(axis=0)
    return np.asarray(shifted / np.maximum(np.linalg.norm(shifted, axis=1, keepdims=True), 1e-12))
