"""The sign-in gate in front of every page, where the app asks visitors to sign in."""

import os
from functools import cache
from pathlib import Path

import streamlit as st

from ingest.errors import SettingsError
from search_app.access.sign_in_policy import SIGN_IN_VARIABLE, SignInPolicy, read_sign_in_file
from search_app.components.shared import page_layout


def require_sign_in() -> None:
    """Return for an account that may come in; show anybody else the sign-in page and stop.

    Returns for everybody if no sign-in is configured.
    """
    file = os.environ.get(SIGN_IN_VARIABLE)
    if not file:
        return
    page_layout.apply_style()
    try:
        policy = _policy(file)
    except SettingsError as error:
        page_layout.error_notice("Nobody can sign in", error)
        st.stop()
    if not st.user.get("is_logged_in"):
        page_layout.notice("Sign in to search", "This space is for those whom its owner has let in.")
        st.button("Sign in", key="sign-in", icon=":material/login:", type="primary", on_click=st.login)
        st.stop()
    if not policy.admits(st.user.to_dict()):
        page_layout.notice(
            "This account may not come in",
            f"{st.user.get('email') or 'It has no address that'} is not among those whom the owner has let in, or the "
            "provider has not verified the address.",
            "Ask the owner, or sign in with another account.",
            is_error=True,
        )
        st.button("Sign out", key="sign-out", icon=":material/logout:", on_click=st.logout)
        st.stop()


def sign_in_policy() -> SignInPolicy | None:
    """Who may come in and edit; None if no sign-in is configured.  Raises SettingsError for an unreadable file."""
    file = os.environ.get(SIGN_IN_VARIABLE)
    return _policy(file) if file else None


def sign_out_bar() -> None:
    """Show who has signed in, with a button to sign out; draws nothing if no sign-in is configured."""
    if os.environ.get(SIGN_IN_VARIABLE):
        with st.container(key="sign-out-bar", horizontal=True, vertical_alignment="center"):
            page_layout.note(f"Signed in as {st.user.get('email') or st.user.get('name') or 'yourself'}")
            st.button("Sign out", key="sign-out", icon=":material/logout:", type="tertiary", on_click=st.logout)


@cache
def _policy(file: str) -> SignInPolicy:
    return read_sign_in_file(Path(file))
