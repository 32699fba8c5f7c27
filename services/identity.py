"""Who somebody is and what they may do: names, roles, the first lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.errors import ConflictError, InputError
from domain.role import Role
from services.access import RightsError, seal, unseal
from services.workspace import Workspace
from store import members

LONGEST_NAME = 60
NAMING_CLAIMS = ("email", "preferred_username", "sub")
"""What a provider of identities says that may tell people apart, the best first."""

_PURPOSE = "name"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works here.

    Attributes:
        name: As decisions are signed.
        role: What they may do in the project asked about.
        is_given: Whether somebody gave the role; else it is the default one.
        is_own: Whether it was given for this project alone.
    """

    name: str
    role: Role
    is_given: bool
    is_own: bool


def clean_name(text: str) -> str:
    """Return a name as decisions are signed with it.

    Raises:
        InputError: Nothing is left of it, or it is too long.
    """
    name = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InputError(
            f"The name has {len(name)} characters; expected 1 to {LONGEST_NAME}.", remedy="Type another name."
        )
    return name


def seal_name(workspace: Workspace, name: str) -> str:
    """Return a name for the browser to keep; what was not sealed here is no name."""
    return seal(workspace.secret, _PURPOSE, name)


def open_name(workspace: Workspace, sealed: str) -> str | None:
    """Return the name that a browser kept, or None."""
    return unseal(workspace.secret, _PURPOSE, sealed)


def name_from_claims(claims: Mapping[str, Any]) -> str:
    """Return the name of somebody whom a provider of identities vouches for; it must be theirs alone.

    Raises:
        InputError: The provider says nothing that tells people apart.
    """
    is_checked = claims.get("email_verified") is not False
    for field in NAMING_CLAIMS:
        said = claims.get(field)
        if isinstance(said, str) and said.strip() and (field != "email" or is_checked):
            return clean_name(said)
    raise InputError(
        "The sign-in gave no email, user name or number of an account.", remedy="Ask for the scope openid email."
    )


def join(workspace: Workspace, name: str) -> None:
    """Make the first person of an installation its lead."""
    with workspace.read() as connection:
        if members.has_members(connection):
            return
    with workspace.write() as connection:
        members.lock_members(connection)
        if not members.has_members(connection):
            members.save_member(connection, None, name, Role.LEAD)


def role_of(workspace: Workspace, project_id: int | None, name: str) -> Role:
    """Return what somebody may do in a project, or in all (None)."""
    with workspace.read() as connection:
        return members.find_role(connection, project_id, name) or workspace.settings.default_role


def require_lead(workspace: Workspace, project_id: int | None, name: str, *, to: str) -> None:
    """Refuse what only a lead may do; `to` says it: "give roles".

    Raises:
        RightsError: This person is no lead.
    """
    if role_of(workspace, project_id, name) is not Role.LEAD:
        raise RightsError(f"Only a lead may {to}; {name} is none.", remedy="Ask a lead of this project.")


def require_writing(role: Role, name: str) -> None:
    """Refuse viewers.

    Raises:
        RightsError: The role may only look.
    """
    if not role.may_write:
        raise RightsError(
            f"{name} may look at this project and not change it.", remedy="A lead can give the role reviewer."
        )


def list_people(workspace: Workspace, project_id: int | None) -> list[Person]:
    """Everybody with a role and everybody who decided something, by name."""
    with workspace.read() as connection:
        given = members.list_members(connection, project_id)
        known = set(members.list_deciders(connection, project_id)) if project_id is not None else set[str]()
    usual = (workspace.settings.default_role, False)
    return [Person(name, *_standing(given, name, usual)) for name in sorted(given.keys() | known, key=str.casefold)]


def give_role(workspace: Workspace, name: str, role: Role, *, project_id: int | None = None) -> None:
    """Give somebody a role, for one project or for all.

    Raises:
        InputError: The name cannot be one.
        ConflictError: Nobody would lead any more.
    """
    name = clean_name(name)
    with workspace.write() as connection:
        members.lock_members(connection)
        if project_id is None and role is not Role.LEAD:
            _check_somebody_leads(members.list_leads(connection), without=name)
        members.save_member(connection, project_id, name, role)


def take_role(workspace: Workspace, name: str, *, project_id: int | None = None) -> None:
    """Take a given role back, so that the one for all projects or the default one counts.

    Raises:
        InputError: Nobody gave this person a role there.
        ConflictError: Nobody would lead any more.
    """
    with workspace.write() as connection:
        members.lock_members(connection)
        if project_id is None:
            _check_somebody_leads(members.list_leads(connection), without=name)
        if not members.delete_member(connection, project_id, name):
            known = ", ".join(members.list_members(connection, project_id)) or "nobody"
            raise InputError(f"Nobody gave '{name}' a role there.", remedy=f"Roles were given to: {known}.")


def _standing(given: Mapping[str, tuple[Role, bool]], name: str, usual: tuple[Role, bool]) -> tuple[Role, bool, bool]:
    role, is_own = given.get(name, usual)
    return role, name in given, is_own


def _check_somebody_leads(leads: Sequence[str], *, without: str) -> None:
    if list(leads) == [without]:
        raise ConflictError(f"{without} is the only lead.", remedy="Make somebody else a lead before.")
