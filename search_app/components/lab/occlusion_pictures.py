"""Pictures of the occlusion section: whole, occluded, and as a heatmap of the parts that carry a match."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from ingest.encoders.base import Encoder
from ingest.space import Item
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.page_layout import spinner
from search_app.lab.occlusion import OccludedPicture, OccludedText, occlude_picture, occlude_text
from search_app.search.originals import picture_of
from search_app.search.terms import Term, write_term

SIDE = 560
"""Pixels of the longer side of a picture on the page."""

_COOL, _WARM = np.array([255, 176, 0]), np.array([229, 35, 127])
_FADE = 0.62  # how far parts that carry nothing fade to grey
_TINT = 0.5


def whole_picture(
    space: AppSpace, term: Term, items: Mapping[str, Item], pictures: Mapping[str, Image.Image]
) -> Image.Image | None:
    """The upright picture that `term` stands for; its thumbnail if the file can no longer be read."""
    if term.kind == "image":
        return pictures.get(term.value)
    item = items.get(term.value)
    if item is None or item.modality != "image":
        return None
    picture = picture_of(space.stored, item, SIDE)
    if picture is not None:
        picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return picture


def picture_occlusion(space: AppSpace, encoder: Encoder, term: Term, picture: Image.Image) -> OccludedPicture:
    """A picture occluded part by part; cached, as the vectors serve any target."""
    with spinner("Covering the picture piece by piece …"):
        return _cached_picture_occlusion(
            str(space.folder), encoder.info.fingerprint, write_term(term), encoder, picture
        )


def covered_vectors(
    space: AppSpace,
    encoder: Encoder,
    term: Term,
    picture: Image.Image,
    found: OccludedPicture,
    covers: Sequence[tuple[int, ...]],
) -> NDArray[np.float32]:
    """The vectors of a picture under several patches at a time, one for each of `covers`; cached."""
    key = (str(space.folder), encoder.info.fingerprint, write_term(term))
    return _cached_covered_vectors(*key, tuple(covers), encoder, picture, found)


@st.cache_resource(show_spinner=False, max_entries=64)
def _cached_covered_vectors(
    folder: str,
    fingerprint: str,
    term: str,
    covers: tuple[tuple[int, ...], ...],
    _encoder: Encoder,
    _picture: Image.Image,
    _found: OccludedPicture,
) -> NDArray[np.float32]:
    return _encoder.encode_images([patched(_picture, _found, places) for places in covers])


def passage_occlusion(encoder: Encoder, text: str) -> OccludedText:
    """A passage with its words left out one after the other; cached, as the vectors serve any target."""
    with spinner("Leaving out one word after the other …"):
        return _cached_passage_occlusion(encoder.info.fingerprint, text, encoder)


@st.cache_resource(show_spinner=False, max_entries=64)
def _cached_picture_occlusion(
    folder: str, fingerprint: str, term: str, _encoder: Encoder, _picture: Image.Image
) -> OccludedPicture:
    return occlude_picture(_picture, _encoder)


@st.cache_resource(show_spinner=False, max_entries=64)
def _cached_passage_occlusion(fingerprint: str, text: str, _encoder: Encoder) -> OccludedText:
    return occlude_text(text, _encoder)


def heatmap(picture: Image.Image, heat: NDArray[np.float64]) -> Image.Image:
    """The picture with the parts that carry a match in warm colours, and the rest faded; `heat` is 0 to 1."""
    width, height = picture.size
    mask = Image.fromarray((255 * heat).astype(np.uint8)).resize((width, height), Image.Resampling.BICUBIC)
    mask = mask.filter(ImageFilter.GaussianBlur(max(width, height) / 60))
    share = (np.asarray(mask, np.float64) / 255.0)[:, :, None]
    pixels = np.asarray(picture.convert("RGB"), np.float64)
    grey = pixels.mean(axis=2, keepdims=True)
    kept = pixels + (grey - pixels) * _FADE * (1.0 - share)
    colour = _COOL + (_WARM - _COOL) * share
    tint = _TINT * np.clip((share - 0.15) / 0.5, 0.0, 1.0)
    return Image.fromarray(np.clip(kept + (colour - kept) * tint, 0, 255).astype(np.uint8))


def patched(picture: Image.Image, found: OccludedPicture, places: Sequence[int]) -> Image.Image:
    """The picture with the patches at the indices `places`."""
    pixels = np.asarray(picture.convert("RGB")).copy()
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    width, height = found.size
    across, down = pixels.shape[1] / width, pixels.shape[0] / height
    fill = np.median(border, axis=0)
    for left, top, right, bottom in found.patches[[*places]].tolist():
        pixels[round(top * down) : round(bottom * down), round(left * across) : round(right * across)] = fill
    return Image.fromarray(pixels)
