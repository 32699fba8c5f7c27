"""The routes of Relook over a workspace of their own, and a browser that speaks to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from endpoint.routes import list_routes
from services.access import issue_token
from services.workspace import Workspace, get_workspace
from tests.services.small_projects import draw_images


class Desk:
    """The review desk of one project in a browser tab."""

    def __init__(self, client: TestClient, workspace: Workspace, project_id: int, reviewer: str = "Ana") -> None:
        self.client = client
        self.api = f"/api/projects/{project_id}"
        token = issue_token(workspace.secret, project_id, reviewer)
        self.headers = {"X-Relook-Client": "1", "X-Relook-Token": token}
        self.seq = 0

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

    def decide(self, *entries: dict[str, Any], client_id: str = "tab") -> dict[str, Any]:
        answer = self.post("decisions", {"client_id": client_id, "entries": list(entries)})
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The workspace that the routes open by themselves."""
    monkeypatch.setenv("RELOOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RELOOK_DEMO", "0")
    get_workspace.cache_clear()
    yield get_workspace()
    get_workspace().close()
    get_workspace.cache_clear()


@pytest.fixture
def client(workspace: Workspace) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=list_routes()), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with a.png, b.png and sub/c.png."""
    return draw_images(tmp_path / "photos", ["a.png", "b.png", "sub/c.png"])
