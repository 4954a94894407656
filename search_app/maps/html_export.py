"""A map as one HTML page that opens in any browser, offline and without Nearspace."""

import base64
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES
from ingest.space.steady_sample import steady_sample
from search_app.maps.layout import METHODS, AxisInfo, Layout
from search_app.search.snapshot import Snapshot
from search_app.search.topics.model import Topics

if TYPE_CHECKING:
    from ingest.space import Item

MAX_POINTS = 100_000
"""Items that a page holds at most: of a larger space a steady sample, as the page says."""
MAX_PICTURES = 400
"""Thumbnails that a page holds at most: of a larger space a steady sample of its pictures."""
_SIDE = 96  # pixels of a thumbnail's longer side
_WORDS = 110  # characters of a passage or caption
_TEMPLATE = Path(__file__).with_name("html_export.html")

ReadItems = Callable[[Sequence[str]], "list[Item]"]
"""Gives the items of ids; see `Ledger.items`."""
ReadThumbnail = Callable[["Item"], bytes | None]
"""Gives an item's thumbnail as JPEG, if it has one."""


@dataclass(frozen=True)
class ExportedMap:
    """An exported file, and how much of the space it holds."""

    content: bytes
    points: int
    total: int
    """Items that the space has."""
    pictures: int
    """Items that are shown with their picture."""


def export_html(
    layout: Layout,
    snapshot: Snapshot,
    title: str,
    read: ReadItems,
    thumbnail: ReadThumbnail,
    topics: Topics | None = None,
    most_points: int = MAX_POINTS,
    most_pictures: int = MAX_PICTURES,
) -> ExportedMap:
    """The page, as UTF-8; `title` is the space's name.  All words in it are data, never markup."""
    rows = sample_rows(layout, most_points)
    items = {int(item.id): item for item in read([str(number) for number in layout.ids[rows].tolist()])}
    rows = np.array([row for row in rows if int(layout.ids[row]) in items], np.int64)
    ids = layout.ids[rows]
    topic_labels = topics.labels(snapshot)[rows] if topics and len(topics) else np.full(len(rows), -1, np.int16)
    folders = sorted({items[int(number)].folder for number in ids})
    codes = {name: code for code, name in enumerate(folders)}
    pictures = _pictures(ids[layout.modalities[rows] == 0], items, thumbnail, most_pictures)
    data = {
        "title": title,
        "dimensions": layout.spec.dimensions,
        "isometric": layout.isometric,
        "axes": [axis_label(axis, place) for place, axis in enumerate(layout.axes)],
        "note": _note(layout, len(rows)),
        "spots": _as_base64(_quantised(layout.positions[rows], layout.isometric)),
        "modalities": _as_base64(layout.modalities[rows].astype(np.uint16)),
        "topics": _as_base64((topic_labels + 1).astype(np.uint16)),
        "topicNames": ["no topic", *(name.name for name in topics.names)] if topics else ["no topic"],
        "folders": _as_base64(np.array([codes[items[int(number)].folder] for number in ids], np.uint16)),
        "folderNames": folders,
        "names": [_name(items[int(number)]) for number in ids],
        "words": [_shortened(items[int(number)].text) for number in ids],
        "pictures": {str(int(np.flatnonzero(ids == number)[0])): content for number, content in pictures.items()},
    }
    # "<" never ends the script that the data stands in.
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    content = _TEMPLATE.read_text(encoding="utf-8").replace("/*DATA*/", written, 1)
    return ExportedMap(content.encode("utf-8", "replace"), len(rows), len(layout), len(pictures))


def sample_rows(layout: Layout, most: int) -> NDArray[np.int64]:
    """Rows of a steady sample of at most `most` items of the map, each modality in its share, rising."""
    if len(layout) <= most:
        return np.arange(len(layout))
    images = steady_sample(layout.ids[: layout.images], most * layout.images // len(layout))
    texts = steady_sample(layout.ids[layout.images :], most - len(images)) + layout.images
    return np.concatenate([images, texts])


def axis_label(axis: AxisInfo, place: int) -> str:
    """The caption of an axis."""
    if axis.variance is not None:
        return f"component {axis.axis} · {100 * axis.variance:.1f} % of variance"
    if axis.start or axis.end:
        return f"{axis.start or 'an item'} → {axis.end or 'an item'}"
    return f"axis {place + 1}"


def _note(layout: Layout, points: int) -> str:
    parts = [f"{points:,} of {len(layout):,} items drawn", METHODS[layout.spec.method]]
    if layout.fitted_on < layout.items_at_fit:
        parts.append(f"fitted on {layout.fitted_on:,}")
    parts.append("modality gap left open" if layout.spec.gap else "each modality centred")
    if layout.trust:
        trust = layout.trust
        kept = f"{100 * trust.neighbours_kept:.0f} % of neighbours kept"
        parts.append(f"trustworthiness {trust.trustworthiness:.2f}, {kept}")
    return " · ".join(parts)


def _quantised(positions: NDArray[np.float32], isometric: bool) -> NDArray[np.uint16]:
    """The positions in 16 bits an axis; the range spans the map's longest side, or each side on its own."""
    if not len(positions):
        return np.empty(positions.shape, np.uint16)
    low, high = positions.min(axis=0), positions.max(axis=0)
    side = np.maximum(high - low, 1e-9)
    if isometric:
        side = np.full_like(side, side.max())
    middle = (low + high) / 2
    return np.asarray(np.clip(np.rint((positions - middle) / side * 65_535 + 32_767.5), 0, 65_535), np.uint16)


def _as_base64(numbers: NDArray[np.uint16]) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers, "<u2").tobytes()).decode()


def _pictures(ids: NDArray[np.int64], items: "dict[int, Item]", thumbnail: ReadThumbnail, most: int) -> dict[int, str]:
    """Small JPEGs of a steady sample of pictures, in base64, by item."""
    from PIL import Image

    found = {}
    for number in ids[steady_sample(ids, most)] if most else ():
        content = thumbnail(items[int(number)])
        if content is None:
            continue
        try:
            with Image.open(io.BytesIO(content)) as opened:
                small = opened.convert("RGB")
        except OSError:  # damaged; `nearspace repair` makes it anew
            continue
        small.thumbnail((_SIDE, _SIDE))
        jpeg = io.BytesIO()
        small.save(jpeg, "JPEG", quality=70, optimize=True)
        found[int(number)] = base64.b64encode(jpeg.getvalue()).decode()
    return found


def _name(item: "Item") -> str:
    return item.name if item.modality == MODALITIES[0] or not item.title else f"{item.title} · {item.name}"


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _WORDS else words[: _WORDS - 1] + "…"
