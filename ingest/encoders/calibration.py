"""What an encoder's numbers mean: fitted once on captioned pictures, and stored with the encoder (calibration.json).

A cosine means something else for each pair of modalities, so there is a *cell* for what is asked and what is found:
text and text, text and image, image and text, image and image.  A cell tells two things:

-   the chance that a hit is relevant, as a logistic function of FEATURES, which merges hits of both modalities;
-   the cosines of unrelated pairs and of pairs that belong together, between which *nearness* is measured: 0 where
    hardly any unrelated pair gets to, 1 where half of those that belong together do.
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
"""What a chance is told from: a hit's standardised score; how far that lies behind the best of its modality; the
logarithm of its place among its modality; and how close it lies to the best texts (see `echo`)."""
ECHOING = 2
"""How many of the best texts a hit is compared with."""
UNRELATED = 2.8
"""Deviations above the usual cosine of unrelated pairs; chosen on half of tests.search_app.search.good_and_hopeless."""
_VERSION = 1

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cell:
    """One pair of modalities: what is asked, and what is found."""

    weights: tuple[float, ...]
    """One for each of FEATURES."""
    bias: float
    unrelated: float
    """The mean cosine of pairs that do not belong together."""
    spread: float
    """The standard deviation of those cosines."""
    matching: float
    """The median cosine of pairs that belong together."""

    def logits(self, features: Floats) -> Floats:
        """The logarithm of the odds that each hit is relevant, from `features` (k, len(FEATURES)); shape (k,)."""
        return np.asarray(features @ np.array(self.weights) + self.bias)

    def nearness(self, cosines: Floats) -> Floats:
        """0 where hardly any unrelated pair gets to, 1 where half of those that belong together do; no bounds."""
        nothing = self.unrelated + UNRELATED * self.spread
        # Where an encoder hardly tells the two apart, what is no better than unrelated must not pass for close.
        return np.asarray((cosines - nothing) / max(self.matching - nothing, self.spread))


@dataclass(frozen=True)
class Calibration:
    """The cells of one encoder."""

    fingerprint: str
    """Of the encoder it was fitted for."""
    pictures: int
    """Captioned pictures it was fitted on."""
    source: str
    """Which pictures those were, in a few words."""
    cells: dict[tuple[Modality, Modality], Cell]
    """For each modality of what is asked and of what is found."""

    def cell(self, texts: float, found: Modality) -> Cell:
        """What holds for hits of modality `found`, when `texts` (0 to 1) of what is asked are texts, the rest images.

        Between the two, the numbers of both cells are mixed in that proportion.
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
        )


def features(standardised: Floats, echoes: Floats) -> Floats:
    """FEATURES of the hits of one modality, closest first; shape (k, len(FEATURES))."""
    places = np.arange(1, len(standardised) + 1)
    behind = np.max(standardised, initial=-np.inf) - standardised
    return np.stack([standardised, behind, np.log(places), echoes], axis=1)


def echo(hits: NDArray[np.floating], best: NDArray[np.floating], *, texts: bool) -> Floats:
    """The cosine of each of `hits` (k, dimension) with the mean direction of the best texts, shape (k,).

    Both are centred on their modality's mean and of unit length; `best` are the texts closest to the query, closest
    first.  Where the hits are those `texts` themselves, each is compared with the best others.  What belongs together
    has texts that agree with it: pseudo-relevance feedback (Rocchio 1971) from the surer modality to the other.
    """
    nearest: Floats = np.asarray(best[: ECHOING + 1], dtype=np.float64)
    answer = hits @ _direction(nearest[:ECHOING])
    if texts:
        for place in range(min(ECHOING, len(nearest))):
            answer[place] = hits[place] @ _direction(np.delete(nearest, place, axis=0))
    return np.asarray(answer)


def _direction(rows: Floats) -> Floats:
    total = rows.sum(axis=0)
    length = float(np.linalg.norm(total))
    return np.asarray(total / length if length > 0 else total)


def read_calibration(folder: Path, encoder: EncoderInfo) -> Calibration | None:
    """The calibration in `folder`, if there is one, it is whole, and it was fitted for this very encoder."""
    try:
        raw = json.loads((folder / CALIBRATION_NAME).read_text(encoding="utf-8"))
        if raw["version"] != _VERSION or tuple(raw["features"]) != FEATURES:
            return None
        cells = {
            (asked, found): _cell(raw["cells"][f"{asked}-{found}"]) for asked in MODALITIES for found in MODALITIES
        }
        known = Calibration(str(raw["encoder"]), int(raw["pictures"]), str(raw["source"]), cells)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return known if known.fingerprint == encoder.fingerprint else None


def write_calibration(folder: Path, calibration: Calibration) -> None:
    """Write `calibration` to the folder of its encoder."""
    cells = {
        f"{asked}-{found}": {
            "weights": [round(weight, 5) for weight in cell.weights],
            "bias": round(cell.bias, 5),
            "unrelated": round(cell.unrelated, 5),
            "spread": round(cell.spread, 5),
            "matching": round(cell.matching, 5),
        }
        for (asked, found), cell in calibration.cells.items()
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
