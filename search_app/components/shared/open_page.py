"""How every page begins: its style and head, and the space it is about, or a word where there is none."""

import shlex
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from ingest.encoders.base import Encoder
from ingest.errors import NearspaceError, SpaceChanged, SpaceNotFound
from ingest.settings import DEFAULT_HOME, DEFAULT_SPACE
from search_app.components.shared import navigation, page_layout, page_url
from search_app.components.shared.app_space import AppSpace, SpaceChoice, choose_space, open_app_space
from search_app.components.shared.formatting import in_markdown
from search_app.search.query import Query
from search_app.search.snapshot import Snapshot

LIBRARY = "space-library"
"""The path of the library page."""

_WAIT_FOR_A_SPACE = 3.0  # seconds


def draw_page(
    draw: Callable[[AppSpace, Query, Snapshot], None], without_space: Callable[[SpaceChoice], None] | None = None
) -> None:
    """Draw a page of the space that the URL asks for: its head, then what `draw` does.

    `draw` may meet an empty snapshot.  Where there is no space, `without_space` draws the page, or a word says how
    to make one.  When the space is re-encoded meanwhile, the page is drawn anew.
    """
    try:
        _draw(draw, without_space or space_missing)
    except SpaceChanged:
        st.rerun()


def _draw(draw: Callable[[AppSpace, Query, Snapshot], None], without_space: Callable[[SpaceChoice], None]) -> None:
    page_layout.style()
    try:
        where = choose_space(page_url.space_name())
        head = page_layout.head(where)
        space = _open(where)
    except SpaceNotFound:
        without_space(where)
        return
    except NearspaceError as error:
        page_layout.error_notice("The space cannot be opened", error)
        return
    query, _ = page_url.current()
    snapshot = space.searcher.vectors.now()
    with head:
        page_layout.count_line(space, snapshot.revision, page_layout.theme(), named=len(where.existing) < 2)
    draw(space, query, snapshot)
    space.warm_up()


def _open(where: SpaceChoice) -> AppSpace:
    with page_layout.waiting(f"Opening the space {in_markdown(where.name)} …"):
        return open_app_space(where.home, where.name)


def loaded_encoder(space: AppSpace) -> Encoder:
    """The space's encoder, with a word about it while it loads for the first time.  Raises EncoderError."""
    place = st.container()  # also when there is nothing to say: what comes after it stays where it was
    if space.encoder_is_loaded():
        return space.encoder()
    with place, st.spinner(f"Loading the encoder {in_markdown(space.manifest.encoder.id)} …"):
        line = st.empty()

        def say(words: str) -> None:
            line.text(words)

        encoder = space.encoder(say)
        line.empty()
    return encoder


def space_empty(space: AppSpace, snapshot: Snapshot) -> None:
    """Say that the space holds nothing yet and how to fill it; draws the page again as soon as it holds something."""
    page_layout.notice(
        f"The space {space.name} is empty",
        "Put pictures and documents into it; this page shows them as soon as they are there:",
        command=command_line("ingest FOLDER", space.home, space.name),
    )
    navigation.link_to(LIBRARY, "Add your first folder", ":material/create_new_folder:")
    _look_again(lambda: space.ledger.revision() != snapshot.revision)


def space_missing(where: SpaceChoice) -> None:
    """Say that there is no such space; offers the others, or says how to make one."""
    if where.existing:
        page_layout.notice(f"There is no space {where.name} in {where.home}", "Choose one of these:")
        with st.container(key="spaces", horizontal=True):
            for number, name in enumerate(where.existing, start=1):
                st.button(in_markdown(name), key=f"space-{number}", on_click=page_url.go_to_space, args=(name,))
    else:
        ingest, demo = command_line("ingest FOLDER", where.home, where.name), command_line("demo", where.home)
        page_layout.notice(
            "There is no space yet",
            f"Make one from a folder of pictures and documents, or try the sample collection. Looked in {where.home}.",
            command=f"{ingest}\n{demo}",
        )
    navigation.link_to(LIBRARY, "Add a folder, or try the sample", ":material/create_new_folder:")
    _look_again(lambda: where.name in choose_space().existing)


def command_line(words: str, home: Path, name: str = DEFAULT_SPACE) -> str:
    """A command line that works on the space the page looks for, whatever folder it is typed in."""
    command = ["nearspace", *words.split()]
    if name != DEFAULT_SPACE:
        command += ["--space", name]
    if home != Path.cwd() / DEFAULT_HOME:
        command += ["--home", str(home)]
    return shlex.join(command)


def _look_again(ready: Callable[[], bool]) -> None:
    """Draw the page again once `ready` says so."""

    @st.fragment(run_every=_WAIT_FOR_A_SPACE)
    def look() -> None:
        if ready():
            st.rerun()
        page_layout.note("This page looks again every few seconds.")

    look()
