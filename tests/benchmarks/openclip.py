"""OpenCLIP's ViT-B-32 four ways, with the same random weights: speed does not depend on what the weights are."""

import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ingest.encoders.base import Encoder
from ingest.encoders.registry import load_encoder
from ingest.readers.images import open_upright
from ingest.resources import sample_folder
from ingest.run.pipeline import ingest
from ingest.space import open_to_write
from tests.benchmarks.ingesting import PHOTOS, make_photos
from tests.benchmarks.turns import Contender, compare, show

if TYPE_CHECKING:
    from PIL.Image import Image

MODEL = "ViT-B-32"
PICTURES = 32
TEXTS = 64
BATCH = 16
PHOTOS_A_ROUTE = 60
ROUTE_ROUNDS = 3


def main() -> None:
    """Print pictures and texts a second of each way, turn by turn in one run."""
    if not (find_spec("open_clip") and find_spec("torch")):
        print("OpenCLIP is not installed: `make test-models` sets up .venv-models, which has it")
        return
    files = sorted((sample_folder() / "pictures").rglob("*.jpg"))[:PICTURES]
    pictures = [open_upright(file, at_least=224) for file in files]
    texts = [f"a photo of {file.stem.replace('_', ' ')}" for file in files for _ in range(TEXTS // PICTURES)]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["NEARSPACE_CACHE"] = str(Path(folder) / "cache")
        weights = random_weights(Path(folder) / "model")
        ours = load_encoder(f"openclip:local-dir:{weights.parent}", log=print, device="cpu")
        ours_8bit = load_encoder(f"openclip:local-dir:{weights.parent}@int8", log=print, device="cpu")
        eager_images, eager_texts = _eager(weights)
        chroma = _chromas(weights)
        arrays = [np.asarray(picture) for picture in pictures]
        print(f"OpenCLIP {MODEL}, random weights")
        _routes(Path(folder), chroma, {"Nearspace": ours, "Nearspace, @int8": ours_8bit})
        show(
            "pictures",
            compare(
                {
                    "Chroma's OpenCLIPEmbeddingFunction": (PICTURES, lambda: chroma(arrays)),
                    f"eager torch, batches of {BATCH}": (PICTURES, lambda: eager_images(pictures)),
                    "Nearspace": (PICTURES, lambda: ours.encode_images(pictures)),
                    "Nearspace, @int8": (PICTURES, lambda: ours_8bit.encode_images(pictures)),
                }
            ),
        )
        show(
            "texts",
            compare(
                {
                    "Chroma's OpenCLIPEmbeddingFunction": (TEXTS, lambda: chroma(texts)),
                    f"eager torch, batches of {BATCH}": (TEXTS, lambda: eager_texts(texts)),
                    "Nearspace": (TEXTS, lambda: ours.encode_texts(texts)),
                    "Nearspace, @int8": (TEXTS, lambda: ours_8bit.encode_texts(texts)),
                }
            ),
        )


def _routes(folder: Path, chroma: "Callable[[list[object]], object]", ours: Mapping[str, Encoder]) -> None:
    """From photos on disk to vectors in Chroma: its own image loader and embedding function, and an ingest."""
    import chromadb
    from chromadb.config import Settings
    from chromadb.utils.data_loaders import ImageLoader

    make_photos(PHOTOS if PHOTOS.is_dir() else sample_folder() / "pictures", folder / "photos", PHOTOS_A_ROUTE)
    files = [str(path) for path in sorted((folder / "photos").rglob("*.jpg"))]
    client = chromadb.PersistentClient(str(folder / "theirs"), settings=Settings(anonymized_telemetry=False))
    turn = iter(range(1_000))

    def theirs() -> None:
        collection = client.create_collection(
            f"photos-{next(turn)}", embedding_function=chroma, data_loader=ImageLoader()
        )
        for start in range(0, len(files), BATCH):
            collection.add(ids=files[start : start + BATCH], uris=files[start : start + BATCH])
        assert collection.count() == len(files)

    def nearspace(encoder: Encoder) -> None:
        with open_to_write(folder / f"home-{next(turn)}", "photos", encoder.info) as space:
            report = ingest(space, encoder, [folder / "photos"])
        assert report.counts()["added"] == len(files)

    contenders: dict[str, Contender] = {"Chroma's image loader and OpenCLIP function": (len(files), theirs)}
    for name, encoder in ours.items():
        contenders[f"{name}: an ingest, with thumbnails"] = (len(files), partial(nearspace, encoder))
    show("photos on disk to vectors in Chroma", compare(contenders, rounds=ROUTE_ROUNDS))


def random_weights(folder: Path) -> Path:
    import open_clip
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    model = open_clip.create_model(MODEL)
    folder.mkdir(parents=True)
    content = {
        "model_cfg": open_clip.get_model_config(MODEL),
        "preprocess_cfg": open_clip.get_model_preprocess_cfg(model),
    }
    (folder / "open_clip_config.json").write_text(json.dumps(content), encoding="utf-8")
    weights = {name: tensor.contiguous().clone() for name, tensor in model.state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors")
    return folder / "open_clip_model.safetensors"


def _eager(weights: Path) -> "tuple[Callable[[Sequence[Image]], object], Callable[[Sequence[str]], object]]":
    import open_clip
    import torch

    model, _, prepare = open_clip.create_model_and_transforms(MODEL, pretrained=str(weights))
    model.eval()
    tokenizer = open_clip.get_tokenizer(MODEL)

    def images(pictures: "Sequence[Image]") -> None:
        with torch.inference_mode():
            for start in range(0, len(pictures), BATCH):
                model.encode_image(torch.stack([prepare(picture) for picture in pictures[start : start + BATCH]]))

    def texts(words: Sequence[str]) -> None:
        with torch.inference_mode():
            for start in range(0, len(words), BATCH):
                model.encode_text(tokenizer(list(words[start : start + BATCH])))

    return images, texts


def _chromas(weights: Path) -> Callable[[list[object]], object]:
    from chromadb.utils.embedding_functions import OpenCLIPEmbeddingFunction

    return OpenCLIPEmbeddingFunction(model_name=MODEL, checkpoint=str(weights), device="cpu")


if __name__ == "__main__":
    main()
