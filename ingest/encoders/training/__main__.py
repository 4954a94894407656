"""`python -m ingest.encoders.training --data ../shared/data --out data/models/lite`: the whole training."""

import argparse
import copy
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ingest.encoders.lite.text_tower import MiniLM, load_minilm
from ingest.encoders.lite.weights import minilm_folder
from ingest.encoders.runtime.digests import sha256_of
from ingest.encoders.runtime.json_cache import cache_folder
from ingest.encoders.runtime.onnx import open_session
from ingest.encoders.training.activations import Activations, cached_activations
from ingest.encoders.training.augmentation import load_batches, load_view
from ingest.encoders.training.datasets import (
    CaptionedDataset,
    cutout_phrases,
    read_captioned,
    read_cutouts,
    split_in_halves,
)
from ingest.encoders.training.efficientnet_lite2 import load_tower
from ingest.encoders.training.evaluate import class_phrases, cutout_recall, evaluate_captions, evaluate_class_naming
from ingest.encoders.training.export import SMALL, FoldedTower, first_blocks_model, fold, image_model
from ingest.encoders.training.finetune import FineTuning, TrainingSet, average_weights, finetune
from ingest.encoders.training.last_blocks import LastBlocks, run_blocks
from ingest.encoders.training.train_aligner import Aligner, Recipe, train
from ingest.encoders.training.write_reference import write_image_reference, write_text_reference

Array = NDArray[np.float32]
PHOTO_VIEWS = ("whole", "crop-0", "crop-1", "crop-2", "crop-3")
CUTOUT_VIEWS = ("whole", "placed-0", "placed-1", "placed-2", "placed-3")
RUNS = 2
"""How many times fine-tuning is run from the same start; the mean of the weights is taken."""
TOWER_SHARE, ALIGNER_SHARE = 1.0, 0.4
"""How far the weights go from where fine-tuning began to that mean; the aligner, which overfits sooner, not as far."""
CUTOUTS = Path("/usr/share/tuxpaint/stamps")
"""Where Debian's package tuxpaint-stamps-default puts its pictures."""


def main() -> None:
    """Run the whole training and write image.onnx, its reference and its figures."""
    parser = argparse.ArgumentParser(prog="python -m ingest.encoders.training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with flickr8k, imagenet_sample and photos")
    parser.add_argument("--out", type=Path, required=True, help="folder the weights are written to")
    parser.add_argument(
        "--cache", type=Path, default=cache_folder() / "training", help="where activations and checkpoints are cached"
    )
    parser.add_argument("--cutouts", type=Path, default=CUTOUTS, help="folder of the stamps of tuxpaint-stamps-default")
    options = parser.parse_args()
    make_weights(options.data, options.out, options.cache, options.cutouts)


def make_weights(data: Path, out: Path, cache: Path, cutouts: Path = CUTOUTS) -> None:
    """Train on the train split of `data` and half of the cut-outs, measure on the rest, write everything into `out`."""
    published = fold(load_tower())
    out.mkdir(parents=True, exist_ok=True)
    write_text_reference(out, minilm_folder())
    text = load_minilm(out, log=print)
    names = text.encode(class_phrases())
    recipe, tuning = Recipe(), FineTuning()
    pictures, stamps = read_captioned(data / "flickr8k", "train"), read_cutouts(cutouts)
    trained_on, _ = split_in_halves(stamps)
    tower, aligner = _train(published, text, names, pictures, trained_on, cache, recipe, tuning)

    rounded, weights = tower.rounded(SMALL), aligner.weights()
    (out / "image.onnx").write_bytes(image_model(rounded, weights, SMALL))
    write_image_reference(out, rounded, weights.rounded(SMALL))
    share = {"tower": TOWER_SHARE, "aligner": ALIGNER_SHARE}
    figures = {
        "recipe": {"aligner": asdict(recipe), "fine-tuning": asdict(tuning), "runs": RUNS, "share": share},
        "image_sha256": sha256_of(out / "image.onnx"),
        **evaluate(out / "image.onnx", text, names, data, stamps),
    }
    (out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=1))


