"""How images and texts share the list: the balance, separate lists, and the methods for experts."""

from dataclasses import replace

import streamlit as st

from search_app.engine.hits import Ranking
from search_app.engine.methods import METHODS, STANDARDISED
from search_app.engine.query import Query
from search_app.views import links
from search_app.views.frame import note

_BALANCE, _SEPARATE, _METHOD = "merge-balance", "merge-separate", "merge-method"


def merging(query: Query, ranking: Ranking) -> None:
    """Draw a small button that opens the settings as the query has them; a change goes into the URL."""
    st.session_state[_BALANCE] = query.balance
    st.session_state[_SEPARATE] = query.separate
    st.session_state[_METHOD] = query.method
    with (
        st.popover("Images and texts", icon=":material/tune:", type="tertiary", width="content"),
        st.container(key="merge-panel", width=330),
    ):
        st.slider(
            "From texts (-1) to images (1)",
            -1.0,
            1.0,
            step=0.1,
            key=_BALANCE,
            format="%.1f",
            on_change=_changed,
            disabled=query.separate,
            help="0 is what ranks best. To the left texts come first, to the right images.",
        )
        st.toggle("Separate lists", key=_SEPARATE, on_change=_changed)
        with st.expander("For experts: the method"):
            st.radio(
                "Method",
                list(METHODS),
                key=_METHOD,
                format_func=lambda name: METHODS[name].title,
                captions=[method.sentence for method in METHODS.values()],
                on_change=_changed,
                label_visibility="collapsed",
            )
            if ranking.method != query.method:
                note(
                    "The encoder of this space has no calibration, so hits are ordered as by "
                    f"“{METHODS[STANDARDISED].title}”."
                )


def _changed() -> None:
    query, _ = links.current()
    state = st.session_state
    links.go(
        replace(
            query,
            balance=round(float(state[_BALANCE]), 2),
            separate=bool(state[_SEPARATE]),
            method=str(state[_METHOD]),
        )
    )
