"""Turning what the services return, or raise, into HTTP answers."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from domain.errors import (
    ConflictError,
    ExplanationError,
    ImageError,
    InputError,
    LimitError,
    NotFoundError,
    RelookError,
    StoreError,
)
from services.access import AccessError, Ticket, read_token
from services.workspace import Workspace, get_workspace

LARGEST_BODY = 32 * 1024**2
_STATUS: tuple[tuple[type[RelookError], int], ...] = (
    (AccessError, 401),
    (NotFoundError, 404),
    (ConflictError, 409),
    (LimitError, 413),
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


def answering(handle: Callable[[Workspace, Request, Any], Response], *, reads_body: bool = False) -> Handler:
    """Run `handle` on a thread of its own, with the workspace and the JSON body, and word what it raises."""

    async def run(request: Request) -> Response:
        try:
            body = await _read_body(request) if reads_body else None
            return await run_in_threadpool(lambda: handle(get_workspace(), request, body))
        except RelookError as error:
            return answer_error(error)
        except Exception:  # noqa: BLE001  a browser must get a sentence, whatever broke
            _log.exception("%s %s failed", request.method, request.url.path)
            return answer_json({"error": "The server stopped on this request.", "remedy": "Its log tells why."}, 500)

    return run


def answer_error(error: RelookError) -> Response:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 400)
    sentence = f"{error.where}: {error.message}" if error.where else error.message
    return answer_json({"error": sentence, "remedy": error.remedy}, status)


def check_ticket(workspace: Workspace, request: Request) -> Ticket:
    """Return who asks.

    Raises:
        AccessError: The token is missing or off, or the custom header is: a form on another site cannot send one.
    """
    if request.headers.get("x-relook-client") != "1":
        raise AccessError("The request does not come from a Relook page.", remedy="Reload the page.")
    return read_token(workspace.secret, request.headers.get("x-relook-token", ""), request.path_params["project_id"])


async def _read_body(request: Request) -> Any:
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > LARGEST_BODY:
            raise LimitError(
                f"The request is larger than {LARGEST_BODY // 1024**2} MB.", remedy="Send fewer decisions at once."
            )
    try:
        return orjson.loads(received)
    except json.JSONDecodeError as error:
        raise InputError(f"The request is not JSON: {error.msg}.", remedy="Reload the page.") from error
