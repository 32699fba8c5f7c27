"""Who is at the browser: an account of a provider of identities where one is set up, else a name that is asked once."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from typing import Any, NoReturn

import streamlit as st

from components.kept_name import COOKIE, keep_name
from components.session import draw_error, forget_reviewer, name_reviewer, named_reviewer
from domain.errors import InputError
from services import identity
from services.workspace import Workspace


def find_reviewer(workspace: Workspace) -> str | None:
    """Return who is at the browser, or None when that has to be asked first."""
    name = _vouched_name() if uses_accounts() else _told_name(workspace)
    if name is not None:
        name_reviewer(name)
        identity.join(workspace, name)
    return name


def uses_accounts() -> bool:
    """Whether people sign in with accounts: secrets.toml has a section auth, or a proxy names them."""
    claims = st.user.to_dict()
    return "is_logged_in" in claims or any(claims.get(field) for field in identity.NAMING_CLAIMS)


def draw_sign_in() -> NoReturn:
    """Ask who it is, and end the run."""
    with st.container(key="sign-in", width=420):
        is_told = _draw_providers() if uses_accounts() else _draw_name_form()
    if is_told:
        st.rerun()
    st.stop()


def draw_kept_name(workspace: Workspace) -> None:
    """Have the browser remember the name it was given, unless it does."""
    name = named_reviewer()
    if name is None or uses_accounts() or workspace.settings.reviewer == name:
        return
    sealed = identity.seal_name(workspace, name)
    if st.context.cookies.get(COOKIE) != sealed:
        with st.container(key="kept"):
            keep_name(sealed)


@st.dialog("Your name")
def ask_name(current: str) -> None:
    """Ask for another name."""
    st.write("It is stored with every decision you make.")
    name = st.text_input("Name", value=current, max_chars=identity.LONGEST_NAME)
    if st.button("Use this name", type="primary") and _take(name):
        st.rerun()


def sign_out() -> None:
    """Leave the account."""
    forget_reviewer()
    st.logout()


def _vouched_name() -> str | None:
    claims = st.user.to_dict()
    try:
        return identity.name_from_claims(claims) if claims.get("is_logged_in", True) else None
    except InputError as error:
        draw_error(error)
        st.button("Sign out", on_click=sign_out)
        st.stop()


def _told_name(workspace: Workspace) -> str | None:
    kept = st.context.cookies.get(COOKIE, "")
    return named_reviewer() or workspace.settings.reviewer or identity.open_name(workspace, kept)


def _draw_providers() -> bool:
    st.html('<div class="rl-title"><h1>Sign in to Relook</h1></div>')
    st.write("Decisions are stored with the name of your account.")
    for provider, title in _list_providers(st.secrets.get("auth", {})).items():
        if st.button(title, type="primary", key=f"sign-in-{provider}"):
            st.login(provider or None)
    return False


def _list_providers(section: Mapping[str, Any]) -> dict[str, str]:
    """Name for `st.login` -> words on the button."""
    named = [name for name, value in section.items() if isinstance(value, Mapping) and "client_id" in value]
    usual = {"": "Sign in"} if "client_id" in section else {}
    return {**usual, **{name: f"Sign in with {name.capitalize()}" for name in named}}


def _draw_name_form() -> bool:
    st.html('<div class="rl-title"><h1>Who is reviewing?</h1></div>')
    st.write("Your name is stored with every decision you make. This browser remembers it.")
    with st.form("name", border=False):
        name = st.text_input("Name", value=_account_name(), max_chars=identity.LONGEST_NAME)
        return st.form_submit_button("Start", type="primary") and _take(name)


def _take(name: str | None) -> bool:
    try:
        name_reviewer(identity.clean_name(name or ""))
    except InputError as error:
        draw_error(error)
        return False
    return True


def _account_name() -> str:
    """The account that the server runs under: on one's own machine it is one's own."""
    if st.context.ip_address is not None:
        return ""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
