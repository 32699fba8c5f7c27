"""The routes of Relook over a workspace of their own, and a browser that speaks to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from domain.prediction import Task
from domain.project import Project
from domain.role import Role
from endpoint.routes import list_routes
from services.access import issue_token
from services.workspace import Workspace
from tests.services.small_projects import box, draw_images, label_line, make_project

CAN, MILK = box("can", 0.1, 0.1, 0.3, 0.3), box("milk", 0.5, 0.5, 0.7, 0.7)


class Desk:
    """The review desk of one project in a browser tab."""

    def __init__(self, client: TestClient, workspace: Workspace, project_id: int, reviewer: str = "Ana") -> None:
        self.client = client
        self.api = f"/api/projects/{project_id}"
        token = issue_token(workspace.secret, project_id, reviewer)
        self.headers = {"X-Relook-Client": "1", "X-Relook-Token": token}
        self.seq = 0
        self.client_id = "tab"

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"{self.api}/{path}", params=query, headers=self.headers)

    def post(self, path: str, body: Any) -> Any:
        kind = {"content": body} if isinstance(body, bytes) else {"json": body}
        return self.client.post(f"{self.api}/{path}", headers=self.headers, **kind)

    def item(self, image_id: str) -> dict[str, Any]:
        return self.get("items", image_id=image_id).json()

    def entry(self, image_id: str, verdict: str, **content: Any) -> dict[str, Any]:
        """A decision as the desk sends it, with the next number."""
        self.seq += 1
        usual = {"labels": None, "objects": None, "note": "", "overlays": [], "seconds": 1.5, "undoes": None}
        own = {"seq": self.seq, "decision_id": f"d{self.seq}", "image_id": image_id, "verdict": verdict}
        return {**usual, **own, **content}

    def decide(self, *entries: dict[str, Any], client_id: str = "") -> dict[str, Any]:
        answer = self.post("decisions", {"client_id": client_id or self.client_id, "entries": list(entries)})
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def workspace(served_workspace: Workspace) -> Workspace:
    return served_workspace


@pytest.fixture
def client(workspace: Workspace) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=list_routes()), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with a.png, b.png and sub/c.png."""
    return draw_images(tmp_path / "photos", ["a.png", "b.png", "sub/c.png"])


@pytest.fixture
def project(workspace: Workspace, photos: Path) -> Project:
    """a.png is labelled with a can and a milk."""
    return make_project(workspace, photos, Task.DETECTION, lines=[label_line("a.png", [CAN, MILK])])


@pytest.fixture
def desk(client: TestClient, workspace: Workspace, project: Project) -> Desk:
    return Desk(client, workspace, project.project_id)


@pytest.fixture
def sit_down(client: TestClient, workspace: Workspace, project: Project) -> Callable[..., Desk]:
    """A function that opens the desk for somebody; `client_id` names their page."""

    def open_desk(name: str, *, role: Role = Role.REVIEWER, now: float | None = None) -> Desk:
        desk = Desk(client, workspace, project.project_id, name)
        desk.headers["X-Relook-Token"] = issue_token(workspace.secret, project.project_id, name, role=role, now=now)
        desk.client_id = f"tab of {name}"
        return desk

    return open_desk


def images_of(answer: Any) -> list[str]:
    return [item["image_id"] for item in answer.json()["items"]]


def send(desk: Desk, entry: dict[str, Any]) -> Any:
    return desk.post("decisions", {"client_id": desk.client_id, "entries": [entry]})


def assert_refused(answer: Any, status: int, said: str) -> None:
    """An error is JSON with a sentence and a remedy, whatever went wrong."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) == {"error", "remedy"}
    assert said in body["error"]
    assert "Traceback" not in answer.text
