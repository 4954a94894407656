"""Vectors of fewer bits: their size, the time of a search, and its recall."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from search_app.lab.latent_spaces.latent_space import Floats

Kind = Literal["float32", "float16", "int8", "binary", "binary, then float32"]
NEIGHBOURS = 10

_QUERIES = 64
_ROUNDS = 5
_CANDIDATES = 10  # for each result, reranked by whole vectors


@dataclass(frozen=True)
class QuantisationResult:
    """Size, speed and recall of one way to store vectors."""

    kind: Kind
    bytes: int
    """Of all the vectors."""
    milliseconds: float
    """For one question, the median of several rounds, in numpy on one machine: only comparable with one another."""
    recall: float
    """Share of the nearest items by float32 that are found, 0 to 1."""


def measure_quantisation(vectors: Floats) -> list[QuantisationResult]:
    """Search `vectors` (n, d), unit rows, stored in each way, and compare with float32.

    int8 keeps each number as one of 255 steps between plus and minus the largest there is; binary keeps its sign once
    the mean is gone, and is compared by the number of signs that differ.
    """
    queries = np.linspace(0, len(vectors) - 1, min(_QUERIES, len(vectors))).astype(np.int64)
    count = min(NEIGHBOURS, len(vectors) - 1)
    half = vectors.astype(np.float16)
    step = float(np.abs(vectors).max()) / 127.0 or 1.0
    small = np.rint(vectors / step).astype(np.int8)
    signs = np.packbits(vectors > vectors.mean(axis=0), axis=1)

    def by_signs(row: int) -> NDArray[np.floating]:
        return np.asarray(-np.bitwise_count(signs ^ signs[row]).sum(axis=1, dtype=np.int32), np.float32)

    def reranked(row: int) -> NDArray[np.floating]:
        rough = by_signs(row)
        room = min(len(rough), _CANDIDATES * (count + 1))
        best = np.argpartition(-rough, room - 1)[:room]
        scores = np.full(len(rough), -np.inf, np.float32)
        scores[best] = vectors[best] @ vectors[row]
        return scores

    ways: list[tuple[Kind, int, Callable[[int], NDArray[np.floating]]]] = [
        ("float32", vectors.nbytes, lambda row: vectors @ vectors[row]),
        ("float16", half.nbytes, lambda row: half.astype(np.float32) @ half[row].astype(np.float32)),
        ("int8", small.nbytes, lambda row: small.astype(np.float32) @ small[row].astype(np.float32)),
        ("binary", signs.nbytes, by_signs),
        ("binary, then float32", signs.nbytes + vectors.nbytes, reranked),
    ]
    times: dict[Kind, list[float]] = {kind: [] for kind, _, _ in ways}
    found: dict[Kind, list[set[int]]] = {kind: [] for kind, _, _ in ways}
    for turn in range(_ROUNDS):
        for kind, _, way in ways:  # by turns, so that a busy machine disturbs all of them alike
            began = time.perf_counter()
            for row in queries:
                scores = way(int(row))
                scores[row] = -np.inf
                best = np.argpartition(-scores, count - 1)[:count] if count else np.empty(0, np.int64)
                if turn == 0:
                    found[kind].append(set(best.tolist()))
            if turn:  # the first one warms up
                times[kind].append((time.perf_counter() - began) * 1_000 / max(1, len(queries)))
    truth = found["float32"]
    return [
        QuantisationResult(kind, size, float(np.median(times[kind])), _recall(truth, found[kind]))
        for kind, size, _ in ways
    ]


def _recall(truth: list[set[int]], found: list[set[int]]) -> float:
    shares = [len(right & got) / len(right) for right, got in zip(truth, found, strict=True) if right]
    return float(np.mean(shares)) if shares else 1.0
