"""Layouts that take time: which one a view gets, and how far a fit is, on a chip over the map."""

from dataclasses import replace

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from search_app.components.shared import page_layout, page_url
from search_app.components.shared.app_space import AppSpace
from search_app.maps.layout import Layout, MapSpec, spec_of, with_spec
from search_app.maps.manifold import STARTED
from search_app.maps.space_maps import LEAST_NEIGHBOURS
from search_app.search.query import Query
from search_app.search.query_schema import MapView
from search_app.search.snapshot import Snapshot

_POLL_EVERY = 1.0  # seconds, while a map is fitted


def best_view(space: AppSpace, query: Query, view: MapView) -> MapView:
    """The view with the layout of neighbours, written into the URL, where it names no layout and that one is fitted.

    Positions in a link without a layout are those of straight axes, which then stay.
    """
    if view.projection != "auto" or _has_positions(view):
        return view
    spec = space.maps.neighbours(view.gap, view.dimensions)
    if not space.maps.is_fitted(spec):
        return view
    view = with_spec(view, spec)
    page_url.go(query, view)
    return view


def _has_positions(view: MapView) -> bool:
    return bool(view.axis or view.spot or view.area or view.window)


def awaited_spec(space: AppSpace, snapshot: Snapshot, view: MapView) -> MapSpec | None:
    """The layout that the view asks for and that is not fitted yet; None where the map is the one it asks for."""
    if view.projection == "auto":
        spec = space.maps.neighbours()
        flat = view.dimensions == 2 and not view.gap and not view.axis
        return spec if flat and len(snapshot) >= LEAST_NEIGHBOURS else None
    spec = spec_of(view)
    return None if space.maps.is_fitted(spec) else spec


def stand_in(spec: MapSpec) -> MapSpec:
    """What is drawn until that layout is fitted: straight axes."""
    return MapSpec("pca", spec.dimensions, spec.gap)


def note_wanted(space: AppSpace, spec: MapSpec | None) -> None:
    """Note which fit this visitor waits for, so that one that nobody waits for is cancelled."""
    context = get_script_run_ctx()
    if context is not None:
        space.maps.want(context.session_id, spec)


@st.fragment(run_every=_POLL_EVERY)
def fit_chip(space: AppSpace, snapshot: Snapshot, spec: MapSpec, *, asked: bool) -> None:
    """Show how far a fit is, and the map once it is done; a layout that was `asked` for is fitted if it is not yet."""
    task = space.maps.task(spec)
    if task is None and space.maps.is_fitted(spec):
        _ready(spec)
        return
    if task is None and asked:
        task = space.maps.start(snapshot, spec)
    if task is None:
        return
    status = task.status
    if status.state == "done":
        _ready(spec)
    elif status.state in ("failed", "cancelled"):
        _ended(space, snapshot, spec, status.problem if status.state == "failed" else "", asked=asked)
    else:
        with st.container(key="map-fitting", horizontal=True, vertical_alignment="center", gap="small"):
            st.progress(status.share, text=_progress_text(status.share))
            st.button("Stop", key="fit-stop", icon=":material/stop:", type="tertiary", on_click=task.cancel)


def _progress_text(share: float) -> str:
    """How far a fit is; in words while its process starts, which takes some seconds and has no share to tell."""
    done = f"{100 * share:.0f} %" if share > STARTED else "starting"
    return f"Sorting by neighbours · {done}"


def _ready(spec: MapSpec) -> None:
    _, view = page_url.current()
    if view.projection != "auto" or not _has_positions(view):
        st.rerun()
    with st.container(key="map-fitting", horizontal=True, vertical_alignment="center", gap="small"):
        page_layout.note("The layout by neighbours is ready.")
        st.button("Show it", key="fit-show", type="tertiary", on_click=_show, args=(spec,))


def _show(spec: MapSpec) -> None:
    query, view = page_url.current()
    page_url.go(query, replace(with_spec(view, spec), spot=(), area="", window=""))


def _ended(space: AppSpace, snapshot: Snapshot, spec: MapSpec, problem: str, *, asked: bool) -> None:
    if not asked:
        return
    if problem:
        page_layout.notice("This layout has not been fitted", problem, is_error=True)
    else:
        page_layout.note("The layout by neighbours was stopped.")
    if st.button("Fit it", key="fit-again", icon=":material/refresh:", type="tertiary"):
        space.maps.start(snapshot, spec)


def refit_offer(space: AppSpace, snapshot: Snapshot, layout: Layout) -> None:
    """Offer a new fit where the space has drifted from this one."""
    task = space.maps.task(layout.spec)
    if task is not None and not task.status.finished:
        fit_chip(space, snapshot, layout.spec, asked=True)
    elif layout.drift.offered:
        drift = layout.drift
        with st.container(key="map-drift", horizontal=True, vertical_alignment="center", gap="small"):
            page_layout.note(
                f"Since this map was fitted, {drift.came:,} items came and {drift.gone:,} went. "
                "They are drawn where the old axes put them."
            )
            if st.button("Fit it anew", key="refit", icon=":material/refresh:", type="tertiary"):
                space.maps.start(snapshot, layout.spec)
                st.rerun()
