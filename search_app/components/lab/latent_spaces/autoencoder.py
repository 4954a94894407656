"""An autoencoder, variational or plain, trained on the collection's own pictures while the page shows its progress."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from search_app.components.lab import url_state
from search_app.components.lab.latent_spaces.charts import Line, line_chart
from search_app.components.lab.latent_spaces.explorer import explore
from search_app.components.lab.latent_spaces.samples import (
    Sample,
    cache_key,
    sample_items,
    sample_note,
    sample_pictures,
)
from search_app.components.lab.latent_spaces.view import LatentSpaceView
from search_app.components.shared import page_layout
from search_app.components.shared.app_space import AppSpace
from search_app.components.shared.formatting import snippet
from search_app.lab.latent_spaces.autoencoder import (
    CODE_SIZES,
    MIN_PICTURES,
    SIDE,
    Autoencoder,
    Floats,
    Recipe,
    as_pictures,
    as_pixels,
    code_plane,
    interpolated_codes,
    random_pictures,
    variations,
)
from search_app.lab.latent_spaces.autoencoder_training import Losses, TrainedModel, TrainingTasks
from search_app.lab.latent_spaces.latent_space import LatentSpace
from search_app.search.snapshot import Snapshot

_SAMPLE = 2_000
_POLL_EVERY = 1.0  # seconds
_CELL = 72  # pixels that a picture is shown at
_SIZE, _PLAIN, _FROM, _TO, _DRAW = (f"family-ae-{name}" for name in ("size", "kind", "from", "to", "draw"))
_GRID = 9


@dataclass(frozen=True)
class _TrainingPictures:
    sample: Sample
    pixels: Floats


def _draw(space: AppSpace, snapshot: Snapshot) -> None:
    pictures = _training_pictures(*cache_key(space, snapshot), space, snapshot)
    if len(pictures.pixels) < MIN_PICTURES:
        few = f"There are {len(pictures.pixels)} pictures here, and an autoencoder needs {MIN_PICTURES} at least."
        page_layout.notice("Too few pictures", few, "Add more pictures.")
        return
    recipe = _recipe()
    training, ids = _training(str(space.folder)), pictures.sample.ids
    task = training.task(recipe, ids)
    if task is not None and not task.status.finished:
        _progress(training, recipe, ids)
        return
    trained = training.load(recipe, ids)
    if trained is None:
        if task is not None and task.status.problem:
            page_layout.notice("The training has failed", task.status.problem, is_error=True)
        page_layout.note(
            f"It learns from {len(pictures.pixels):,} pictures at {SIDE} × {SIDE} pixels: a minute, or a few."
        )
        st.button(
            "Train it now",
            key="family-ae-train",
            type="primary",
            icon=":material/play_arrow:",
            on_click=lambda: _start(training, recipe, pictures),
        )
        return
    _results(space, pictures, trained, recipe)
    sample_note(len(pictures.pixels), len(snapshot.groups["image"]), "pictures")


def _start(training: TrainingTasks, recipe: Recipe, pictures: _TrainingPictures) -> None:
    training.start(recipe, pictures.sample.ids, pictures.pixels)


def _handout(space: AppSpace, snapshot: Snapshot) -> str:
    pictures, recipe = _training_pictures(*cache_key(space, snapshot), space, snapshot), _recipe_of_url()
    trained = _training(str(space.folder)).load(recipe, pictures.sample.ids)
    if trained is None:
        return '<p class="ns-note">It has not been trained on these pictures yet.</p>'
    codes = trained.model.encode(pictures.pixels)
    rows = _examples(pictures)
    sheets = (
        ("Pictures, and what comes back of them", _bottleneck(trained, pictures, codes, rows), len(rows)),
        ("A walk through the plane of codes", trained.model.decode(code_plane(codes, steps=_GRID)), _GRID),
        (
            "Pictures that never were",
            random_pictures(trained.model, codes, 24, url_state.integer(_DRAW, 0, 999_999, 0)),
            12,
        ),
    )
    return "".join(
        f'<figure class="ns-sheet"><h4>{title}</h4><img alt="{title}" src="data:image/png;base64,'
        f'{base64.b64encode(_as_png(pictures, across)).decode("ascii")}"></figure>'
        for title, pictures, across in sheets
    )


def _recipe_of_url() -> Recipe:
    size = url_state.integer(_SIZE, CODE_SIZES[0], CODE_SIZES[-1], 8)
    return Recipe(code_size=size if size in CODE_SIZES else 8, variational=url_state.value(_PLAIN) != "plain")


def _examples(pictures: _TrainingPictures) -> NDArray[np.int64]:
    """Rows of a few pictures, spread over all."""
    count = min(12, len(pictures.pixels))
    return np.linspace(0, len(pictures.pixels) - 1, count).astype(np.int64)


def _bottleneck(trained: TrainedModel, pictures: _TrainingPictures, codes: Floats, rows: NDArray[np.int64]) -> Floats:
    """Pictures, then what comes back of them."""
    return np.concatenate([pictures.pixels[rows], trained.model.decode(codes[rows])])


def _recipe() -> Recipe:
    recipe = _recipe_of_url()
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="family-ae-bar"):
        kinds = {"": "Variational", "plain": "Plain"}
        url_state.switch(_PLAIN, "Autoencoder", kinds, "" if recipe.variational else "plain")
        sizes = {str(size): f"{size} numbers" for size in CODE_SIZES}
        url_state.switch(_SIZE, "Numbers in a code", sizes, str(recipe.code_size))
    return recipe


@st.cache_resource(show_spinner=False)
def _training(folder: str) -> TrainingTasks:
    return TrainingTasks(Path(folder))


@st.cache_resource(show_spinner="Looking at the pictures …", max_entries=3)
def _training_pictures(folder: str, revision: int, _space: AppSpace, _snapshot: Snapshot) -> _TrainingPictures:
    sample, pictures = sample_pictures(_space, sample_items(_space, _snapshot, "image", _SAMPLE))
    return _TrainingPictures(sample, as_pixels(pictures))


@st.fragment(run_every=_POLL_EVERY)
def _progress(training: TrainingTasks, recipe: Recipe, ids: Sequence[str]) -> None:
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
    lines = []
    for place, name, colour in ((0, "pictures it learns from", "accent"), (1, "pictures kept back", "star")):
        values = [float(np.sqrt(loss[place])) for loss in losses]
        if np.isfinite(values).all():
            lines.append(Line(name, values, f"var(--ns-{colour})"))
    epochs = [str(epoch) for epoch in range(1, len(losses) + 1)]
    st.html(line_chart(lines, epochs, along="epochs", up="error of a pixel, of at most 1"))


def _results(space: AppSpace, pictures: _TrainingPictures, trained: TrainedModel, recipe: Recipe) -> None:
    model, pixels = trained.model, pictures.pixels
    codes = model.encode(pixels)
    rows = _examples(pictures)
    _heading(
        "Through the bottleneck", f"above, the picture; below, what comes back from its {recipe.code_size} numbers"
    )
    _sheet(_bottleneck(trained, pictures, codes, rows), len(rows), "Pictures, and what comes back of them")
    _between_pictures(model, codes, pictures)
    left, right = st.columns(2, gap="large")
    with left:
        _heading("A walk through the plane", "along the two directions in which the codes spread most")
        _sheet(model.decode(code_plane(codes, steps=_GRID)), _GRID, "Pictures on a plane through the latent space")
    with right:
        if recipe.variational:
            _heading("Pictures that never were", "decoded from codes drawn at random")
        else:
            _heading(
                "Pictures that never were", "from random codes: a plain autoencoder leaves holes between its codes"
            )
        seed = url_state.integer(_DRAW, 0, 999_999, 0)
        _sheet(random_pictures(model, codes, 6 * 6, seed), 6, "Pictures decoded from random codes")
        st.button(
            "Draw others",
            key="family-ae-again",
            icon=":material/casino:",
            type="tertiary",
            on_click=lambda: url_state.set_param(_DRAW, str(seed + 1)),
        )
    _heading("The codes as a latent space", "neighbours here look alike, whatever they mean")
    explore("codes", LatentSpace(pictures.sample.names, codes, pictures.sample.ids), space)
    with st.expander("How it learnt"):
        _curve(trained.losses)
        if recipe.variational:
            page_layout.note(f"The codes lie {trained.losses[-1][2]:.1f} nats from the prior, a picture on average.")


def _between_pictures(model: Autoencoder, codes: Floats, pictures: _TrainingPictures) -> None:
    """Between two pictures, and versions of the first."""
    names, ids = pictures.sample.names, pictures.sample.ids
    places = {}
    for box, otherwise in ((_FROM, 0), (_TO, len(ids) // 2)):
        chosen = url_state.value(box)
        places[box] = ids.index(chosen) if chosen in ids else otherwise
        st.session_state[f"{box}-box"] = places[box]
    _heading("From one picture to another", "and versions of the first: codes a little beside its own")
    left, right = st.columns(2, gap="large")
    for column, box, label in ((left, _FROM, "From"), (right, _TO, "To")):
        with column:
            st.selectbox(
                label,
                range(len(ids)),
                key=f"{box}-box",
                format_func=lambda row: snippet(names[row], 50),
                on_change=lambda box=box: url_state.set_param(box, ids[st.session_state[f"{box}-box"]]),
            )
    first, last = places[_FROM], places[_TO]
    path = model.decode(interpolated_codes(codes[first], codes[last], 10))
    _sheet(
        np.concatenate([pictures.pixels[first : first + 1], path, pictures.pixels[last : last + 1]]),
        12,
        "From one picture to another; the two pictures themselves at the ends",
    )
    _sheet(
        np.concatenate(
            [pictures.pixels[first : first + 1], variations(model, codes[first], codes, 11, 0.5, seed=first)]
        ),
        12,
        "The first picture and versions of it",
    )


def _heading(title: str, remark: str) -> None:
    st.html(f'<div class="ns-section">{title}<small>{remark}</small></div>')


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


VIEW = LatentSpaceView(
    "autoencoder",
    "Autoencoder",
    "An autoencoder learns to squeeze a picture through a bottleneck of a few numbers and to paint it again from them. "
    "The variational one also learns how sure it is of each number, which fills the space between the pictures: every "
    "place can be painted. It never sees a word, so pictures are neighbours here by colour and shape, not by meaning.",
    _draw,
    _handout,
)
