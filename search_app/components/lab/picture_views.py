"""Pictures to be looked at closely: whole, covered piece by piece, and lit where a match comes from."""

from collections.abc import Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from ingest.encoders.base import Encoder
from ingest.space import Item
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.page_layout import spinner
from search_app.lab.occlusion import Covered, LeftOut, cover, leave_out
from search_app.search.originals import picture_of
from search_app.search.terms import Term, write_term

SIDE = 560
"""Pixels of the longer side of a picture that is shown."""

_COOL, _WARM = np.array([255, 176, 0]), np.array([229, 35, 127])
_FADED = 0.62  # how far what carries nothing goes towards grey
_TINT = 0.5


def whole_picture(
    space: AppSpace, term: Term, items: Mapping[str, Item], pictures: Mapping[str, Image.Image]
) -> Image.Image | None:
    """The upright picture that `term` stands for; of a file that cannot be read any more, its thumbnail."""
    if term.kind == "image":
        return pictures.get(term.value)
    item = items.get(term.value)
    if item is None or item.modality != "image":
        return None
    picture = picture_of(space.stored, item, SIDE)
    if picture is not None:
        picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return picture


def covered(space: AppSpace, encoder: Encoder, term: Term, picture: Image.Image) -> Covered:
    """A picture covered piece by piece, remembered for whatever is looked for in it next."""
    with spinner("Covering the picture piece by piece …"):
        return _covered(str(space.folder), encoder.info.fingerprint, write_term(term), encoder, picture)


def left_out(encoder: Encoder, text: str) -> LeftOut:
    """A passage with its words left out one after the other, remembered for whatever is compared with it next."""
    with spinner("Leaving out one word after the other …"):
        return _left_out(encoder.info.fingerprint, text, encoder)


@st.cache_resource(show_spinner=False, max_entries=64)
def _covered(folder: str, fingerprint: str, term: str, _encoder: Encoder, _picture: Image.Image) -> Covered:
    return cover(_picture, _encoder)


@st.cache_resource(show_spinner=False, max_entries=64)
def _left_out(fingerprint: str, text: str, _encoder: Encoder) -> LeftOut:
    return leave_out(text, _encoder)


def lit(picture: Image.Image, heat: NDArray[np.float64]) -> Image.Image:
    """The picture with what carries a match in warm colours, and the rest faded; `heat` is 0 to 1."""
    width, height = picture.size
    mask = Image.fromarray((255 * heat).astype(np.uint8)).resize((width, height), Image.Resampling.BICUBIC)
    mask = mask.filter(ImageFilter.GaussianBlur(max(width, height) / 60))
    share = (np.asarray(mask, np.float64) / 255.0)[:, :, None]
    pixels = np.asarray(picture.convert("RGB"), np.float64)
    grey = pixels.mean(axis=2, keepdims=True)
    kept = pixels + (grey - pixels) * _FADED * (1.0 - share)
    colour = _COOL + (_WARM - _COOL) * share
    tint = _TINT * np.clip((share - 0.15) / 0.5, 0.0, 1.0)
    return Image.fromarray(np.clip(kept + (colour - kept) * tint, 0, 255).astype(np.uint8))


def with_patch(picture: Image.Image, found: Covered, place: int) -> Image.Image:
    """The picture with one of the patches it was covered with."""
    pixels = np.asarray(picture.convert("RGB")).copy()
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    width, height = found.size
    left, top, right, bottom = found.patches[place].tolist()
    across, down = pixels.shape[1] / width, pixels.shape[0] / height
    pixels[round(top * down) : round(bottom * down), round(left * across) : round(right * across)] = np.median(
        border, axis=0
    )
    return Image.fromarray(pixels)
