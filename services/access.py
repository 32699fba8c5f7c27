"""Who may read and write through the routes: signed tokens for writing, signed addresses for pictures."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass

from domain.errors import RelookError
from domain.role import Role

TOKEN_SECONDS = 20 * 60
"""How long a token lets somebody write; open pages renew theirs by themselves."""

READ_SECONDS = 12 * 3600
"""How long after it was issued a token still lets somebody look."""

_LEEWAY = 60
_RELOAD = "Reload the page; nothing is lost."


class AccessError(RelookError):
    """A token or a signature does not fit."""


class RightsError(RelookError):
    """The person is known, and may not do this."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a token says.

    Attributes:
        project_id: The project it is good for.
        reviewer: Whose decisions are written with it.
        role: What the person might do when it was issued.
        issued: Seconds since 1970.
    """

    project_id: int
    reviewer: str
    role: Role
    issued: int

    def remaining(self, *, now: float | None = None) -> float:
        """For how many seconds it still lets somebody write; 0 when the clock was put back behind its issue."""
        age = _clock(now) - self.issued
        return 0.0 if age < -_LEEWAY else max(0.0, TOKEN_SECONDS - age)


def issue_token(
    secret: bytes, project_id: int, reviewer: str, *, role: Role = Role.REVIEWER, now: float | None = None
) -> str:
    """Return a token that lets `reviewer` write to one project for `TOKEN_SECONDS`; never the same twice."""
    said = [project_id, reviewer, role.value, int(_clock(now)), secrets.token_hex(6)]
    payload = _pack(json.dumps(said, ensure_ascii=False).encode())
    return f"{payload}.{sign(secret, 'token', payload)}"


def read_token(
    secret: bytes, token: str, project_id: int, *, for_writing: bool = True, now: float | None = None
) -> Ticket:
    """Return what a token says.

    It counts from its issue, not to an end: a clock that jumps ages it or makes it void, and the page gets another one.

    Args:
        secret: The key of this installation.
        token: As the browser sent it.
        project_id: The project asked about.
        for_writing: For looking alone a token counts longer.
        now: Seconds since 1970; the clock's unless given.

    Raises:
        AccessError: It is not ours, is for another project, or has expired.
    """
    payload, _, signature = token.partition(".")
    if not payload or not is_signed(secret, signature, "token", payload):
        raise AccessError("This page is not signed in.", remedy="Reload it.")
    ticket = _read(payload)
    if ticket.project_id != project_id:
        raise AccessError("This page is signed in to another project.", remedy="Reload it.")
    age = _clock(now) - ticket.issued
    if for_writing and not ticket.remaining(now=now):
        raise AccessError(f"This page signed in more than {TOKEN_SECONDS // 60} minutes ago.", remedy=_RELOAD)
    if abs(age) > READ_SECONDS:
        raise AccessError(f"This page has been open for more than {READ_SECONDS // 3600} hours.", remedy=_RELOAD)
    return ticket


def sign(secret: bytes, *words: str) -> str:
    """Return a signature of `words`: stable, so that what it stands in can be cached for good."""
    # Lengths keep ("a", "bc") and ("ab", "c") apart.
    message = "".join(f"{len(word)}:{word}" for word in words).encode()
    return _pack(hmac.new(secret, message, hashlib.sha256).digest()[:18])


def is_signed(secret: bytes, signature: str, *words: str) -> bool:
    """Whether `signature` is ours for `words`."""
    return hmac.compare_digest(signature.encode(), sign(secret, *words).encode())


def seal(secret: bytes, purpose: str, text: str) -> str:
    """Return `text` signed for one purpose, in letters that a cookie may hold."""
    payload = _pack(text.encode())
    return f"{payload}.{sign(secret, purpose, payload)}"


def unseal(secret: bytes, purpose: str, sealed: str) -> str | None:
    """Return what was sealed for this purpose; None when it was not sealed here."""
    payload, _, signature = sealed.partition(".")
    try:
        return _unpack(payload).decode() if is_signed(secret, signature, purpose, payload) else None
    except (UnicodeError, binascii.Error):
        return None


def _read(payload: str) -> Ticket:
    """Only for what is signed: an earlier Relook signed fewer fields."""
    try:
        project_id, reviewer, role, issued, _ = json.loads(_unpack(payload))
        return Ticket(project_id, reviewer, Role(role), issued)
    except ValueError as error:
        raise AccessError("This page was opened before Relook was updated.", remedy=_RELOAD) from error


def _clock(now: float | None) -> float:
    return time.time() if now is None else now


def _pack(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unpack(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
