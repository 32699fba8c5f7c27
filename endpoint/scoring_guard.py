"""What stands before the scoring routes: request ids, tokens, log lines, and a sentence for whatever breaks."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors import RelookError
from endpoint.answers import answer_error
from services.tokens import Tokens

OPEN_PATHS = frozenset({"/health"})
"""Answered without a token: load balancers have none."""

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = logging.getLogger("relook.endpoint")


class ScoringGuard:
    """ASGI middleware of the scoring server."""

    def __init__(
        self, app: ASGIApp, *, tokens: Tokens | None, paths: frozenset[str], count: Callable[[str, int, float], None]
    ) -> None:
        """Wrap `app`.

        Args:
            app: The routes.
            tokens: Who may come in; None for everybody.
            paths: Those the server has: others are counted under one name.
            count: Called with path, status and seconds of each answer.
        """
        self._app, self._tokens, self._paths, self._count = app, tokens, paths, count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, started = Headers(scope=scope), time.perf_counter()
        given = headers.get("x-request-id", "")
        entry: dict[str, Any] = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "request_id": given if _ID.fullmatch(given) else uuid.uuid4().hex,
            "client": "",
            "method": scope["method"],
            "path": scope["path"][:200],
            "status": 500,
        }
        scope.setdefault("state", {})["log"] = entry

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = entry["request_id"]
            await send(message)

        try:
            if self._tokens is not None and scope["path"] not in OPEN_PATHS:
                entry["client"] = self._tokens.check(headers.get("authorization", ""))
            await self._app(scope, receive, answer)
        except RelookError as error:
            await answer_error(error)(scope, receive, answer)
        finally:
            seconds = time.perf_counter() - started
            self._count(scope["path"] if scope["path"] in self._paths else "other", entry["status"], seconds)
            _log.info(orjson.dumps({**entry, "seconds": round(seconds, 4)}).decode())