def _train(
    published: FoldedTower,
    text: MiniLM,
    names: Array,
    pictures: CaptionedDataset,
    cutouts: CaptionedDataset,
    cache: Path,
    recipe: Recipe,
    tuning: FineTuning,
) -> tuple[FoldedTower, Aligner]:
    """The fine-tuned tower and its aligner; `cache` has activations and checkpoints, from which a run is resumed."""
    blocks, model = LastBlocks(published), first_blocks_model(published)
    photo_views = [cached_activations(pictures.files, name, model, cache, print) for name in PHOTO_VIEWS]
    cutout_views = [cached_activations(cutouts.files, name, model, cache, print) for name in CUTOUT_VIEWS]
    captions = _encode_captions(text, pictures.captions)
    aligned = cache / f"aligner-{_cache_key(model, recipe, PHOTO_VIEWS, pictures.captions)}.pt"
    if not aligned.exists():
        pooled, logits = _features(blocks, photo_views)
        first = train(pooled, logits, captions, torch.from_numpy(names), recipe, print)
        torch.save({"aligner": first.state_dict(), "logits": logits}, aligned)
    saved = torch.load(aligned, weights_only=True)
    aligner = Aligner(torch.from_numpy(names), recipe)
    aligner.load_state_dict(saved["aligner"])
    photos = TrainingSet(photo_views, saved["logits"], captions)
    phrases = _encode_captions(text, [cutout_phrases(caption) for (caption,) in cutouts.captions])
    stamps = TrainingSet(cutout_views, _features(blocks, cutout_views)[1], phrases)
    tower_runs, aligner_runs = [], []
    for seed in range(RUNS):
        run = replace(tuning, seed=seed)
        checkpoint = cache / f"fine-tuned-{_cache_key(aligned.name, run, CUTOUT_VIEWS, cutouts.captions)}.pt"
        tuned_blocks, tuned_aligner = copy.deepcopy(blocks), copy.deepcopy(aligner)
        finetune(tuned_blocks, tuned_aligner, photos, stamps, run, checkpoint, print)
        tower_runs.append(tuned_blocks.state_dict())
        aligner_runs.append(tuned_aligner.state_dict())
    average_weights(blocks, copy.deepcopy(blocks.state_dict()), tower_runs, TOWER_SHARE)
    average_weights(aligner, copy.deepcopy(aligner.state_dict()), aligner_runs, ALIGNER_SHARE)
    return blocks.merged_into(published), aligner.eval()


def _cache_key(*parts: object) -> str:
    """A name for what was computed from `parts`, which is found again only if all of them are the same."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _features(blocks: LastBlocks, views: Sequence[Activations]) -> tuple[Tensor, Tensor]:
    """The outputs of the blocks for each view: pooled [v, n, 1280], logits [v, n, 1000]."""
    pooled, logits = zip(*(run_blocks(blocks, view) for view in views), strict=True)
    return torch.stack(pooled), torch.stack(logits)


def _encode_captions(text: MiniLM, captions: Sequence[Sequence[str]]) -> Tensor:
    """The vectors of n times k captions, [n, k, 384]."""
    rows = text.encode([caption for group in captions for caption in group])
    return torch.from_numpy(rows).view(len(captions), -1, rows.shape[1])


def evaluate(image_file: Path, text: MiniLM, names: Array, data: Path, cutouts: CaptionedDataset) -> dict[str, object]:
    """Figures of the finished image tower on pictures it was not trained on."""
    session = open_session(image_file)

    def encode(files: Sequence[Path]) -> Array:
        rows = load_batches(lambda file: load_view(file, "encoded"), files)
        return np.concatenate([session.run(["vectors"], {"pixels": pixels})[0] for pixels in rows])

    photos = {"flickr8k val": read_captioned(data / "flickr8k", "val"), "photos": read_captioned(data / "photos")}
    return {
        **{name: asdict(evaluate_captions(encode, text.encode, pictures)) for name, pictures in photos.items()},
        "imagenet_sample naming": evaluate_class_naming(encode, names, data / "imagenet_sample"),
        "cut-outs": asdict(cutout_recall(encode, text.encode, cutouts)),
    }


if __name__ == "__main__":
    main()
