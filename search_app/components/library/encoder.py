"""The space's encoder with its card, and the jobs that tune one and re-encode the space with another."""

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
from search_app.components.library import start_jobs
from search_app.components.shared import page_layout
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import in_html

_CAPTIONED, _NAME, _AGAIN, _ANYWAY = "tune-folder", "tune-name", "tune-overwrite", "tune-keep-anyway"
_TO, _OTHER, _DROP = "reencode-to", "reencode-other", "reencode-drop"


def encoder(space: AppSpace, allowed: Permission, *, busy: bool) -> None:
    """Draw the tab."""
    info = space.manifest.encoder
    _card(info)
    if not allowed.may_change:
        return
    left, right = st.columns(2, gap="medium")
    with left, st.container(key="tune"):
        _tune(space, allowed, busy=busy)
    with right, st.container(key="reencode"):
        _reencode(space, info, allowed, busy=busy)


def _card(info: EncoderInfo) -> None:
    known = next((model for model in list_encoders() if model.id == info.id), None)
    facts = {
        "dimensions": f"{info.dimension:,}",
        "pictures": f"{info.image_size} pixels a side",
        "texts": f"{info.text_window} tokens at one time; longer documents are cut into passages",
        "licence": info.licence,
        "fingerprint": info.fingerprint[:16],
        **(_known(known) if known else {}),
    }
    rows = "".join(f"<dt>{name}</dt><dd>{in_html(value)}</dd>" for name, value in facts.items() if value)
    st.html(f'<div class="ns-item ns-details ns-card"><h4>{in_html(info.id)}</h4><dl>{rows}</dl></div>')
    if info.id.startswith(PREFIX):
        _figures(info.id.removeprefix(PREFIX))
    card = packaged_folder("models", "lite")
    if card and info.id.split(":")[0] == DEFAULT_ENCODER and (card / "README.md").is_file():
        with st.expander("Its card: how it was trained, and how good it is"):
            st.markdown((card / "README.md").read_text(encoding="utf-8"))


def _known(model: ModelFacts) -> dict[str, str]:
    recall = {"Flickr30k": model.flickr30k, "COCO": model.coco}
    return {
        "languages": model.languages,
        "size": f"{model.megabytes:,} MB",
        **{
            name: f"{each.text_to_image:.1f} % text to image, {each.image_to_text:.1f} % image to text (recall at 1)"
            for name, each in recall.items()
            if each
        },
        "note": model.note,
    }


def _figures(name: str) -> None:
    """How well a tuned encoder finds pictures and captions, before and after."""
    try:
        figures = tuned_figures(name)
        rows = "".join(_direction(words, figures, key) for words, key in _DIRECTIONS)
    except (NearspaceError, KeyError, TypeError):
        return
    head = "<tr><th>On pictures held out</th><th>before</th><th>after</th></tr>"
    st.html(f'<div class="ns-table"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>')


_DIRECTIONS = (("text to image", "text_to_image"), ("image to text", "image_to_text"))


def _direction(words: str, figures: dict[str, Any], key: str) -> str:
    before, after = (f"{float(figures[when][key][0]):.1f} %" for when in ("before", "after"))
    return (
        f'<tr><td>{words}, recall at 1</td><td class="ns-number">{before}</td><td class="ns-number">{after}</td></tr>'
    )


def _tune(space: AppSpace, allowed: Permission, *, busy: bool) -> None:
    st.html('<div class="ns-section">Tune lite to your pictures</div>')
    page_layout.note(
        "From pictures with captions: a text beside each (a.txt for a.jpg), or a table of image and caption. It takes "
        "minutes on a CPU. A part is held out and tells how well pictures are found before and after; what does not "
        "help is not kept."
    )
    if not allowed.names_folders:
        page_layout.note("Folders of the server can be named only where its owner lets them.")
        return
    with st.form("tune-form", border=False):
        st.text_input("Folder or table of captioned pictures", key=_CAPTIONED)
        st.text_input("Name of the new encoder", key=_NAME, placeholder="ours")
        st.checkbox("Replace an encoder of that name", key=_AGAIN)
        st.checkbox("Keep it even where it finds no better", key=_ANYWAY)
        st.form_submit_button(
            "Tune", key="tune-start", icon=":material/tune:", disabled=busy, on_click=_start_tuning, args=(space,)
        )


def _start_tuning(space: AppSpace) -> None:
    try:
        path = start_jobs.granted().folder(str(st.session_state[_CAPTIONED]))
        name = encoder_name(str(st.session_state[_NAME]).strip())
        again = bool(st.session_state[_AGAIN])
        if name in tuned_names() and not again:
            raise SettingsError(f"There is an encoder {PREFIX}{name} already. Choose another name, or replace it.")
    except NearspaceError as error:
        start_jobs.complain(error)
        return
    chosen = {"--overwrite": again, "--keep-anyway": bool(st.session_state[_ANYWAY])}
    options = [f"--name={name}", *(option for option, wanted in chosen.items() if wanted), "--", str(path)]
    start_jobs.begin(space.home, space.name, "tune", options, f"{PREFIX}{name}")


def _reencode(space: AppSpace, info: EncoderInfo, allowed: Permission, *, busy: bool) -> None:
    st.html('<div class="ns-section">Re-encode this space</div>')
    page_layout.note(
        "Gives every item the vector of another encoder, from its file. Searches go on with the old vectors until all "
        "are there; what is interrupted goes on where it was. Links keep their meaning, scores do not."
    )
    choices = [model.id for model in list_encoders() if model.here and model.id != info.id]
    if not choices:
        page_layout.note("No other encoder is on this machine; tune one, or name one that can be fetched.")
    with st.form("reencode-form", border=False):
        if choices:
            st.selectbox("Encoder", choices, key=_TO)
        if allowed.any_folder:
            st.text_input(
                "Or another, by its id" if choices else "Id of the encoder",
                key=_OTHER,
                placeholder="openclip:ViT-B-16-SigLIP2/webli",
            )
        st.checkbox("Let pictures leave the space whose files are gone, changed or unreadable now", key=_DROP)
        st.form_submit_button(
            "Re-encode", key="reencode-start", icon=":material/cached:", disabled=busy, on_click=_start, args=(space,)
        )


def _start(space: AppSpace) -> None:
    allowed = start_jobs.granted()
    chosen = str(st.session_state.get(_TO) or "")
    # An id may name a folder of the server, or code to be run: only who may name any folder may type one.
    other = str(st.session_state.get(_OTHER) or "").strip() if allowed.any_folder else ""
    if not other and not chosen:
        start_jobs.complain(SettingsError("No encoder was named. Type the id of one."))
        return
    if not other and chosen not in {model.id for model in list_encoders()}:
        start_jobs.complain(SettingsError("There is no such encoder here. Choose one of the list."))
        return
    options = [f"--encoder={other or chosen}", *(["--drop-missing"] if st.session_state[_DROP] else [])]
    start_jobs.begin(space.home, space.name, "reencode", options, other or chosen)
