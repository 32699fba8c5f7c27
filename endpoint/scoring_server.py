"""Running the scoring server: uvicorn, with a limit on how long a client may take to say what it wants."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from domain.errors import InputError
from domain.model_spec import ModelSpec
from endpoint.scoring_app import make_app
from endpoint.scoring_counts import ScoringCounts
from services.model_shelf import ModelShelf
from services.served_model import ServedModel, ServingLimits
from services.tokens import Tokens

HEAD_SECONDS = 10.0
"""A client that has not sent its headers by then is let go."""

MOST_CONNECTIONS = 512
_LAST_PORT = 65535
_TURN_SECONDS = 0.0001
"""The thread of the model asks for Python's lock after each layer: others give it up this soon, not after 5 ms."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class PunctualProtocol(H11Protocol):
    """HTTP/1.1 over a connection that ends when no whole request head arrives in time: uvicorn itself waits for it."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._let_go)

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_timer.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._head_timer.cancel()
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._let_go)

    def _let_go(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


def check_access(host: str, tokens: Path | None, *, is_open: bool) -> Tokens | None:
    """Return who may ask.

    Args:
        host: Where the server is to listen.
        tokens: The file with the tokens.
        is_open: Everybody may ask, from other machines too.

    Raises:
        InputError: The file cannot be used, or other machines could ask without a token.
    """
    if tokens is not None:
        return Tokens(tokens)
    if host not in _LOOPBACK and not is_open:
        raise InputError(
            f"At {host} other machines could ask without a token.",
            remedy="Name a file of tokens with --tokens, or say --open.",
        )
    return None


def run_server(spec: ModelSpec, *, host: str, port: int, tokens: Tokens | None, limits: ServingLimits) -> None:
    """Load the model and serve it until a signal; what is being answered then is answered.

    Raises:
        ModelError: It cannot be loaded, or cannot be served.
        InputError: The port is taken.
    """
    with listen(host, port) as listening:
        counts = ScoringCounts()
        served = ServedModel(ModelShelf().take(spec), spec, limits=limits, watch=counts)
        server = build_server(make_app(served, counts=counts, tokens=tokens))
        _log_lines()
        sys.setswitchinterval(_TURN_SECONDS)
        gc.collect()
        gc.freeze()  # what is loaded stays: collecting garbage need not walk through it
        print(f"Answering at http://{host}:{listening.getsockname()[1]}/score", file=sys.stderr, flush=True)  # noqa: T201
        server.run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """Take a port; 0 takes a free one.

    Raises:
        InputError: It cannot be had.
    """
    if not 0 <= port <= _LAST_PORT:
        raise InputError(f"Port {port} is none.", remedy=f"Choose one from 0 to {_LAST_PORT} with --port.")
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise InputError(
            f"Port {port} of {host} cannot be used: {error.strerror or error}.",
            remedy="Choose another one with --port.",
        ) from error


def build_server(app: Starlette) -> uvicorn.Server:
    """The server that runs the routes."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=PunctualProtocol,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=30,
            server_header=False,
            access_log=False,
            log_level="warning",
        )
    )


def _log_lines() -> None:
    """One JSON line a request, on stderr."""
    lines = logging.StreamHandler()
    lines.setFormatter(logging.Formatter("%(message)s"))
    log = logging.getLogger("relook.endpoint")
    log.addHandler(lines)
    log.setLevel(logging.INFO)
    log.propagate = False
