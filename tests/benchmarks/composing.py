"""How well composed questions find what they should, on photos whose captions tell what is on them.

`python -m tests.benchmarks.composing` prints the figures that search_app/search/terms.py quotes.  It needs the
Flickr8k photos beside the repository (../shared/data/flickr8k), and encodes 1,000 of them.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.lite.lite_encoder import load_lite
from ingest.readers.images import open_upright
from search_app.search.background_scores import PHRASES
from search_app.search.composition import compose
from search_app.search.query_vectors import unit

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "flickr8k"
BEST = 10
PHOTOS_A_PAIR = 20

SAID: dict[str, tuple[str, ...]] = {
    "a bicycle": ("bike", "bicycle", "biker", "cyclist", "bikes"),
    "a child": ("child", "children", "boy", "girl", "kid", "kids", "baby", "toddler"),
    "a man": ("man", "men", "guy"),
    "ball": ("ball", "tennis ball", "basketball", "football", "soccer ball"),
    "beach": ("beach", "sand", "shore"),
    "dog": ("dog", "dogs", "puppy"),
    "grass": ("grass", "grassy", "lawn"),
    "people": (
        "man",
        "woman",
        "men",
        "women",
        "boy",
        "girl",
        "boys",
        "girls",
        "people",
        "person",
        "child",
        "children",
        "kids",
        "kid",
        "couple",
        "guy",
        "lady",
        "toddler",
        "baby",
        "skier",
        "surfer",
        "player",
        "players",
        "adults",
        "biker",
        "someone",
        "climber",
        "hiker",
        "friends",
        "group",
    ),
    "running": ("running", "runs", "run"),
    "snow": ("snow", "snowy"),
    "street": ("street", "road", "sidewalk"),
    "water": ("water", "pool", "lake", "ocean", "river", "sea"),
}
"""What stands in a photo's captions where it shows the thing."""
WITHOUT = (
    ("beach", "people"),
    ("dog", "grass"),
    ("dog", "snow"),
    ("dog", "water"),
    ("dog", "ball"),
    ("a child", "water"),
    ("snow", "people"),
    ("water", "people"),
    ("street", "people"),
    ("running", "dog"),
    ("ball", "dog"),
    ("a man", "a bicycle"),
    ("grass", "dog"),
    ("snow", "dog"),
    ("water", "dog"),
    ("a child", "grass"),
    ("a man", "snow"),
    ("running", "grass"),
)
NARROWER = (
    ("dog", "a brown dog"),
    ("dog", "a black dog"),
    ("snow", "a skier on the snow"),
    ("water", "swimming in the water"),
    ("ball", "a basketball"),
    ("a man", "an old man"),
    ("a child", "a baby"),
    ("people", "two people"),
    ("beach", "a child on the beach"),
    ("grass", "a dog on the grass"),
)
PHOTO_WITHOUT = (
    ("beach", "people"),
    ("dog", "grass"),
    ("dog", "snow"),
    ("dog", "water"),
    ("dog", "ball"),
    ("grass", "dog"),
    ("snow", "dog"),
    ("water", "dog"),
)
PHOTO_AND = (
    ("dog", "snow"),
    ("dog", "water"),
    ("dog", "ball"),
    ("a child", "water"),
    ("people", "snow"),
    ("a man", "a bicycle"),
    ("dog", "beach"),
    ("a child", "grass"),
    ("a man", "street"),
    ("dog", "running"),
)

Vector = NDArray[np.floating]


class Photos:
    """Centred unit vectors of photos, of their captions and of words, and what the photos show."""

    def __init__(self) -> None:
        rows = [json.loads(line) for line in (DATA / "captions.jsonl").open(encoding="utf-8")]
        rows = [row for row in rows if row["split"] == "val"]
        lite = load_lite(log=print)
        files = [DATA / row["image"] for row in rows]
        side = lite.info.image_size
        batches = [files[start : start + 16] for start in range(0, len(files), 16)]
        seen = np.concatenate([lite.encode_images([open_upright(file, at_least=side) for file in b]) for b in batches])
        told = [caption.lower() for row in rows for caption in row["captions"][:4]]
        written, phrases = lite.encode_texts(told), lite.encode_texts(PHRASES)
        text_mean = np.concatenate([written, phrases]).mean(axis=0)
        self.photos = _units(seen - seen.mean(axis=0))
        self.captions = _units(written - text_mean)
        asked = [*SAID, *(narrower for _, narrower in NARROWER)]
        self.words = dict(zip(asked, _units(lite.encode_texts(asked) - text_mean), strict=True))
        whole = [" | ".join(row["captions"]).lower() for row in rows]
        self.shows = {name: _say(whole, words) for name, words in SAID.items()}
        self.tells = {name: _say(told, words) for name, words in SAID.items()}


def main() -> None:
    """Print all figures."""
    if not DATA.is_dir():
        print(f"composed questions: the photos are not there ({DATA})")
        return
    data = Photos()
    _left_out(data)
    _words_beside_a_photo(data)
    _judged(data)


