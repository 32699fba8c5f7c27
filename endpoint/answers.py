"""Turning what the services return, or raise, into HTTP answers."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import orjson
from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response

from domain.errors import (
    BusyError,
    ConflictError,
    ExplanationError,
    ImageError,
    InputError,
    LimitError,
    NotFoundError,
    RelookError,
    StoreError,
    TooSlowError,
)
from services.access import AccessError, RightsError, Ticket, read_token
from services.identity import require_writing, role_of
from services.workspace import Workspace, get_workspace

LARGEST_BODY = 32 * 1024**2
_STATUS: tuple[tuple[type[RelookError], int], ...] = (
    (AccessError, 401),
    (RightsError, 403),
    (NotFoundError, 404),
    (ConflictError, 409),
    (LimitError, 413),
    (BusyError, 429),
    (TooSlowError, 504),
    (ExplanationError, 422),
    (ImageError, 422),
    (InputError, 400),
    (StoreError, 503),  # a browser tries again after a 5xx and gives up after a 4xx
)
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_log = logging.getLogger(__name__)

Handler = Callable[[Request], Awaitable[Response]]


def answer_json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, _HEADERS, media_type="application/json")


def answering(
    handle: Callable[[Workspace, Request, Any], Response],
    *,
    reads_body: bool = False,
    limiter: CapacityLimiter | None = None,
) -> Handler:
    """Run `handle` on a thread of its own, with the workspace and the JSON body, and word what it raises.

    Args:
        handle: Makes the answer.
        reads_body: Whether a JSON body is read.
        limiter: How many of these run at once, where that is fewer than others: the rest wait without a thread.
    """

    async def run(request: Request) -> Response:
        try:
            body = await _read_body(request) if reads_body else None
            return await to_thread.run_sync(lambda: handle(get_workspace(), request, body), limiter=limiter)
        except RelookError as error:
            return answer_error(error)
        except Exception:  # noqa: BLE001  a browser must get a sentence, whatever broke
            _log.exception("%s %s failed", request.method, request.url.path)
            return answer_json({"error": "The server stopped on this request.", "remedy": "Its log tells why."}, 500)

    return run


def answer_error(error: RelookError) -> Response:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 400)
    sentence = f"{error.where}: {error.message}" if error.where else error.message
    if isinstance(error, StoreError):
        _log.warning("%s", error)  # where the database lies is for whoever runs the server, not for who reviews
        sentence = error.message
    answer = answer_json({"error": sentence, "remedy": error.remedy}, status)
    if isinstance(error, BusyError):
        answer.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, AccessError):
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def error_body(error: RelookError) -> dict[str, Any]:
    """An error within an answer, about one entry of many."""
    return {"error": error.message, "remedy": error.remedy}


def check_ticket(workspace: Workspace, request: Request) -> Ticket:
    """Return who wants to look.

    Raises:
        AccessError: The token is missing or off, or the custom header is: a form on another site cannot send one.
    """
    return _read_ticket(workspace, request, for_writing=False)


def check_writer(workspace: Workspace, request: Request) -> Ticket:
    """Return who wants to write, with the role that counts now: one that was taken back counts no more at once.

    Raises:
        AccessError: As for `check_ticket`, and a token must be fresh.
        RightsError: A viewer may not.
    """
    ticket = check_reader(workspace, request)
    require_writing(ticket.role, ticket.reviewer)
    return ticket


def check_reader(workspace: Workspace, request: Request) -> Ticket:
    """Return who asks, with a fresh token, and the lesser of its role and the one that the person has now.

    Raises:
        AccessError: As for `check_ticket`, and a token must be fresh.
    """
    ticket = _read_ticket(workspace, request, for_writing=True)
    current = role_of(workspace, ticket.project_id, ticket.reviewer)
    return replace(ticket, role=min(ticket.role, current, key=lambda role: role.rank))


def _read_ticket(workspace: Workspace, request: Request, *, for_writing: bool) -> Ticket:
    if request.headers.get("x-relook-client") != "1":
        raise AccessError("The request does not come from a Relook page.", remedy="Reload the page.")
    token, project_id = request.headers.get("x-relook-token", ""), request.path_params["project_id"]
    return read_token(workspace.secret, token, project_id, for_writing=for_writing)


async def receive_body(request: Request, *, largest: int, remedy: str) -> bytes:
    """The bytes of a request.

    Raises:
        LimitError: There are more than `largest`; what is above was not read.
    """
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > largest:
            raise LimitError(f"The request is larger than {largest // 1024**2} MB.", remedy=remedy)
    return bytes(received)


async def _read_body(request: Request) -> Any:
    received = await receive_body(request, largest=LARGEST_BODY, remedy="Send fewer decisions at once.")
    try:
        return orjson.loads(received)
    except json.JSONDecodeError as error:
        raise InputError(f"The request is not JSON: {error.msg}.", remedy="Reload the page.") from error
