"""A draft: an item that a reader has made of a source and that has no vector yet."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ingest.readers.caption_filler import without_filler

if TYPE_CHECKING:
    from PIL.Image import Image

Modality = Literal["image", "text"]
MODALITIES: tuple[Modality, ...] = ("image", "text")

Value = str | int | float | bool

MAX_CAPTION = 2_000
"""Most characters of a caption that are kept."""

_SURROGATES = re.compile(r"[\ud800-\udfff]")


def writable(text: str) -> str:
    """`text` as UTF-8 can have it: pairs of surrogates joined to their character, and halves of one as U+FFFD."""
    if text.isascii() or not _SURROGATES.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def without_fillers(text: str, title: str, meta: dict[str, Value]) -> tuple[str, str, dict[str, Value]]:
    """Caption, title and metadata of an image without what is filler; its own caption takes the place of another."""
    kept = {
        key: fact
        for key, fact in meta.items()
        if not (key in ("caption", "title") and isinstance(fact, str) and fact and not without_filler(fact))
    }
    caption = without_filler(text)
    return caption or (str(kept.get("caption", "")) if text else ""), without_filler(title), kept


@dataclass(frozen=True)
class Draft:
    """An image or a passage that becomes an item.  Its texts and facts are made `writable`.

    An image has no caption and no title that is filler (see `caption_filler`).
    """

    modality: Modality
    text: str = ""
    """The passage as it stands in the document; for an image, its caption or ''."""
    encoded_text: str = ""
    """What the text tower encodes: the passage with its heading before it.  '' for an image."""
    title: str = ""
    """The document's title or the passage's heading, for show."""
    page: int | None = None
    """Page within the source, counted from 1, where the format has pages."""
    image: "Image | None" = None
    """An upright RGB picture, reduced to what encoding needs; None for a passage."""
    thumbnail: bytes = b""
    """The picture as JPEG, at most 320 pixels on its longer side; b'' for a passage."""
    hash: int | None = None
    """The picture's perceptual hash; None for a passage, and for a picture that gets it from its thumbnail later."""
    meta: dict[str, Value] = field(default_factory=dict)
    """Further facts: `width` and `height` (pixels, upright), `format` and `colours` for an image."""

    def __post_init__(self) -> None:
        """Make texts and facts writable: one that is not would end the run at the ledger."""
        for name in ("text", "encoded_text", "title"):
            object.__setattr__(self, name, writable(getattr(self, name)))
        meta = {writable(key): writable(fact) if isinstance(fact, str) else fact for key, fact in self.meta.items()}
        if self.modality == "image":
            text, title, meta = without_fillers(self.text, self.title, meta)
            object.__setattr__(self, "text", text)
            object.__setattr__(self, "title", title)
        object.__setattr__(self, "meta", meta)


@dataclass(frozen=True)
class Pictures:
    """The pictures of one file: its pages, or frames of an animation or video."""

    drafts: tuple[Draft, ...]
    """At least one, in order; `meta` has the `seconds` of a video's frame."""
    gaps: str = ""
    """What of the file could not be read though the rest could; '' when all was."""
