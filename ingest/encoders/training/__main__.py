"""`python -m ingest.encoders.training --data ../shared/data --out data/models/lite`: everything, start to end."""

import argparse
import json
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.minilm import MiniLM, load_minilm
from ingest.encoders.onnx import cache_folder, open_session, sha256_of
from ingest.encoders.training.aligner import Recipe, train
from ingest.encoders.training.efficientnet_lite2 import load_tower
from ingest.encoders.training.evaluate import naming, retrieval
from ingest.encoders.training.export import SMALL, features_model, fold, image_model
from ingest.encoders.training.features import (
    BATCH,
    CROPS,
    Captioned,
    cached_features,
    read_captioned,
    read_labelled,
    view,
)
from ingest.encoders.training.reference import write_image_reference, write_text_reference
from ingest.encoders.weights import minilm_folder
from ingest.errors import WeightsError

Array = NDArray[np.float32]


def main() -> None:
    """Run the whole training and write image.onnx, its reference and its figures."""
    parser = argparse.ArgumentParser(prog="python -m ingest.encoders.training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with flickr8k, imagenet_sample and photos")
    parser.add_argument("--out", type=Path, required=True, help="folder the weights are written to")
    parser.add_argument("--cache", type=Path, default=cache_folder() / "training", help="where features are kept")
    options = parser.parse_args()
    make_weights(options.data, options.out, options.cache)


def make_weights(data: Path, out: Path, cache: Path) -> None:
    """Train on the train split of `data`, measure on what was held out, write everything into `out`."""
    published = load_tower()
    model = features_model(fold(published))
    out.mkdir(parents=True, exist_ok=True)
    write_text_reference(out, minilm_folder())
    text = load_minilm(out, say=print)
    pictures = read_captioned(data / "flickr8k", "train")
    names = text.encode([f"a photo of a {name}" for name in class_names()])
    captions = text.encode([caption for group in pictures.captions for caption in group])
    views = [
        cached_features(pictures.files, name, model, cache, print)
        for name in ("whole", "mirrored", *(f"crop-{number}" for number in range(CROPS)))
    ]
    recipe = Recipe()
    aligner = train(views, captions.reshape(len(pictures.files), -1, names.shape[1]), names, recipe, print)

    tower, weights = fold(published, SMALL), aligner.weights()
    (out / "image.onnx").write_bytes(image_model(tower, weights, SMALL))
    write_image_reference(out, tower, weights.rounded(SMALL))
    figures = {
        "recipe": asdict(recipe),
        "image_sha256": sha256_of(out / "image.onnx"),
        **measure(out / "image.onnx", text, names, data),
    }
    (out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=1))


def measure(image_file: Path, text_tower: MiniLM, names: Array, data: Path) -> dict[str, object]:
    """Figures of the finished image tower on pictures it was not trained on."""
    session = open_session(image_file)

    def encode(files: tuple[Path, ...] | list[Path]) -> Array:
        rows = []
        for start in range(0, len(files), BATCH):
            pixels = np.stack([view(file, "whole") for file in files[start : start + BATCH]])
            rows.append(session.run(["vectors"], {"pixels": pixels})[0])
        return np.concatenate(rows)

    def captioned(pictures: Captioned) -> dict[str, object]:
        owners = np.repeat(np.arange(len(pictures.files)), [len(group) for group in pictures.captions])
        texts = text_tower.encode([caption for group in pictures.captions for caption in group])
        return asdict(retrieval(encode(pictures.files), texts, owners))

    files, wnids = read_labelled(data / "imagenet_sample")
    order = synsets()
    labels = np.array([order.index(wnid) for wnid in wnids])
    return {
        "flickr8k val": captioned(read_captioned(data / "flickr8k", "val")),
        "photos": captioned(read_captioned(data / "photos")),
        "imagenet_sample naming": naming(encode(files), names, labels),
    }


def synsets() -> list[str]:
    """The WordNet ids of the 1,000 ImageNet classes, in the classifier's order."""
    return _timm("imagenet_synsets.txt").split()


def class_names() -> list[str]:
    """The first name of each ImageNet class, in the classifier's order."""
    lemmas = dict(line.split("\t") for line in _timm("imagenet_synset_to_lemma.txt").splitlines())
    return [lemmas[synset].split(",")[0] for synset in synsets()]


def _timm(name: str) -> str:
    # Found, not imported: importing timm needs torchvision.
    spec = find_spec("timm")
    if spec is None or spec.origin is None:
        raise WeightsError("The class names come from the package timm. Run `pip install --no-deps timm`.")
    return Path(spec.origin).parent.joinpath("data", "_info", name).read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