def _ways() -> dict[str, Callable[[Vector, Vector], Vector]]:
    """What becomes of a question from which something is left out."""

    def beside(weight: float) -> Callable[[Vector, Vector], Vector]:
        return lambda question, out: compose([(1.0, question), (-weight, out)])

    def whole(weight: float) -> Callable[[Vector, Vector], Vector]:
        return lambda question, out: question - weight * out

    def projected(strength: float) -> Callable[[Vector, Vector], Vector]:
        return lambda question, out: question - strength * max(0.0, float(question @ out)) * out

    return {
        "nothing": lambda question, out: question,
        **{f"subtracted beside, weight {weight:g}": beside(weight) for weight in (0.5, 1.0)},
        **{f"subtracted whole, weight {weight:g}": whole(weight) for weight in (0.5, 1.0)},
        **{f"projected out, strength {strength:g}": projected(strength) for strength in (1.0, 1.5, 2.0)},
    }


def _left_out(data: Photos) -> None:
    print(f"left out: share of the {BEST} best photos with what was asked and without the other; with it anyhow")
    for name, way in _ways().items():
        of_words, of_photos = [], []
        for asked, out in WITHOUT:
            best = _best(data.photos, way(data.words[asked], data.words[out]))
            of_words.append(_with_and_without(data, best, asked, out))
        for row, asked, out in _some_photos(data, PHOTO_WITHOUT, shows_both=True):
            best = _best(data.photos, way(data.photos[row], data.words[out]), leave=[row])
            of_photos.append(_with_and_without(data, best, asked, out))
        narrower = [data.shows[a][_best(data.photos, way(data.words[a], data.words[b]))].mean() for a, b in NARROWER]
        told = f"words {_shown(of_words)}   photo {_shown(of_photos)}   narrower words {np.mean(narrower):.2f}"
        print(f"  {name:<30} {told}")


def _words_beside_a_photo(data: Photos) -> None:
    print(f"a photo and words: share of the {BEST} best photos, and captions, with both")
    for weight in (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0):
        shares = []
        for row, seen, added in _some_photos(data, PHOTO_AND, shows_both=False):
            question = compose([(1.0, data.photos[row]), (weight, data.words[added])])
            photos = _best(data.photos, question, leave=[row])
            captions = _best(data.captions, question, leave=range(4 * row, 4 * row + 4))
            both, told = data.shows[seen] & data.shows[added], data.tells[seen] & data.tells[added]
            shares.append((both[photos].mean(), told[captions].mean()))
        print(f"  words x {weight:<5g} {_shown(shares)}")


def _judged(data: Photos) -> None:
    print(f"judged: two liked and two unliked of the first {BEST}; share with both of the {BEST} best others")
    for beta in (0.0, 0.5, 0.75, 1.0):
        shares = {gamma: list(_after_judging(data, beta, gamma)) for gamma in (0.0, 0.15, 0.5, 1.0, 1.5)}
        told = "  ".join(f"gamma {gamma:g}: {np.mean(found):.2f}" for gamma, found in shares.items())
        print(f"  beta {beta:<5g} {told}")


def _after_judging(data: Photos, beta: float, gamma: float) -> Iterator[float]:
    for asked, wanted in [*WITHOUT, *((other, one) for one, other in WITHOUT)]:
        question, right = data.words[asked], data.shows[asked] & data.shows[wanted]
        first = _best(data.photos, question)
        liked, unliked = first[right[first]][:2], first[~right[first]][:2]
        if len(liked) and len(unliked):
            moved = question + beta * data.photos[liked].mean(axis=0) - gamma * data.photos[unliked].mean(axis=0)
            yield float(right[_best(data.photos, moved, leave=[*liked, *unliked])].mean())


def _some_photos(data: Photos, pairs: Sequence[tuple[str, str]], *, shows_both: bool) -> Iterator[tuple[int, str, str]]:
    """Photos that show the first of each pair, and the second too or not; the same ones at every call."""
    chance = np.random.default_rng(0)
    for first, second in pairs:
        there = data.shows[first] & (data.shows[second] if shows_both else ~data.shows[second])
        for row in chance.permutation(np.flatnonzero(there))[:PHOTOS_A_PAIR].tolist():
            yield row, first, second


def _best(vectors: NDArray[np.floating], question: Vector, leave: Sequence[int] = ()) -> NDArray[np.int64]:
    scores = vectors @ unit(question)
    scores[list(leave)] = -np.inf
    return np.argsort(-scores)[:BEST]


def _with_and_without(data: Photos, best: NDArray[np.int64], asked: str, out: str) -> tuple[float, float]:
    shows: Mapping[str, NDArray[np.bool_]] = data.shows
    return float((shows[asked] & ~shows[out])[best].mean()), float(shows[asked][best].mean())


def _say(texts: Sequence[str], words: Sequence[str]) -> NDArray[np.bool_]:
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b")
    return np.array([pattern.search(text) is not None for text in texts])


def _units(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _shown(shares: Sequence[tuple[float, float]]) -> str:
    return " / ".join(f"{share:.2f}" for share in np.mean(shares, axis=0))


if __name__ == "__main__":
    main()
