"""Speed of `lite` on this machine, and beside it eager torch and sentence-transformers on the same weights."""

import json
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ingest.encoders.lite import LiteEncoder, load_lite
from ingest.encoders.pixels import IMAGE_SIZE
from ingest.encoders.weights import minilm_folder
from ingest.packaged import sample_folder
from ingest.readers.documents import read_document
from ingest.readers.images import open_upright

ROUNDS = 5
PICTURES = 64
SHORT_TEXTS = 512
PASSAGES = 48
PASSAGE_TOKENS = 180
CAPTIONS = Path(__file__).resolve().parents[3] / "shared" / "data" / "flickr8k" / "captions.jsonl"


def main() -> None:
    """Print the rates, each the median of ROUNDS rounds in which every contender has its turn."""
    lite = load_lite(say=print)
    pictures = [open_upright(file, at_least=IMAGE_SIZE) for file in _sample_pictures()]
    pixels = np.stack([np.asarray(picture.resize((IMAGE_SIZE, IMAGE_SIZE)), np.uint8) for picture in pictures[:16]])
    short, passages = _short_texts(), _passages(lite)
    contenders: dict[str, tuple[int, Callable[[], object]]] = {
        "pictures, ONNX Runtime alone": (
            PICTURES,
            lambda: [lite._image_tower.run(["vectors"], {"pixels": pixels}) for _ in range(PICTURES // 16)],
        ),
        "pictures, from PIL to vectors": (PICTURES, lambda: lite.encode_images(pictures)),
        "short texts": (len(short), lambda: lite.encode_texts(short)),
        f"passages of {PASSAGE_TOKENS} tokens": (len(passages), lambda: lite.encode_texts(passages)),
    }
    eager = "the same passages, eager sentence-transformers"
    if find_spec("sentence_transformers"):
        theirs = _sentence_transformer()
        contenders[eager] = (len(passages), lambda: theirs(passages))
        contenders["the same short texts, eager sentence-transformers"] = (len(short), lambda: theirs(short))
    else:
        print("sentence-transformers is not installed: `pip install -e '.[models]'` to compare with it")
    print(f"lite, encoding ({ROUNDS} rounds, median)")
    rates = compare(contenders)
    for name, rate in rates.items():
        print(f"  {name:<52} {rate:8.1f} /s")
    if eager in rates:
        print(f"  passages, ours to theirs {rates[f'passages of {PASSAGE_TOKENS} tokens'] / rates[eager]:.2f} x")


def compare(contenders: dict[str, tuple[int, Callable[[], object]]]) -> dict[str, float]:
    """The rate of each contender (how many it does, the doing), turn by turn, so that noise falls on all alike."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS + 1):
        for name, (_, work) in contenders.items():
            started = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - started)
    # The first round warms up.
    return {name: contenders[name][0] / statistics.median(taken[1:]) for name, taken in times.items()}


def _sentence_transformer() -> Callable[[list[str]], object]:
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(minilm_folder()), device="cpu")
    print(f"torch {torch.__version__} with {torch.get_num_threads()} threads")
    return lambda texts: model.encode(texts, batch_size=32, normalize_embeddings=True, show_progress_bar=False)


def _sample_pictures() -> list[Path]:
    return sorted((sample_folder() / "pictures").rglob("*.jpg"))[:PICTURES]


def _short_texts() -> list[str]:
    if CAPTIONS.is_file():
        lines = CAPTIONS.read_text(encoding="utf-8").splitlines()[-SHORT_TEXTS:]
        return [json.loads(line)["captions"][0] for line in lines]
    words = " ".join(_sample_texts()).split()
    return [" ".join(words[start : start + 10]) for start in range(0, 10 * SHORT_TEXTS, 10)]


def _passages(lite: LiteEncoder) -> list[str]:
    text = " ".join(_sample_texts())
    spans = lite.token_spans(text)
    starts = range(0, len(spans) - PASSAGE_TOKENS, PASSAGE_TOKENS)
    return [text[spans[start][0] : spans[start + PASSAGE_TOKENS - 1][1]] for start in starts][:PASSAGES]


def _sample_texts() -> list[str]:
    files = sorted((sample_folder() / "texts").rglob("*.md"))
    return [section.text for file in files for section in read_document(file).sections]


if __name__ == "__main__":
    main()
