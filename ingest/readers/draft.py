"""A draft: what a reader makes of a source, an item that has no vector yet."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from PIL.Image import Image

Modality = Literal["image", "text"]
MODALITIES: tuple[Modality, ...] = ("image", "text")

Value = str | int | float | bool


@dataclass(frozen=True)
class Draft:
    """One item to be: an image or a passage."""

    modality: Modality
    text: str = ""
    """The passage as it stands in the document; for an image, its caption or ''."""
    encoded_text: str = ""
    """What the text tower is given: the passage with its heading carried along.  '' for an image."""
    title: str = ""
    """The document's title or the passage's heading, for show."""
    page: int | None = None
    """Page within the source, counted from 1, where the format has pages."""
    image: "Image | None" = None
    """An upright RGB picture, reduced to what encoding needs; None for a passage."""
    thumbnail: bytes = b""
    """The picture as JPEG, at most 320 pixels on its longer side; b'' for a passage."""
    hash: int | None = None
    """The picture's perceptual hash; None for a passage, and for a picture whose thumbnail is to tell."""
    meta: dict[str, Value] = field(default_factory=dict)
    """Further facts: `width` and `height` (pixels, upright), `format` and `colours` for an image."""
