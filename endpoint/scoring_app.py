"""The scoring server: Azure's request and response for one model, with health, metrics and a description of itself."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import orjson
from anyio import to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.errors import RelookError
from domain.version import VERSION
from endpoint.answers import answer_error, answer_json, receive_body
from endpoint.scoring_counts import MEDIA_TYPE, ScoringCounts
from endpoint.scoring_guard import ScoringGuard
from endpoint.scoring_openapi import describe
from services.served_model import ServedModel
from services.serving import answer_request
from services.tokens import Tokens

BODY_SECONDS = 30.0
"""A body that takes longer to arrive is refused: 64 MB at 2 MB a second."""

_BUSY_THREADS = 64
_log = logging.getLogger("relook.endpoint")


def make_app(served: ServedModel, *, counts: ScoringCounts, tokens: Tokens | None = None) -> Starlette:
    """The server of one model.

    Args:
        served: The model; closed when the server stops.
        counts: What is counted; the model tells it of its batches.
        tokens: Who may ask; None for everybody.
    """
    routes = _Routes(served, counts)
    paths = {"/score": routes.score, "/health": routes.health, "/metrics": routes.metrics}
    listed = [Route(path, answer, methods=["POST" if path == "/score" else "GET"]) for path, answer in paths.items()]
    listed.append(Route("/openapi.json", routes.openapi, methods=["GET"]))
    known = frozenset(route.path for route in listed)
    guard = Middleware(ScoringGuard, tokens=tokens, paths=known, count=counts.saw_request)
    return Starlette(
        routes=listed,
        middleware=[guard],
        lifespan=routes.lifespan,
        exception_handlers={404: _no_such_path, 405: _no_such_path},
    )


class _Routes:
    def __init__(self, served: ServedModel, counts: ScoringCounts) -> None:
        self._served, self._counts = served, counts
        self._limiter = anyio.CapacityLimiter(_BUSY_THREADS)

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        yield
        self._served.close()

    async def score(self, request: Request) -> Response:
        """Scores, and explanations where they are asked for."""
        limit = self._served.limits.body_bytes
        try:
            with anyio.fail_after(BODY_SECONDS):
                body = await receive_body(request, largest=limit, remedy="Send fewer images at once.")
            answers = await to_thread.run_sync(answer_request, self._served, body, limiter=self._limiter)
        except TimeoutError:
            sentence = f"The request took longer than {BODY_SECONDS:g} s to arrive."
            return answer_json({"error": sentence, "remedy": "Send fewer images at once."}, 408)
        except RelookError as error:
            return answer_error(error)
        except Exception:  # noqa: BLE001  a client must get a sentence, whatever broke
            _log.exception("%s failed", request.state.log["request_id"])
            return answer_json({"error": "The server stopped on this request.", "remedy": "Its log tells why."}, 500)
        refused = sum("error" in answer for answer in answers)
        self._counts.saw_images(answered=len(answers) - refused, refused=refused)
        request.state.log.update(images=len(answers), refused=refused)
        return answer_json(answers)

    async def health(self, _request: Request) -> Response:
        """Whether the model answers."""
        info = self._served.info
        scoring, explaining = self._served.waiting
        facts = {"status": "healthy", "model": info.name, "model_id": info.model_id, "version": info.version}
        facts |= {"task": info.task.value, "classes": list(info.classes)}
        return answer_json({**facts, "relook": VERSION, "waiting": {"score": scoring, "explain": explaining}})

    async def metrics(self, _request: Request) -> Response:
        """Counters for Prometheus."""
        return Response(self._counts.render(self._served), media_type=MEDIA_TYPE)

    async def openapi(self, _request: Request) -> Response:
        """What this server understands."""
        return Response(orjson.dumps(describe(self._served.info)), media_type="application/json")


async def _no_such_path(request: Request, error: Any) -> Response:
    sentence = f"{request.method} {request.url.path[:200]} is nothing this server knows."
    return answer_json(
        {"error": sentence, "remedy": "Send POST /score, or look at GET /openapi.json."}, error.status_code
    )
