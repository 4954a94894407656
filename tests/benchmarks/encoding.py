"""Speed of `lite`, and beside it eager torch and sentence-transformers' own encode on the same weights."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.lite.lite_encoder import LiteEncoder, load_lite
from ingest.encoders.lite.pixels import IMAGE_SIZE
from ingest.encoders.lite.weights import minilm_folder
from ingest.encoders.runtime.parallel import map_in_threads
from ingest.readers.dispatch import read_document
from ingest.readers.images import open_upright
from ingest.resources import sample_folder
from tests.benchmarks.turns import Contender, compare, show

PICTURES = 32
SHORT_TEXTS = 128
PASSAGES = 32
BATCH = 32
EAGER = f"eager torch, batches of {BATCH} as they come"
PASSAGE_TOKENS = 180
CAPTIONS = Path(__file__).resolve().parents[3] / "shared" / "data" / "flickr8k" / "captions.jsonl"

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


def main() -> None:
    """Print pictures and texts a second, beside sentence-transformers where it is installed."""
    lite = load_lite(log=print)
    pictures = [open_upright(file, at_least=IMAGE_SIZE) for file in _sample_pictures()]
    pixels = np.stack([np.asarray(picture.resize((IMAGE_SIZE, IMAGE_SIZE)), np.uint8) for picture in pictures[:8]])
    short, passages = _short_texts(), _passages(lite)
    theirs = _sentence_transformers() if find_spec("sentence_transformers") else None
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
            contenders = {name: (len(texts), partial(encode, texts)) for name, encode in theirs.items()}
        contenders["Nearspace"] = (len(texts), partial(lite.encode_texts, texts))
        show(things, compare(contenders))
        if theirs:
            print(f"    {_likeness(lite.encode_texts(texts), theirs[EAGER](texts))}")


def _fed(lite: LiteEncoder, pixels: NDArray[np.uint8]) -> None:
    def run(start: int) -> object:
        return lite._image_tower.run(["vectors"], {"pixels": pixels})

    list(map_in_threads(run, range(0, PICTURES, len(pixels))))


def _sentence_transformers() -> dict[str, Encode]:
    """The same text tower in torch: as call_client as can be, and by sentence-transformers' own encode."""
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(minilm_folder()), device="cpu")
    print(f"torch {torch.__version__} with {torch.get_num_threads()} threads")

    def eager(texts: Sequence[str]) -> NDArray[np.float32]:
        rows = []
        with torch.inference_mode():
            for start in range(0, len(texts), BATCH):
                found = model(model.preprocess(list(texts[start : start + BATCH])))["sentence_embedding"]
                rows.append(torch.nn.functional.normalize(found, dim=1).numpy())
        return np.concatenate(rows)

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        found = model.encode(list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(found, np.float32)

    return {EAGER: eager, "sentence-transformers' encode": encode}


def _likeness(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> str:
    """How near our vectors come to torch's, and whether they put the same things beside each other."""
    pairs = np.triu_indices(len(ours), 1)
    similarities = [(rows @ rows.T)[pairs] for rows in (ours, theirs)]
    order = np.corrcoef([np.argsort(np.argsort(values)) for values in similarities])[0, 1]
    neighbours = [np.argmax(rows @ rows.T - 2 * np.eye(len(rows)), axis=1) for rows in (ours, theirs)]
    same = (neighbours[0] == neighbours[1]).mean()
    return (
        f"beside torch's: mean cosine {(ours * theirs).sum(axis=1).mean():.4f}, rank correlation of all pairs' "
        f"similarities {order:.4f}, the same nearest neighbour {same:.1%}"
    )


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
