"""The Model tab: the space's encoder, and the jobs that tune one or re-encode the space with another."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ingest.encoders.base import EncoderInfo
from ingest.encoders.catalogue import ModelFacts
from ingest.encoders.lite.tuned_store import PREFIX, tuned_figures, tuned_names
from ingest.encoders.registry import list_encoders
from ingest.errors import NearspaceError, SettingsError
from ingest.resources import packaged_folder
from ingest.settings import DEFAULT_ENCODER, encoder_name
from search_app.access.permissions import Permission
from search_app.components.library import job_actions
from search_app.components.shared import page_layout
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html

_CAPTIONED, _NAME, _OVERWRITE, _KEEP_ANYWAY = "tune-folder", "tune-name", "tune-overwrite", "tune-keep-anyway"
_LISTED, _TYPED, _DROP_MISSING = "reencode-to", "reencode-other", "reencode-drop"


def encoder_tab(space: AppSpace, permission: Permission, *, busy: bool) -> None:
    """Draw the tab."""
    info = space.manifest.encoder
    _encoder_card(info)
    if not permission.may_change:
        return
    left, right = st.columns(2, gap="medium")
    with left, st.container(key="tune"):
        _tune_form(space, permission, busy=busy)
    with right, st.container(key="reencode"):
        _reencode_form(space, info, permission, busy=busy)


def _encoder_card(info: EncoderInfo) -> None:
    known = next((model for model in list_encoders() if model.id == info.id), None)
    st.html('<div class="ns-section">The model that reads your pictures and texts</div>')
    page_layout.note(
        "It turns each picture and each passage into numbers that stand for its meaning: what is alike in meaning "
        "gets similar numbers, whatever words or colours it has. It runs on this machine."
    )
    facts = {
        "languages": known.languages if known else "",
        "size": f"{known.megabytes:,} MB" if known else "",
        "licence": info.licence,
        "about it": known.note if known else "",
    }
    st.html(f'<div class="ns-item ns-details ns-card"><h4 dir="auto">{in_html(info.id)}</h4>{_facts(facts)}</div>')
    if info.id.startswith(PREFIX):
        _tuning_table(info.id.removeprefix(PREFIX))
    with st.expander("For those who know such models"):
        details = {
            "dimensions": f"{info.dimension:,}",
            "pictures": f"{info.image_size} pixels a side",
            "texts": f"{info.text_window} tokens at a time; longer documents are cut into passages",
            "fingerprint": info.fingerprint[:16],
            **(_recall(known) if known else {}),
        }
        st.html(f'<div class="ns-item ns-details">{_facts(details)}</div>')
    card = packaged_folder("models", "lite")
    if card and info.id.split(":")[0] == DEFAULT_ENCODER and (card / "README.md").is_file():
        with st.expander("Its card: how it was trained, and how good it is"):
            st.markdown((card / "README.md").read_text(encoding="utf-8"))


def _facts(facts: Mapping[str, str]) -> str:
    rows = "".join(f"<dt>{name}</dt><dd>{in_html(value)}</dd>" for name, value in facts.items() if value)
    return f"<dl>{rows}</dl>"


def _recall(model: ModelFacts) -> dict[str, str]:
    """How well the model finds pictures by their captions, and captions by their pictures, by data set."""
    figures = {"Flickr30k": model.flickr30k, "COCO": model.coco}
    return {
        name: f"{each.text_to_image:.1f} % text to image, {each.image_to_text:.1f} % image to text (recall at 1)"
        for name, each in figures.items()
        if each
    }


def _tuning_table(name: str) -> None:
    """Show how well a tuned encoder finds pictures and captions, before and after tuning."""
    try:
        figures = tuned_figures(name)
        rows = "".join(_tuning_row(label, figures, key) for label, key in _DIRECTIONS)
    except (NearspaceError, KeyError, TypeError):
        return
    head = "<tr><th>On pictures held out</th><th>before</th><th>after</th></tr>"
    st.html(f'<div class="ns-table"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>')


_DIRECTIONS = (("text to image", "text_to_image"), ("image to text", "image_to_text"))


def _tuning_row(label: str, figures: dict[str, Any], key: str) -> str:
    before, after = (f"{float(figures[when][key][0]):.1f} %" for when in ("before", "after"))
    return (
        f'<tr><td>{label}, recall at 1</td><td class="ns-number">{before}</td><td class="ns-number">{after}</td></tr>'
    )


def _tune_form(space: AppSpace, permission: Permission, *, busy: bool) -> None:
    st.html('<div class="ns-section">Fit the model to your pictures</div>')
    page_layout.note(
        "Makes a new model out of lite that knows your words for your pictures. It learns from pictures with "
        "captions: a text beside each (a.txt for a.jpg), or a table of pictures and captions. That takes minutes. Part "
        "of them is kept back to see whether more is found than before; if not, the new model is not kept."
    )
    if not permission.may_name_folders:
        page_layout.note("Folders of the server can be named only where its owner allows it.")
        return
    with st.form("tune-form", border=False):
        st.text_input("Folder or table of captioned pictures", key=_CAPTIONED)
        st.text_input("Name of the new model", key=_NAME, placeholder="ours")
        st.checkbox("Replace a model of that name", key=_OVERWRITE)
        st.checkbox("Keep it even if it finds no more", key=_KEEP_ANYWAY)
        st.form_submit_button(
            "Tune", key="tune-start", icon=":material/tune:", disabled=busy, on_click=_tune_clicked, args=(space,)
        )


def _tune_clicked(space: AppSpace) -> None:
    try:
        path = job_actions.visitor_permission().resolve_folder(str(st.session_state[_CAPTIONED]))
        name = encoder_name(str(st.session_state[_NAME]).strip())
        overwrite = bool(st.session_state[_OVERWRITE])
        if name in tuned_names() and not overwrite:
            raise SettingsError(f"There is already an encoder {PREFIX}{name}. Choose another name, or replace it.")
    except NearspaceError as error:
        job_actions.report_error(error)
        return
    flags = {"--overwrite": overwrite, "--keep-anyway": bool(st.session_state[_KEEP_ANYWAY])}
    options = [f"--name={name}", *(flag for flag, is_set in flags.items() if is_set), "--", str(path)]
    job_actions.start(space.home, space.name, "tune", options, f"{PREFIX}{name}")


def _reencode_form(space: AppSpace, info: EncoderInfo, permission: Permission, *, busy: bool) -> None:
    st.html('<div class="ns-section">Switch to another model</div>')
    page_layout.note(
        "Reads every file of this space once more, with another model. Searches use the old one until all are read; an "
        "interrupted job continues where it stopped. Links keep their meaning; what counts as close may change."
    )
    choices = [model.id for model in list_encoders() if model.here and model.id != info.id]
    if not choices:
        page_layout.note(
            "No other model is on this machine: fit one to your pictures, or name one that can be downloaded."
        )
    with st.form("reencode-form", border=False):
        if choices:
            st.selectbox("Model", choices, key=_LISTED)
        if permission.any_folder:
            st.text_input(
                "Or another, by its id" if choices else "Id of the model",
                key=_TYPED,
                placeholder="openclip:ViT-B-16-SigLIP2/webli",
            )
        st.checkbox("Remove pictures from the space whose files are missing, changed or unreadable", key=_DROP_MISSING)
        st.form_submit_button(
            "Switch",
            key="reencode-start",
            icon=":material/cached:",
            disabled=busy,
            on_click=_reencode_clicked,
            args=(space,),
        )


def _reencode_clicked(space: AppSpace) -> None:
    permission = job_actions.visitor_permission()
    listed_id = str(st.session_state.get(_LISTED) or "")
    # An id may name a folder of the server, or code to run: only a visitor who may name any folder may type one.
    typed_id = str(st.session_state.get(_TYPED) or "").strip() if permission.any_folder else ""
    if not typed_id and not listed_id:
        job_actions.report_error(SettingsError("No model was named. Type the id of one."))
        return
    if not typed_id and listed_id not in {model.id for model in list_encoders()}:
        job_actions.report_error(SettingsError("There is no such model here. Choose one from the list."))
        return
    options = [f"--encoder={typed_id or listed_id}", *(["--drop-missing"] if st.session_state[_DROP_MISSING] else [])]
    job_actions.start(space.home, space.name, "reencode", options, typed_id or listed_id)
