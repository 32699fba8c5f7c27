"""Who may read and write through the routes: signed tokens for writing, signed addresses for pictures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass

from domain.errors import RelookError

TOKEN_SECONDS = 12 * 3600


class AccessError(RelookError):
    """A token or a signature does not fit."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a token says.

    Attributes:
        project_id: The project it is good for.
        reviewer: Whose decisions are written with it.
        expires: Seconds since 1970.
    """

    project_id: int
    reviewer: str
    expires: int


def issue_token(secret: bytes, project_id: int, reviewer: str, *, now: float | None = None) -> str:
    """Return a token that lets `reviewer` write to one project for `TOKEN_SECONDS`."""
    expires = int((time.time() if now is None else now) + TOKEN_SECONDS)
    payload = _pack(json.dumps([project_id, reviewer, expires], ensure_ascii=False).encode())
    return f"{payload}.{sign(secret, 'token', payload)}"


def read_token(secret: bytes, token: str, project_id: int, *, now: float | None = None) -> Ticket:
    """Return what a token says.

    Raises:
        AccessError: It is not ours, is for another project, or has expired.
    """
    payload, _, signature = token.partition(".")
    if not payload or not is_signed(secret, signature, "token", payload):
        raise AccessError("This page is not signed in.", remedy="Reload it.")
    ticket = Ticket(*json.loads(_unpack(payload)))
    if ticket.project_id != project_id:
        raise AccessError("This page is signed in to another project.", remedy="Reload it.")
    if ticket.expires < (time.time() if now is None else now):
        raise AccessError("This page has been open for more than 12 hours.", remedy="Reload it; nothing is lost.")
    return ticket


def sign(secret: bytes, *words: str) -> str:
    """Return a signature of `words`: stable, so that what it stands in can be cached for good."""
    # Lengths keep ("a", "bc") and ("ab", "c") apart.
    message = "".join(f"{len(word)}:{word}" for word in words).encode()
    return _pack(hmac.new(secret, message, hashlib.sha256).digest()[:18])


def is_signed(secret: bytes, signature: str, *words: str) -> bool:
    """Whether `signature` is ours for `words`."""
    return hmac.compare_digest(signature.encode(), sign(secret, *words).encode())


def _pack(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unpack(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
