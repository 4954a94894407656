"""An autoencoder, variational or plain, trained on the collection's own pictures while one looks on."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from search_app.components.lab import url_state
from search_app.components.lab.latent_spaces.base import Kind
from search_app.components.lab.latent_spaces.charts import lay_out
from search_app.components.lab.latent_spaces.explorer import explore
from search_app.components.lab.latent_spaces.material import Collected, collected, sample_note, state_of, with_pictures
from search_app.components.shared import page_layout
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import snippet
from search_app.components.shared.palette import Theme
from search_app.lab.latent_spaces.autoencoder import (
    CODE_SIZES,
    FEWEST_PICTURES,
    SIDE,
    Autoencoder,
    Floats,
    Recipe,
    around,
    as_pictures,
    as_pixels,
    between,
    drawn,
    plane,
)
from search_app.lab.latent_spaces.autoencoder_training import Losses, Trained, Training
from search_app.lab.latent_spaces.latent_space import LatentSpace
from search_app.search.snapshot import Snapshot

_MOST = 2_000
_LOOK_EVERY = 1.0  # seconds
_CELL = 72  # pixels that a picture is shown at
_SIZE, _PLAIN, _FROM, _TO, _DRAW = (f"family-ae-{name}" for name in ("size", "kind", "from", "to", "draw"))
_GRID = 9


@dataclass(frozen=True)
class _Material:
    those: Collected
    pixels: Floats


def _draw(space: AppSpace, snapshot: Snapshot) -> None:
    material = _material(*state_of(space, snapshot), space, snapshot)
    if len(material.pixels) < FEWEST_PICTURES:
        few = f"There are {len(material.pixels)} pictures here, and an autoencoder needs {FEWEST_PICTURES} at least."
        page_layout.notice("Too few pictures", few, "Ingest more pictures.")
        return
    recipe = _recipe()
    training, ids = _training(str(space.folder)), material.those.ids
    task = training.task(recipe, ids)
    if task is not None and not task.status.finished:
        _running(training, recipe, ids)
        return
    trained = training.known(recipe, ids)
    if trained is None:
        if task is not None and task.status.problem:
            page_layout.notice("The training has failed", task.status.problem, is_error=True)
        page_layout.note(
            f"It learns from {len(material.pixels):,} pictures at {SIDE} × {SIDE} pixels: a minute, or a few."
        )
        st.button(
            "Train it now",
            key="family-ae-train",
            type="primary",
            icon=":material/play_arrow:",
            on_click=lambda: _start(training, recipe, material),
        )
        return
    _shown(space, material, trained, recipe)
    sample_note(len(material.pixels), len(snapshot.groups["image"]), "images")


def _start(training: Training, recipe: Recipe, material: _Material) -> None:
    training.start(recipe, material.those.ids, material.pixels)


def _handed(space: AppSpace, snapshot: Snapshot) -> str:
    material, recipe = _material(*state_of(space, snapshot), space, snapshot), _asked_recipe()
    trained = _training(str(space.folder)).known(recipe, material.those.ids)
    if trained is None:
        return '<p class="ns-note">It has not been trained on these pictures yet.</p>'
    codes = trained.model.encode(material.pixels)
    rows = _some(material)
    sheets = (
        ("Pictures, and what comes back of them", _bottleneck(trained, material, codes, rows), len(rows)),
        ("A walk through the plane of codes", trained.model.decode(plane(codes, steps=_GRID)), _GRID),
        ("Pictures that never were", drawn(trained.model, codes, 24, url_state.number(_DRAW, 0, 999_999, 0)), 12),
    )
    return "".join(
        f'<figure class="ns-sheet"><h4>{title}</h4><img alt="{title}" src="data:image/png;base64,'
        f'{base64.b64encode(_as_png(pictures, across)).decode("ascii")}"></figure>'
        for title, pictures, across in sheets
    )


def _asked_recipe() -> Recipe:
    size = url_state.number(_SIZE, CODE_SIZES[0], CODE_SIZES[-1], 8)
    return Recipe(code_size=size if size in CODE_SIZES else 8, variational=url_state.one(_PLAIN) != "plain")


def _some(material: _Material) -> NDArray[np.int64]:
    """Rows of a few pictures, spread over all."""
    count = min(12, len(material.pixels))
    return np.linspace(0, len(material.pixels) - 1, count).astype(np.int64)


def _bottleneck(trained: Trained, material: _Material, codes: Floats, rows: NDArray[np.int64]) -> Floats:
    """Pictures, then what comes back of them."""
    return np.concatenate([material.pixels[rows], trained.model.decode(codes[rows])])


def _recipe() -> Recipe:
    recipe = _asked_recipe()
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="family-ae-bar"):
        kinds = {"": "Variational", "plain": "Plain"}
        url_state.switch(_PLAIN, "Autoencoder", kinds, "" if recipe.variational else "plain")
        sizes = {str(size): f"{size} numbers" for size in CODE_SIZES}
        url_state.switch(_SIZE, "Numbers in a code", sizes, str(recipe.code_size))
    return recipe


@st.cache_resource(show_spinner=False)
def _training(folder: str) -> Training:
    return Training(Path(folder))


@st.cache_resource(show_spinner="Looking at the pictures …", max_entries=3)
def _material(folder: str, revision: int, _space: AppSpace, _snapshot: Snapshot) -> _Material:
    those, pictures = with_pictures(_space, collected(_space, _snapshot, "image", _MOST))
    return _Material(those, as_pixels(pictures))


@st.fragment(run_every=_LOOK_EVERY)
def _running(training: Training, recipe: Recipe, ids: Sequence[str]) -> None:
    task = training.task(recipe, ids)
    if task is None or task.status.finished:
        st.rerun()
    status = task.status
    st.progress(status.share, f"{status.message}, {status.seconds:.0f} s")
    losses = training.losses(recipe, ids)
    if len(losses) > 1:
        _curve(losses)
    st.button("Stop", key="family-ae-stop", icon=":material/stop:", type="tertiary", on_click=task.cancel)


def _curve(losses: Sequence[Losses]) -> None:
    st.plotly_chart(
        _losses(losses, page_layout.theme()),
        key=f"family-ae-losses-{len(losses)}",
        width="stretch",
        config={"displayModeBar": False},
        alt="The error of a pixel after every epoch",
    )


def _losses(losses: Sequence[Losses], colours: Theme) -> go.Figure:
    epochs = list(range(1, len(losses) + 1))
    figure = go.Figure()
    for place, name, colour in ((0, "pictures it learns from", colours.accent), (1, "held-out pictures", colours.star)):
        values = [float(np.sqrt(loss[place])) for loss in losses]
        if np.isfinite(values).all():
            figure.add_scatter(x=epochs, y=values, name=name, line={"color": colour, "width": 2})
    y = {"title": "error of a pixel, 0 to 1", "rangemode": "tozero"}
    return lay_out(figure, colours, height=240, legend="top", x={"title": "epoch"}, y=y)


def _shown(space: AppSpace, material: _Material, trained: Trained, recipe: Recipe) -> None:
    model, pixels = trained.model, material.pixels
    codes = model.encode(pixels)
    rows = _some(material)
    _head("Through the bottleneck", f"above, the picture; below, what comes back from its {recipe.code_size} numbers")
    _sheet(_bottleneck(trained, material, codes, rows), len(rows), "Pictures, and what comes back of them")
    _versions(model, codes, material)
    left, right = st.columns(2, gap="large")
    with left:
        _head("A walk through the plane", "along the two directions in which the codes spread most")
        _sheet(model.decode(plane(codes, steps=_GRID)), _GRID, "Pictures on a plane through the latent space")
    with right:
        if recipe.variational:
            _head("Pictures that never were", "decoded from codes drawn at random")
        else:
            _head("Pictures that never were", "from random codes: a plain autoencoder leaves holes between its codes")
        seed = url_state.number(_DRAW, 0, 999_999, 0)
        _sheet(drawn(model, codes, 6 * 6, seed), 6, "Pictures decoded from random codes")
        st.button(
            "Draw others",
            key="family-ae-again",
            icon=":material/casino:",
            type="tertiary",
            on_click=lambda: url_state.put(_DRAW, str(seed + 1)),
        )
    _head("The codes as a latent space", "neighbours here look alike, whatever they mean")
    explore("codes", LatentSpace(material.those.names, codes, material.those.ids), space)
    with st.expander("How it learnt"):
        _curve(trained.losses)
        if recipe.variational:
            page_layout.note(f"The codes lie {trained.losses[-1][2]:.1f} nats from the prior, a picture on average.")


def _versions(model: Autoencoder, codes: Floats, material: _Material) -> None:
    """Between two pictures, and versions of the first."""
    names, ids = material.those.names, material.those.ids
    places = {}
    for box, otherwise in ((_FROM, 0), (_TO, len(ids) // 2)):
        wanted = url_state.one(box)
        places[box] = ids.index(wanted) if wanted in ids else otherwise
        st.session_state[f"{box}-box"] = places[box]
    _head("From one picture to another", "and versions of the first: codes a little beside its own")
    left, right = st.columns(2, gap="large")
    for column, box, label in ((left, _FROM, "From"), (right, _TO, "To")):
        with column:
            st.selectbox(
                label,
                range(len(ids)),
                key=f"{box}-box",
                format_func=lambda row: snippet(names[row], 50),
                on_change=lambda box=box: url_state.put(box, ids[st.session_state[f"{box}-box"]]),
            )
    first, last = places[_FROM], places[_TO]
    path = model.decode(between(codes[first], codes[last], 10))
    _sheet(
        np.concatenate([material.pixels[first : first + 1], path, material.pixels[last : last + 1]]),
        12,
        "From one picture to another; the two pictures themselves at the ends",
    )
    _sheet(
        np.concatenate([material.pixels[first : first + 1], around(model, codes[first], codes, 11, 0.5, seed=first)]),
        12,
        "The first picture and versions of it",
    )


def _head(title: str, told: str) -> None:
    st.html(f'<div class="ns-section">{title}<small>{told}</small></div>')


def _sheet(rows: Floats, across: int, alt: str) -> None:
    """Show small pictures in rows of `across`."""
    st.image(_as_png(rows, across), alt=alt, width="stretch")


def _as_png(rows: Floats, across: int) -> bytes:
    """Small pictures in rows of `across`, each pixel as a square."""
    gap = 6
    down = -(-len(rows) // across)
    sheet = Image.new("RGBA", (across * (_CELL + gap) - gap, down * (_CELL + gap) - gap))
    for place, picture in enumerate(as_pictures(rows)):
        spot = (place % across) * (_CELL + gap), (place // across) * (_CELL + gap)
        sheet.paste(picture.resize((_CELL, _CELL), Image.Resampling.NEAREST), spot)
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


KIND = Kind(
    "autoencoder",
    "Autoencoder",
    "An autoencoder learns to squeeze a picture through a bottleneck of a few numbers and to paint it again from them. "
    "The variational one also learns how sure it is of each number, which fills the space between the pictures: every "
    "place can be painted. It never sees a word, so pictures are neighbours here by colour and shape, not by meaning.",
    _draw,
    _handed,
)
