"""What an encoder's scores mean: fitted once on captioned pictures, and stored with the encoder (calibration.json).

A cosine has another meaning for each pair of modalities, so there is a *cell* for each modality of the query and of the
hit: text and text, text and image, image and text, image and image.  A cell has two things:

-   the probability that a hit is relevant, as a logistic function of FEATURES, which merges hits of both modalities;
-   the cosines of unrelated pairs and of pairs that belong together, between which *nearness* is measured: 0 where
    hardly any unrelated pair reaches, 1 where half of those that belong together do.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import EncoderInfo
from ingest.readers.draft import MODALITIES, Modality

CALIBRATION_NAME = "calibration.json"
FEATURES = ("standardised", "behind", "log rank", "echo")
"""The inputs of a probability: a hit's standardised score; how far that is behind the best of its modality; the
logarithm of its rank in its modality; and how close it is to the best texts (see `echo`)."""
ECHOING = 2
"""Number of the best texts that a hit is compared with."""
UNRELATED = 2.8
"""Deviations above the usual cosine of unrelated pairs; chosen on half of tests.search_app.search.good_and_hopeless."""
UNRELATED_TEXTS = 2.3
"""From where on a text may answer a text: unrelated captions have a form in common, which a short question and a
passage have not.  Chosen on half of the general questions of tests.search_app.search.good_and_hopeless, as "food"."""
_VERSION = 1

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cell:
    """One pair of modalities: of the query, and of the hit."""

    weights: tuple[float, ...]
    """One for each of FEATURES."""
    bias: float
    unrelated: float
    """The mean cosine of pairs that do not belong together."""
    spread: float
    """The standard deviation of those cosines."""
    matching: float
    """The median cosine of pairs that belong together."""
    answers_from: float = UNRELATED
    """Deviations from which on it may be an answer, at most UNRELATED."""

    def logits(self, features: Floats) -> Floats:
        """The logarithm of the odds that each hit is relevant, from `features` (k, len(FEATURES)); shape (k,)."""
        return np.asarray(features @ np.array(self.weights) + self.bias)

    def nearness(self, cosines: Floats) -> Floats:
        """0 where hardly any unrelated pair reaches, 1 where half of those that belong together do; unbounded."""
        return np.asarray((cosines - self._zero) / self._scale)

    @property
    def slack(self) -> float:
        """How far below nearness 0 it may still be an answer; 0 or more."""
        return (UNRELATED - self.answers_from) * self.spread / self._scale

    @property
    def _zero(self) -> float:
        return self.unrelated + UNRELATED * self.spread

    @property
    def _scale(self) -> float:
        # Where an encoder hardly separates the two, what is no better than unrelated must not count as close.
        return max(self.matching - self._zero, self.spread)


@dataclass(frozen=True)
class Calibration:
    """The cells of one encoder."""

    fingerprint: str
    """Fingerprint of the encoder it was fitted for."""
    pictures: int
    """Captioned pictures it was fitted on."""
    source: str
    """Which pictures those were, in a few words."""
    cells: dict[tuple[Modality, Modality], Cell]
    """By the modality of the query and of the hit."""

    def cell(self, texts: float, found: Modality) -> Cell:
        """The cell for hits of modality `found`, where a share `texts` (0 to 1) of the query is text, the rest images.

        Between 0 and 1, the numbers of both cells are mixed in that proportion.
        """
        text, image = self.cells["text", found], self.cells["image", found]

        def mixed(one: float, other: float) -> float:
            return texts * one + (1.0 - texts) * other

        return Cell(
            tuple(mixed(*pair) for pair in zip(text.weights, image.weights, strict=True)),
            mixed(text.bias, image.bias),
            mixed(text.unrelated, image.unrelated),
            mixed(text.spread, image.spread),
            mixed(text.matching, image.matching),
            mixed(UNRELATED_TEXTS if found == "text" else UNRELATED, UNRELATED),
        )


def features(standardised: Floats, echoes: Floats) -> Floats:
    """FEATURES of the hits of one modality, closest first; shape (k, len(FEATURES))."""
    ranks = np.arange(1, len(standardised) + 1)
    behind = np.max(standardised, initial=-np.inf) - standardised
    return np.stack([standardised, behind, np.log(ranks), echoes], axis=1)


def echo(hits: NDArray[np.floating], best: NDArray[np.floating], *, texts: bool) -> Floats:
    """The cosine of each of `hits` (k, dimension) with the mean direction of the best texts, shape (k,).

    Both are centred on their modality's mean and of unit length; `best` are the texts closest to the query, closest
    first.  Where the hits are those `texts` themselves, each is compared with the best others.  A relevant hit agrees
    with the best texts: pseudo-relevance feedback (Rocchio 1971) from the surer modality to the other.
    """
    nearest: Floats = np.asarray(best[: ECHOING + 1], dtype=np.float64)
    echoes = hits @ echo_direction(nearest)
    if texts:
        for rank in range(min(ECHOING, len(nearest))):
            echoes[rank] = hits[rank] @ _direction(np.delete(nearest, rank, axis=0))
    return np.asarray(echoes)


def echo_direction(best: NDArray[np.floating]) -> Floats:
    """The mean direction of the best texts, unit length, which the cosine of an echo is taken with."""
    return _direction(np.asarray(best[:ECHOING], dtype=np.float64))


def _direction(rows: Floats) -> Floats:
    total = rows.sum(axis=0)
    length = float(np.linalg.norm(total))
    return np.asarray(total / length if length > 0 else total)


def read_calibration(folder: Path, encoder: EncoderInfo) -> Calibration | None:
    """The calibration in `folder`; None if there is none, it is damaged, or it was fitted for another encoder."""
    try:
        raw = json.loads((folder / CALIBRATION_NAME).read_text(encoding="utf-8"))
        if raw["version"] != _VERSION or tuple(raw["features"]) != FEATURES:
            return None
        cells = {(query, hit): _cell(raw["cells"][f"{query}-{hit}"]) for query in MODALITIES for hit in MODALITIES}
        known = Calibration(str(raw["encoder"]), int(raw["pictures"]), str(raw["source"]), cells)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return known if known.fingerprint == encoder.fingerprint else None


def write_calibration(folder: Path, calibration: Calibration) -> None:
    """Write `calibration` to the folder of its encoder."""
    cells = {
        f"{query}-{hit}": {
            "weights": [round(weight, 5) for weight in cell.weights],
            "bias": round(cell.bias, 5),
            "unrelated": round(cell.unrelated, 5),
            "spread": round(cell.spread, 5),
            "matching": round(cell.matching, 5),
        }
        for (query, hit), cell in calibration.cells.items()
    }
    content: dict[str, Any] = {
        "version": _VERSION,
        "encoder": calibration.fingerprint,
        "pictures": calibration.pictures,
        "source": calibration.source,
        "features": FEATURES,
        "cells": cells,
    }
    (folder / CALIBRATION_NAME).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _cell(raw: dict[str, Any]) -> Cell:
    weights = tuple(float(weight) for weight in raw["weights"])
    cell = Cell(weights, *(float(raw[name]) for name in ("bias", "unrelated", "spread", "matching")))
    if len(weights) != len(FEATURES) or not np.isfinite([*weights, cell.bias, cell.matching]).all() or cell.spread <= 0:
        raise ValueError("not a calibration")
    return cell
