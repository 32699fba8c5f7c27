"""Asking an online endpoint over HTTP: the key, a budget, and another try where that may help."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import requests

from domain.errors import ModelError

KEY_VARIABLE = "RELOOK_ENDPOINT_KEY"
BUDGET_VARIABLE = "RELOOK_ENDPOINT_IMAGES"
_BUDGET = 100_000
_TRIES = 5
_LONGEST_WAIT = 30.0
_SECONDS = (10.0, 120.0)  # to connect, to answer
_LARGEST_ANSWER = 256 * 1024**2
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class EndpointClient:
    """One endpoint. Safe to use from several threads."""

    def __init__(self, address: str, key_file: str) -> None:
        """Check the address and read the key.

        Raises:
            ModelError: The address is none, or the file cannot be read.
        """
        self.address = check_address(address)
        self._key = _read_key(key_file)
        self._session = requests.Session()
        self._left = int(os.environ.get(BUDGET_VARIABLE) or _BUDGET)
        self._counting = threading.Lock()

    def ask_about(self) -> dict[str, object]:
        """What Relook's own endpoints tell about their model; empty of others."""
        address = self.address.removesuffix("/score")
        if address == self.address:
            return {}
        try:
            answered = self._session.get(f"{address}/health", timeout=_SECONDS, headers=self._headers())
            found = answered.json() if answered.ok else {}
        except (requests.RequestException, ValueError):
            return {}
        return found if isinstance(found, dict) and "relook" in found else {}

    def post(self, body: bytes, *, images: int) -> bytes:
        """Send a request, again where that may help.

        Raises:
            ModelError: It did not help, or the budget is used up.
        """
        self._spend(images)
        problem, wait = "", 0.0
        for attempt in range(_TRIES):
            time.sleep(wait)
            wait = min(_LONGEST_WAIT, 0.5 * 2**attempt)
            try:
                with self._send(body) as answered:
                    if answered.status_code == requests.codes.ok:
                        return _read_limited(answered)
                    problem = f"it answers {answered.status_code}: {_first_words(answered)}"
                    if answered.status_code not in _PASSING:
                        break
                    wait = _asked_wait(answered.headers.get("Retry-After", ""), wait)
            except requests.RequestException as error:
                problem = f"it does not answer ({type(error).__name__})"
        raise ModelError(
            f"The endpoint cannot be used: {problem}.",
            where=self.address,
            remedy="Check the address and the key, and whether the endpoint runs.",
        )

    def _send(self, body: bytes) -> requests.Response:
        return self._session.post(
            self.address,
            data=body,
            headers=self._headers(),
            timeout=_SECONDS,
            stream=True,
            allow_redirects=False,  # the key goes to this address and no other
        )

    def _spend(self, images: int) -> None:
        with self._counting:
            if self._left < images:
                raise ModelError(
                    "The budget of images for this endpoint is used up.",
                    where=self.address,
                    remedy=f"Set {BUDGET_VARIABLE} higher, and load the model again.",
                )
            self._left -= images

    def _headers(self) -> dict[str, str]:
        key = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        return {"Content-Type": "application/json", **key}


def check_address(text: str) -> str:
    """Return an address that requests may go to.

    Raises:
        ModelError: It is none, or holds a password.
    """
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        raise ModelError(
            f"'{text}' is no address of an endpoint.",
            remedy="Write for example endpoint/https://NAME.REGION.inference.ml.azure.com/score.",
        )
    return text


def _read_key(path: str) -> str:
    if not path:
        return os.environ.get(KEY_VARIABLE, "").strip()
    try:
        return Path(path).expanduser().read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(
            f"The file with the key cannot be read: {error}.", remedy=f"Name a text file, or set {KEY_VARIABLE}."
        ) from error


def _read_limited(answered: requests.Response) -> bytes:
    received = bytearray()
    for chunk in answered.iter_content(1 << 16):
        received += chunk
        if len(received) > _LARGEST_ANSWER:
            raise ModelError("The endpoint's answer does not end.", where=answered.url, remedy="Check the address.")
    return bytes(received)


def _first_words(answered: requests.Response) -> str:
    head = next(answered.iter_content(200), b"")
    return " ".join(head.decode(errors="replace").split()) or "nothing"


def _asked_wait(header: str, wait: float) -> float:
    return min(_LONGEST_WAIT, float(header)) if header.isdecimal() else wait
