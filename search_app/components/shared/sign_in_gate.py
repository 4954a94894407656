"""The door of an app that asks people to sign in."""

import os
from functools import cache
from pathlib import Path

import streamlit as st

from ingest.errors import SettingsError
from search_app.access.sign_in import SIGN_IN_VARIABLE, SignIn, read_sign_in
from search_app.components.shared import page_layout


def let_in() -> None:
    """Go on for who may come in; ask others to sign in, and draw nothing else.

    Where no sign-in is set up, everybody may.
    """
    file = os.environ.get(SIGN_IN_VARIABLE)
    if not file:
        return
    page_layout.style()
    try:
        names = _read(file)
    except SettingsError as error:
        page_layout.error_notice("Nobody can sign in", error)
        st.stop()
    if not st.user.get("is_logged_in"):
        page_layout.notice("Sign in to search", "This space is for those whom its owner has let in.")
        st.button("Sign in", key="sign-in", icon=":material/login:", type="primary", on_click=st.login)
        st.stop()
    if not names.lets_in(st.user.to_dict()):
        page_layout.notice(
            "This account may not come in",
            f"{st.user.get('email') or 'It has no address that'} is not among those whom the owner has let in, or the "
            "provider has not verified the address.",
            "Ask the owner, or sign in with another account.",
            bad=True,
        )
        st.button("Sign out", key="sign-out", icon=":material/logout:", on_click=st.logout)
        st.stop()


def sign_in() -> SignIn | None:
    """Who may come in and edit; None where nobody signs in.  Raises SettingsError where the file cannot be read."""
    file = os.environ.get(SIGN_IN_VARIABLE)
    return _read(file) if file else None


def way_out() -> None:
    """Draw the button that signs out, where somebody has signed in."""
    if os.environ.get(SIGN_IN_VARIABLE):
        with st.container(key="way-out", horizontal=True, vertical_alignment="center"):
            page_layout.note(f"Signed in as {st.user.get('email') or st.user.get('name') or 'yourself'}")
            st.button("Sign out", key="sign-out", icon=":material/logout:", type="tertiary", on_click=st.logout)


@cache
def _read(file: str) -> SignIn:
    return read_sign_in(Path(file))
