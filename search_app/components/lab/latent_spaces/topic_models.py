"""Topic models of the collection's texts, beside topics of the encoder's vectors."""

import streamlit as st

from search_app.components.lab import url_state
from search_app.components.lab.latent_spaces.explorer import explore, explorer_markup
from search_app.components.lab.latent_spaces.samples import MAX_TEXTS, cache_key, prose_rows, sample_items, sample_note
from search_app.components.lab.latent_spaces.static_map import class_legend
from search_app.components.lab.latent_spaces.view import LatentSpaceView
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html
from search_app.lab.latent_spaces.topic_models import KINDS, TopicModel, agreement, topic_models
from search_app.lab.latent_spaces.topic_models import Kind as Model
from search_app.search.snapshot import Snapshot

_MODEL, _COUNT = "family-model", "family-topics"
_DEFAULT_COUNT = 8


def _draw(space: AppSpace, snapshot: Snapshot) -> None:
    models, now, count = _models_of_url(space, snapshot)
    st.session_state[_COUNT] = count
    with st.container(horizontal=True, gap="medium", vertical_alignment="center", key="family-topics-bar"):
        url_state.switch(_MODEL, "Model", {str(kind): title for kind, title in KINDS.items()}, now)
        st.slider(
            "Topics",
            2,
            20,
            key=_COUNT,
            width=220,
            on_change=lambda: url_state.set_param(_COUNT, str(st.session_state[_COUNT])),
        )
    st.html(_words(models[now]))
    explore("topics", models[now].space, space, classes=models[now].topic_of.tolist(), class_names=_names(models[now]))
    texts = snapshot.groups["text"]
    sample_note(len(models[now].space), len(texts), "passages", len(texts) - len(prose_rows(texts)))
    st.html('<div class="ns-section">Do they agree?<small>1 puts the same texts together, 0 is chance</small></div>')
    st.html(_agreements(models))
    st.html(
        '<div class="ns-note">Adjusted mutual information of the topic that weighs most in each text. LDA, PLSA and '
        "LSA count words; the neural topics group the encoder's vectors and never count.</div>"
    )


def _handout(space: AppSpace, snapshot: Snapshot) -> str:
    models, now, _ = _models_of_url(space, snapshot)
    shown = explorer_markup("topics", models[now].space, space, classes=models[now].topic_of.tolist())
    agree = f"<h4>Do they agree?</h4>{_agreements(models)}"
    return f"<h4>{in_html(KINDS[now])}</h4>{_words(models[now])}{shown}{agree}"


def _models_of_url(space: AppSpace, snapshot: Snapshot) -> tuple[dict[Model, TopicModel], Model, int]:
    """All models with as many topics as the URL asks for, the one that it asks for, and their number."""
    count = url_state.integer(_COUNT, 2, 20, _DEFAULT_COUNT)
    now: Model = next((kind for kind in KINDS if kind == url_state.value(_MODEL)), "lda")
    return _models(*cache_key(space, snapshot), count, space, snapshot), now, count


@st.cache_resource(show_spinner="Finding topics …", max_entries=6)
def _models(folder: str, revision: int, count: int, _space: AppSpace, _snapshot: Snapshot) -> dict[Model, TopicModel]:
    sample = sample_items(_space, _snapshot, "text", MAX_TEXTS, prose=True)
    texts = [f"{item.title} {item.text}" for item in sample.items]
    return topic_models(sample.names, texts, sample.ids, sample.vectors, count)


def _names(model: TopicModel) -> list[str]:
    return [", ".join(words[:3]) or f"topic {place}" for place, words in enumerate(model.words, start=1)]


def _words(model: TopicModel) -> str:
    rows = [
        f"<b>{in_html(', '.join(words[:3]))}</b> {in_html(', '.join(words[3:]))}" if words else "<b>–</b>"
        for words in model.words
    ]
    return class_legend(zip(range(len(rows)), rows, model.sizes, strict=True))


def _agreements(models: dict[Model, TopicModel]) -> str:
    heads = "".join(f'<th scope="col">{in_html(KINDS[kind])}</th>' for kind in models)
    rows = "".join(
        f'<tr><th scope="row">{in_html(KINDS[one])}</th>'
        + "".join(f"<td>{agreement(models[one], models[other]):.2f}</td>" for other in models)
        + "</tr>"
        for one in models
    )
    return f'<table class="ns-numbers"><thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table>'


VIEW = LatentSpaceView(
    "topics",
    "Topics",
    "A topic model reads nothing but how often words stand together, and describes each text by its share in a few "
    "topics: a latent space in which every number has a name. LDA and PLSA think of texts as mixtures of topics, LSA "
    "squeezes the table of words. Beside them stand topics found among the encoder's vectors.",
    _draw,
    _handout,
)
