"""A space as the files that the TensorFlow Embedding Projector loads (projector.tensorflow.org, or TensorBoard)."""

import io
import json
import math
import zipfile
from typing import TYPE_CHECKING

from search_app.maps.html_export import ExportedMap, ReadItems, ReadThumbnail, sample_rows
from search_app.maps.layout import Layout
from search_app.search.snapshot import Snapshot
from search_app.search.topics.model import Topics

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_ITEMS = 10_000
"""Items at most: more are too many for the Projector; of a larger space a steady sample."""
_SHEET = 4_096  # pixels of the sprite's side at most
_LARGEST = 64  # pixels of a picture's side
_WORDS = 200  # characters of a text
_COLUMNS = ("name", "modality", "folder", "topic", "text", "id")


def export_projector(
    layout: Layout,
    snapshot: Snapshot,
    title: str,
    read: ReadItems,
    thumbnail: ReadThumbnail,
    topics: Topics | None = None,
    most: int = MAX_ITEMS,
) -> ExportedMap:
    """A zip of vectors.tsv, metadata.tsv, sprite.png and projector_config.json; rows in one order in all of them.

    The vectors are those of the full space, as the encoder gave them.
    """
    rows = sample_rows(layout, most)
    items = {item.id: item for item in read([str(number) for number in layout.ids[rows].tolist()])}
    labels = topics.labels(snapshot) if topics and len(topics) else None
    vectors, metadata, pictures = io.StringIO(), ["\t".join(_COLUMNS)], []
    count = shown = 0
    for row in rows:
        item_id = str(int(layout.ids[row]))
        found = snapshot.find(item_id)
        if found is None or item_id not in items:
            continue
        group, at = found
        item = items[item_id]
        vectors.write("\t".join(f"{number:.6g}" for number in group.vectors[at].tolist()) + "\n")
        topic = topics.names[labels[row]].name if topics and labels is not None else ""
        cells = (item.name, item.modality, item.folder, topic, item.text[:_WORDS], item_id)
        metadata.append("\t".join(" ".join(cell.split()) or "-" for cell in cells))
        content = thumbnail(item)
        pictures.append(content)
        count, shown = count + 1, shown + (content is not None)
    side, sprite = _sprite(pictures)
    entry: dict[str, object] = {
        "tensorName": title,
        "tensorShape": [count, snapshot.dimension],
        "tensorPath": "vectors.tsv",
        "metadataPath": "metadata.tsv",
    }
    if sprite:
        entry["sprite"] = {"imagePath": "sprite.png", "singleImageDim": [side, side]}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("vectors.tsv", vectors.getvalue())
        file.writestr("metadata.tsv", "\n".join(metadata).encode("utf-8", "replace") + b"\n")
        if sprite:
            file.writestr("sprite.png", sprite)
        file.writestr("projector_config.json", json.dumps({"embeddings": [entry]}, indent=2))
    return ExportedMap(packed.getvalue(), count, len(layout), shown)


def _sprite(pictures: list[bytes | None]) -> tuple[int, bytes]:
    """The side of a picture, and all pictures in rows of a square sheet as PNG; a text is a grey tile."""
    from PIL import Image

    if not pictures:
        return 0, b""
    across = math.ceil(math.sqrt(len(pictures)))
    side = max(1, min(_LARGEST, _SHEET // across))
    sheet = Image.new("RGB", (across * side, across * side), "white")
    for place, content in enumerate(pictures):
        position = (place % across * side, place // across * side)
        sheet.paste(_tile(content, side), position)
    written = io.BytesIO()
    sheet.save(written, "PNG")
    return side, written.getvalue()


def _tile(content: bytes | None, side: int) -> "Image":
    from PIL import Image

    tile = Image.new("RGB", (side, side), "white")
    if content is None:
        tile.paste((176, 182, 198), (side // 4, side // 4, side - side // 4, side - side // 4))
        return tile
    try:
        with Image.open(io.BytesIO(content)) as opened:
            opened.draft("RGB", (side, side))
            small = opened.convert("RGB")
    except OSError:  # damaged; `nearspace repair` makes it anew
        return tile
    small.thumbnail((side, side))
    tile.paste(small, ((side - small.width) // 2, (side - small.height) // 2))
    return tile
