"""The pictures that `lite` is trained and evaluated on, with their captions or labels."""

import hashlib
import json
from dataclasses import dataclass
from itertools import compress
from pathlib import Path


@dataclass(frozen=True)
class CaptionedDataset:
    """Pictures with their captions, in file order."""

    files: tuple[Path, ...]
    captions: tuple[tuple[str, ...], ...]


def read_captioned(folder: Path, split: str | None = None) -> CaptionedDataset:
    """The pictures of `folder/captions.jsonl`, of one split where one is named."""
    lines = (folder / "captions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if split is None or row["split"] == split]
    return CaptionedDataset(
        files=tuple(folder / row["image"] for row in rows),
        captions=tuple(tuple(row["captions"]) for row in rows),
    )


def read_labelled(folder: Path) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The pictures of `folder/labels.jsonl` and their WordNet ids."""
    rows = [json.loads(line) for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    return tuple(folder / row["image"] for row in rows), tuple(row["wnid"] for row in rows)


def read_cutouts(folder: Path) -> CaptionedDataset:
    """The pictures of tuxpaint-stamps-default, each with the first line of its description, which is English.

    Letters, signs and drawings (the folders `symbols` and `cartoon`) are left out, and so is what has no description.
    """
    found = []
    for file in sorted(folder.rglob("*.png")):
        description = file.with_suffix(".txt")
        if description.is_file() and not {"symbols", "cartoon"} & set(file.relative_to(folder).parts):
            found.append((file, description.read_text(encoding="utf-8").splitlines()[0].strip()))
    return CaptionedDataset(files=tuple(file for file, _ in found), captions=tuple((caption,) for _, caption in found))


def split_in_halves(cutouts: CaptionedDataset) -> tuple[CaptionedDataset, CaptionedDataset]:
    """Two parts of about equal size, one to train on and one held out; pictures of one caption stay together."""
    first = [hashlib.sha256(caption.encode()).digest()[0] % 2 == 0 for (caption,) in cutouts.captions]
    return _subset(cutouts, first), _subset(cutouts, [not chosen for chosen in first])


def cutout_phrases(caption: str) -> tuple[str, str, str, str, str]:
    """As many captions of a cut-out as a photo has, made from its one."""
    words = caption.rstrip(".! ")
    inner = words[:1].lower() + words[1:]
    return caption, inner, f"a photo of {inner}", f"{inner} on a white background", f"a picture of {inner}"


def _subset(pictures: CaptionedDataset, chosen: list[bool]) -> CaptionedDataset:
    return CaptionedDataset(tuple(compress(pictures.files, chosen)), tuple(compress(pictures.captions, chosen)))
