"""A review desk without a screen: it asks for images and sends decisions over HTTP, as the browser does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import orjson

from domain.image import ImageRef
from domain.prediction import Task
from domain.settings import read_settings
from services.access import issue_token
from services.workspace import Workspace, open_workspace
from store.images import ImageFile, save_images
from store.projects import add_classes, insert_project

_SECONDS = 120
CLASS = "can"


class NotAnswered(RuntimeError):
    """The server said something else than 200.

    Attributes:
        status: The status code.
        sentence: What it said.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(f"{status}: {sentence}")
        self.status = status
        self.sentence = sentence


@dataclass(slots=True)
class DeskClient:
    """One open desk of one person.

    Attributes:
        port: Where the server listens, on this machine.
        secret: Signs the token.
        client_id: Names the open page.
    """

    port: int
    secret: bytes
    project_id: int
    reviewer: str
    client_id: str
    _connection: HTTPConnection | None = field(default=None, repr=False)

    def fetch_queue(self, count: int) -> dict[str, Any]:
        """Ask for images to decide on.

        Raises:
            NotAnswered: The server refused.
            OSError, HTTPException: It cannot be reached, or went away.
        """
        return self._ask("GET", f"queue?order=name&count={count}&client_id={self.client_id}")

    def send(self, entries: list[dict[str, Any]]) -> dict[str, Any]:
        """Send decisions; what is answered is in the database.

        Raises:
            NotAnswered: The server refused.
            OSError, HTTPException: It cannot be reached, or went away.
        """
        return self._ask("POST", "decisions", orjson.dumps({"client_id": self.client_id, "entries": entries}))

    def close(self) -> None:
        """Forget the connection; the next request makes a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        if self._connection is None:
            self._connection = HTTPConnection("localhost", self.port, timeout=_SECONDS)
        token = issue_token(self.secret, self.project_id, self.reviewer)
        headers = {"X-Relook-Client": "1", "X-Relook-Token": token}
        try:
            self._connection.request(method, f"/api/projects/{self.project_id}/{path}", body, headers)
            response = self._connection.getresponse()
            content = response.read()
        except BaseException:
            self.close()  # the next request must not get the answer to this one
            raise
        answer = orjson.loads(content) if content else {}
        if response.status != 200:
            raise NotAnswered(response.status, f"{answer.get('error', '')} {answer.get('remedy', '')}".strip())
        return answer


def accept(seq: int, decision_id: str, image_id: str) -> dict[str, Any]:
    """A decision on an image nobody decided on, as the desk sends it."""
    named = {"seq": seq, "decision_id": decision_id, "image_id": image_id}
    return {**named, "verdict": "accept", "labels": [CLASS], "objects": None, "parent": ""}


def make_project(workspace: Workspace, *, images: int) -> int:
    """A project of so many images, known to the database alone."""
    with workspace.write() as connection:
        home = str(workspace.settings.home)
        project_id = insert_project(connection, name="Team", task=Task.CLASSIFICATION, image_folder=home)
        add_classes(connection, project_id, [CLASS])
        refs = [ImageRef(f"{n:07}.jpg", f"/none/{n:07}.jpg", 640, 480) for n in range(images)]
        save_images(connection, project_id, [ImageFile(ref, n, 1000, 0) for n, ref in enumerate(refs)])
    return project_id


def prepare_review(
    home: Path, *, images: int, environment: Mapping[str, str] | None = None
) -> tuple[Workspace, int, list[str]]:
    """Open the workspace under `home` and make a project of so many images; return it with their names."""
    workspace = open_workspace(read_settings({"RELOOK_HOME": str(home), **(environment or {})}))
    return workspace, make_project(workspace, images=images), [f"{n:07}.jpg" for n in range(images)]


def make_desks(port: int, workspace: Workspace, project_id: int, *, count: int = 3) -> list[DeskClient]:
    """Desks of so many people at a server."""
    who = [(f"Reviewer {n}", f"page-{n}") for n in range(count)]
    return [DeskClient(port, workspace.secret, project_id, name, page) for name, page in who]
