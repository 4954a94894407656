"""The start of every page: its style and header, and the space it shows, or a message when there is none."""

import shlex
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from ingest.encoders.base import Encoder
from ingest.errors import NearspaceError, SpaceChanged, SpaceNotFound
from ingest.settings import DEFAULT_HOME, DEFAULT_SPACE
from search_app.components.shared import navigation, page_layout, page_url, recovery
from search_app.components.shared.app_space import AppSpace, SpaceChoice, choose_space, open_app_space
from search_app.components.shared.formatting import in_markdown
from search_app.components.shared.markup import correct_markup
from search_app.search.query import Query
from search_app.search.snapshot import Snapshot

LIBRARY_PATH = "space-library"
"""The URL path of the library page."""

_POLL_SECONDS = 3.0


def draw_page(
    draw: Callable[[AppSpace, Query, Snapshot], None], without_space: Callable[[SpaceChoice], None] | None = None
) -> None:
    """Draw a page for the space that the URL names: the header, then `draw`.

    `draw` may receive an empty snapshot.  If the space does not exist, `without_space` draws the page; by default it
    shows how to create one.  A page whose space is re-encoded while it is drawn is drawn again.
    """
    try:
        _draw(draw, without_space or show_missing_space)
    except SpaceChanged:
        st.rerun()


def _draw(draw: Callable[[AppSpace, Query, Snapshot], None], without_space: Callable[[SpaceChoice], None]) -> None:
    page_layout.apply_style()
    correct_markup()
    recovery.recover_lost_page()
    try:
        choice = choose_space(page_url.space_name())
        counts = page_layout.header(choice)
        space = _open(choice)
    except SpaceNotFound:
        without_space(choice)
        return
    except NearspaceError as error:
        page_layout.error_notice("The space cannot be opened", error)
        return
    query, _ = page_url.current()
    snapshot = space.searcher.vectors.now()
    with counts:
        page_layout.count_line(space, snapshot.revision, page_layout.theme(), show_name=len(choice.existing) < 2)
    draw(space, query, snapshot)
    space.warm_up(snapshot)
    space.keep_neighbours(snapshot)


def _open(choice: SpaceChoice) -> AppSpace:
    with page_layout.spinner(f"Opening the space {in_markdown(choice.name)} …"):
        return open_app_space(choice.home, choice.name)


def loaded_encoder(space: AppSpace) -> Encoder:
    """The space's encoder; shows progress while it loads for the first time.  Raises EncoderError."""
    container = st.container()  # always created, so that later elements keep their places
    if space.encoder_is_loaded():
        return space.encoder()
    with container, st.spinner(f"Loading the encoder {in_markdown(space.manifest.encoder.id)} …"):
        progress = st.empty()

        def log(line: str) -> None:
            progress.text(line)

        encoder = space.encoder(log)
        progress.empty()
    return encoder


def show_empty_space(space: AppSpace, snapshot: Snapshot) -> None:
    """Show that the space is empty and how to fill it; draws the page again as soon as it holds something."""
    page_layout.notice(
        f"The space {space.name} is empty",
        "Put pictures and documents into it; this page shows them as soon as they are in the space:",
        command=command_line("ingest FOLDER", space.home, space.name),
    )
    navigation.page_link(LIBRARY_PATH, "Add your first folder", ":material/create_new_folder:")
    _rerun_when(lambda: space.ledger.revision() != snapshot.revision)


def show_missing_space(choice: SpaceChoice) -> None:
    """Show that there is no such space; offers the existing ones, or shows how to create one."""
    if choice.existing:
        page_layout.notice(f"There is no space {choice.name} in {choice.home}", "Choose one of these:")
        with st.container(key="spaces", horizontal=True):
            for number, name in enumerate(choice.existing, start=1):
                st.button(in_markdown(name), key=f"space-{number}", on_click=page_url.go_to_space, args=(name,))
    else:
        ingest = command_line("ingest FOLDER", choice.home, choice.name)
        demo = command_line("demo", choice.home)
        page_layout.notice(
            "There is no space yet",
            f"Make one from a folder of pictures and documents, or try the sample collection. Looked in {choice.home}.",
            command=f"{ingest}\n{demo}",
        )
    navigation.page_link(LIBRARY_PATH, "Add a folder, or try the sample", ":material/create_new_folder:")
    _rerun_when(lambda: choice.name in choose_space().existing)


def command_line(arguments: str, home: Path, name: str = DEFAULT_SPACE) -> str:
    """A command line for the space that the page shows; it works from any folder."""
    command = ["nearspace", *arguments.split()]
    if name != DEFAULT_SPACE:
        command += ["--space", name]
    if home != Path.cwd() / DEFAULT_HOME:
        command += ["--home", str(home)]
    return shlex.join(command)


def _rerun_when(is_ready: Callable[[], bool]) -> None:
    """Draw the page again once `is_ready` returns True."""

    @st.fragment(run_every=_POLL_SECONDS)
    def poll() -> None:
        if is_ready():
            st.rerun()
        page_layout.note("This page checks again every few seconds.")

    poll()
