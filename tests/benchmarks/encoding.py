"""Speed of `lite` on this machine, and beside it eager torch and sentence-transformers on the same weights."""

import json
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.lite import LiteEncoder, load_lite
from ingest.encoders.pixels import IMAGE_SIZE
from ingest.encoders.weights import minilm_folder
from ingest.packaged import sample_folder
from ingest.readers.documents import read_document
from ingest.readers.images import open_upright
from tests.benchmarks.turns import Contender, compare, show

PICTURES = 64
SHORT_TEXTS = 512
PASSAGES = 48
PASSAGE_TOKENS = 180
CAPTIONS = Path(__file__).resolve().parents[3] / "shared" / "data" / "flickr8k" / "captions.jsonl"


def main() -> None:
    """Print pictures and texts a second, beside sentence-transformers where it is installed."""
    lite = load_lite(say=print)
    pictures = [open_upright(file, at_least=IMAGE_SIZE) for file in _sample_pictures()]
    pixels = np.stack([np.asarray(picture.resize((IMAGE_SIZE, IMAGE_SIZE)), np.uint8) for picture in pictures[:16]])
    short, passages = _short_texts(), _passages(lite)
    theirs = _sentence_transformer() if find_spec("sentence_transformers") else None
    if theirs is None:
        print("sentence-transformers is not installed: `make test-models` sets up .venv-models, which has it")
    print("lite, encoding")
    show(
        "pictures",
        compare(
            {
                "ONNX Runtime fed from memory": (PICTURES, lambda: _fed(lite, pixels)),
                "from PIL pictures to vectors": (PICTURES, lambda: lite.encode_images(pictures)),
            }
        ),
    )
    for things, texts in (("short texts", short), (f"passages of {PASSAGE_TOKENS} tokens", passages)):
        contenders: dict[str, Contender] = {}
        if theirs:
            contenders["sentence-transformers, eager torch"] = (len(texts), partial(theirs, texts))
        contenders["Nearspace"] = (len(texts), partial(lite.encode_texts, texts))
        show(things, compare(contenders))


def _fed(lite: LiteEncoder, pixels: NDArray[np.uint8]) -> None:
    for _ in range(PICTURES // len(pixels)):
        lite._image_tower.run(["vectors"], {"pixels": pixels})


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
