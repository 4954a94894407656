"""A word embedding: everyday words, or one's own, in the shared space."""

import streamlit as st

from ingest.encoders.base import Encoder
from search_app.components.lab import url_state
from search_app.components.lab.latent_spaces.explorer import explore, explorer_markup
from search_app.components.lab.latent_spaces.view import LatentSpaceView
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.open_page import loaded_encoder
from search_app.lab.latent_spaces.latent_space import LatentSpace
from search_app.lab.latent_spaces.word_embedding import DEFAULT_WORDS, MAX_WORDS, parse_words, word_embedding_space
from search_app.search.snapshot import Snapshot

_WRITTEN = "family-words"
_LONGEST = 1_500  # characters of a list that a link keeps


def _draw(space: AppSpace, snapshot: Snapshot) -> None:
    words = _words_of_url()
    explore("words", _space_of(words, space), space)
    with st.popover("Your own words", icon=":material/edit:", key="family-own-words"):
        st.text_area(
            f"Words or phrases, one a line or between commas; at most {MAX_WORDS}",
            "\n".join(words),
            key="family-words-box",
            height=260,
            max_chars=_LONGEST,
            on_change=lambda: url_state.set_param(
                _WRITTEN, ", ".join(parse_words(st.session_state["family-words-box"]))
            ),
        )


def _handout(space: AppSpace, snapshot: Snapshot) -> str:
    return explorer_markup("words", _space_of(_words_of_url(), space), space)


def _words_of_url() -> tuple[str, ...]:
    return parse_words(url_state.value(_WRITTEN)) or DEFAULT_WORDS


def _space_of(words: tuple[str, ...], space: AppSpace) -> LatentSpace:
    encoder = loaded_encoder(space)
    return _words(encoder.info.fingerprint, words, encoder)


@st.cache_resource(show_spinner="Reading the words …", max_entries=8)
def _words(fingerprint: str, words: tuple[str, ...], _encoder: Encoder) -> LatentSpace:
    return word_embedding_space(words, _encoder)


VIEW = LatentSpaceView(
    "words",
    "Words",
    "A word embedding gives every word a place, learnt from the company it keeps: words that can stand for one another "
    "lie close. This one is the text side of the collection's own encoder, so the same space holds your pictures. "
    "Pick a word and look at its neighbours: animals lie among animals, feelings among feelings.",
    _draw,
    _handout,
)
