"""Topic models of the collection's texts, beside topics of the encoder's vectors."""

import streamlit as st

from search_app.components.lab import url_state
from search_app.components.lab.latent_spaces.base import Kind
from search_app.components.lab.latent_spaces.explorer import explore, explored
from search_app.components.lab.latent_spaces.material import MOST_TEXTS, collected, sample_note, state_of
from search_app.components.lab.latent_spaces.static_map import key_to
from search_app.components.shared.formatting import in_html
from search_app.components.shared.open_spaces import OpenSpace
from search_app.lab.latent_spaces.topic_models import KINDS, TopicModel, agreement, topic_models
from search_app.lab.latent_spaces.topic_models import Kind as Model
from search_app.search.snapshot import Snapshot

_MODEL, _COUNT = "family-model", "family-topics"
_USUAL = 8


def _draw(space: OpenSpace, snapshot: Snapshot) -> None:
    models, now, count = _asked_models(space, snapshot)
    st.session_state[_COUNT] = count
    with st.container(horizontal=True, gap="medium", vertical_alignment="center", key="family-topics-bar"):
        url_state.switch(_MODEL, "Model", {str(kind): title for kind, title in KINDS.items()}, now)
        st.slider(
            "Topics",
            2,
            20,
            key=_COUNT,
            width=220,
            on_change=lambda: url_state.put(_COUNT, str(st.session_state[_COUNT])),
        )
    st.html(_words(models[now]))
    explore("topics", models[now].space, space, classes=models[now].topic_of.tolist(), class_names=_names(models[now]))
    sample_note(len(models[now].space), len(snapshot.groups["text"]), "passages")
    st.html('<div class="ns-section">Do they agree?<small>1 puts the same texts together, 0 is chance</small></div>')
    st.html(_agreements(models))
    st.html(
        '<div class="ns-note">Adjusted mutual information of the topic that weighs most in each text. LDA, PLSA and '
        "LSA count words; the neural topics group the encoder's vectors and never count.</div>"
    )


def _handed(space: OpenSpace, snapshot: Snapshot) -> str:
    models, now, _ = _asked_models(space, snapshot)
    shown = explored("topics", models[now].space, space, classes=models[now].topic_of.tolist())
    agree = f"<h4>Do they agree?</h4>{_agreements(models)}"
    return f"<h4>{in_html(KINDS[now])}</h4>{_words(models[now])}{shown}{agree}"


def _asked_models(space: OpenSpace, snapshot: Snapshot) -> tuple[dict[Model, TopicModel], Model, int]:
    """All models with as many topics as the URL asks for, the one that it asks for, and their number."""
    count = url_state.number(_COUNT, 2, 20, _USUAL)
    now: Model = next((kind for kind in KINDS if kind == url_state.one(_MODEL)), "lda")
    return _models(*state_of(space, snapshot), count, space, snapshot), now, count


@st.cache_resource(show_spinner="Finding topics …", max_entries=6)
def _models(folder: str, revision: int, count: int, _space: OpenSpace, _snapshot: Snapshot) -> dict[Model, TopicModel]:
    those = collected(_space, _snapshot, "text", MOST_TEXTS)
    texts = [f"{item.title} {item.text}" for item in those.items]
    return topic_models(those.names, texts, those.ids, those.vectors, count)


def _names(model: TopicModel) -> list[str]:
    return [", ".join(words[:3]) or f"topic {place}" for place, words in enumerate(model.words, start=1)]


def _words(model: TopicModel) -> str:
    told = [
        f"<b>{in_html(', '.join(words[:3]))}</b> {in_html(', '.join(words[3:]))}" if words else "<b>–</b>"
        for words in model.words
    ]
    return key_to(zip(range(len(told)), told, model.sizes, strict=True))


def _agreements(models: dict[Model, TopicModel]) -> str:
    heads = "".join(f'<th scope="col">{in_html(KINDS[kind])}</th>' for kind in models)
    rows = "".join(
        f'<tr><th scope="row">{in_html(KINDS[one])}</th>'
        + "".join(f"<td>{agreement(models[one], models[other]):.2f}</td>" for other in models)
        + "</tr>"
        for one in models
    )
    return f'<table class="ns-numbers"><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table>'


KIND = Kind(
    "topics",
    "Topics",
    "A topic model reads nothing but how often words stand together, and describes each text by its share in a few "
    "topics: a latent space in which every number has a name. LDA and PLSA think of texts as mixtures of topics, LSA "
    "squeezes the table of words. Beside them stand topics found among the encoder's vectors.",
    _draw,
    _handed,
)
